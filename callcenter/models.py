from datetime import datetime, timedelta
from typing import Any, NoReturn

import httpx2
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.translation import gettext as _

from callcenter.encryption import EncryptedTextField
from callcenter.wati import chat_links
from callcenter.wati.addresses import UnusableAddress, root_of
from callcenter.wati.client import WatiClient

# Between two tries of a token that Wati refuses.
SHORTEST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)
AN_HOUR = timedelta(hours=1)
PROBE_LASTS = timedelta(seconds=20)  # longer than any request

ONE_TIME_PASSWORD_LASTS = timedelta(days=7)


class WatiAccountQuerySet(models.QuerySet["WatiAccount"]):
    def of_people(self) -> "WatiAccountQuerySet":
        """Leave out the canary's own."""
        canaries = self.model.objects.filter(lines__queue__is_canary=True)
        return self.exclude(pk__in=canaries.values("pk"))

    def to_probe(self, now: datetime | Combinable) -> "WatiAccountQuerySet":
        """Select accounts whose refused token may be tried again now."""
        due = Q(probe_at=None) | Q(probe_at__lte=now)
        return self.filter(due, is_active=True).exclude(unauthorised_since=None)


class WatiAccount(models.Model):
    """One tenant at Wati: where we call it, and how it proves itself to us."""

    name = models.CharField(max_length=100)
    base_url = models.URLField(
        "base URL",
        help_text=(
            "The host part of the API endpoint shown in Wati, for example "
            "https://live-mt-server.wati.io"
        ),
    )
    tenant_id = models.CharField("tenant ID", max_length=100)
    api_token = EncryptedTextField("API token", blank=True)
    webhook_key = EncryptedTextField("webhook API key", blank=True)
    old_webhook_key = EncryptedTextField(blank=True, editable=False)
    old_webhook_key_until = models.DateTimeField(null=True, editable=False)
    # For agents, who open a contact's chat from the console.
    chat_link = models.CharField(
        "link to a chat",
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=(
            "Opens a contact's chat from the console, for example "
            "https://live.wati.io/1234/teamInbox?phone={number}. {number} stands for "
            "the phone number in digits. Leave empty for no link."
        ),
    )
    is_active = models.BooleanField(default=True)
    # Since when Wati refuses the token; empty while it is good.
    unauthorised_since = models.DateTimeField(null=True, editable=False)
    # When Wati last took it, to the hour; empty: never, or another token since.
    token_worked_at = models.DateTimeField(null=True, editable=False)
    # Then one request, and no more, may try it again.
    probe_at = models.DateTimeField(null=True, editable=False)

    objects = WatiAccountQuerySet.as_manager()

    class Meta:
        verbose_name = "Wati account"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse what no request could be sent to; the client refuses it again."""
        try:
            root_of(self.base_url, self.tenant_id, allow_http=not settings.IS_REAL)
        except UnusableAddress as problem:
            raise ValidationError({problem.field: _(problem.text)}) from None
        self._check_chat_link()

    def _check_chat_link(self) -> None:
        try:
            if self.chat_link:
                chat_links.check(self.chat_link)
        except chat_links.UnusablePattern as problem:
            raise ValidationError({"chat_link": _(str(problem))}) from None

    def chat_with(self, waid: str | None) -> str:
        """Return the link of a contact's chat in Wati; empty if there is none."""
        return chat_links.chat_link(self.chat_link, waid or "")

    def client(self, http: httpx2.AsyncClient) -> WatiClient:
        return WatiClient(
            self.base_url,
            self.tenant_id,
            self.api_token,
            http,
            allow_http=not settings.IS_REAL,
        )

    def webhook_keys(self, now: datetime | None = None) -> list[str]:
        """Return the keys that Wati may use now: two during a rotation."""
        keys = [self.webhook_key]
        until = self.old_webhook_key_until
        if until and (now or timezone.now()) < until:
            keys.append(self.old_webhook_key)
        return [key for key in keys if key]

    def token_refused(self) -> bool:
        """Note that Wati refused this token. Returns False if it is a former one."""
        now = timezone.now()
        mine = WatiAccount.objects.filter(pk=self.pk)
        row = mine.first()
        if row is None or row.api_token != self.api_token:
            return False
        since = row.unauthorised_since or now
        mine.update(unauthorised_since=since, probe_at=now + _pause(now - since))
        return True

    def token_works(self) -> None:
        """Note that Wati took the token: what waited for that goes on."""
        now = timezone.now()
        mine = WatiAccount.objects.filter(pk=self.pk)
        mine.exclude(unauthorised_since=None).update(
            unauthorised_since=None, probe_at=None
        )
        stale = Q(token_worked_at=None) | Q(token_worked_at__lt=now - AN_HOUR)
        mine.filter(stale).update(token_worked_at=now)

    def may_probe(self) -> bool:
        """Claim the one try that a refused token gets now; by compare-and-set."""
        now = timezone.now()
        since = self.unauthorised_since or now
        mine = WatiAccount.objects.to_probe(now).filter(pk=self.pk)
        pause = max(_pause(now - since), PROBE_LASTS)
        return bool(mine.update(probe_at=now + pause))


