"""Watch whether anything still comes from WhatsApp, RTP or RTCP."""

from typing import Protocol

from calls.media.settings import MediaSettings


class InactivityEvents(Protocol):
    """The events of the watch, each once for a quiet time."""

    def quiet(self, seconds: float) -> None:
        """Called when nothing came for `quiet_warning` seconds."""

    def lost(self) -> None:
        """Called when nothing came for `quiet_lost` seconds."""

    def gone(self, seconds: float) -> None:
        """Called when nothing came for `quiet_end` seconds."""

    def back(self) -> None:
        """Called when something came after all."""


class InactivityWatch:
    """Notes that packets come, for next to nothing, and looks at each tick."""

    def __init__(self, settings: MediaSettings, events: InactivityEvents) -> None:
        self.heard = False
        """Set it at every sign of life."""
        self.quiet_seconds = 0.0
        self._settings = settings
        self._events = events
        self._heard_at = 0.0
        self._steps = 0

    def begin(self, now: float) -> None:
        """Count from here."""
        self._heard_at = now

    def tick(self, now: float) -> None:
        """Tell what has become of it since the last tick."""
        if self.heard:
            self._note_heard(now)
        elif now - self._heard_at >= self._settings.quiet_warning:
            self._note_quiet(now - self._heard_at)

    def _note_heard(self, now: float) -> None:
        self.heard = False
        quiet_for, self._heard_at = now - self._heard_at, now
        if self._steps:
            self._steps = 0
            self.quiet_seconds += quiet_for
            self._events.back()

    def _note_quiet(self, seconds: float) -> None:
        settings = self._settings
        if self._steps == 0:
            self._steps = 1
            self._events.quiet(seconds)
        elif self._steps == 1 and seconds >= settings.quiet_lost:
            self._steps = 2
            self._events.lost()
        elif self._steps == 2 and seconds >= settings.quiet_end:
            self._steps = 3
            self.quiet_seconds += seconds
            self._events.gone(seconds)
