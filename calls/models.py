import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agents.models import Agent, Queue
from callcenter.models import WatiAccount
from calls.states import LIVE, WITH_AGENT, EndedBy, Result, Status
from permissions.models import Contact


class Line(models.Model):
    """A business number at WhatsApp, and the queue its calls ring."""

    account = models.ForeignKey(WatiAccount, models.CASCADE, related_name="lines")
    number = models.CharField(max_length=32, help_text="Digits, country code first.")
    name = models.CharField(max_length=100)
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="lines")

    class Meta:
        constraints = [
            models.UniqueConstraint("account", "number", name="one_line_per_number")
        ]

    def __str__(self) -> str:
        return self.name


class Direction(models.TextChoices):
    INBOUND = "inbound", "Inbound"
    OUTBOUND = "outbound", "Outbound"


class CallQuerySet(models.QuerySet["Call"]):
    def logged(self) -> "CallQuerySet":
        """Calls that happened: not the shadows of calls never offered to us."""
        return self.exclude(direction="")


class Call(models.Model):
    """One call; its row is the line in the log."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(WatiAccount, models.PROTECT, related_name="calls")
    # Empty for a call of ours that Wati has not named yet.
    wati_call_id = models.CharField("Wati call id", max_length=256, blank=True)
    direction = models.CharField(max_length=10, choices=Direction, blank=True)
    line = models.ForeignKey(Line, models.SET_NULL, null=True, blank=True)
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="calls"
    )
    queue = models.ForeignKey(Queue, models.SET_NULL, null=True, blank=True)
    agent = models.ForeignKey(Agent, models.SET_NULL, null=True, blank=True)

    status = models.CharField(
        max_length=12, choices=Status, default=Status.UNMATCHED, editable=False
    )
    version = models.PositiveIntegerField(default=0, editable=False)
    result = models.CharField(max_length=12, choices=Result, blank=True)
    end_reason = models.CharField(max_length=20, blank=True)
    ended_by = models.CharField(max_length=12, choices=EndedBy, blank=True)
    end_text = models.CharField("what happened", max_length=300, blank=True)
    error_code = models.PositiveIntegerField(null=True, blank=True)

    node = models.CharField(max_length=100, blank=True)
    node_epoch = models.PositiveIntegerField(default=0)
    # Of a call out: what Wati said last of its way.
    progress = models.CharField(max_length=12, blank=True, editable=False)
    # Of a shadow: the status words that came before their call, in order.
    heard = models.CharField(max_length=200, blank=True, editable=False)
    offer_sdp = models.TextField(blank=True)
    answer_sdp = models.TextField(blank=True)
    muted = models.BooleanField(default=False)

    created_at = models.DateTimeField("received at", default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    provider_duration = models.PositiveIntegerField(null=True)

    # When somebody must look at this call again. Swept; never a countdown elsewhere.
    deadline = models.DateTimeField(null=True)

    objects = CallQuerySet.as_manager()

    class Meta:
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
            models.Index(fields=["-created_at", "id"], name="call_log"),
            models.Index("status", name="call_status"),
        ]

    def __str__(self) -> str:
        who = self.contact or "Unknown WhatsApp user"
        return f"{who}, {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def wait_seconds(self) -> int | None:
        """From the first ring to the answer, or to the end without one."""
        until = self.answered_at or self.ended_at
        return _seconds(self.created_at, until)

    @property
    def talk_seconds(self) -> int | None:
        return _seconds(self.answered_at, self.ended_at)


def _seconds(start: datetime | None, end: datetime | None) -> int | None:
    return round((end - start).total_seconds()) if start and end else None


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


class Offer(models.Model):
    """One call rung at one agent."""

    class Outcome(models.TextChoices):
        RINGING = "ringing", "Ringing"
        ANSWERED = "answered", "Answered"
        DECLINED = "declined", "Declined"
        TAKEN = "taken", "Taken by a colleague"
        CALLER_LEFT = "caller_left", "Caller left"
        NO_ANSWER = "no_answer", "No answer"

    call = models.ForeignKey(Call, models.CASCADE, related_name="offers")
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="offers")
    offered_at = models.DateTimeField(default=timezone.now)
    rang_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.RINGING)

    class Meta:
        constraints = [
            models.UniqueConstraint("call", "agent", name="one_offer_per_agent")
        ]

    def __str__(self) -> str:
        return f"{self.call_id} at {self.agent}: {self.outcome}"


class WebhookDelivery(models.Model):
    """A webhook as it came, stored before it has any effect."""

    class Status(models.TextChoices):
        NEW = "new", "New"
        DONE = "done", "Done"
        WAITING = "waiting", "Waiting for its call"
        DEAD = "dead", "Needs a look"

    account = models.ForeignKey(WatiAccount, models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=24)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)
    remote_address = models.GenericIPAddressField(null=True)
    body = models.BinaryField()
    wati_call_id = models.CharField("Wati call id", max_length=256, blank=True)
    dedupe_key = models.CharField(max_length=64, null=True, editable=False)
    copies = models.PositiveIntegerField(
        default=0, help_text="How often Wati sent the same again."
    )
    status = models.CharField(max_length=8, choices=Status, default=Status.NEW)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "webhook"
        constraints = [
            models.UniqueConstraint(
                "account", "dedupe_key", name="each_webhook_counts_once"
            )
        ]
        indexes = [
            models.Index(
                "next_attempt_at",
                condition=Q(status__in=["new", "waiting"]),
                name="webhook_due",
            ),
            models.Index(
                fields=["account", "kind", "-received_at"], name="webhook_last_heard"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.received_at:%Y-%m-%d %H:%M:%S}"


class WatiRequest(models.Model):
    """A write to Wati: the outbox. Its row says what we know of its outcome."""

    class Verb(models.TextChoices):
        ACCEPT = "accept", "Accept"
        TERMINATE = "terminate", "Terminate"
        OUTBOUND = "outbound", "Outbound call"
        ASK = "ask", "Permission request"

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        SENT = "sent", "Sent"
        OK = "ok", "Done"
        REFUSED = "refused", "Refused"
        UNKNOWN = "unknown", "Unknown"
        DROPPED = "dropped", "Not needed any more"

    account = models.ForeignKey(WatiAccount, models.CASCADE, related_name="requests")
    # One of the two: what this request is about.
    call = models.ForeignKey(Call, models.CASCADE, null=True, related_name="requests")
    plan = models.ForeignKey("Plan", models.CASCADE, null=True, related_name="requests")
    verb = models.CharField(max_length=12, choices=Verb)
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True, default=timezone.now)
    http_status = models.PositiveSmallIntegerField(null=True)
    error_code = models.PositiveIntegerField(null=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "request to Wati"
        verbose_name_plural = "requests to Wati"
        constraints = [
            models.UniqueConstraint("call", "verb", name="one_request_per_intent"),
            models.UniqueConstraint("plan", "verb", name="one_request_per_plan"),
        ]
        indexes = [
            models.Index(
                "next_attempt_at",
                condition=Q(status__in=["pending", "sent"]),
                name="request_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.status}"


class PlanQuerySet(models.QuerySet["Plan"]):
    def open(self) -> "PlanQuerySet":
        return self.filter(state__in=Plan.OPEN)


class Plan(models.Model):
    """A call that somebody wants to make once it is allowed: a row, not a task."""

    class State(models.TextChoices):
        ASKING = "asking", "Asking"  # the request is on its way to Wati
        WAITING = "waiting", "Waiting for permission"
        GRANTED = "granted", "Allowed, for the next agent"
        OFFERED = "offered", "Offered to an agent"
        DONE = "done", "Called"
        REFUSED = "refused", "Refused"
        DROPPED = "dropped", "Given up"
        EXPIRED = "expired", "Run out"

    class Kind(models.TextChoices):
        REQUEST = "request", "Request"
        CALLBACK = "callback", "Callback"

    OPEN = (State.ASKING, State.WAITING, State.GRANTED, State.OFFERED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="plans")
    line = models.ForeignKey(Line, models.CASCADE, related_name="plans")
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

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = "planned call"
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
