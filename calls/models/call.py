import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agents.models import Agent, Prompt, Queue, Schedule
from agents.queues import IN_USE, NO_CANARY, NO_CANARYS_LINE, no_canarys_agent
from callcenter.models import WatiAccount
from calls.models.durations import talk_seconds_of, wait_seconds_of
from calls.models.legs import Offer
from calls.states import LIVE, WITH_AGENT, EndedBy, Result, Status
from permissions.models import Contact


class Line(models.Model):
    """A business number at WhatsApp, and the queue its calls ring."""

    account = models.ForeignKey(WatiAccount, models.CASCADE, related_name="lines")
    number = models.CharField(
        max_length=32, help_text=("Digits only, starting with the country code.")
    )
    name = models.CharField(max_length=100)
    queue = models.ForeignKey(
        Queue, models.PROTECT, related_name="lines", limit_choices_to=IN_USE
    )
    priority = models.SmallIntegerField(
        default=0,
        help_text=("Callers of a number with a higher priority are served first."),
    )
    schedule = models.ForeignKey(
        Schedule,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="lines",
        verbose_name="business hours",
        help_text="Leave empty if always open.",
    )
    closed_prompt = models.ForeignKey(
        Prompt,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Played outside business hours. Leave empty for the default.",
    )

    class Meta:
        verbose_name = "business number"
        verbose_name_plural = "business numbers"
        constraints = [
            models.UniqueConstraint("account", "number", name="one_line_per_number")
        ]

    def __str__(self) -> str:
        return self.name


class Direction(models.TextChoices):
    INBOUND = "inbound", "Inbound"
    OUTBOUND = "outbound", "Outbound"


class Announcement(models.TextChoices):
    CLOSED = "closed", "Closed"
    NOBODY = "nobody", "No agents signed in"
    FULL = "full", "Queue full"


class AnsweredBy(models.TextChoices):
    """Evidence that the contact answered an outbound call."""

    WHATSAPP = "whatsapp", "WhatsApp"
    AUDIO = "audio", "Audio"


class Unheard(models.TextChoices):
    """The side of a call between two from which no audio comes."""

    CUSTOMER = "customer", "Customer"
    AGENT = "agent", "Agent"
    BOTH = "both", "Both"


class CallQuerySet(models.QuerySet["Call"]):
    def logged(self) -> "CallQuerySet":
        """Keep calls that happened: no shadows of calls that never reached us.

        Nor those of the canary, which calls nobody but itself.
        """
        return self.exclude(direction="").filter(is_canary=False)


