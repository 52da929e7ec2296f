"""Who reads the connection: all calls together, or the server by itself."""

import asyncio
import select
import socket
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from calls.media.shared_poll import shared_poll
from calls.media.socket.fast_path import _AsyncioFastPath
from tests.calls.media.conftest import until

pytestmark = pytest.mark.skipif(
    not hasattr(select, "epoll"), reason="there is no epoll here"
)
VOICE = Frame(Opcode.BINARY, b"voice").serialize(mask=True)
PING = Frame(Opcode.PING, b"are you there").serialize(mask=True)


class Server(asyncio.Protocol):
    """What the fast path needs of uvicorn's protocol; it keeps what it is given."""

    def __init__(self) -> None:
        self.conn = SimpleNamespace(reader=SimpleNamespace(buffer=b""))
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        self.given = b""
        self.is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.given += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True


class Line:
    """A client's end of a connection, and a fast path at the server's."""

    def __init__(self, client: socket.socket, server: Server) -> None:
        self.client, self.server = client, server
        self.heard: list[bytes] = []
        self.path = _AsyncioFastPath(server)
        self.path.open(self.heard.append)

    @property
    def is_read_by_server(self) -> bool:
        return self.server.transport.is_reading()


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        far = socket.create_connection(door.getsockname())
        near, _ = door.accept()
    server = Server()
    await asyncio.get_running_loop().connect_accepted_socket(lambda: server, near)
    line = Line(far, server)
    yield line
    line.path.close()
    server.transport.close()
    far.close()
    await until(lambda: server.is_lost, "the end")


async def test_while_only_frames_come_they_are_read_with_those_of_all_calls(
    line: Line,
) -> None:
    poll = shared_poll()
    assert poll is not None
    assert not line.is_read_by_server
    line.client.send(VOICE * 3)
    await until(lambda: line.heard == [b"voice"] * 3, "the frames")
    assert (poll.wakeups, poll.reads) == (1, 1)
    assert line.server.given == b""


async def test_for_everything_else_the_server_reads_until_frames_come_again(
    line: Line,
) -> None:
    line.client.send(VOICE + PING)
    await until(lambda: line.server.given == VOICE + PING, "the server to be given it")
    assert line.is_read_by_server
    line.client.send(PING)
    await until(lambda: line.server.given == VOICE + PING + PING, "the second ping")
    line.client.send(VOICE)
    await until(lambda: line.heard == [b"voice"], "the frame")
    assert not line.is_read_by_server


async def test_what_follows_a_message_the_server_still_holds_goes_its_way(
    line: Line,
) -> None:
    line.server.queue.put_nowait("a message that the application has not read")
    line.client.send(VOICE)
    await until(lambda: line.server.given == VOICE, "the frame to go the long way")
    assert line.is_read_by_server
    assert line.heard == []


@pytest.mark.parametrize("is_reset", [False, True])
async def test_the_server_finds_out_that_the_client_is_gone(
    line: Line, is_reset: bool
) -> None:
    if is_reset:
        line.server.transport.write(b"never read, so that the close is a reset")
    line.client.close()
    await until(lambda: line.server.is_lost, "the server to know")


async def test_a_closed_path_leaves_the_connection_to_the_server(line: Line) -> None:
    line.path.close()
    line.client.send(VOICE)
    await until(lambda: line.server.given == VOICE, "the server to be given it")
    assert line.heard == []
    assert line.server.transport.get_protocol() is line.server
