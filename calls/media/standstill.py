"""This process stood still: stopped, or on a machine that slept. Others went on.

What comes in lies in the buffers of the sockets then, and goes on its way with the
first turn of the loop, to people who may be in other calls by now. So whoever moves
audio looks at the clock first, and lets nothing pass until the calls are known to be
still ours.
"""

from collections.abc import Callable

LONGEST = 5.0  # seconds; the longest that a busy loop could be late, and much more


class Standstill:
    """Shut from the moment at which a standstill is noticed until `reopen`.

    Looks only between `begin` and `end`: without a node nobody would reopen it.
    """

    def __init__(self) -> None:
        self.is_shut = False
        self.seconds = 0.0
        self._clock: Callable[[], float] = float
        self._seen: float | None = None
        self._on_shut: Callable[[], None] | None = None

    def begin(self, clock: Callable[[], float], on_shut: Callable[[], None]) -> None:
        """Look from now on; `on_shut` is called, on the loop, when it is shut.

        `clock` shows seconds, and goes on while the machine sleeps.
        """
        self._clock, self._seen, self._on_shut = clock, clock(), on_shut

    def end(self) -> None:
        self._seen, self._on_shut, self.is_shut = None, None, False

    def look(self) -> bool:
        """Note that the process runs; say whether audio must not pass."""
        if self._seen is not None:
            now = self._clock()
            if now - self._seen > LONGEST:
                self._shut(now - self._seen)
            self._seen = now
        return self.is_shut

    def _shut(self, seconds: float) -> None:
        self.is_shut, self.seconds = True, seconds
        if self._on_shut is not None:
            self._on_shut()

    def reopen(self) -> None:
        """Let audio pass again: the calls are ours."""
        self.is_shut = False


standstill = Standstill()
