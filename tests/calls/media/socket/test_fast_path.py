import functools
import socket
from types import SimpleNamespace

from daphne.ws_protocol import WebSocketProtocol
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from calls.media.socket.fast_path import MAX_FRAME_BYTES, find_fast_path, frame, unframe


def from_client(message: bytes) -> bytes:
    return Frame(Opcode.BINARY, message).serialize(mask=True)


@given(st.lists(st.binary(max_size=MAX_FRAME_BYTES), max_size=5))
def test_whole_binary_frames_are_read(messages: list[bytes]) -> None:
    assert unframe(b"".join(map(from_client, messages))) == messages


@given(st.binary(max_size=65535))
def test_a_frame_is_what_another_library_writes(message: bytes) -> None:
    assert frame(message) == Frame(Opcode.BINARY, message).serialize(mask=False)


@given(st.binary(min_size=1, max_size=300), st.data())
def test_half_a_frame_is_left_to_the_server(
    message: bytes, data: st.DataObject
) -> None:
    whole = from_client(message)
    cut = data.draw(st.integers(1, len(whole) - 1))
    assert unframe(whole[:cut]) is None
    assert unframe(whole + whole[:cut]) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_left_to_the_server(data: bytes) -> None:
    messages = unframe(data)
    assert messages is None or sum(map(len, messages)) <= len(data)


def test_everything_that_is_no_binary_message_is_left_to_the_server() -> None:
    for other in (
        Frame(Opcode.TEXT, b"text"),
        Frame(Opcode.PING, b""),
        Frame(Opcode.CLOSE, b"\x03\xe8"),
        Frame(Opcode.BINARY, b"part", fin=False),
        Frame(Opcode.CONT, b"part"),
        Frame(Opcode.BINARY, bytes(MAX_FRAME_BYTES + 1)),
        Frame(Opcode.BINARY, bytes(70000)),
    ):
        assert unframe(other.serialize(mask=True)) is None
    compressed = b"\xc2" + from_client(b"compressed")[1:]
    assert unframe(compressed) is None
    assert unframe(Frame(Opcode.BINARY, b"unmasked").serialize(mask=False)) is None


class Wrapped:
    """What the session middleware of Channels makes of `send`."""

    def __init__(self, real_send: object) -> None:
        self.real_send = real_send

    async def send(self, message: dict[str, object]) -> None:
        pass


def test_the_lane_is_found_behind_the_session_middleware() -> None:
    protocol = WebSocketProtocol()
    with socket.socket() as connection:
        protocol.transport = SimpleNamespace(socket=connection)
        assert (
            find_fast_path(Wrapped(functools.partial(print, protocol)).send) is not None
        )


def test_behind_tls_there_is_no_fast_path() -> None:
    protocol = WebSocketProtocol()
    protocol.transport = SimpleNamespace()
    assert find_fast_path(functools.partial(print, protocol)) is None


async def test_there_is_no_fast_path_behind_an_unknown_server() -> None:
    async def send(message: dict[str, object]) -> None:
        pass

    assert find_fast_path(send) is None
    assert find_fast_path(Wrapped(send).send) is None
    assert find_fast_path(functools.partial(send, {})) is None
