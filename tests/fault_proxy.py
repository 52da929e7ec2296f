"""A TCP proxy that breaks on command: between us and PostgreSQL, Valkey or Wati.

    with FaultProxy(server_port) as proxy:
        client.connect(proxy.host, proxy.port)
        proxy.blackhole()  # or any other fault, from any thread
        proxy.heal()

A fault holds for connections that are open and for new ones, until the next command.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

CHUNK = 64 * 1024
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: closing sends RST


@dataclass(frozen=True)
class Fault:
    """What happens to bytes on their way; nothing at all by default."""

    refuses: bool = False
    drops: bool = False
    holds: bool = False
    loses_replies: bool = False
    reply_bytes: int | None = None  # then RST
    byte_pause: float = 0.0  # seconds before each byte of a reply
    delay: float = 0.0  # seconds for each piece, both ways


class FaultProxy:
    """Listens on a port of its own, in a thread, and passes on to the server's."""

    host = "127.0.0.1"

    def __init__(self, to_port: int, *, to_host: str = "127.0.0.1", port: int = 0):
        self._target = (to_host, to_port)
        self._fault = Fault()
        self._links: set[_Link] = set()
        self.accepted = 0  # connections, ever
        self._listener = self._listen(port)
        self.port: int = self._listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._flows = asyncio.Event()
        self._flows.set()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="fault proxy", daemon=True
        )
        self._accepting: asyncio.Task[None] | None = None

    def start(self) -> Self:
        self._thread.start()
        self._in_loop(self._begin_to_accept)
        return self

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- Commands -----------------------------------------------------------------

    def heal(self) -> None:
        """Pass on everything; what was held arrives, what was dropped never does."""
        self._set(Fault())

    def down(self) -> None:
        """Refuse connections, and reset those that are open: the server is gone."""
        self._set(Fault(refuses=True))
        self.reset()

    def blackhole(self) -> None:
        """Swallow every byte without a word, as a firewall does.

        Connections that lived through it stay dead after `heal`.
        """
        self._set(Fault(drops=True))

    def freeze(self) -> None:
        """Hold every byte until `heal`: the server is stopped, but not gone."""
        self._set(Fault(holds=True))

    def half(self) -> None:
        """Let requests reach the server; reset instead of its reply."""
        self._set(Fault(loses_replies=True))

    def reset_after(self, reply_bytes: int) -> None:
        """Reset a connection after so many bytes of what the server says."""
        self._set(Fault(reply_bytes=reply_bytes))

    def trickle(self, seconds: float) -> None:
        """Let one byte of a reply through each so many seconds."""
        self._set(Fault(byte_pause=seconds))

    def slow(self, seconds: float) -> None:
        """Delay each piece by so many seconds, both ways."""
        self._set(Fault(delay=seconds))

    def reset(self) -> None:
        """Reset the connections that are open now (RST); new ones are fine."""
        self._in_loop(lambda: [link.reset() for link in list(self._links)])

    def cut(self) -> None:
        """Close the connections that are open now (FIN); new ones are fine."""
        self._in_loop(lambda: [link.close() for link in list(self._links)])

    def forget(self) -> None:
        """Swallow what the open connections say from now on; new ones are fine."""
        self._in_loop(lambda: [link.lose() for link in list(self._links)])

    @property
    def open_connections(self) -> int:
        return len(self._links)

    # --- In the thread ------------------------------------------------------------

    def _in_loop(self, work: Callable[[], Any]) -> None:
        """Run `work` in the proxy's thread, and wait for it."""

        async def run() -> None:
            work()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    def _set(self, fault: Fault) -> None:
        def change() -> None:
            self._fault = fault
            if fault.drops:
                for link in self._links:
                    link.lose()
            self._flows.clear() if fault.holds else self._flows.set()
            if fault.refuses:
                self._close_door()
            elif self._accepting is None:
                self._listener = self._listen(self.port)
                self._begin_to_accept()

        self._in_loop(change)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, port))
        listener.listen(200)
        listener.setblocking(False)
        return listener

    def _begin_to_accept(self) -> None:
        self._accepting = self._loop.create_task(self._accept())

    def _close_door(self) -> None:
        """Have the system refuse connections, as where no server is."""
        if self._accepting is not None:
            self._accepting.cancel()
            self._accepting = None
            self._listener.close()

    async def _end(self) -> None:
        links = list(self._links)
        for link in links:
            link.reset()
        self._close_door()
        tasks = [link.task for link in links if link.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self) -> None:
        while True:
            client, _ = await self._loop.sock_accept(self._listener)
            client.setblocking(False)
            self.accepted += 1
            link = _Link(self, client)
            self._links.add(link)
            link.task = self._loop.create_task(link.run())

    # --- For the links ------------------------------------------------------------

    @property
    def target(self) -> tuple[str, int]:
        return self._target

    @property
    def fault(self) -> Fault:
        return self._fault

    async def flows(self) -> None:
        await self._flows.wait()

    def ended(self, link: "_Link") -> None:
        self._links.discard(link)


class _Link:
    """One connection through the proxy: the client's end and the server's."""

    def __init__(self, proxy: FaultProxy, client: socket.socket) -> None:
        self._proxy, self._client = proxy, client
        self._server = socket.socket()
        self._server.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._is_lost = proxy.fault.drops
        self._replied = 0  # bytes
        self.task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        try:
            await self._proxy.flows()
            await self._loop.sock_connect(self._server, self._proxy.target)
            ways = [
                self._loop.create_task(self._pass_on(self._client, self._request)),
                self._loop.create_task(self._pass_on(self._server, self._reply)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            _reset(self._client)
        finally:
            self._client.close()
            self._server.close()
            self._proxy.ended(self)

    def lose(self) -> None:
        self._is_lost = True

    def close(self) -> None:
        if self.task is not None:
            self.task.cancel()

    def reset(self) -> None:
        for end in (self._client, self._server):
            if end.fileno() >= 0:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.close()

    async def _pass_on(
        self, source: socket.socket, give: Callable[[bytes], Any]
    ) -> None:
        """Carry what one side says to the other, until it says no more."""
        while data := await self._loop.sock_recv(source, CHUNK):
            await self._proxy.flows()
            if self._proxy.fault.delay:
                await asyncio.sleep(self._proxy.fault.delay)
            if not self._is_lost:
                await give(data)
        await self._proxy.flows()
        if self._is_lost and source is self._server:  # nor is a goodbye heard
            await asyncio.Event().wait()

    async def _request(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._server, data)

    async def _reply(self, data: bytes) -> None:
        fault = self._proxy.fault
        if fault.loses_replies:
            self.reset()
            return
        if fault.byte_pause:
            await self._trickle(data)
            return
        if fault.reply_bytes is not None:
            data = data[: max(0, fault.reply_bytes - self._replied)]
        await self._loop.sock_sendall(self._client, data)
        self._replied += len(data)
        if fault.reply_bytes is not None and self._replied >= fault.reply_bytes:
            await asyncio.sleep(0.05)  # or the RST overtakes them
            self.reset()

    async def _trickle(self, data: bytes) -> None:
        for place in range(len(data)):
            if pause := self._proxy.fault.byte_pause:
                await asyncio.sleep(pause)
            await self._loop.sock_sendall(self._client, data[place : place + 1])


def _reset(end: socket.socket) -> None:
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    end.close()
