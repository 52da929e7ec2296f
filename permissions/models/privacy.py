"""Rows that outlive a person's data: that it was erased, and who is not called."""

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone

from callcenter.encryption import EncryptedTextField
from permissions.models.contact import Contact


class Erasure(models.Model):
    """A wish to erase a contact's data: due until done, however often it fails."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="erasures")
    asked_at = models.DateTimeField("requested at", default=timezone.now)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="requested by",
    )
    done_at = models.DateTimeField("erased at", null=True)
    # Why it waits.
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["asked_at"], condition=Q(done_at=None), name="erasure_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.asked_at:%Y-%m-%d %H:%M}"

    @classmethod
    def ask(cls, contact: Contact, *, user: User | None) -> "Erasure":
        """Have a contact erased as soon as can be."""
        due = cls.objects.filter(contact=contact, done_at=None).first()
        return due or cls.objects.create(contact=contact, asked_by=user)


class HashKey(models.Model):
    """The one key of all marks, as a secret: numbers are too few for a plain hash."""

    secret = EncryptedTextField(editable=False)

    class Meta:
        verbose_name = "key of the do-not-call marks"
        verbose_name_plural = "keys of the do-not-call marks"

    def __str__(self) -> str:
        return "key of the do-not-call marks"


class DoNotCallMark(models.Model):
    """An ID whose person must not be called, though nothing else is known of them."""

    digest = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "do-not-call mark"

    def __str__(self) -> str:
        return f"{self.digest[:8]}…"
