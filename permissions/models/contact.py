"""People on WhatsApp, their IDs and words, and merges."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from callcenter import word_index
from callcenter.models import WatiAccount
from callcenter.wall_clock import validate_zone
from permissions import spellings
from permissions.hours import CallingHours
from permissions.numbers import country_of, key_of


class Contact(models.Model):
    """A person on WhatsApp, known by a set of IDs; the number may be hidden.

    `waid`, `bsuid` and `username` repeat the IDs that WhatsApp used last; they are no
    key to anybody. permissions.people finds the person behind an ID.
    """

    waid = models.CharField(
        "WhatsApp ID", max_length=32, null=True, help_text="The number to call."
    )
    bsuid = models.CharField("business-scoped user ID", max_length=200, null=True)
    username = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    do_not_call = models.BooleanField(default=False, editable=False)
    do_not_call_reason = models.CharField(max_length=300, blank=True, editable=False)
    do_not_call_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    do_not_call_at = models.DateTimeField(null=True, editable=False)

    time_zone = models.CharField(
        max_length=64,
        blank=True,
        validators=[validate_zone],
        help_text=(
            "For example Europe/Berlin. Leave empty for the time zone of the business "
            "number."
        ),
    )
    calls_from = models.TimeField("may be called from", null=True, blank=True)
    calls_until = models.TimeField("may be called until", null=True, blank=True)

    class Meta:
        permissions = [
            ("erase_contact", "Can erase the data of a contact"),
            ("export_contact", "Can export the data of a contact"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(calls_from=None, calls_until=None)
                | Q(calls_from__isnull=False, calls_until__isnull=False),
                name="calling_hours_have_both_ends",
                violation_error_message=(
                    "Enter both ends of the calling hours or neither."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.called or self.number or _("Unknown WhatsApp user")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it, found by its number and its name from the first moment."""
        is_new = self._state.adding
        fields = kwargs.get("update_fields")
        with transaction.atomic():
            super().save(*args, **kwargs)
            if is_new and self.waid:
                ContactId.of_number(self.waid, contact=self).save()
            if is_new:
                ContactWord.add([self])
            elif fields is None or "name" in fields:
                ContactWord.keep([self.pk])

    def own_words(self) -> frozenset[str]:
        """Return by what the row itself is found."""
        names = spellings.of_name(self.name) | spellings.of_name(self.username)
        ids = spellings.of_number(self.waid or "") | spellings.of_name(self.bsuid or "")
        return names | ids

    @property
    def called(self) -> str:
        """Return the name, else the username as WhatsApp shows it, else nothing."""
        return self.name or (f"@{self.username}" if self.username else "")

    @property
    def number(self) -> str:
        """Return the number in E.164 with its plus, or nothing."""
        return f"+{self.waid}" if self.waid else ""

    @property
    def country(self) -> str:
        """Return 'DE' for a German number; empty when the number has no country."""
        return country_of(self.waid or "")

    def hours(self, default: CallingHours | None = None) -> CallingHours | None:
        """Return the calling hours; `default` fills in what the contact left empty."""
        zone = self.time_zone or (default.zone if default else settings.TIME_ZONE)
        if self.calls_from is not None and self.calls_until is not None:
            return CallingHours(zone, self.calls_from, self.calls_until)
        if default is None:
            return None
        return CallingHours(zone, default.opens, default.closes)


