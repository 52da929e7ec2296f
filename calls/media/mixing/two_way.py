"""Measure whether both sides of a call are heard."""

from collections.abc import Callable

from calls.media.events import Flow
from calls.media.transport.rtp import IncomingCounters, OutgoingCounters

SILENT_AFTER = 2.5
"""Seconds without a packet. Pauses in speech are no silence: DTX sends every 400 ms."""

NEVER_HEARD_AFTER = 3.0
"""Seconds in which a customer who was never heard may send nothing but silence."""

SILENCE_BYTES = 3
"""A packet of up to so many bytes holds digital silence or nothing at all."""

_BOTH = Flow()
_LOOK_EVERY = 0.1


class FlowWatch:
    """Reads the counters now and then, so that packets cost nothing more.

    It measures while one speaker and the customer hear each other.
    """

    def __init__(
        self,
        incoming: IncomingCounters,
        outgoing: OutgoingCounters,
        tell: Callable[[Flow], None],
    ) -> None:
        self.flow = _BOTH
        self.one_way_seconds = 0.0
        self.two_way_at: float | None = None
        self._incoming = incoming
        self._outgoing = outgoing
        self._tell = tell
        self._speaker: object = None
        self._look_at = self._looked_at = 0.0
        self._packets_in = self._bytes_in = self._frames_out = 0
        self._customer_at = self._participant_at = 0.0
        self._was_customer_heard = False

    def tick(self, now: float, speaker: object) -> None:
        """Measure; `speaker` is the one who is alone with the customer, if any."""
        if now >= self._look_at:
            self._look_at = now + _LOOK_EVERY
            self._look(now, speaker)

    def _look(self, now: float, speaker: object) -> None:
        has_customer, has_participant = self._count(now)
        if speaker is None:
            self._speaker = None
            self._change(_BOTH)
            return
        if speaker is not self._speaker:
            self._speaker = speaker
            self._customer_at = self._participant_at = self._looked_at = now
        if has_customer:
            self._customer_at = now
        if has_participant:
            self._participant_at = now
        self._judge(now)

    def _count(self, now: float) -> tuple[bool, bool]:
        """Return whether the customer, and a participant, was heard since then."""
        incoming, outgoing = self._incoming, self._outgoing
        packets = incoming.packets - self._packets_in
        size = incoming.bytes - self._bytes_in
        frames = outgoing.packets - outgoing.own - self._frames_out
        self._packets_in, self._bytes_in = incoming.packets, incoming.bytes
        self._frames_out = outgoing.packets - outgoing.own
        if size > packets * SILENCE_BYTES:
            self._was_customer_heard = True
        is_first = self.two_way_at is None and self._was_customer_heard
        if is_first and self._frames_out:
            self.two_way_at = now
        return packets > 0 and self._was_customer_heard, frames > 0

    def _judge(self, now: float) -> None:
        passed, self._looked_at = now - self._looked_at, now
        patience = SILENT_AFTER if self._was_customer_heard else NEVER_HEARD_AFTER
        flow = Flow(
            customer_heard=now - self._customer_at < patience,
            participant_heard=now - self._participant_at < SILENT_AFTER,
        )
        if not flow.is_two_way:
            since = min(self._customer_at, self._participant_at)
            self.one_way_seconds += passed if self.flow != _BOTH else now - since
        self._change(flow)

    def _change(self, flow: Flow) -> None:
        if flow != self.flow:
            self.flow = flow
            self._tell(flow)
