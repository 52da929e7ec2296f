"""Messages of supervisors to agents, and who has read them."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LONGEST_MESSAGE = 300


class FloorMessageQuerySet(models.QuerySet["FloorMessage"]):
    def current(self) -> "FloorMessageQuerySet":
        """Keep those that consoles show to whoever has not read them."""
        return self.filter(until__gt=timezone.now())


class FloorMessage(models.Model):
    """A text that stands in the consoles of its agents until they have read it."""

    text = models.CharField(_("text"), max_length=LONGEST_MESSAGE)
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("sender"),
    )
    # As it was shown to the agents, whatever becomes of the user or the queue.
    sender_name = models.CharField(_("sender"), max_length=150)
    sent_to = models.CharField(_("sent to"), max_length=150)
    sent_at = models.DateTimeField(_("sent"), default=timezone.now)
    until = models.DateTimeField(_("shown until"))

    objects = FloorMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message to agents")
        verbose_name_plural = _("messages to agents")
        ordering = ["-sent_at"]
        indexes = [models.Index("until", name="message_until")]

    def __str__(self) -> str:
        return self.text[:50]

    @property
    def is_current(self) -> bool:
        return bool(self.until > timezone.now())


class FloorMessageReceipt(models.Model):
    """One agent to whom a message was sent."""

    message = models.ForeignKey(
        FloorMessage, models.CASCADE, related_name="receipts", db_index=False
    )
    agent = models.ForeignKey("agents.Agent", models.CASCADE, related_name="+")
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint("message", "agent", name="one_receipt_per_agent")
        ]

    def __str__(self) -> str:
        return f"{self.agent}: {self.message}"
