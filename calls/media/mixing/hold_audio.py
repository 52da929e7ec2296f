"""The audio for a customer while no speaker is there."""

from calls.media.sounds.player import Playback, Player, Sound
from calls.media.transport.rtp import OPUS_SILENCE

GRACE_SECONDS = 0.7
"""Silence after a speaker was lost: a page that reloads is back by then."""


class HoldAudio:
    """Silence for a moment if the speaker was lost, then the playback, if there is one.

    The playback begins when the moment is over and goes on until `stop`.
    """

    def __init__(self) -> None:
        self._playback: Playback | None = None
        self._player: Player | None = None
        self._begins_at = 0.0

    @property
    def plays(self) -> bool:
        """Tell whether the playback has begun."""
        return self._player is not None

    def hold(self, playback: Playback | None) -> None:
        """Play `playback`; one that plays already goes on."""
        if playback != self._playback:
            self._playback, self._player = playback, None

    def grant_grace(self, now: float) -> None:
        """Let nothing be heard for a moment, should the speaker come back."""
        self._begins_at = now + GRACE_SECONDS

    def end_grace(self) -> None:
        """Let the playback begin at once: the speaker is not expected back."""
        self._begins_at = 0.0

    def stop(self) -> None:
        """Stop for a speaker; the next time the playback begins at its beginning."""
        self._player = None
        self._begins_at = 0.0

    def next(self, now: float) -> bytes:
        """Return the packet for the next 20 ms."""
        if self._playback is None or now < self._begins_at:
            return OPUS_SILENCE
        if self._player is None:
            self._player = Player(self._playback)
        return self._player.next()

    def announce(self, sound: Sound) -> bool:
        """Play `sound` over the playback; False if that does not play."""
        return self._player is not None and self._player.announce(sound)
