"""The media socket, read together with those of all calls or by the event loop."""

import asyncio
import os
import select
import socket
from typing import Any, cast

import pytest

from calls.media.transport import datagrams
from calls.media.transport.datagrams import DatagramSocket, open_datagrams
from tests.calls.media.conftest import until

LOOPBACK = "127.0.0.1"


class Ear(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.lost = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.heard.append(data)
        self.sender = addr

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost += 1

    @property
    def address(self) -> tuple[str, int]:
        return self.transport.get_extra_info("sockname")[:2]


@pytest.fixture(params=["together", "by the loop"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "by the loop":
        monkeypatch.setattr(datagrams, "shared_poll", lambda: None)
    elif not hasattr(select, "epoll"):
        pytest.skip("there is no epoll here")
    return request.param


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


async def test_datagrams_go_both_ways(way: str) -> None:
    ana, bruno = Ear(), Ear()
    await open_datagrams(LOOPBACK, ana)
    await open_datagrams(LOOPBACK, bruno)
    ana.transport.sendto(b"hello", bruno.address)
    await until(lambda: bruno.heard == [b"hello"], "the datagram")
    assert bruno.sender[:2] == ana.address
    bruno.transport.sendto(bytes(1500), bruno.sender)
    await until(lambda: ana.heard == [bytes(1500)], "the answer")
    for ear in (ana, bruno):
        ear.transport.close()
    await until(lambda: ana.lost == bruno.lost == 1, "the end")


async def test_what_cannot_be_sent_is_dropped(way: str) -> None:
    ana, bruno = Ear(), Ear()
    await open_datagrams(LOOPBACK, ana)
    await open_datagrams(LOOPBACK, bruno)
    ana.transport.sendto(bytes(70_000), bruno.address)
    ana.transport.sendto(b"hello", bruno.address)
    await until(lambda: bruno.heard, "the datagram")
    assert bruno.heard == [b"hello"]
    for ear in (ana, bruno):
        ear.transport.close()
    await until(lambda: ana.lost == bruno.lost == 1, "the end")


async def test_a_closed_socket_tells_it_once_and_leaves_nothing_open(way: str) -> None:
    files = open_files()
    ana = Ear()
    await open_datagrams(LOOPBACK, ana)
    for _ in range(2):
        ana.transport.close()
    assert ana.transport.is_closing()
    ana.transport.sendto(b"too late", (LOOPBACK, 9))
    await until(lambda: ana.lost == 1, "the end")
    await until(lambda: open_files() <= files, "the socket to close")
    assert ana.lost == 1


@pytest.mark.skipif(not hasattr(select, "epoll"), reason="there is no epoll here")
async def test_a_settled_socket_hears_its_far_end_alone() -> None:
    ana, bruno, stranger = Ear(), Ear(), Ear()
    for ear in (ana, bruno, stranger):
        await open_datagrams(LOOPBACK, ear)
    transport = ana.transport
    assert isinstance(transport, DatagramSocket)
    stranger.transport.sendto(b"sent before", ana.address)
    transport.settle(bruno.address)
    stranger.transport.sendto(b"sent afterwards", ana.address)
    bruno.transport.sendto(b"hello", ana.address)
    await until(lambda: b"hello" in ana.heard, "the far end")
    assert ana.heard == [b"sent before", b"hello"]
    assert ana.sender == bruno.address
    transport.sendto(b"to the far end", bruno.address)
    transport.sendto(b"to another one", stranger.address)
    await until(lambda: bruno.heard and stranger.heard, "both datagrams")
    assert (bruno.heard, stranger.heard) == ([b"to the far end"], [b"to another one"])
    for ear in (ana, bruno, stranger):
        ear.transport.close()
    await until(lambda: ana.lost == bruno.lost == stranger.lost == 1, "the end")


@pytest.mark.skipif(not hasattr(select, "epoll"), reason="there is no epoll here")
async def test_a_far_end_that_is_gone_for_a_while_is_heard_again() -> None:
    ana, bruno = Ear(), Ear()
    for ear in (ana, bruno):
        await open_datagrams(LOOPBACK, ear)
    address = bruno.address
    assert isinstance(ana.transport, DatagramSocket)
    ana.transport.settle(address)
    bruno.transport.close()
    for _ in range(5):
        ana.transport.sendto(b"nobody is there", address)
        await asyncio.sleep(0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(address)
        again.sendto(b"back", ana.address)
        await until(lambda: ana.heard == [b"back"], "the far end")
    ana.transport.close()
    await until(lambda: ana.lost == bruno.lost == 1, "the end")


async def test_an_address_that_is_not_ours_cannot_be_bound(way: str) -> None:
    files = open_files()
    with pytest.raises(OSError, match="assign"):
        await open_datagrams("198.51.100.1", Ear())
    assert open_files() <= files


async def test_an_ipv6_address_is_bound_as_one(way: str) -> None:
    ana = Ear()
    try:
        await open_datagrams("::1", ana)
    except OSError:
        pytest.skip("there is no IPv6 here")
    ana.transport.sendto(b"to myself", ana.address)
    await until(lambda: ana.heard == [b"to myself"], "the datagram")
    ana.transport.close()
    await until(lambda: ana.lost == 1, "the end")
