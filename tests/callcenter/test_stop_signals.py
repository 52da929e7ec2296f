"""What SIGTERM, a second one and Ctrl-C do to a process that holds calls."""

import asyncio
import signal

import pytest

from callcenter.stop_signals import StopSignals, drain_first

TERM, INT = signal.SIGTERM, signal.SIGINT


class Server:
    """Holds a call until it is told that it ended."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.call_ended = asyncio.Event()

    async def drain(self) -> None:
        self.did.append("drains")
        await self.call_ended.wait()
        self.did.append("is empty")

    async def stop(self) -> None:
        self.did.append("stops")


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def after(*events: int | str) -> list[str]:
    server = Server()
    signals = StopSignals(server.drain, server.stop)
    for event in events:
        if isinstance(event, str):
            server.call_ended.set()
        else:
            signals.take(event)
        await turns()
    return server.did


@pytest.mark.parametrize(
    ("events", "did"),
    [
        ([TERM], ["drains"]),
        ([TERM, "call ended"], ["drains", "is empty", "stops"]),
        ([TERM, TERM], ["drains", "stops"]),
        ([TERM, INT], ["drains", "stops"]),
        ([INT], ["drains", "stops"]),
        ([INT, TERM, INT, "call ended"], ["drains", "stops"]),
        ([TERM, TERM, TERM, "call ended"], ["drains", "stops"]),
    ],
)
def test_calls_end_by_themselves_unless_it_is_said_twice(
    events: list[int | str], did: list[str]
):
    assert asyncio.run(after(*events)) == did


def test_a_drain_that_fails_does_not_keep_the_process():
    async def run() -> list[str]:
        server = Server()

        async def fails() -> None:
            raise ValueError

        StopSignals(fails, server.stop).take(TERM)
        await turns()
        return server.did

    assert asyncio.run(run()) == ["stops"]


def test_another_server_gets_its_signal_once_the_calls_have_ended():
    """As uvicorn, which would close every websocket at once."""
    heard: list[int] = []

    async def run() -> None:
        server = Server()
        drain_first(server.drain)
        signal.raise_signal(TERM)
        await asyncio.sleep(0.05)
        assert (heard, server.did) == ([], ["drains"])
        server.call_ended.set()
        await asyncio.sleep(0.05)

    before = signal.signal(TERM, lambda number, _: heard.append(number))
    try:
        asyncio.run(run())
    finally:
        signal.signal(TERM, before)
    assert heard == [TERM]
