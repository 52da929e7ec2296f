"""Adds voices sample by sample, in plain Python yet fast enough for a node.

The samples of a frame become the 32 bit lanes of one large integer, the even ones
below the odd ones. Adding two such integers adds all the lanes at once; made positive
first, no lane carries into the next. A loop over samples runs only for the rare frame
that is too loud.
"""

import math
from array import array
from functools import cache

from calls.media.socket.wire import PCM_BYTES
from calls.media.sounds.opus import PCM_SILENCE
from calls.media.transport.rtp import FRAME_SAMPLES

KNEE = 24_576
"""Up to here, -2.5 dBFS, a sum stays as it is; beyond, it bends towards full scale."""

HUSH = 64
"""A frame that stays below, -54 dBFS, is a pause: nobody hears it beside a voice."""

_CEILING = 32_767
_HALF = 32_768
_ROOM = 1 << 20
_HALF_BITS = 8 * PCM_BYTES


@cache
def _lanes(value: int) -> int:
    return int.from_bytes(value.to_bytes(4, "little") * FRAME_SAMPLES, "little")


_SIGNS = int.from_bytes(_HALF.to_bytes(2, "little") * FRAME_SAMPLES, "little")
_EVEN = int.from_bytes(b"\xff\xff\x00\x00" * (FRAME_SAMPLES // 2), "little")
_BEYOND_HUSH = -1 << 32 * FRAME_SAMPLES | _lanes(0xFFFF_FFFF & -2 * HUSH)
_LOWER = (1 << _HALF_BITS) - 1
_WITHIN = _lanes(_ROOM)


def widen(sound: bytes) -> int:
    """Return a frame as lanes, each a sample plus 32768."""
    positive = int.from_bytes(sound, "little") ^ _SIGNS
    return positive & _EVEN | (positive >> 16 & _EVEN) << _HALF_BITS


def is_pause(lanes: int) -> bool:
    """Tell whether a frame, as lanes, holds nothing that is heard."""
    # Below bit 7 where the sample is at least -HUSH and less than HUSH.
    return (lanes - _lanes(_HALF - HUSH)) & _BEYOND_HUSH == 0


def narrow(total: int, voices: int) -> bytes:
    """Return the frame of a sum of `voices` frames, softly clipped."""
    if voices == 0:
        return PCM_SILENCE
    offset = voices * _HALF
    # Bit 20 of a lane survives where the sample is not below -KNEE, not above KNEE.
    not_below = total + _lanes(_ROOM + KNEE - offset)
    not_above = _lanes(_ROOM + KNEE + offset) - total
    if not_below & not_above & _WITHIN != _WITHIN:
        return _clipped(total, offset)
    wide = total - _lanes(offset - _HALF)
    positive = wide & _LOWER | wide >> _HALF_BITS << 16
    return (positive ^ _SIGNS).to_bytes(PCM_BYTES, "little")


def _clipped(total: int, offset: int) -> bytes:
    lanes = memoryview(total.to_bytes(2 * PCM_BYTES, "little")).cast("I")
    bent = array("h", bytes(PCM_BYTES))
    half = FRAME_SAMPLES // 2
    bent[0::2] = array("h", [_bend(lane - offset) for lane in lanes[:half]])
    bent[1::2] = array("h", [_bend(lane - offset) for lane in lanes[half:]])
    return bent.tobytes()


def _bend(sample: int) -> int:
    if -KNEE <= sample <= KNEE:
        return sample
    bent = _BENT[min(abs(sample) - KNEE, _LAST)]
    return bent if sample > 0 else -bent


_ROOM_ABOVE = _CEILING - KNEE
_LAST = 4 * _ROOM_ABOVE
_BENT = tuple(
    KNEE + int(_ROOM_ABOVE * math.tanh(over / _ROOM_ABOVE)) for over in range(_LAST + 1)
)
