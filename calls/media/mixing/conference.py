"""Participants who are mixed, and the clock they hear by."""

from collections.abc import Hashable, Iterable

from calls.media.mixing.mixer import Mixer
from calls.media.mixing.participant import Participant
from calls.media.transport.rtp import FRAME_SAMPLES, FRAME_SECONDS, Packet

_MAX_STEPS_AT_ONCE = 3


class Conference:
    """Exists only while more than two hear each other.

    Either `tick` or `step` is called every 20 ms, not both.
    """

    def __init__(self, now: float) -> None:
        self._mixer = Mixer()
        self._participants: list[Participant] = []
        self._began_at = self._stepped_at = now
        self._sequence = 0
        self._frames = 0

    @property
    def dropped(self) -> int:
        """Count the frames that came too fast to be mixed."""
        return self._mixer.dropped

    def seat(
        self, participants: list[Participant], others: Iterable[Hashable] = ()
    ) -> None:
        """Have exactly these members; what others hear is for the caller to deliver."""
        self._participants = participants
        self._mixer.seat([*participants, *others])

    def put(self, member: Hashable, sequence: int, payload: bytes) -> None:
        """Take one Opus packet of a member."""
        self._mixer.put(member, sequence, payload)

    def step(self, now: float) -> dict[Hashable, bytes]:
        """Deliver 20 ms more, and return what each member was to hear."""
        heard = self._mixer.step()
        self._sequence += 1
        self._frames += 1 + self._left_out(now)
        sequence = self._sequence & 0xFFFF
        timestamp = self._frames * FRAME_SAMPLES & 0xFFFFFFFF
        for participant in self._participants:
            participant.hear(Packet(0, sequence, timestamp, heard[participant]), now)
        return heard

    def tick(self, now: float) -> None:
        """Step as often as is due; a long stall is a pause, not a lasting delay."""
        frames = int((now - self._stepped_at) / FRAME_SECONDS)
        self._stepped_at += frames * FRAME_SECONDS
        for _ in range(min(frames, _MAX_STEPS_AT_ONCE)):
            self.step(now)

    def _left_out(self, now: float) -> int:
        """Return how many frames a stall has swallowed, nought for a small one."""
        behind = int((now - self._began_at) / FRAME_SECONDS) - self._frames - 1
        return behind if behind > _MAX_STEPS_AT_ONCE else 0
