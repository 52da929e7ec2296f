"""Spans of calls that supervisors listened to, and how."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import Agent


class SupervisionQuerySet(models.QuerySet["Supervision"]):
    def open(self) -> "SupervisionQuerySet":
        return self.filter(ended_at=None)

    def told(self, call_ids: Iterable[UUID]) -> dict[UUID, list[dict[str, str]]]:
        """Return by call who is in it, as far as its agents may know."""
        found: dict[UUID, list[dict[str, str]]] = defaultdict(list)
        spans = self.open().filter(call__in=call_ids, was_told=True)
        names = ("user__first_name", "user__last_name", "supervisor_name")
        for call_id, mode, first, last, username in spans.order_by("pk").values_list(
            "call_id", "mode", *names
        ):
            name = f"{first or ''} {last or ''}".strip() or username
            found[call_id].append({"name": name, "mode": mode})
        return found


class Supervision(models.Model):
    """A span in which one supervisor was in one call in one way.

    Another way, or another agent on the call, begins another span.
    """

    class Mode(models.TextChoices):
        LISTEN = "listen", _("Listening")
        WHISPER = "whisper", _("Whispering")
        BARGE = "barge", _("In the call")
        TAKE_OVER = "take_over", _("Took over")

    call = models.ForeignKey("Call", models.CASCADE, related_name="supervisions")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    # The span stays theirs when the user is gone.
    supervisor_name = models.CharField(max_length=150)
    # Who had the call then; null while nobody had.
    agent = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="+")
    mode = models.CharField(max_length=10, choices=Mode)
    was_told = models.BooleanField()
    """Whether the agent's console said so."""
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    # Since when the supervisor's page does not have the audio; null while it has.
    away_since = models.DateTimeField(null=True, default=timezone.now)

    objects = SupervisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("supervision")
        verbose_name_plural = _("supervisions")
        ordering = ["pk"]
        default_permissions = ()
        permissions = [("listen_call", "Can listen to calls and step in")]
        constraints = [
            models.UniqueConstraint(
                "user", condition=Q(ended_at=None), name="one_call_per_supervisor"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="supervision_ends_after_it_starts",
            ),
        ]
        indexes = [
            models.Index("call", condition=Q(ended_at=None), name="supervision_goes_on")
        ]

    def __str__(self) -> str:
        return f"{self.supervisor_name} {self.mode} {self.call_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it; the name is the user's at that time."""
        if self._state.adding and self.user is not None:
            self.supervisor_name = self.user.get_username()
        super().save(*args, **kwargs)

    @property
    def is_heard(self) -> bool:
        """Tell whether anybody hears the supervisor."""
        return self.mode != self.Mode.LISTEN
