import uuid

from django.db import models


class Node(models.Model):
    """A process that may hold calls, alive while it renews its lease."""

    name = models.CharField(max_length=100, unique=True)
    url = models.CharField(max_length=200, blank=True)
    epoch = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField()
    calls = models.PositiveIntegerField(default=0)
    max_calls = models.PositiveIntegerField(default=0)
    draining = models.BooleanField(default=False)
    # Of files and the like; the number of calls is another limit.
    has_room = models.BooleanField(default=True, db_default=True)
    # For how long the sweep has seen it without a lease, and when it looked last.
    silence = models.FloatField(default=0, db_default=0)
    doubted_at = models.DateTimeField(null=True, blank=True)
    # By how many seconds its clock is ahead of the database's.
    clock_offset = models.FloatField(default=0, db_default=0)

    def __str__(self) -> str:
        return self.name

    def audio_url(self, call_id: uuid.UUID) -> str:
        return f"{self._sockets}/calls/{call_id}/audio/"

    def supervision_url(self, call_id: uuid.UUID) -> str:
        """Return where a supervisor in the call hears it."""
        return f"{self._sockets}/calls/{call_id}/supervision/"

    def console_url(self) -> str:
        """Return where a console is opened on this node and on no other."""
        return f"{self._sockets}/console/"

    @property
    def _sockets(self) -> str:
        # A page that came over https may only open wss.
        root = self.url.replace("http", "ws", 1)
        return f"{root}/ws/nodes/{self.name}"


class ClockJump(models.Model):
    """An instant at which a clock was set while the product ran."""

    at = models.DateTimeField()
    seconds = models.FloatField()

    def __str__(self) -> str:
        return f"{self.seconds:+.0f} s"
