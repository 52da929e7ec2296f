"""Canned notes: texts that agents put into their notes by a short key."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from agents.models import Queue
from agents.queues import NO_CANARY

LONGEST_KEY = 20
LONGEST_TEXT = 1000
MOST = 50  # of one queue: what an agent can choose from


class CannedNote(models.Model):
    """A text for the notes of a queue's calls; an agent types its key after a slash."""

    queue = models.ForeignKey(
        Queue,
        models.CASCADE,
        related_name="canned_notes",
        limit_choices_to=NO_CANARY,
        verbose_name=_("queue"),
    )
    key = models.CharField(
        _("key"),
        max_length=LONGEST_KEY,
        validators=[
            RegexValidator(
                r"^[^\W_]+(-[^\W_]+)*\Z", _("Use letters, digits and hyphens only.")
            )
        ],
        help_text=_("For example tx: agents type /tx and a space."),
    )
    text = models.TextField(_("text"), max_length=LONGEST_TEXT)

    class Meta:
        verbose_name = _("canned note")
        verbose_name_plural = _("canned notes")
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint("queue", "key", name="one_canned_note_of_a_key")
        ]

    def __str__(self) -> str:
        return f"/{self.key}"
