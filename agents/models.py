from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.console_windows import ConsoleWindow
from agents.floor_messages import FloorMessage, FloorMessageReceipt
from agents.preferences import Preferences
from agents.queues import (
    Holiday,
    Membership,
    OpenHours,
    Prompt,
    Queue,
    Schedule,
    no_canarys_agent,
)

__all__ = [
    "Agent",
    "AgentState",
    "AgentStateSpan",
    "BreakReason",
    "ConsoleWindow",
    "FloorMessage",
    "FloorMessageReceipt",
    "Holiday",
    "Membership",
    "OpenHours",
    "Preferences",
    "Prompt",
    "Queue",
    "Schedule",
]

# A console proves every 2 s that it can ring; after this long without, it cannot.
READINESS_LASTS = timedelta(seconds=7)
# Without any message for this long, the agent is taken to be gone.
PRESENCE_LASTS = timedelta(seconds=60)


class AgentState(models.TextChoices):
    OFFLINE = "offline", _("Offline")
    AVAILABLE = "available", _("Available")
    CANNOT_RING = (
        "cannot_ring",
        _("Not reachable"),
    )  # would be available, were it proved
    RINGING = "ringing", _("Ringing")
    IN_CALL = "in_call", _("In call")
    RECONNECTING = "reconnecting", _("Reconnecting")  # in a call that they do not hear
    WRAP_UP = "wrap_up", _("Wrap-up")
    ON_BREAK = "on_break", _("On break")


IN_A_CALL = (AgentState.IN_CALL, AgentState.RECONNECTING)
# Those who may take a call now or soon.
ON_DUTY = (
    AgentState.AVAILABLE,
    AgentState.RINGING,
    *IN_A_CALL,
    AgentState.WRAP_UP,
)


def is_reachable(of: str = "") -> Q:
    """Select those whose console can ring, by what it showed just now.

    `of`: the way to the agent, as in `agent__`.
    """
    return Q(**{f"{of}ready_at__gt": timezone.now() - READINESS_LASTS})


def canaries() -> models.QuerySet[Any]:
    """Select the keys of agents that are no people; mostly there is none."""
    members = Membership.objects.filter(queue__is_canary=True)
    return members.values("agent")


class AgentQuerySet(models.QuerySet["Agent"]):
    def people(self) -> "AgentQuerySet":
        """Leave out the canary's own agent."""
        return self.exclude(pk__in=canaries())

    def in_use(self) -> "AgentQuerySet":
        """Keep the people who can open a console."""
        return self.people().filter(user__is_active=True)

    def present(self) -> "AgentQuerySet":
        return self.filter(seen_at__gt=timezone.now() - PRESENCE_LASTS)

    def reachable(self) -> "AgentQuerySet":
        """Keep those whose console can ring, by what it showed just now."""
        return self.filter(is_reachable())

    def with_reachability(self) -> "AgentQuerySet":
        """Add `is_reachable` as a column, where the rows themselves are not needed."""
        rings = models.When(is_reachable(), then=True)
        return self.annotate(is_reachable=models.Case(rings, default=False))

    def ready(self) -> "AgentQuerySet":
        return self.reachable().filter(state=AgentState.AVAILABLE)


class Agent(models.Model):
    """A person who takes calls."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE)
    name = models.CharField(
        _("name"), max_length=100, help_text=_("Shown to other agents.")
    )
    state = models.CharField(
        _("state"),
        max_length=20,
        choices=AgentState,
        default=AgentState.OFFLINE,
        editable=False,
    )
    state_since = models.DateTimeField(default=timezone.now, editable=False)
    # The break's name, or the sentence why this console cannot ring.
    reason = models.CharField(max_length=300, blank=True, editable=False)
    # The end of wrap-up, or of a break with a limit.
    until = models.DateTimeField(null=True, editable=False)
    # What follows the call or the wrap-up; empty: available.
    next_state = models.CharField(max_length=20, blank=True, editable=False)
    next_reason = models.CharField(max_length=100, blank=True, editable=False)
    # Wants a supervisor, until one of them or the agent lowers the hand.
    hand_raised_at = models.DateTimeField(null=True, editable=False)
    hand_reason = models.CharField(
        max_length=200, blank=True, db_default="", editable=False
    )
    version = models.PositiveIntegerField(default=0, editable=False)

    seen_at = models.DateTimeField(null=True, editable=False)
    # The window that rings (agents.windows), and when it last proved that it can.
    console = models.CharField(max_length=64, blank=True, editable=False)
    console_since = models.DateTimeField(null=True, editable=False)
    ready_at = models.DateTimeField(null=True, editable=False)
    # Rings, real ones and tests, that no page has confirmed since one did; and when the
    # next test is due. Until a page confirms one, no call rings there.
    unconfirmed_rings = models.PositiveSmallIntegerField(default=0, editable=False)
    ring_test_at = models.DateTimeField(null=True, editable=False)
    # Round robin: the longest time since the last ring attempt comes first.
    last_offered_at = models.DateTimeField(null=True, editable=False)

    objects = AgentQuerySet.as_manager()

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        permissions = [
            (
                "direct_floor",
                "Can set the states of agents, move callers and write to agents",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def can_ring(self) -> bool:
        proved = self.ready_at
        return proved is not None and proved > timezone.now() - READINESS_LASTS


class AgentStateSpan(models.Model):
    """One interval of an agent's activity; the open one has no end.

    There are no intervals while offline, so those of a day add up to the time signed
    in.
    """

    agent = models.ForeignKey(
        Agent,
        models.CASCADE,
        related_name="spans",
        limit_choices_to=no_canarys_agent,
    )
    state = models.CharField(max_length=20, choices=AgentState)
    reason = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("interval")
        verbose_name_plural = _("agent activity")
        constraints = [
            models.UniqueConstraint(
                "agent", condition=Q(ended_at=None), name="one_open_span_per_agent"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="span_ends_after_it_starts",
            ),
        ]
        indexes = [models.Index("agent", "started_at", name="span_of_day")]

    def __str__(self) -> str:
        return f"{self.agent} {self.state}"


class BreakReason(models.Model):
    """A reason for a break."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    minutes = models.PositiveSmallIntegerField(
        _("minutes"),
        null=True,
        blank=True,
        help_text=_(
            "Time limit of the break; the console counts down. Leave empty for no "
            "limit."
        ),
    )
    minutes_per_day = models.PositiveSmallIntegerField(
        _("minutes per day"),
        null=True,
        blank=True,
        help_text=_(
            "How long an agent may be on this break in a day; the console shows what "
            "is left. Leave empty for no allowance."
        ),
    )
    is_work = models.BooleanField(
        _("productive"),
        default=False,
        help_text=_(
            "For example training: counts as productive time in the agent activity "
            "export."
        ),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("break reason")
        verbose_name_plural = _("break reasons")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name
