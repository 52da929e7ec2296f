"""Call permissions, and the ledger that they follow from."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.expressions import Combinable
from django.utils import timezone

from callcenter.models import WatiAccount
from permissions.facts import EventKind, LedgerEntry, PermissionStatus, Source
from permissions.models.contact import Contact
from permissions.reading import Grant, Reading, parse


class CallPermissionQuerySet(models.QuerySet["CallPermission"]):
    def waiting(self) -> "CallPermissionQuerySet":
        """Keep requests without an answer, the oldest first."""
        return self.filter(status=PermissionStatus.REQUESTED).order_by("requested_at")

    def due(self, now: datetime | Combinable) -> "CallPermissionQuerySet":
        """Keep what has expired and is not recorded as such."""
        return self.filter(expires_at__lte=now).order_by("expires_at")

    def to_check(self, now: datetime | Combinable) -> "CallPermissionQuerySet":
        """Keep those of which WhatsApp should be asked now."""
        return self.filter(check_at__lte=now).order_by("check_at")


class CallPermission(models.Model):
    """The permission of one person for one business number, as the ledger reads now.

    WhatsApp counts everything per such pair. The events are the truth; this row is
    written only by permissions.services, from them.
    """

    account = models.ForeignKey(WatiAccount, models.CASCADE, related_name="permissions")
    business_number = models.CharField(max_length=32, help_text="Digits only.")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="permissions")
    status = models.CharField(
        max_length=10,
        choices=PermissionStatus,
        default=PermissionStatus.NONE,
        editable=False,
    )
    # Of the grant, or of the request that waits.
    expires_at = models.DateTimeField(null=True, editable=False)
    requested_at = models.DateTimeField(null=True, editable=False)
    streak = models.PositiveIntegerField(
        "unanswered in a row", default=0, editable=False
    )
    read_at = models.DateTimeField(
        "last checked with WhatsApp", null=True, editable=False
    )
    read_result = models.JSONField(default=dict, editable=False)
    # While a webhook is not settled: the next reading, and how many in a row failed.
    check_at = models.DateTimeField(null=True, editable=False)
    failed_checks = models.PositiveSmallIntegerField(default=0, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CallPermissionQuerySet.as_manager()

    class Meta:
        verbose_name = "call permission"
        constraints = [
            models.UniqueConstraint(
                "account", "business_number", "contact", name="one_permission_per_pair"
            )
        ]
        indexes = [
            models.Index(
                "expires_at", condition=~Q(expires_at=None), name="permission_due"
            ),
            models.Index(
                "check_at", condition=~Q(check_at=None), name="permission_to_check"
            ),
            models.Index("status", "requested_at", name="permission_status"),
            # From permissions.rules.UNANSWERED_BEFORE_ADVICE on: few of them all.
            models.Index("streak", condition=Q(streak__gte=2), name="permission_risk"),
        ]

    def __str__(self) -> str:
        return (
            f"{self.contact} and +{self.business_number}: {self.get_status_display()}"
        )

    @property
    def reading(self) -> Reading | None:
        """Return what WhatsApp's API answered last."""
        return parse(self.read_result, self.read_at) if self.read_at else None


class PermissionEvent(models.Model):
    """One fact of the ledger. Written once, never changed."""

    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="permission_events"
    )
    # Empty when the fact holds for every business number: do-not-call.
    permission = models.ForeignKey(
        CallPermission, models.CASCADE, null=True, related_name="events"
    )
    kind = models.CharField(max_length=20, choices=EventKind)
    source = models.CharField(max_length=8, choices=Source, default=Source.OWN)
    grant = models.CharField(max_length=10, blank=True, choices=Grant)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField("time")
    written_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField("allowed until", null=True)
    call = models.UUIDField(null=True)
    code = models.PositiveIntegerField("WhatsApp error code", null=True)
    # As WhatsApp said with its refusal.
    wait_until = models.DateTimeField(null=True)
    detail = models.CharField(max_length=300, blank=True)
    # Which request, call or webhook it is about: each says the same thing once.
    about = models.CharField(max_length=100, blank=True)
    # The counters after it: permissions.rules.tally().
    tally = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "permission",
                "kind",
                "about",
                condition=~Q(about=""),
                name="each_fact_counts_once",
            )
        ]
        indexes = [
            models.Index(fields=["permission", "-at"], name="permission_history"),
            models.Index("at", condition=Q(code=138013), name="country_refusals"),
            models.Index("call", condition=~Q(call=None), name="permission_event_call"),
        ]
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.at:%Y-%m-%d %H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk and not self._state.adding:
            raise TypeError("The ledger is only added to.")
        super().save(*args, **kwargs)

    def entry(self) -> LedgerEntry:
        return LedgerEntry(
            kind=self.kind,
            at=self.at,
            source=self.source,
            about=self.about,
            grant=self.grant,
            expires_at=self.expires_at,
            code=self.code,
            wait_until=self.wait_until,
        )