class ContactId(models.Model):
    """One ID of a contact, and what finds it again.

    Two forms of one number have the same key. A business-scoped user ID holds for one
    Wati account, a number and a username for all of them.
    """

    class Kind(models.TextChoices):
        NUMBER = "number", "Phone number"
        USER_ID = "user_id", "Business-scoped user ID"
        USERNAME = "username", "Username"

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="ids")
    kind = models.CharField(max_length=10, choices=Kind)
    account = models.ForeignKey(WatiAccount, models.CASCADE, null=True)
    value = models.CharField("ID", max_length=200, help_text="As WhatsApp wrote it.")
    key = models.CharField(max_length=200)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "ID of a contact"
        verbose_name_plural = "IDs of contacts"
        constraints = [
            models.UniqueConstraint(
                "key",
                "kind",
                condition=Q(account=None),
                name="each_id_is_of_one_contact",
            ),
            models.UniqueConstraint(
                "key",
                "account",
                condition=~Q(account=None),
                name="each_user_id_is_of_one_contact",
            ),
            models.CheckConstraint(
                condition=Q(kind="user_id", account__isnull=False)
                | (~Q(kind="user_id") & Q(account=None)),
                name="only_a_user_id_has_an_account",
            ),
        ]

    def __str__(self) -> str:
        return self.value

    @classmethod
    def of_number(cls, waid: str, **fields: Any) -> "ContactId":
        return cls(kind=cls.Kind.NUMBER, value=waid, key=key_of(waid), **fields)

    @classmethod
    def of_user_id(cls, bsuid: str, account: WatiAccount) -> "ContactId":
        return cls(kind=cls.Kind.USER_ID, account=account, value=bsuid, key=bsuid)

    @classmethod
    def of_username(cls, username: str) -> "ContactId":
        key = username.casefold()
        return cls(kind=cls.Kind.USERNAME, value=username, key=key)

    def words(self) -> frozenset[str]:
        """Return by what this ID is found."""
        is_number = self.kind == self.Kind.NUMBER
        of = spellings.of_number if is_number else spellings.of_name
        return of(self.value)

    @property
    def named(self) -> tuple[str, int | None, str]:
        """Return what no two contacts have in common."""
        return self.kind, self.account_id, self.key


class ContactWord(models.Model):
    """One way in which people may begin to type a contact: permissions.search reads it.

    Follows from the contact, their IDs and their merges. Whoever changes one of these
    past Contact.save() calls keep(), or add() where nothing can have gone.
    """

    pk = models.CompositePrimaryKey("contact_id", "word")
    # No merge moves these ("+"): they are made anew.
    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="+", db_index=False
    )
    word = models.CharField(max_length=spellings.LONGEST)

    class Meta:
        verbose_name = "search word"
        indexes = [word_index.by_word("contact", name="contact_words")]

    def __str__(self) -> str:
        return self.word

    @classmethod
    def keep(cls, keys: Iterable[int]) -> None:
        """Let these contacts be found by what they are called now, and nothing else."""
        word_index.keep(cls, "contact", words_of(keys))

    @classmethod
    def add(cls, contacts: Iterable[Contact]) -> None:
        """Let contacts be found that are new."""
        word_index.add(cls, "contact", {one.pk: one.own_words() for one in contacts})

    @classmethod
    def add_ids(cls, contact: Contact, ids: Iterable["ContactId"]) -> None:
        """Let a contact be found by IDs that they have got."""
        words = {word for one in ids for word in one.words()} - contact.own_words()
        word_index.add(cls, "contact", {contact.pk: words})


def words_of(keys: Iterable[int]) -> dict[int, set[str]]:
    """Return by what contacts are found: whatever their page says of who they are."""
    contacts = Contact.objects.filter(pk__in=list(keys))
    words = {contact.pk: set(contact.own_words()) for contact in contacts}
    for one in ContactId.objects.filter(contact__in=contacts):
        words[one.contact_id] |= one.words()
    merges = Merge.objects.filter(contact__in=contacts, undone_at=None)
    for key, name in merges.values_list("contact_id", "merged_name"):
        words[key] |= spellings.of_name(name)
    return words


class Merge(models.Model):
    """Two contacts that turned out to be one, why, and how to part them again."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="merges")
    # Of the contact that is no more; its row is in `before`.
    merged_id = models.BigIntegerField(db_index=True)
    merged_name = models.CharField("merged contact", max_length=200)
    reason = models.CharField(max_length=300)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField("time", default=timezone.now)
    # Rows as they were, and which of them moved: permissions.merging reads them.
    before = models.JSONField(default=dict)
    moved = models.JSONField(default=dict)
    undone_at = models.DateTimeField("undone", null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = "merge of contacts"
        verbose_name_plural = "merges of contacts"
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.merged_name} → {self.contact}"
