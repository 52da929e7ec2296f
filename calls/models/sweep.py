"""Rows of the sweeps: the last run of each, and its trouble."""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from callcenter.shared_clock import SharedNow

# One sweep of the worker runs every two seconds, whatever there is to do.
SILENT_AFTER = timedelta(seconds=5)
# A run later than this was noted before the clock was put back.
TOO_LATE = timedelta(seconds=5)


class SweepRunQuerySet(models.QuerySet["SweepRun"]):
    def since(self, ago: timedelta) -> "SweepRunQuerySet":
        """Select those that have run since then, by the clock that all share."""
        return self.filter(ran_at__gt=SharedNow(-ago), ran_at__lte=SharedNow(TOO_LATE))

    def not_since(self, ago: timedelta) -> "SweepRunQuerySet":
        """Select all others."""
        return self.filter(
            Q(ran_at__lte=SharedNow(-ago)) | Q(ran_at__gt=SharedNow(TOO_LATE))
        )

    def worker_is_silent(self) -> bool:
        """Say whether no worker has run any sweep for too long."""
        return not self.since(SILENT_AFTER).filter(runner="").exists()

    def stood_in(self) -> bool:
        """Say whether nodes do the worker's work at present."""
        return self.worker_is_silent() and self.since(SILENT_AFTER).exists()

    def failing(self) -> "SweepRunQuerySet":
        return self.exclude(failing_since=None).order_by("failing_since")


class SweepRun(models.Model):
    """The last run of a sweep, over all processes."""

    name = models.CharField(max_length=40, unique=True)
    ran_at = models.DateTimeField("last run")
    # The node that stood in for the worker; empty for a worker.
    runner = models.CharField("stand-in", max_length=100, blank=True)
    failing_since = models.DateTimeField(null=True)
    problem = models.CharField("error", max_length=300, blank=True)

    objects = SweepRunQuerySet.as_manager()

    class Meta:
        verbose_name = "sweep"

    def __str__(self) -> str:
        return self.name
