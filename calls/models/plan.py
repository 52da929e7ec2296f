import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.models import Agent
from calls.models.call import Call, Line
from permissions.models import Contact


class PlanQuerySet(models.QuerySet["Plan"]):
    def open(self) -> "PlanQuerySet":
        return self.filter(state__in=Plan.OPEN)


class Plan(models.Model):
    """A scheduled call, made once it is allowed: a row, not a task."""

    class State(models.TextChoices):
        ASKING = "asking", "Requesting permission"  # the request is on its way to Wati
        WAITING = "waiting", "Waiting for permission"
        GRANTED = "granted", "Ready for the next agent"
        OFFERED = "offered", "Offered to an agent"
        DONE = "done", "Called"
        REFUSED = "refused", "Rejected"
        DROPPED = "dropped", "Cancelled"
        EXPIRED = "expired", "Expired"

    class Kind(models.TextChoices):
        REQUEST = "request", "Request"
        CALLBACK = "callback", "Callback"

    OPEN = (State.ASKING, State.WAITING, State.GRANTED, State.OFFERED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="plans")
    line = models.ForeignKey(
        Line,
        models.CASCADE,
        related_name="plans",
        verbose_name="business number",
    )
    agent = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="plans")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.REQUEST)
    state = models.CharField(max_length=10, choices=State, default=State.ASKING)
    version = models.PositiveIntegerField(default=0)
    sentence = models.CharField(max_length=300, blank=True)
    call = models.ForeignKey(Call, models.SET_NULL, null=True, related_name="plans")
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField("not before", null=True)
    expires_at = models.DateTimeField(null=True)
    offered_at = models.DateTimeField(null=True)
    # Rejected by a no of the person or of WhatsApp: a later yes brings it back, with
    # what its sentence was.
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    kept_sentence = models.CharField(max_length=300, blank=True, editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = "scheduled call"
        constraints = [
            models.UniqueConstraint(
                "contact",
                "line",
                condition=Q(state__in=["asking", "waiting", "granted", "offered"]),
                name="one_open_plan_per_contact",
            )
        ]
        indexes = [
            models.Index(
                "state",
                "due_at",
                condition=Q(state__in=["asking", "waiting", "granted", "offered"]),
                name="plan_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.contact}: {self.get_state_display()}"
