"""The two RTP streams of a call, packet by packet, without sockets or clocks.

Theirs becomes one unbroken row of sequence numbers and timestamps, whatever sources it
comes from. Ours is one unbroken stream with a single SSRC, whoever speaks, and silence
where nobody does.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from calls.media.socket.wire import MAX_OPUS_BYTES, TALK_SPURT

SAMPLES_PER_SECOND = 48000
FRAME_SAMPLES = 960
FRAME_SECONDS = 0.020
# A TOC byte for one 20 ms full-band CELT frame, stereo flag off, and its silence.
OPUS_SILENCE = b"\xf8\xff\xfe"

SILENCE_AFTER = 0.100
"""Seconds without a frame from the listener before silence takes its place."""

MAX_BURST_FRAMES = 15
"""Frames that may run ahead of the clock after a stall: 300 ms."""

_HEADER = Struct("!BBHII")
_HEADER_BYTES = 12
_LONGEST_PACKET_SAMPLES = 2880
_MAX_MIRRORED_GAP = 5
_RESTART_GAP = 1000
_MAX_SILENCES_AT_ONCE = 3


class Packet(NamedTuple):
    """One Opus packet from the far end, numbered as on the audio websocket."""

    flags: int
    sequence: int
    timestamp: int
    payload: bytes


@dataclass(slots=True)
class IncomingCounters:
    """Counters of the packets from the far end."""

    packets: int = 0
    bytes: int = 0
    lost: int = 0
    late: int = 0
    not_audio: int = 0
    sources: int = 0


class IncomingStream:
    """Reads the decrypted RTP packets of the far end.

    `on_source` is told of each SSRC that appears, before its first packet is counted.
    """

    def __init__(
        self,
        payload_type: int,
        on_source: Callable[[int], None],
        counters: IncomingCounters,
    ) -> None:
        self.counters = counters
        self.ssrc: int | None = None
        self.sequence_number = 0
        self.timestamp = 0
        self._payload_type = payload_type
        self._on_source = on_source
        self._sequence_offset = 0
        self._timestamp_offset = 0
        self._last_sequence = 0
        self._last_timestamp = 0

    def read(self, rtp: bytes) -> Packet | None:
        """Return the packet in one RTP packet, or None if it holds no sound.

        After the call `sequence_number` and `timestamp` are those of the RTP header.
        Other payload types (126 is a key pressed) take their number out of the row, so
        that they are not mistaken for a loss.
        """
        first, kind, sequence, timestamp, ssrc = _HEADER.unpack_from(rtp)
        self.sequence_number, self.timestamp = sequence, timestamp
        flags = 0
        step = (sequence - self._last_sequence) & 0xFFFF
        if ssrc != self.ssrc or _RESTART_GAP < step < 0x10000 - _RESTART_GAP:
            flags = self._restart(sequence, timestamp, ssrc)
        elif 0 < step <= _RESTART_GAP:
            self.counters.lost += step - 1
            advance = (timestamp - self._last_timestamp) & 0xFFFFFFFF
            if step == 1 and advance > _LONGEST_PACKET_SAMPLES:
                flags = TALK_SPURT
            self._last_sequence, self._last_timestamp = sequence, timestamp
        else:
            self.counters.late += 1
        if kind & 0x7F != self._payload_type:
            self._skip(step)
            return None
        payload = rtp[_HEADER_BYTES:] if first == 0x80 else _payload(rtp)
        if not 0 < len(payload) <= MAX_OPUS_BYTES:
            return None
        self.counters.packets += 1
        self.counters.bytes += len(payload)
        return Packet(
            flags,
            (sequence + self._sequence_offset) & 0xFFFF,
            (timestamp + self._timestamp_offset) & 0xFFFFFFFF,
            payload,
        )

    def _restart(self, sequence: int, timestamp: int, ssrc: int) -> int:
        """Continue our row with a source that counts from elsewhere."""
        if self.ssrc is not None:
            row = self._last_sequence + self._sequence_offset + 1
            time = self._last_timestamp + self._timestamp_offset + FRAME_SAMPLES
            self._sequence_offset = row - sequence
            self._timestamp_offset = time - timestamp
        if ssrc != self.ssrc:
            self.ssrc = ssrc
            self.counters.sources += 1
            self._on_source(ssrc)
        self._last_sequence, self._last_timestamp = sequence, timestamp
        return TALK_SPURT

    def _skip(self, step: int) -> None:
        self.counters.not_audio += 1
        if 0 < step <= _RESTART_GAP:
            self._sequence_offset -= 1


def _payload(rtp: bytes) -> bytes:
    """Return the payload behind CSRCs, header extension and before padding."""
    start = _HEADER_BYTES + 4 * (rtp[0] & 0x0F)
    if rtp[0] & 0x10:
        if len(rtp) < start + 4:
            return b""
        start += 4 + 4 * int.from_bytes(rtp[start + 2 : start + 4], "big")
    end = len(rtp)
    if rtp[0] & 0x20:
        end -= rtp[-1]
    return rtp[start:end] if start < end else b""


def _silence() -> bytes:
    return OPUS_SILENCE


@dataclass(slots=True)
class OutgoingCounters:
    """Counters of the packets to the far end.

    `packets` counts all, `own` what the node itself made of them, `silences` of these
    what held nothing.
    """

    packets: int = 0
    bytes: int = 0
    own: int = 0
    silences: int = 0
    late: int = 0
    too_fast: int = 0


class OutgoingStream:
    """Writes the RTP packets to the far end; times are monotonic seconds.

    Frames are sent when they come, not when they are due: whoever plays them has a
    jitter buffer, a second one here would only add delay. Frames keep the distances
    they were sent with, small losses included, so that the far end can conceal them.
    Where no frames come, what the node plays follows the clock in the same row.
    """

    def __init__(
        self, ssrc: int, payload_type: int, now: float, counters: OutgoingCounters
    ) -> None:
        self.counters = counters
        self.timestamp = random.getrandbits(32)
        self._sequence = random.getrandbits(15)
        self._ssrc = ssrc
        self._payload_type = payload_type
        self._sent_at = now - FRAME_SECONDS
        self._silent = True
        self._lead = 0.0
        self._theirs = (0, 0)
        self._allowed_at = now - MAX_BURST_FRAMES * FRAME_SECONDS

    @property
    def is_silent(self) -> bool:
        """Tell whether the node fills the listener's place."""
        return self._silent

    def frame(
        self, sequence: int, timestamp: int, payload: bytes, now: float
    ) -> bytes | None:
        """Return the RTP packet for one frame, None if it comes twice or too fast."""
        if not self._silent and not 0 < (sequence - self._theirs[0]) & 0xFFFF < 0x8000:
            self.counters.late += 1
            return None
        if not self._is_allowed(now):
            self.counters.too_fast += 1
            return None
        steps, samples = self._distance(sequence, timestamp)
        self._theirs = (sequence, timestamp)
        self._silent = False
        return self._pack(steps, samples, payload, now)

    def forget(self) -> None:
        """Expect a listener that counts from elsewhere."""
        self._silent = True

    def fill(self, now: float, make: Callable[[], bytes] = _silence) -> list[bytes]:
        """Return what is due by the clock, silence or what else `make` gives.

        Call this every 20 ms. While frames come there is nothing. Once it has begun it
        follows the clock; what the frames before it were ahead of the clock is waited
        for first.
        """
        elapsed = now - self._sent_at
        if not self._silent and elapsed < SILENCE_AFTER:
            return []
        frames = round((elapsed - self._lead) / FRAME_SECONDS)
        if frames < 1:
            return []
        if not self._silent or frames > _MAX_SILENCES_AT_ONCE:
            self._silent = True
            return [self._pack_own(frames * FRAME_SAMPLES, make(), now)]
        return [
            self._pack_own(FRAME_SAMPLES, make(), self._sent_at + FRAME_SECONDS)
            for _ in range(frames)
        ]

    def _pack_own(self, samples: int, payload: bytes, now: float) -> bytes:
        self.counters.own += 1
        if payload == OPUS_SILENCE:
            self.counters.silences += 1
        return self._pack(1, samples, payload, now)

    def _distance(self, sequence: int, timestamp: int) -> tuple[int, int]:
        """Return how far this frame lies behind the last packet sent."""
        if self._silent:
            return 1, FRAME_SAMPLES
        steps = (sequence - self._theirs[0]) & 0xFFFF
        samples = (timestamp - self._theirs[1]) & 0xFFFFFFFF
        if steps > _MAX_MIRRORED_GAP or not 0 < samples <= SAMPLES_PER_SECOND:
            return 1, FRAME_SAMPLES
        return steps, samples

    def _is_allowed(self, now: float) -> bool:
        """Admit a burst, and for the rest two per cent more than real time."""
        allowed_at = max(self._allowed_at, now - MAX_BURST_FRAMES * FRAME_SECONDS)
        if allowed_at > now:
            return False
        self._allowed_at = allowed_at + FRAME_SECONDS * 0.98
        return True

    def _pack(self, steps: int, samples: int, payload: bytes, now: float) -> bytes:
        self._sequence = (self._sequence + steps) & 0xFFFF
        self.timestamp = (self.timestamp + samples) & 0xFFFFFFFF
        # How far what was sent reaches beyond the clock, were it played as it comes.
        lead = self._lead + samples / SAMPLES_PER_SECOND - (now - self._sent_at)
        self._lead = lead if lead > 0.0 else 0.0
        self._sent_at = now
        self.counters.packets += 1
        self.counters.bytes += len(payload)
        header = _HEADER.pack(
            0x80, self._payload_type, self._sequence, self.timestamp, self._ssrc
        )
        return header + payload
