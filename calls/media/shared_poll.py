"""One wake-up for the packets of all calls, instead of one for each.

Every call has a socket to WhatsApp and one to each listener, and each of them brings a
packet every 20 ms. An event loop wakes up for each, and spends more on finding out what
is to be done than the packet needs. Here all these sockets are one reader of the loop,
and while packets come thick and fast they are looked for by the clock: those of two
milliseconds share a wake-up.
"""

import asyncio
import logging
import select
from collections import deque
from collections.abc import Callable
from weakref import WeakKeyDictionary

from calls.media.standstill import standstill

logger = logging.getLogger(__name__)

Read = Callable[[], None]

REST_SECONDS = 0.002
DELAYS_KEPT = 2000
"""Looks whose delay is remembered: some ten seconds of a busy node."""

MAX_READS = 256
"""Reads before everything else on the loop has its turn, about 10 ms of work."""


class SharedPoll:
    """The media sockets of one event loop; `read` takes what one of them has.

    A `read` need not empty its socket and must not wait. It may watch and forget.
    """

    def __init__(self) -> None:
        self.wakeups = 0
        self.reads = 0
        self.delays: deque[float] = deque(maxlen=DELAYS_KEPT)
        """Seconds that the first packet of a look may have waited until all of that
        look had been passed on: what this process adds to the sound, at most."""
        self._epoll: select.epoll | None = None
        self._reads: dict[int, Read] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._woken_at = 0.0
        self._looked_at = 0.0

    def watch(self, fd: int, read: Read) -> None:
        """Call `read` whenever `fd` has something, until it is forgotten."""
        if self._epoll is None:
            self._epoll = select.epoll()
            asyncio.get_running_loop().add_reader(self._epoll.fileno(), self._woken)
        self._epoll.register(fd, select.EPOLLIN)
        self._reads[fd] = read

    def forget(self, fd: int, read: Read) -> None:
        """Watch `fd` for `read` no longer; nothing happens if it is not watched.

        A socket that was closed meanwhile may have left its number to another one.
        """
        if self._epoll is None or self._reads.get(fd) != read:
            return
        del self._reads[fd]
        try:
            self._epoll.unregister(fd)
        except OSError as error:
            logger.debug("A media socket was closed while it was watched: %r", error)
        if not self._reads:
            self._close(self._epoll)

    def _close(self, epoll: select.epoll) -> None:
        if self._timer is None:
            asyncio.get_running_loop().remove_reader(epoll.fileno())
        else:
            self._timer.cancel()
            self._timer = None
        epoll.close()
        self._epoll = None

    def _woken(self) -> None:
        """Read; if the last wake-up was a moment ago, look by the clock from now on."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        since, self._woken_at = now - self._woken_at, now
        self._read(now)
        if since < REST_SECONDS and self._epoll is not None:
            loop.remove_reader(self._epoll.fileno())
            self._timer = loop.call_later(REST_SECONDS, self._look)

    def _look(self) -> None:
        """Read; while a look finds more than one packet, it saves wake-ups."""
        self._timer = None
        found = self._read(self._looked_at)
        if self._epoll is None:
            return
        loop = asyncio.get_running_loop()
        if found > 1:
            rest = REST_SECONDS if found < MAX_READS else 0.0
            self._timer = loop.call_later(rest, self._look)
        else:
            self._woken_at = loop.time()
            loop.add_reader(self._epoll.fileno(), self._woken)

    def _read(self, since: float) -> int:
        """Read from every socket that has something; return how often.

        `since`: the instant before which nothing can have come.
        """
        self.wakeups += 1
        standstill.look()
        found, reads = 0, self._reads
        while found < MAX_READS and self._epoll is not None:
            ready = self._epoll.poll(0, MAX_READS - found)
            if not ready:
                break
            for fd, _ in ready:
                # It may have been forgotten by one that was read before it.
                if (read := reads.get(fd)) is not None:
                    try:
                        read()
                    except Exception:
                        # One call's trouble must not silence the others.
                        logger.exception("A media socket could not be read")
            found += len(ready)
        self.reads += found
        self._looked_at = asyncio.get_running_loop().time()
        if found:
            self.delays.append(self._looked_at - since)
        return found


def relay_delays() -> list[float]:
    """Return the latest delays of all loops of this process; safe from any thread."""
    return [delay for poll in list(_polls.values()) for delay in list(poll.delays)]


_polls: WeakKeyDictionary[asyncio.AbstractEventLoop, SharedPoll] = WeakKeyDictionary()


def shared_poll() -> SharedPoll | None:
    """Return the poll of the running loop; None where there is no epoll (macOS)."""
    if not hasattr(select, "epoll"):
        return None
    return _polls.setdefault(asyncio.get_running_loop(), SharedPoll())