class CanaryRun(models.Model):
    """One call of the canary, and the problem that it met, if any."""

    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)
    # Seconds since the start at which each step was done.
    steps = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M:%S} {self.problem or 'ok'}"


def _pause(refused_for: timedelta) -> timedelta:
    """Return the time until the next try, which grows with the trouble's age."""
    return min(max(refused_for / 2, SHORTEST_PAUSE), LONGEST_PAUSE)


class AppendOnly(TypeError):
    """The audit log is only added to."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **_: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly


class AuditEntry(models.Model):
    """One thing that a person did, written by callcenter.audit and never changed.

    No foreign keys: an entry outlives the user and the object. A trigger of the
    database refuses changes too, and the deletion of entries of the last year.
    """

    class Action(models.TextChoices):
        SIGN_IN = "sign_in", "signed in"
        SIGN_IN_FAILED = "sign_in_failed", "failed sign-in"
        SIGN_OUT = "sign_out", "signed out"
        PASSWORD = "password", "password changed"
        SECOND_FACTOR = "second_factor", "second factor changed"
        RIGHTS = "rights", "rights changed"
        ADDED = "added", "added"
        CHANGED = "changed", "changed"
        DELETED = "deleted", "deleted"
        VIEWED = "viewed", "viewed"
        EXPORTED = "exported", "exported"
        ERASED = "erased", "erased"
        SUBMITTED = "submitted", "submitted in the admin"
        STEPPED_IN = "stepped_in", "stepped into a call"

    at = models.DateTimeField("time", default=timezone.now, db_index=True)
    action = models.CharField(max_length=20, choices=Action.choices)
    user_pk = models.CharField("user ID", max_length=40, blank=True)
    username = models.CharField("user", max_length=150, blank=True, db_index=True)
    address = models.CharField("IP address", max_length=64, blank=True)
    object_type = models.CharField(max_length=80, blank=True)
    object_pk = models.CharField("object ID", max_length=64, blank=True)
    object_name = models.CharField("object", max_length=200, blank=True)
    details = models.TextField(blank=True)
    # What a form changed: for each field what it is called, the old value and the new.
    changes = models.JSONField(null=True, editable=False)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["object_type", "object_pk"], name="audit_of")]

    def __str__(self) -> str:
        return f"{self.username} {self.action} {self.object_type} {self.object_pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs)

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        raise AppendOnly


class OneTimePassword(models.Model):
    """The mark of a user whose password somebody else knows: they must change it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="one_time_password",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "one-time password"

    def __str__(self) -> str:
        return str(self.user)

    @property
    def has_expired(self) -> bool:
        return timezone.now() - self.created_at > ONE_TIME_PASSWORD_LASTS


class DemoRow(models.Model):
    """The mark of a row that the demo made, with the name it had then."""

    model = models.CharField(max_length=100)
    key = models.BigIntegerField()
    name = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint("model", "key", name="one_mark_per_row")]

    def __str__(self) -> str:
        return f"{self.model} {self.name}"


class SignIn(models.Model):
    """A session of a user: since when, from where, with what."""

    session = models.OneToOneField(
        Session,
        models.CASCADE,
        primary_key=True,
        # Nodes of the version before this one delete sessions without knowing of it.
        db_constraint=False,
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_ins"
    )
    at = models.DateTimeField()
    address = models.CharField(max_length=64, blank=True)
    browser = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = "sign-in"
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.user}, {self.at:%Y-%m-%d %H:%M}"


class SecondFactor(models.Model):
    """A user's authenticator app, and the recovery codes for when it is lost."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="second_factor"
    )
    secret = EncryptedTextField(editable=False)
    # Empty until the first code was right.
    confirmed_at = models.DateTimeField("set up at", null=True, editable=False)
    # Of the last code, counted in 30 s since 1970: each is good once.
    last_step = models.BigIntegerField(default=0, editable=False)
    recovery_hashes = models.JSONField(default=list, editable=False)

    class Meta:
        verbose_name = "second factor"

    def __str__(self) -> str:
        return str(self.user)
