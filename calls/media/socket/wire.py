"""The binary frame between a listener and the node: docs/audio-websocket.md."""

from struct import Struct
from typing import NamedTuple

OPUS = 1
PCM = 2
TALK_SPURT = 0x01
# Bits 4 to 6 of the flags: which of the listener's streams the frame belongs to.
STREAM_SHIFT = 4
MOST_STREAMS = 8
STREAM_MASK = (MOST_STREAMS - 1) << STREAM_SHIFT

HEADER_BYTES = 8
MAX_OPUS_BYTES = 1275
PCM_BYTES = 1920
MAX_MESSAGE_BYTES = 4096

_HEADER = Struct("!BBHI")
_KINDS = frozenset({OPUS, PCM})


class BadFrame(ValueError):
    """The message is not a frame; `str()` says why in one sentence."""


class Frame(NamedTuple):
    """One message; sequence wraps at 16 bit, timestamp (48 kHz samples) at 32."""

    kind: int
    flags: int
    sequence: int
    timestamp: int
    payload: bytes


def pack(kind: int, flags: int, sequence: int, timestamp: int, payload: bytes) -> bytes:
    """Return the message for one payload.

    The numbers must already be wrapped; `struct.error` otherwise. No further check is
    made: this runs once for every packet of every call.
    """
    return _HEADER.pack(kind, flags, sequence, timestamp) + payload


def unpack(message: bytes) -> Frame:
    """Return the frame of one message.

    Raises `BadFrame` for a message that is too short or too long, of an unknown kind,
    or whose payload does not fit its kind. Unknown flags are kept, not refused.
    """
    if len(message) <= HEADER_BYTES:
        raise BadFrame("The frame has no payload.")
    kind, flags, sequence, timestamp = _HEADER.unpack_from(message)
    if kind not in _KINDS:
        raise BadFrame(f"There is no frame of kind {kind}.")
    payload = message[HEADER_BYTES:]
    if kind == OPUS and len(payload) > MAX_OPUS_BYTES:
        raise BadFrame("The Opus packet is longer than 1275 bytes.")
    if kind == PCM and len(payload) != PCM_BYTES:
        raise BadFrame("A PCM frame holds 960 samples of 16 bit.")
    return Frame(kind, flags, sequence, timestamp, payload)
