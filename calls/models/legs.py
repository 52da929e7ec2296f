"""Our side of a call: who was rung and why, who was in it, and what they wrote."""

from collections.abc import Mapping
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models import Agent, Queue
from agents.queues import NO_CANARY
from callcenter import word_index
from calls.models.durations import seconds_between
from permissions import folding


class RoutingDecision(models.Model):
    """The facts of one routing decision, as they were known then."""

    call = models.ForeignKey("Call", models.CASCADE, related_name="decisions")
    queue = models.ForeignKey(Queue, models.SET_NULL, null=True)
    at = models.DateTimeField(default=timezone.now)
    rule_version = models.PositiveSmallIntegerField()
    callers_waiting = models.PositiveSmallIntegerField()
    # What agents.decisions.outcome_of() gives: the same again is not recorded.
    outcome = models.CharField(max_length=32, blank=True, editable=False)
    # What agents.decisions.as_json() gives; its replay() decides it anew.
    facts = models.JSONField()

    class Meta:
        verbose_name = _("routing decision")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.call_id} {self.at:%H:%M:%S}"


class Offer(models.Model):
    """One call rung at one agent."""

    class Outcome(models.TextChoices):
        RINGING = "ringing", _("Ringing")
        ANSWERED = "answered", _("Answered")
        DECLINED = "declined", _("Declined")
        TAKEN = "taken", _("Answered by another agent")
        CALLER_LEFT = "caller_left", _("Caller left")
        NO_ANSWER = "no_answer", _("No answer")
        CONSOLE = "console", _("Console could not ring")
        CANCELLED = "cancelled", _("Cancelled")

    class Kind(models.TextChoices):
        QUEUE = "queue", _("Queue")
        STICKY = "sticky", _("Sticky agent")
        TRANSFER = "transfer", _("Transfer")
        CONSULT = "consult", _("Consult")

    call = models.ForeignKey("Call", models.CASCADE, related_name="offers")
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="offers")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.QUEUE)
    decision = models.ForeignKey(
        RoutingDecision, models.SET_NULL, null=True, related_name="offers"
    )
    offered_at = models.DateTimeField(default=timezone.now)
    # The console must have confirmed that it rings; then the agent has a while.
    confirm_by = models.DateTimeField(null=True)
    rang_at = models.DateTimeField("ring confirmed at", null=True)
    ring_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.RINGING)

    class Meta:
        verbose_name = _("ring attempt")
        constraints = [
            models.UniqueConstraint(
                "call",
                "agent",
                condition=Q(outcome="ringing"),
                name="one_ringing_offer_per_agent",
            )
        ]
        indexes = [
            models.Index(
                "ring_until", condition=Q(outcome="ringing"), name="offer_rings"
            ),
            models.Index(
                "agent",
                "offered_at",
                condition=Q(outcome="no_answer"),
                name="offers_not_answered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} at {self.agent}: {self.outcome}"


class Disposition(models.Model):
    """The outcome of a call in the company's words; may have sub-dispositions."""

    name = models.CharField(_("name"), max_length=100)
    parent = models.ForeignKey(
        "self",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent disposition"),
    )
    queues = models.ManyToManyField(
        Queue,
        blank=True,
        related_name="dispositions",
        limit_choices_to=NO_CANARY,
        verbose_name=_("queues"),
        help_text=_("Leave empty for all queues."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("disposition")
        verbose_name_plural = _("dispositions")
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint("name", "parent", name="one_finer_of_a_name"),
            models.UniqueConstraint(
                "name", condition=Q(parent=None), name="one_disposition_of_a_name"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parent.name}: {self.name}" if self.parent else self.name


OPEN_LEG = Q(ended_at=None)
LEG_IN_WRAP_UP = Q(wrap_up_since__isnull=False, wrapped_up_at=None)


class LegQuerySet(models.QuerySet["Leg"]):
    def open(self) -> "LegQuerySet":
        return self.filter(OPEN_LEG)

    def in_wrap_up(self) -> "LegQuerySet":
        return self.filter(LEG_IN_WRAP_UP)


class Leg(models.Model):
    """One agent's part in one call, and what they wrote about it."""

    class Mode(models.TextChoices):
        TALK = "talk", _("Agent")
        CONSULT = "consult", _("Consulted agent")

    class Left(models.TextChoices):
        """The reason why an agent's part in a call is over."""

        LEFT = "left", _("Left")
        REMOVED = "removed", _("Removed")
        HANDED_OVER = "handed_over", _("Handed the call over")
        TRANSFERRED = "transferred", _("Call was transferred")
        TAKEN_OVER = "taken_over", _("A supervisor took over")
        CONSOLE = "console", _("Console disconnected")
        NO_AUDIO = "no_audio", _("Audio did not connect")
        CALL_ENDED = "call_ended", _("Call ended")

    call = models.ForeignKey("Call", models.CASCADE, related_name="legs")
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="legs")
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.TALK)
    started_at = models.DateTimeField(default=timezone.now)
    joined_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    left_because = models.CharField(
        max_length=12, choices=Left, blank=True, default="", db_default=""
    )

    notes = models.TextField(blank=True)
    disposition = models.ForeignKey(
        Disposition, models.SET_NULL, null=True, related_name="legs"
    )
    wrap_up_since = models.DateTimeField(null=True)
    wrapped_up_at = models.DateTimeField(null=True)

    objects = LegQuerySet.as_manager()

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        ordering = ["pk"]
        indexes = [models.Index("agent", "started_at", name="legs_of_agent")]
        constraints = [
            models.UniqueConstraint(
                "agent", condition=Q(ended_at=None), name="one_open_leg_per_agent"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="leg_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent} in {self.call_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it; its call is found by the notes."""
        fields, is_new = kwargs.get("update_fields"), self._state.adding
        with transaction.atomic():
            super().save(*args, **kwargs)
            if self.notes if is_new else fields is None or "notes" in fields:
                NoteWord.keep({self.pk: self.notes})

    def write(self, notes: str) -> None:
        """Keep these notes, and let the call be found by them."""
        with transaction.atomic():
            Leg.objects.filter(pk=self.pk).update(notes=notes)
            NoteWord.keep({self.pk: notes})
        self.notes = notes

    @property
    def seconds(self) -> int | None:
        """Return how long the agent was on the call."""
        return seconds_between(self.joined_at, self.ended_at)

    @property
    def wrap_up_seconds(self) -> int | None:
        return seconds_between(self.wrap_up_since, self.wrapped_up_at)


class NoteWord(models.Model):
    """One word of an agent's notes; what finds the call by them."""

    pk = models.CompositePrimaryKey("leg_id", "word")
    leg = models.ForeignKey(Leg, models.CASCADE, related_name="+", db_index=False)
    word = models.CharField(max_length=folding.LONGEST_WORD)

    class Meta:
        verbose_name = _("word of notes")
        verbose_name_plural = _("words of notes")
        indexes = [word_index.by_word("leg", name="note_words")]

    def __str__(self) -> str:
        return self.word

    @classmethod
    def keep(cls, notes: Mapping[int, str]) -> None:
        """Let these participants' calls be found by these notes, and nothing else."""
        words = {key: folding.words(text) for key, text in notes.items()}
        word_index.keep(cls, "leg", words)
