"""One row of packets to a listener, unbroken whatever its source."""

from calls.media.events import ListenerPort
from calls.media.socket.wire import STREAM_SHIFT, TALK_SPURT
from calls.media.transport.rtp import (
    FRAME_SAMPLES,
    OPUS_SILENCE,
    SAMPLES_PER_SECOND,
    Packet,
)

AWAKE_SECONDS = 1.0

_HALF = 0x8000


class Stream:
    """One voice that a listener hears: the customer, another participant or a mix.

    It becomes one unbroken row of numbers: a jitter buffer takes a jump for a loss or a
    new stream. A listener may have several of them, told apart by their `number`.
    """

    def __init__(self, listener: ListenerPort, number: int = 0) -> None:
        self.listener = listener
        self.number = number
        self._mark = number << STREAM_SHIFT
        self._source: object = None
        self._is_new = False
        self._last: Packet | None = None
        self._last_at = 0.0
        self._sequence_offset = 0
        self._timestamp_offset = 0
        self._first = 0

    def turn_to(self, source: object) -> None:
        """Expect to hear `source`, None for nothing, from the next packet on."""
        if source is not self._source:
            self._source, self._is_new = source, True

    def hear(self, packet: Packet, now: float) -> None:
        """Deliver one packet, numbered behind what was heard before."""
        if self._is_new:
            packet = self._begin(packet, now)
        elif self._sequence_offset or self._timestamp_offset or self._mark:
            packet = self._numbered(packet.flags, packet)
        last = self._last
        # Late packets keep their number, but the row goes on behind the newest.
        if last is None or (packet.sequence - last.sequence) & 0xFFFF < _HALF:
            self._last = packet
            self._last_at = now
        elif self._is_before_source(packet, last):
            return
        self.listener.deliver(packet)

    def keep_awake(self, now: float) -> None:
        """Send silence once a second without a source: a mute socket looks dead."""
        self._last_at = self._last_at or now
        if self._source is not None or now - self._last_at < AWAKE_SECONDS:
            return
        sequence = timestamp = 0
        if (last := self._last) is not None:
            pause = round((now - self._last_at) * SAMPLES_PER_SECOND)
            sequence = (last.sequence + 1) & 0xFFFF
            timestamp = (last.timestamp + pause) & 0xFFFFFFFF
        self._last = Packet(TALK_SPURT, sequence, timestamp, OPUS_SILENCE)
        self._last_at = now
        self.listener.deliver(self._last)

    def _begin(self, packet: Packet, now: float) -> Packet:
        """Begin with another source; its clock shows the pause that has passed."""
        self._is_new = False
        if (last := self._last) is not None:
            pause = round((now - self._last_at) * SAMPLES_PER_SECOND)
            time = last.timestamp + max(pause, FRAME_SAMPLES)
            self._sequence_offset = last.sequence + 1 - packet.sequence
            self._timestamp_offset = time - packet.timestamp
        first = self._numbered(packet.flags | TALK_SPURT, packet)
        self._first = first.sequence
        return first

    def _is_before_source(self, late: Packet, last: Packet) -> bool:
        """Say whether a late packet was sent before this source was turned to.

        Its number there belongs to what was heard instead. Once in 65,536 packets it
        takes a late one of this source for such a one, which costs 20 ms of sound.
        """
        heard_of_it = (last.sequence - self._first) & 0xFFFF
        return (last.sequence - late.sequence) & 0xFFFF > heard_of_it

    def _numbered(self, flags: int, packet: Packet) -> Packet:
        return Packet(
            flags | self._mark,
            (packet.sequence + self._sequence_offset) & 0xFFFF,
            (packet.timestamp + self._timestamp_offset) & 0xFFFFFFFF,
            packet.payload,
        )
