"""What a customer hears while no speaker is there."""

from calls.media.sounds.player import Player, Program, Sound
from calls.media.transport.rtp import OPUS_SILENCE

GRACE_SECONDS = 0.7
"""Silence after a speaker was lost: a page that reloads is back by then."""


class Waiting:
    """Silence for a moment if the speaker was lost, then the program, if there is one.

    The program begins when the moment is over and goes on until `stop`.
    """

    def __init__(self) -> None:
        self._program: Program | None = None
        self._player: Player | None = None
        self._begins_at = 0.0

    @property
    def plays(self) -> bool:
        """Tell whether the program has begun."""
        return self._player is not None

    def hold(self, program: Program | None) -> None:
        """Play `program`; one that plays already goes on."""
        if program != self._program:
            self._program, self._player = program, None

    def grant_grace(self, now: float) -> None:
        """Let nothing be heard for a moment, should the speaker come back."""
        self._begins_at = now + GRACE_SECONDS

    def end_grace(self) -> None:
        """The speaker is not expected back."""
        self._begins_at = 0.0

    def stop(self) -> None:
        """A speaker is there; the next time the program begins at its beginning."""
        self._player = None
        self._begins_at = 0.0

    def next(self, now: float) -> bytes:
        """Return the packet for the next 20 ms."""
        if self._program is None or now < self._begins_at:
            return OPUS_SILENCE
        if self._player is None:
            self._player = Player(self._program)
        return self._player.next()

    def announce(self, sound: Sound) -> bool:
        """Play `sound` over the program; False if that does not play."""
        return self._player is not None and self._player.announce(sound)