class Call(models.Model):
    """One call; its row is the entry in the log."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(WatiAccount, models.PROTECT, related_name="calls")
    # Empty for an outbound call that Wati has not named yet.
    wati_call_id = models.CharField("Wati call ID", max_length=256, blank=True)
    direction = models.CharField(max_length=10, choices=Direction, blank=True)
    line = models.ForeignKey(
        Line,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name="business number",
        limit_choices_to=NO_CANARYS_LINE,
    )
    # Their own indexes are those of the calls of many contacts and agents at once.
    contact = models.ForeignKey(
        Contact,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="calls",
        db_index=False,
    )
    queue = models.ForeignKey(
        Queue, models.SET_NULL, null=True, blank=True, limit_choices_to=NO_CANARY
    )
    # The agent who has the call now; all participants are in `legs`.
    agent = models.ForeignKey(
        Agent,
        models.SET_NULL,
        null=True,
        blank=True,
        limit_choices_to=no_canarys_agent,
        db_index=False,
    )

    status = models.CharField(
        max_length=12, choices=Status, default=Status.UNMATCHED, editable=False
    )
    version = models.PositiveIntegerField(default=0, editable=False)
    result = models.CharField(max_length=12, choices=Result, blank=True)
    end_reason = models.CharField(max_length=20, blank=True)
    ended_by = models.CharField(max_length=12, choices=EndedBy, blank=True)
    end_text = models.CharField("end reason", max_length=300, blank=True)
    error_code = models.PositiveIntegerField(null=True, blank=True)
    # Of a call that WhatsApp did not place: when it may, if it says so.
    retry_at = models.DateTimeField(null=True, editable=False)

    node = models.CharField(max_length=100, blank=True)
    node_epoch = models.PositiveIntegerField(default=0)
    # Of an outbound call: the progress that Wati reported last.
    progress = models.CharField(max_length=12, blank=True, editable=False)
    # And when Wati last said anything of it.
    heard_at = models.DateTimeField(null=True, editable=False)
    answered_by = models.CharField(
        max_length=10, blank=True, choices=AnsweredBy, editable=False
    )
    # Of a shadow: the status words that came before their call, in order.
    heard = models.CharField(max_length=200, blank=True, editable=False)
    offer_sdp = models.TextField(blank=True)
    answer_sdp = models.TextField(blank=True)
    muted = models.BooleanField(default=False)

    # The caller's place in the queue; one who is brought forward has an earlier one.
    queued_at = models.DateTimeField(null=True)
    place_since = models.DateTimeField(null=True)
    priority = models.SmallIntegerField(default=0)
    # The ids of the queues that were asked to take the caller, in order, each once.
    visited_queues = models.JSONField(default=list, editable=False)
    queue_visits = models.PositiveSmallIntegerField(default=0)
    # When audio began without an agent: auto-answered.
    queued_with_audio_at = models.DateTimeField(null=True)
    # The announcement that is played before the system ends the call.
    announcement = models.CharField(max_length=10, blank=True, choices=Announcement)
    # For one agent only until then: the sticky agent, or a transfer to an agent.
    wanted_agent = models.ForeignKey(
        Agent, models.SET_NULL, null=True, related_name="+"
    )
    wanted_until = models.DateTimeField(null=True)
    wanted_as = models.CharField(max_length=10, blank=True, choices=Offer.Kind)
    from_agent = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="+")

    held_since = models.DateTimeField(null=True)
    hold_seconds = models.PositiveIntegerField(default=0)
    holds = models.PositiveSmallIntegerField(default=0)
    # The agent's console is gone; until then the call is theirs all the same.
    console_lost_until = models.DateTimeField(null=True)
    reattach_count = models.PositiveSmallIntegerField(default=0)
    one_way_seconds = models.PositiveIntegerField(default=0)
    # While they talk: who is not heard at present, as the node measures it.
    unheard = models.CharField(
        max_length=10, choices=Unheard, blank=True, db_default="", editable=False
    )
    unheard_since = models.DateTimeField(null=True, editable=False)

    created_at = models.DateTimeField("started at", default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    media_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    provider_duration = models.PositiveIntegerField(null=True)

    # Of the canary: never in the log, a report or a file.
    is_canary = models.BooleanField(default=False, db_default=False, editable=False)
    # The sound in numbers, once it is over: calls.media.counters.
    audio_figures = models.JSONField(null=True, editable=False)

    # When this call must be looked at again. Swept; never a countdown elsewhere.
    deadline = models.DateTimeField(null=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        permissions = [("watch_board", "Can see the live board")]
        constraints = [
            models.UniqueConstraint(
                "account",
                "wati_call_id",
                condition=~Q(wati_call_id=""),
                name="one_row_per_call_at_wati",
            ),
            models.UniqueConstraint(
                "contact",
                "line",
                condition=Q(direction="outbound", status__in=WITH_AGENT),
                name="one_live_call_out_per_contact",
            ),
            models.UniqueConstraint(
                "agent",
                condition=Q(status__in=WITH_AGENT),
                name="one_live_call_per_agent",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("created_at")),
                name="call_ends_after_it_starts",
            ),
        ]
        indexes = [
            models.Index("deadline", condition=~Q(deadline=None), name="call_due"),
            # With what logged() asks for, all calls of the log are counted by it alone.
            models.Index(
                fields=["-created_at", "id", "direction", "is_canary"], name="call_log"
            ),
            models.Index("status", name="call_status"),
            # A search for a name reads them alone, and not the calls.
            models.Index(fields=["contact", "id"], name="calls_of_contact"),
            models.Index(fields=["agent", "id"], name="calls_of_agent"),
            models.Index(
                F("queue"),
                F("created_at").desc(),
                condition=Q(direction="inbound", answered_at=None),
                name="calls_not_answered",
            ),
        ]

    def __str__(self) -> str:
        who = self.contact or "Unknown WhatsApp user"
        return f"{who}, {timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def wait_seconds(self) -> int | None:
        return wait_seconds_of(self)

    @property
    def talk_seconds(self) -> int | None:
        return talk_seconds_of(self)


class CallChange(models.Model):
    """One move of a call, or a fact that came after its end."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="changes")
    at = models.DateTimeField(default=timezone.now)
    event = models.CharField(max_length=20)
    old = models.CharField(max_length=12, choices=Status)
    new = models.CharField(max_length=12, choices=Status)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.event}: {self.old} → {self.new}"
