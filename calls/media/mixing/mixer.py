"""Three or more who hear each other: each hears all others and never itself."""

from collections import deque
from collections.abc import Hashable, Iterable

from calls.media.mixing.blend import is_pause, narrow, widen
from calls.media.sounds.opus import OpusDecoder, OpusEncoder

MAX_WAITING_FRAMES = 5
"""Frames of one voice that may wait, 100 ms; the oldest are dropped."""

_BEGIN_WITH = 2
_MAX_CONCEALED = 3
_HALF = 0x8000
_PATIENCE = 100


class Voice:
    """The stream of one member, decoded and put into an even rhythm."""

    def __init__(self) -> None:
        self.dropped = 0
        self._decoder = OpusDecoder()
        self._waiting: deque[bytes] = deque()
        self._last: int | None = None
        self._flows = False
        self._spare = MAX_WAITING_FRAMES
        self._taken = 0

    def put(self, sequence: int, payload: bytes) -> None:
        """Take one Opus packet; small losses before it are concealed.

        A late one is dropped, but after a pause a member may count from elsewhere.
        """
        step = 1 if self._last is None else (sequence - self._last) & 0xFFFF
        if self._waiting and not 0 < step < _HALF:
            return
        self._last = sequence
        if 0 < step <= _MAX_CONCEALED + 1:
            for _ in range(step - 1):
                self._keep(self._decoder.conceal())
        self._keep(self._decoder.decode(payload))

    def take(self) -> bytes | None:
        """Return the next 20 ms; None while nothing comes.

        After a pause it begins with two frames in hand, which evens out how they come.
        """
        waiting = self._waiting
        self._flows = bool(waiting) and (self._flows or len(waiting) >= _BEGIN_WITH)
        if not self._flows:
            return None
        self._let_delay_go()
        return waiting.popleft()

    def _keep(self, frames: list[bytes]) -> None:
        self._waiting.extend(frames)
        while len(self._waiting) > MAX_WAITING_FRAMES:
            self._waiting.popleft()
            self.dropped += 1

    def _let_delay_go(self) -> None:
        """Skip a frame if for two seconds two more were always waiting than needed."""
        self._spare = min(self._spare, len(self._waiting) - 1)
        self._taken += 1
        if self._taken == _PATIENCE:
            if self._spare >= _BEGIN_WITH:
                self._waiting.popleft()
                self.dropped += 1
            self._spare, self._taken = MAX_WAITING_FRAMES, 0


class Mixer:
    """Decodes, adds and encodes for its members, 20 ms at each `step`."""

    def __init__(self) -> None:
        self._voices: dict[Hashable, Voice] = {}
        self._encoders: dict[Hashable, OpusEncoder] = {}
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Count the frames that came too fast to be mixed."""
        return self._dropped + sum(voice.dropped for voice in self._voices.values())

    def seat(self, members: Iterable[Hashable]) -> None:
        """Have exactly these members; who stays keeps the state of its streams."""
        wanted = list(members)
        for gone in [member for member in self._voices if member not in wanted]:
            self._dropped += self._voices.pop(gone).dropped
            del self._encoders[gone]
        for member in wanted:
            if member not in self._voices:
                self._voices[member] = Voice()
                self._encoders[member] = OpusEncoder()

    def put(self, member: Hashable, sequence: int, payload: bytes) -> None:
        """Take one Opus packet of a member; nothing happens if it is none."""
        if (voice := self._voices.get(member)) is not None:
            voice.put(sequence, payload)

    def step(self) -> dict[Hashable, bytes]:
        """Return for each member the Opus packet of what all others said.

        Who pauses adds nothing, and who hears nobody costs no encoding.
        """
        heard = {
            member: lanes
            for member, voice in self._voices.items()
            if (sound := voice.take()) is not None
            and not is_pause(lanes := widen(sound))
        }
        everybody = sum(heard.values())
        return {
            member: encoder.encode(
                narrow(everybody - heard.get(member, 0), len(heard) - (member in heard))
            )
            for member, encoder in self._encoders.items()
        }
