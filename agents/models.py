from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

# A console says "I am here" every 5 s; after this long without, it is gone.
PRESENCE_LASTS = timedelta(seconds=15)


class AgentState(models.TextChoices):
    OFFLINE = "offline", "Offline"
    AVAILABLE = "available", "Available"
    IN_CALL = "in_call", "In call"
    ON_BREAK = "on_break", "On break"


class AgentQuerySet(models.QuerySet["Agent"]):
    def present(self) -> "AgentQuerySet":
        return self.filter(seen_at__gt=timezone.now() - PRESENCE_LASTS)

    def ready(self) -> "AgentQuerySet":
        """Available, and their console was heard of just now."""
        return self.present().filter(state=AgentState.AVAILABLE)


class Agent(models.Model):
    """A person who takes calls."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE)
    name = models.CharField(max_length=100, help_text="As colleagues see it.")
    state = models.CharField(
        max_length=20, choices=AgentState, default=AgentState.OFFLINE, editable=False
    )
    state_since = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    seen_at = models.DateTimeField(null=True, editable=False)

    objects = AgentQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class AgentStateSpan(models.Model):
    """One stretch of an agent's one timeline; the open one has no end."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="spans")
    state = models.CharField(max_length=20, choices=AgentState)
    reason = models.CharField(max_length=100, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "agent", condition=Q(ended_at=None), name="one_open_span_per_agent"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="span_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent} {self.state}"


class Queue(models.Model):
    """A line of callers, and the agents who serve it."""

    name = models.CharField(max_length=100, unique=True)
    agents: "models.ManyToManyField[Agent, Membership]" = models.ManyToManyField(
        Agent, through="Membership", related_name="queues"
    )
    ring_seconds = models.PositiveSmallIntegerField(
        default=45,
        help_text="How long a call rings before it counts as missed. "
        "WhatsApp itself gives up after 30 to 60 seconds.",
    )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    queue = models.ForeignKey(Queue, models.CASCADE)
    agent = models.ForeignKey(Agent, models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint("queue", "agent", name="one_membership")]

    def __str__(self) -> str:
        return f"{self.agent} in {self.queue}"
