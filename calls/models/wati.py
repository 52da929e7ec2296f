"""Webhooks from Wati and requests to it: a row before it has an effect."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from callcenter.models import WatiAccount


class WebhookDelivery(models.Model):
    """A webhook as it came, stored before it has any effect."""

    class Status(models.TextChoices):
        NEW = "new", "New"
        DONE = "done", "Done"
        WAITING = "waiting", "Waiting for its call"
        DEAD = "dead", "Needs attention"

    account = models.ForeignKey(WatiAccount, models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=24)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)
    remote_address = models.GenericIPAddressField(null=True)
    body = models.BinaryField()
    # A body that says several things is several rows, each with its own effect.
    part = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    parts = models.PositiveSmallIntegerField(default=1, db_default=1, editable=False)
    # What it is by itself, whatever its address is for; empty if that is not plain.
    said_kind = models.CharField(
        "recognized as",
        max_length=24,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    # By the sender's clock; nothing is decided by it alone.
    sent_at = models.DateTimeField("sent", null=True, editable=False)
    # Our own number as the body names it: digits, unless it is no number.
    business_number = models.CharField(
        max_length=32, blank=True, default="", db_default="", editable=False
    )
    # A status that no table knows.
    unknown_word = models.CharField(
        max_length=40, blank=True, default="", db_default="", editable=False
    )
    wati_call_id = models.CharField("Wati call ID", max_length=256, blank=True)
    dedupe_key = models.CharField(max_length=64, null=True, editable=False)
    copies = models.PositiveIntegerField(
        "duplicates", default=0, help_text="How often Wati sent the same webhook again."
    )
    status = models.CharField(max_length=8, choices=Status, default=Status.NEW)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    problem = models.CharField("error", max_length=300, blank=True)

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
            # What /metrics and the first page count every few seconds.
            models.Index(
                "received_at", condition=Q(status="dead"), name="webhook_dead"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.received_at:%Y-%m-%d %H:%M:%S}"


class LineHeard(models.Model):
    """The last time that a business number was heard by a kind of webhook."""

    line = models.ForeignKey(
        "Line", models.CASCADE, related_name="heard", verbose_name="business number"
    )
    kind = models.CharField(max_length=24)
    at = models.DateTimeField("time")

    class Meta:
        verbose_name = "last webhook"
        constraints = [
            models.UniqueConstraint("line", "kind", name="one_time_per_line_and_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M:%S}"


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
        REFUSED = "refused", "Rejected"
        UNKNOWN = "unknown", "Unknown"
        DROPPED = "dropped", "No longer needed"

    account = models.ForeignKey(WatiAccount, models.CASCADE, related_name="requests")
    # One of the two: what this request is about.
    call = models.ForeignKey("Call", models.CASCADE, null=True, related_name="requests")
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
    # Wati itself says so; a 404 of some other server does not count.
    call_is_over = models.BooleanField(default=False, db_default=False, editable=False)
    problem = models.CharField("error", max_length=300, blank=True)
    words = models.CharField("WhatsApp's words", max_length=300, blank=True)
    not_before = models.DateTimeField(null=True)  # as WhatsApp says
    needs_admin = models.BooleanField("needs an administrator", default=False)

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
            ),
            # Whether Wati fails just now.
            models.Index(fields=["account", "-sent_at"], name="request_lately"),
            models.Index(
                "created_at", condition=Q(status="unknown"), name="request_unknown"
            ),
            # Both for the supervisors' first page: what only they can mend, and
            # whether the same has succeeded since.
            models.Index(
                fields=["created_at"],
                condition=Q(needs_admin=True),
                name="request_for_admin",
            ),
            models.Index(
                fields=["account", "verb", "created_at"],
                condition=Q(status="ok"),
                name="request_done",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.status}"
