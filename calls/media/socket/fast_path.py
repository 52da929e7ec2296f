"""A short way between the audio socket and the server's TCP connection.

ASGI passes each message through a queue and a task on its way in, and through a general
websocket writer on its way out, which costs more than everything else a frame needs.
Behind the two servers this project runs on, whole binary frames take a short cut in and
out; all else, from the handshake over pings to the close, stays with the server. While
nothing but such frames comes, the connection is read together with the media sockets
of all calls (`calls/media/shared_poll.py`). Behind any other server there is no fast
path, and the listener speaks plain ASGI.
"""

import asyncio
import functools
import os
import socket
from collections.abc import Callable
from struct import Struct
from typing import Any, Protocol, cast

from calls.media.shared_poll import SharedPoll, shared_poll

Hear = Callable[[bytes], None]

BINARY_AND_FINAL = 0x82
MASKED = 0x80
MAX_FRAME_BYTES = 4096
READ_BYTES = 16_384
UNSENT_BYTES = 1200
"""What kernel and server may each hold back unsent before the listener's queue begins:
about 400 ms of Opus."""

_DAPHNE = "daphne.ws_protocol.WebSocketProtocol"
_UVICORN = "websockets_sansio_impl.WebSocketsSansIOProtocol"
_SHORT = Struct("!BB")
_LONG = Struct("!BBH")


class FastPath(Protocol):
    """The short way of one websocket; open it once the websocket is accepted."""

    def open(self, hear: Hear) -> None:
        """Give every binary message to `hear` from now on."""

    def write(self, message: bytes) -> bool:
        """Send one binary message; False, and nothing sent, while the socket is full.

        Raises `OSError` if the connection is gone.
        """

    def close(self) -> None:
        """Give the connection back to the server; may be called again."""


def find_fast_path(send: Any) -> FastPath | None:
    """Return the fast path behind an ASGI `send`; None behind an unknown server."""
    server = _server_of(send)
    if _is(server, _DAPHNE):
        return _TwistedFastPath.find(server)
    if _is(server, _UVICORN):
        return _AsyncioFastPath(server)
    return None


def close_behind(send: Any, code: int) -> bool:
    """Close the websocket behind `send`; False if that must be asked of the server.

    Daphne refuses to close with the codes 1001 to 2999 when the application asks.
    """
    server = _server_of(send)
    if not _is(server, _DAPHNE) or not 1000 < code < 3000:
        return False
    server.sendCloseFrame(code=code, isReply=False)
    return True


def _is(server: Any, name: str) -> bool:
    return f"{type(server).__module__}.{type(server).__name__}".endswith(name)


def _server_of(send: Any) -> Any:
    """Look through the middleware of Channels, which wraps `send` for sessions."""
    while (inner := getattr(getattr(send, "__self__", None), "real_send", None)) and (
        inner is not send
    ):
        send = inner
    if isinstance(send, functools.partial) and send.args:
        return send.args[0]
    return getattr(send, "__self__", None)


def frame(message: bytes) -> bytes:
    """Return one unmasked binary websocket frame (RFC 6455 section 5.2)."""
    length = len(message)
    if length < 126:
        return _SHORT.pack(BINARY_AND_FINAL, length) + message
    return _LONG.pack(BINARY_AND_FINAL, 126, length) + message


def unframe(data: bytes) -> list[bytes] | None:
    """Return the messages in `data`, unmasked.

    None if it holds anything but whole binary messages from a client, each in a single
    frame of up to 4 KiB: the server's own parser must see it then.
    """
    messages = []
    at, end = 0, len(data)
    while at < end:
        if end - at < 6 or data[at] != BINARY_AND_FINAL or not data[at + 1] & MASKED:
            return None
        length, start = data[at + 1] & 0x7F, at + 6
        if length == 126:
            length, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 8
        if length > MAX_FRAME_BYTES or length == 127 or start + length > end:
            return None
        key = data[start - 4 : start]
        messages.append(_unmask(data[start : start + length], key))
        at = start + length
    return messages


