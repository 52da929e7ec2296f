"""The two RTP streams of a call, packet by packet, without sockets or clocks.

Theirs becomes one row of sequence numbers and timestamps, whatever it counts from: a
hole in it is a loss, and nothing else is. Ours is one unbroken stream with a single
SSRC, whoever speaks, and silence where nobody does.
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
_MAX_SILENCES_AT_ONCE = 3

SOURCE_IS_SILENT = 0.5
"""Seconds without sound before another source is listened to; DTX pauses for 0.4."""

_LONGEST_LOSS = 1000
_SUDDEN_LOSS = 150
_MOST_PACKETS_PER_SECOND = 100
_RESTART_NEARBY = 10
_RESTART_ELSEWHERE = 3
"""Packets in a row that make a sender who counts anew: numbers that were passed a
moment ago may as well be copies, which come in bursts."""

_CLOCK_WAS_SET = 2 * SAMPLES_PER_SECOND
"""So much more than the time that has passed is no pause of the sender."""


class Packet(NamedTuple):
    """One Opus packet from the far end, numbered as on the audio websocket."""

    flags: int
    sequence: int
    timestamp: int
    payload: bytes


@dataclass(slots=True)
class IncomingCounters:
    """Counters of the packets from the far end.

    `lost` counts the holes that are there now: a packet that comes late fills its own.
    `dropped` counts copies, strays, and the packets of a second source. `jitter` is
    that of RFC 3550, in samples.
    """

    packets: int = 0
    bytes: int = 0
    lost: int = 0
    late: int = 0
    not_audio: int = 0
    sources: int = 0
    dropped: int = 0
    jitter: float = 0.0


class _Hole(NamedTuple):
    """A number that was passed over: its offset then, and the packets before it."""

    offset: int
    left_at: int


class IncomingStream:
    """Reads the decrypted RTP packets of the far end; times are monotonic seconds.

    No number is given twice. `on_source` is told of the SSRC that is listened to,
    before its first packet is counted, and again when it counts anew.
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
        self.is_in_row = False
        """Whether the packet read last belongs to the source that is listened to."""
        self._payload_type = payload_type
        self._on_source = on_source
        self._sequence_offset = 0
        self._timestamp_offset = 0
        self._last_sequence = 0
        self._last_timestamp = 0
        self._sound_at = -SOURCE_IS_SILENT
        self._flags = 0
        self._missing: dict[int, _Hole] = {}
        self._strays = 0
        self._last_stray = 0

    def read(self, rtp: bytes, now: float) -> Packet | None:
        """Return the packet in one RTP packet, or None if it holds no sound.

        After the call `sequence_number` and `timestamp` are those of the RTP header.
        Packets without sound (126 is a key pressed, others are nothing but padding)
        take their number out of the row, so that they are not mistaken for a loss.
        """
        first, kind, sequence, timestamp, ssrc = _HEADER.unpack_from(rtp)
        self.sequence_number, self.timestamp = sequence, timestamp
        payload = b""
        if kind & 0x7F == self._payload_type:
            payload = rtp[_HEADER_BYTES:] if first == 0x80 else _payload(rtp)
        is_sound = 0 < len(payload) <= MAX_OPUS_BYTES
        step = (sequence - self._last_sequence) & 0xFFFF
        if ssrc != self.ssrc or step != 1:
            if ssrc == self.ssrc and (hole := self._hole_of(sequence)) is not None:
                return self._fill(hole, payload, is_sound)
            self.is_in_row = self._is_next(sequence, timestamp, ssrc, is_sound, now)
            if not self.is_in_row:
                self.counters.dropped += 1
                return None
        self.is_in_row = True
        self._last_sequence, self._strays = sequence, 0
        if not is_sound:
            self.counters.not_audio += 1
            self._sequence_offset -= 1
            return None
        advance = (timestamp - self._last_timestamp) & 0xFFFFFFFF
        strayed = abs((now - self._sound_at) * SAMPLES_PER_SECOND - advance)
        if strayed < SAMPLES_PER_SECOND:  # else its clock was set
            self.counters.jitter += (strayed - self.counters.jitter) / 16
        if advance > _LONGEST_PACKET_SAMPLES:
            self._note_jump(timestamp, advance, step, now)
        flags, self._flags = self._flags, 0
        self._last_timestamp, self._sound_at = timestamp, now
        self.counters.packets += 1
        self.counters.bytes += len(payload)
        return Packet(
            flags,
            (sequence + self._sequence_offset) & 0xFFFF,
            (timestamp + self._timestamp_offset) & 0xFFFFFFFF,
            payload,
        )

    def _hole_of(self, sequence: int) -> _Hole | None:
        """Return the hole that was left for this number, once."""
        hole = self._missing.pop(sequence, None)
        if hole is None or self.counters.packets - hole.left_at > _LONGEST_LOSS:
            return None
        return hole

    def _fill(self, hole: _Hole, payload: bytes, is_sound: bool) -> Packet | None:
        self.is_in_row, self._strays = True, 0
        self.counters.lost -= 1
        if not is_sound:
            self.counters.not_audio += 1
            return None
        self.counters.late += 1
        self.counters.packets += 1
        self.counters.bytes += len(payload)
        return Packet(
            0,
            (self.sequence_number + hole.offset) & 0xFFFF,
            (self.timestamp + self._timestamp_offset) & 0xFFFFFFFF,
            payload,
        )

    def _is_next(
        self, sequence: int, timestamp: int, ssrc: int, is_sound: bool, now: float
    ) -> bool:
        """Say whether the row goes on with this packet, not the one expected."""
        if ssrc != self.ssrc:
            # Two who speak at once are no conversation: the first is listened to.
            if not is_sound or now - self._sound_at < SOURCE_IS_SILENT:
                return False
            self._restart(sequence, timestamp, ssrc, now)
            return True
        step = (sequence - self._last_sequence) & 0xFFFF
        if 0 < step <= self._furthest(now):
            self._note_missing(step)
            return True
        if self._counts_anew(sequence):
            self._restart(sequence, timestamp, ssrc, now)
            return True
        return False

    def _furthest(self, now: float) -> int:
        """Return how far the row may have gone on unheard since the last sound."""
        passed = int((now - self._sound_at) * _MOST_PACKETS_PER_SECOND)
        return min(_LONGEST_LOSS, _SUDDEN_LOSS + passed)

    def _note_missing(self, step: int) -> None:
        self.counters.lost += step - 1
        missing = self._missing
        hole = _Hole(self._sequence_offset, self.counters.packets)
        for number in range(self._last_sequence + 1, self._last_sequence + step):
            missing[number & 0xFFFF] = hole
        while len(missing) > _LONGEST_LOSS:
            del missing[next(iter(missing))]

    def _counts_anew(self, sequence: int) -> bool:
        """Tell copies and strays from a sender that has begun to count from elsewhere.

        The sender goes on from there, packet after packet, and never from here.
        """
        follows = 0 < (sequence - self._last_stray) & 0xFFFF <= _RESTART_ELSEWHERE
        self._strays = self._strays + 1 if follows and self._strays else 1
        self._last_stray = sequence
        is_nearby = (self._last_sequence - sequence) & 0xFFFF <= _LONGEST_LOSS
        enough = _RESTART_NEARBY if is_nearby else _RESTART_ELSEWHERE
        return self._strays >= enough

    def _restart(self, sequence: int, timestamp: int, ssrc: int, now: float) -> None:
        """Continue our row with a source that counts from elsewhere."""
        if self.ssrc is not None:
            self._sequence_offset += self._last_sequence + 1 - sequence
            self._continue_time(timestamp, now)
        if ssrc != self.ssrc:
            self.ssrc = ssrc
            self.counters.sources += 1
        self._on_source(ssrc)
        self._missing.clear()
        self._last_timestamp = timestamp - FRAME_SAMPLES
        self._flags = TALK_SPURT

    def _note_jump(self, timestamp: int, advance: int, step: int, now: float) -> None:
        """Take a pause for what it is, and a clock that was set for no pause at all."""
        passed = (now - self._sound_at) * SAMPLES_PER_SECOND
        if advance > passed + _CLOCK_WAS_SET:
            self._continue_time(timestamp, now)
            # What is still to come by the old clock has no place any more.
            self._missing.clear()
            self._flags = TALK_SPURT
        elif step == 1:
            self._flags = TALK_SPURT

    def _continue_time(self, timestamp: int, now: float) -> None:
        """Let `timestamp` stand as far behind the last sound as it came after it."""
        passed = round((now - self._sound_at) * SAMPLES_PER_SECOND)
        time = self._last_timestamp + self._timestamp_offset
        self._timestamp_offset = time + max(FRAME_SAMPLES, passed) - timestamp


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
