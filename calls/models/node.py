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

    def __str__(self) -> str:
        return self.name

    def audio_url(self, call_id: uuid.UUID) -> str:
        # A page that came over https may only open wss.
        root = self.url.replace("http", "ws", 1)
        return f"{root}/ws/nodes/{self.name}/calls/{call_id}/audio/"