def _unmask(body: bytes, key: bytes) -> bytes:
    length = len(body)
    repeated = (key * (length // 4 + 1))[:length]
    number = int.from_bytes(body, "big") ^ int.from_bytes(repeated, "big")
    return number.to_bytes(length, "big")


def _hold_little_back(connection: Any) -> None:
    # Sound that waits in the kernel cannot be dropped any more when it is late.
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if option is not None and connection is not None:
        connection.setsockopt(socket.IPPROTO_TCP, option, UNSENT_BYTES)


class _Tap:
    """Reads a connection in place of the server, or leaves that to the server again.

    What is read goes where the server would have brought it; its end and its errors
    are left for the server to find.
    """

    def __init__(
        self,
        poll: SharedPoll,
        number: int,
        received: Callable[[bytes], None],
        pause: Callable[[], None],
        resume: Callable[[], None],
    ) -> None:
        self._poll = poll
        self._number = number
        self._received = received
        self._pause = pause
        self._resume = resume
        self._is_open = False

    def open(self) -> None:
        if not self._is_open:
            self._is_open = True
            self._pause()
            self._poll.watch(self._number, self._read)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._poll.forget(self._number, self._read)
            self._resume()

    def _read(self) -> None:
        try:
            data = os.read(self._number, READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._received(data)
        else:
            self.close()


class _AsyncioFastPath(asyncio.Protocol):
    """Stands between the transport and uvicorn's protocol."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._transport: asyncio.Transport = server.transport
        self._hear: Hear | None = None
        self._tap: _Tap | None = None

    def open(self, hear: Hear) -> None:
        self._hear = hear
        _hold_little_back(self._transport.get_extra_info("socket"))
        self._transport.set_protocol(self)
        self._tap = self._make_tap()
        if self._tap is not None:
            self._tap.open()

    def _make_tap(self) -> _Tap | None:
        """Return None if TLS, which must see all bytes, is between."""
        poll, transport = shared_poll(), self._transport
        connection = transport.get_extra_info("socket")
        is_plain = transport.get_extra_info("sslcontext") is None
        if poll is None or connection is None or not is_plain:
            return None
        return _Tap(
            poll,
            connection.fileno(),
            self.data_received,
            transport.pause_reading,
            transport.resume_reading,
        )

    def write(self, message: bytes) -> bool:
        transport = self._transport
        if transport.is_closing():
            raise ConnectionResetError("The audio socket is closed.")
        if transport.get_write_buffer_size() > UNSENT_BYTES:
            return False
        transport.write(frame(message))
        return True

    def close(self) -> None:
        self._hear = None
        if self._tap is not None:
            self._tap.close()
        if self._transport.get_protocol() is self:
            self._transport.set_protocol(self._server)

    def data_received(self, data: bytes) -> None:
        server, messages = self._server, None
        # While the server holds a part of a frame, or a message that is not read yet,
        # what follows must take the same way.
        if self._hear and not server.conn.reader.buffer and server.queue.empty():
            messages = unframe(data)
        if messages is None:
            # The server may wish to read no further until this is dealt with.
            if self._tap is not None:
                self._tap.close()
            server.data_received(data)
            return
        _hear_all(self, messages)

    def eof_received(self) -> bool | None:
        return cast(bool | None, self._server.eof_received())

    def connection_lost(self, exc: Exception | None) -> None:
        if self._tap is not None:
            self._tap.close()
        self._server.connection_lost(exc)

    def pause_writing(self) -> None:
        self._server.pause_writing()

    def resume_writing(self) -> None:
        self._server.resume_writing()


class _TwistedFastPath:
    """Stands in for `dataReceived` of Daphne's websocket protocol."""

    def __init__(self, server: Any, connection: socket.socket) -> None:
        self._server = server
        self._transport = server.transport
        self._socket = connection
        self._hear: Hear | None = None
        self._tap: _Tap | None = None

    @classmethod
    def find(cls, server: Any) -> "_TwistedFastPath | None":
        """Return the fast path; None if TLS, which must see all bytes, is between."""
        connection = getattr(server.transport, "socket", None)
        if isinstance(connection, socket.socket):
            return cls(server, connection)
        return None

    def open(self, hear: Hear) -> None:
        self._hear = hear
        _hold_little_back(self._socket)
        self._server.dataReceived = self._data_received
        if (poll := shared_poll()) is not None:
            self._tap = _Tap(
                poll,
                self._socket.fileno(),
                self._data_received,
                self._transport.stopReading,
                self._resume_reading,
            )
            self._tap.open()

    def _resume_reading(self) -> None:
        if self._transport.connected:
            self._transport.startReading()

    def write(self, message: bytes) -> bool:
        transport = self._transport
        if not transport.connected or transport.disconnecting:
            raise ConnectionResetError("The audio socket is closed.")
        waiting = transport._tempDataLen + len(transport.dataBuffer) - transport.offset
        if waiting > UNSENT_BYTES:
            return False
        data = frame(message)
        sent = 0 if waiting else self._send(data)
        if sent < len(data):
            transport.write(data[sent:])
        return True

    def _send(self, data: bytes) -> int:
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0

    def close(self) -> None:
        self._hear = None
        if self._tap is not None:
            self._tap.close()
        # The class's own method shows again once the instance's is gone.
        self._server.__dict__.pop("dataReceived", None)

    def _data_received(self, data: bytes) -> None:
        server, messages = self._server, None
        is_between = not server.data and server.current_frame is None
        if self._hear and is_between and server.application_queue.empty():
            messages = unframe(data)
        if messages is None:
            if self._tap is not None:
                self._tap.close()
            type(server).dataReceived(server, data)
            return
        _hear_all(self, messages)


def _hear_all(
    path: "_AsyncioFastPath | _TwistedFastPath", messages: list[bytes]
) -> None:
    """Hand on whole messages, and read for the server while nothing else comes."""
    for message in messages:
        if path._hear is not None:
            path._hear(message)
    if path._tap is not None and path._hear is not None:
        path._tap.open()
