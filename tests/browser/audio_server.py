"""A node's audio websocket that echoes, and the pages that go with it.

Everything comes from one port under the strict policy of the real site. The echo can
be stalled, thinned out, spoilt and cut off.
"""

import asyncio
import http
import json
import logging
import mimetypes
import struct
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

import av
import numpy
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

logger = logging.getLogger(__name__)
logger.setLevel(logging.WARNING)

PAGES = Path(__file__).parent / "pages"
STATIC = Path(__file__).parents[2] / "static"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; worker-src 'self'; "
    "connect-src 'self' ws: wss:"
)
SAMPLE_RATE = 48000
KEPT_FRAMES = 5000


@dataclass(frozen=True)
class SentFrame:
    """One frame as the browser sent it (docs/audio-websocket.md)."""

    at: float
    kind: int
    flags: int
    sequence: int
    timestamp: int
    payload: bytes

    @classmethod
    def parse(cls, message: bytes) -> Self:
        return cls(time.monotonic(), *struct.unpack(">BBHI", message[:8]), message[8:])


@dataclass
class AudioServer:
    static: Path = STATIC
    frames: deque[SentFrame] = field(default_factory=lambda: deque(maxlen=KEPT_FRAMES))
    codecs: list[str] = field(default_factory=list)
    sockets: list[ServerConnection] = field(default_factory=list)
    first_frames: dict[ServerConnection, SentFrame] = field(default_factory=dict)
    drop_every: int = 0
    spoil_every: int = 0
    stalled: bool = False
    names: dict[str, str] = field(default_factory=dict)
    _waiting: list[bytes] = field(default_factory=list)
    _server: Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._echo,
            "127.0.0.1",
            0,
            process_request=self._page,
            compression=None,
            logger=logger,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(next(iter(self._server.sockets)).getsockname()[1])

    @property
    def socket(self) -> ServerConnection:
        return self.sockets[-1]

    async def stall(self, seconds: float) -> None:
        self.stalled = True
        await asyncio.sleep(seconds)
        self.stalled = False
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            await self.socket.send(message)

    def cut(self) -> None:
        """The network goes away: no close frame."""
        self.socket.transport.abort()

    async def _echo(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        query = parse_qs(urlsplit(socket.request.path).query)
        self.codecs.append(query.get("codec", ["opus"])[0])
        self.sockets.append(socket)
        try:
            async for message in socket:
                assert isinstance(message, bytes)
                await self._answer(socket, message)
        except ConnectionClosed:
            pass

    async def _answer(self, socket: ServerConnection, message: bytes) -> None:
        frame = SentFrame.parse(message)
        self.frames.append(frame)
        self.first_frames.setdefault(socket, frame)
        if self.drop_every and frame.sequence % self.drop_every == 0:
            return
        if self.spoil_every and frame.sequence % self.spoil_every == 0:
            message = message[:8] + b"\xff\xff\xff"
        if self.stalled:
            self._waiting.append(message)
        else:
            await socket.send(message)

    def _page(self, _: ServerConnection, request: Request) -> Response | None:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return None
        path = urlsplit(request.path).path
        folder = PAGES if path.startswith("/pages/") else self.static
        file = folder / path.removeprefix("/pages/").removeprefix("/static/")
        if not file.is_file():
            return _response(http.HTTPStatus.NOT_FOUND, b"", "text/plain")
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return _response(http.HTTPStatus.OK, self._renamed(file), kind)

    def _renamed(self, file: Path) -> bytes:
        """A page with the names that its static files have after collectstatic."""
        content = file.read_bytes()
        if file.suffix != ".html":
            return content
        for plain, hashed in self.names.items():
            content = content.replace(
                f'"/static/{plain}"'.encode(), f'"/static/{hashed}"'.encode()
            )
        return content


def _response(status: http.HTTPStatus, body: bytes, kind: str) -> Response:
    headers = Headers(
        {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Content-Security-Policy": POLICY,
            "Cache-Control": "no-store",
            "Connection": "close",
        }
    )
    return Response(status.value, status.phrase, headers, body)


def names_of(collected: Path) -> dict[str, str]:
    manifest = json.loads((collected / "staticfiles.json").read_text())
    return dict(manifest["paths"])


def decode(frames: list[SentFrame]) -> numpy.ndarray:
    """The sound of frames in a row, as floats at 48 kHz."""
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate = SAMPLE_RATE
    decoder.layout = "mono"
    pieces = [numpy.zeros(0)]
    for frame in frames:
        if frame.kind == 2:
            pieces.append(numpy.frombuffer(frame.payload, "<i2") / 32768)
            continue
        for decoded in decoder.decode(av.Packet(frame.payload)):
            samples = decoded.to_ndarray().reshape(-1).astype(float)
            scale = 32768 if decoded.format.name.startswith("s16") else 1
            pieces.append(samples / scale)
    return numpy.concatenate(pieces)


def share_of_tone(samples: numpy.ndarray, hertz: float) -> float:
    """How much of the sound's energy lies within 5 % of a frequency, 0..1."""
    energy = numpy.abs(numpy.fft.rfft(samples * numpy.hanning(len(samples)))) ** 2
    frequencies = numpy.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    near = numpy.abs(frequencies - hertz) < hertz * 0.05
    return float(energy[near].sum() / max(energy.sum(), 1e-12))
