"""Sounds that are played to a caller: Opus packets, ready to be sent as they are."""

from collections import deque
from dataclasses import dataclass
from pathlib import Path

import av

from calls.media.socket.wire import MAX_OPUS_BYTES
from calls.media.transport.rtp import FRAME_SECONDS, OPUS_SILENCE

MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_WAITING_SOUNDS = 4
_STEREO = 0x04
_FRAME_MILLISECONDS = (
    *(10, 20, 40, 60) * 3,
    *(10, 20) * 2,
    *(2.5, 5, 10, 20) * 4,
)


class BadSound(ValueError):
    """The file is no sound that can be played; `str()` says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Packets of 20 ms each, mono, 48 kHz."""

    packets: tuple[bytes, ...]

    @property
    def seconds(self) -> float:
        """Return how long it lasts."""
        return len(self.packets) * FRAME_SECONDS

    @classmethod
    def load(cls, path: Path) -> "Sound":
        """Read an Ogg Opus file without decoding it; raises `BadSound`.

        `calls.media.sounds.encode` makes such a file of whatever a user has.
        """
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise BadSound("The audio file is larger than 4 MB.")
            packets = _demux(path)
        except (OSError, av.FFmpegError):
            raise BadSound("The audio file is not a readable Ogg Opus file.") from None
        if not packets:
            raise BadSound("The audio file has no audio.")
        if not all(_is_twenty_milliseconds_mono(packet) for packet in packets):
            raise BadSound("The audio file is not mono in packets of 20 ms.")
        return cls(packets)


def _demux(path: Path) -> tuple[bytes, ...]:
    with (
        path.open("rb") as file,
        av.open(file, format="ogg", mode="r") as container,
    ):
        streams = container.streams
        if len(streams) != 1 or len(streams.audio) != 1:
            raise BadSound("The audio file must have exactly one audio stream.")
        if streams.audio[0].codec_context.name not in ("opus", "libopus"):
            raise BadSound("The audio file is Ogg, but not Opus.")
        return tuple(bytes(packet) for packet in container.demux() if packet.size)


def _is_twenty_milliseconds_mono(packet: bytes) -> bool:
    """Tell it from the first byte, and the second if there is one (RFC 6716, 3.1)."""
    if len(packet) > MAX_OPUS_BYTES or packet[0] & _STEREO:
        return False
    code = packet[0] & 3
    if code == 3 and len(packet) < 2:
        return False
    frames = (1, 2, 2, packet[1] & 0x3F if code == 3 else 0)[code]
    return frames * _FRAME_MILLISECONDS[packet[0] >> 3] == 20


@dataclass(frozen=True, slots=True)
class Playback:
    """Audio for a caller without a speaker: `once` in order, then `loop` for ever.

    Without a loop silence follows.
    """

    once: tuple[Sound, ...] = ()
    loop: Sound | None = None


class Player:
    """Turns a playback into the next packet for each 20 ms."""

    def __init__(self, playback: Playback) -> None:
        self._first = deque(playback.once)
        self._loop = playback.loop.packets if playback.loop is not None else ()
        self._at = 0
        self._loop_at = 0

    def announce(self, sound: Sound) -> bool:
        """Interrupt the loop for `sound`; it goes on afterwards where it was.

        A sound that plays is not interrupted. False, and nothing played, if too many
        wait already.
        """
        if len(self._first) >= MAX_WAITING_SOUNDS:
            return False
        self._first.append(sound)
        return True

    def next(self) -> bytes:
        """Return the packet for the next 20 ms."""
        while self._first:
            packets, at = self._first[0].packets, self._at
            if at < len(packets):
                self._at += 1
                return packets[at]
            self._first.popleft()
            self._at = 0
        if not self._loop:
            return OPUS_SILENCE
        packet = self._loop[self._loop_at]
        self._loop_at = (self._loop_at + 1) % len(self._loop)
        return packet
