"""Rows of the import from the disk: how far it is, and the lines it set aside."""

from django.db import models
from django.utils import timezone


class SpoolFile(models.Model):
    """A file of webhooks whose import has begun.

    Changed in the transaction that stores its lines, so that each counts once, wherever
    the import is killed.
    """

    name = models.CharField(max_length=100, unique=True)
    place = models.BigIntegerField(default=0)  # bytes that are done
    # Of the line at this place.
    attempts = models.PositiveSmallIntegerField(default=0)
    began_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class SetAsideLine(models.Model):
    """A line of such a file that is no webhook which can be stored."""

    found_at = models.DateTimeField("found", default=timezone.now, db_index=True)
    file = models.CharField(max_length=100)
    line = models.BinaryField()
    problem = models.CharField("error", max_length=300)

    class Meta:
        verbose_name = "webhook set aside"
        verbose_name_plural = "webhooks set aside"

    def __str__(self) -> str:
        return f"{self.file} {self.found_at:%Y-%m-%d %H:%M:%S}"
