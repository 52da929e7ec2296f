"""The audio that a phone receives, and the RTP it came in."""

from __future__ import annotations

import time
from array import array
from collections import Counter, deque
from dataclasses import dataclass, field

from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import RtpPacket

from callcenter.simulator import sound

KEPT_SECONDS = 60
DTMF_PAYLOAD = 126
WARM_UP_PACKETS = 10


@dataclass
class Ear:
    """Keeps the last minute as Opus packets; decodes only when asked.

    ``longest_gap`` is in seconds between two packets; ``payload_types`` and
    ``sources`` (SSRC) count packets and hold at most 16 keys each.
    """

    opus: int = 111
    packets: int = 0
    late: int = 0
    longest_gap: float = 0.0
    last_at: float = 0.0
    first_at: float = 0.0
    report_at: float = 0.0
    payload_types: Counter[int] = field(default_factory=Counter)
    sources: Counter[int] = field(default_factory=Counter)
    statistics: StreamStatistics = field(
        default_factory=lambda: StreamStatistics(sound.HEARD_RATE)
    )
    kept: deque[tuple[int, bytes]] = field(
        default_factory=lambda: deque(maxlen=KEPT_SECONDS * sound.PACKETS_PER_SECOND)
    )
    last_timestamp: int = 0

    def hear(self, packet: RtpPacket) -> None:
        now = time.monotonic()
        count(self.payload_types, packet.payload_type)
        count(self.sources, packet.ssrc)
        if packet.payload_type != self.opus:
            return
        if self.packets:
            self.longest_gap = max(self.longest_gap, now - self.last_at)
        else:
            self.first_at = now
        self.packets += 1
        self.last_at = now
        self.statistics.add(packet)
        if self.kept and (packet.timestamp - self.last_timestamp) & 0x80000000:
            self.late += 1
            return
        self.last_timestamp = packet.timestamp
        self.kept.append((packet.timestamp, packet.payload))

    def note_report(self) -> None:
        self.report_at = time.monotonic()

    @property
    def alive_at(self) -> float:
        """Return when the business last showed that it is there, by audio or RTCP."""
        return max(self.last_at, self.report_at)

    @property
    def heard_until(self) -> float:
        """Return when the last packet came, in unix seconds; 0 without any."""
        if not self.packets:
            return 0.0
        return time.time() - (time.monotonic() - self.last_at)

    @property
    def lost(self) -> int:
        return self.statistics.packets_lost if self.packets else 0

    def samples(self, seconds: float = KEPT_SECONDS) -> array[int]:
        """Decode the last seconds to 48 kHz mono; CPU work, not for the event loop."""
        wanted = int(seconds * sound.PACKETS_PER_SECOND)
        # A decoder that starts in the middle needs some packets to settle.
        packets = list(self.kept)[-wanted - WARM_UP_PACKETS :]
        return sound.decode(packets)[-int(seconds * sound.HEARD_RATE) :]


def count(counter: Counter[int], key: int) -> None:
    if key in counter or len(counter) < 16:
        counter[key] += 1
