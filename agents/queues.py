"""Queues: the lines that callers stand in, who serves them, what is heard, and when."""

from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agents.admission import WhenNobody
from agents.routing import Strategy

if TYPE_CHECKING:
    from agents.models import Agent


class Prompt(models.Model):
    """Something that callers hear; encoded once, when it is uploaded."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    file_name = models.CharField(max_length=200, blank=True, editable=False)
    # Ogg Opus. In the database, so that every node has it.
    sound = models.BinaryField(editable=False)
    seconds = models.FloatField(default=0, editable=False)
    uploaded_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("prompt")
        verbose_name_plural = _("prompts")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Queue(models.Model):
    """A line of callers, and the agents who serve it."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    agents: "models.ManyToManyField[Agent, Membership]" = models.ManyToManyField(
        "Agent", through="Membership", related_name="queues"
    )

    strategy = models.CharField(
        _("strategy"), max_length=20, choices=Strategy, default=Strategy.RING_ALL
    )
    weight = models.SmallIntegerField(
        _("weight"),
        default=0,
        help_text=_(
            "An agent of several queues gets the calls of the heaviest one first."
        ),
    )
    level_seconds = models.PositiveSmallIntegerField(
        _("seconds to the next level"),
        default=20,
        help_text=_("Agents of level 2 ring after so long, of level 3 after twice so."),
    )
    agent_seconds = models.PositiveSmallIntegerField(
        _("seconds for one agent"),
        default=20,
        validators=[MinValueValidator(5), MaxValueValidator(120)],
        help_text=_("How long a call rings at one agent before the next one is asked."),
    )
    retry_seconds = models.PositiveSmallIntegerField(
        _("seconds until asked again"),
        default=60,
        help_text=_(
            "Who did not answer is asked again after so long; 0: not for this call. "
            "Who declined never is."
        ),
    )
    sticky_hours = models.PositiveSmallIntegerField(
        _("hours to remember"),
        default=0,
        help_text=_(
            "A caller who talked to an agent so recently is offered to that agent "
            "first. 0: never."
        ),
    )
    sticky_seconds = models.PositiveSmallIntegerField(
        _("seconds for that agent"), default=10
    )

    ring_seconds = models.PositiveSmallIntegerField(
        _("seconds of ringing"),
        default=45,
        help_text=_(
            "How long a call that the system does not answer rings before it counts "
            "as missed. WhatsApp itself gives up after 30 to 60 seconds."
        ),
    )
    system_answers = models.BooleanField(
        _("answer with music"),
        default=True,
        help_text=_("Before WhatsApp stops ringing, answer and let the caller wait."),
    )
    answer_after_seconds = models.PositiveSmallIntegerField(
        _("after seconds"),
        default=25,
        validators=[MaxValueValidator(28)],
        help_text=_("Of ringing. WhatsApp may stop after 30."),
    )
    max_wait_seconds = models.PositiveIntegerField(
        _("longest wait"),
        default=900,
        null=True,
        blank=True,
        help_text=_("Seconds; then the other queue is tried, or the call ends."),
    )
    max_length = models.PositiveSmallIntegerField(
        _("most callers"),
        null=True,
        blank=True,
        help_text=_("Who comes when so many wait already goes to the other queue."),
    )
    when_nobody = models.CharField(
        _("with nobody on duty"),
        max_length=10,
        choices=WhenNobody,
        default=WhenNobody.RING,
    )
    overflow_to = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("other queue"),
    )

    wrap_up_seconds = models.PositiveSmallIntegerField(
        _("seconds of wrap-up"), default=30, help_text=_("0: none.")
    )
    disposition_required = models.BooleanField(
        _("a disposition is required"), default=False
    )

    greeting = models.ForeignKey(
        Prompt,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("greeting"),
        help_text=_("Empty: the one that is shipped."),
    )
    music = models.ForeignKey(
        Prompt,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("music"),
        help_text=_("Also on hold. Empty: the one that is shipped."),
    )
    prompt_language = models.CharField(
        _("language of the shipped prompts"),
        max_length=2,
        choices=[("en", _("English")), ("es", _("Spanish"))],
        default="en",
    )
    position_every_seconds = models.PositiveSmallIntegerField(
        _("seconds between positions"),
        default=45,
        help_text=_("How often a waiting caller hears their position. 0: never."),
    )

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        constraints = [
            models.CheckConstraint(
                condition=Q(overflow_to=None) | ~Q(overflow_to=F("id")),
                name="queue_overflows_elsewhere",
                violation_error_message=_("A queue cannot overflow into itself."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    queue = models.ForeignKey(Queue, models.CASCADE)
    agent = models.ForeignKey("Agent", models.CASCADE)
    level = models.PositiveSmallIntegerField(
        _("level"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
        help_text=_("1 rings at once, higher levels later."),
    )

    class Meta:
        constraints = [models.UniqueConstraint("queue", "agent", name="one_membership")]

    def __str__(self) -> str:
        return f"{self.agent} in {self.queue}"


class Schedule(models.Model):
    """When a line is open: a week, and the days that are different."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, help_text=_("Such as Europe/Berlin.")
    )

    class Meta:
        verbose_name = _("business hours")
        verbose_name_plural = _("business hours")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class OpenHours(models.Model):
    """One stretch of the week; it may run over midnight."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        verbose_name = _("open hours")
        verbose_name_plural = _("open hours")
        ordering = ["weekday", "opens"]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}-{self.closes:%H:%M}"


class Holiday(models.Model):
    """A date that is not like its weekday."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="holidays")
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=100)
    opens = models.TimeField(
        _("opens"), null=True, blank=True, help_text=_("Empty: closed all day.")
    )
    closes = models.TimeField(_("closes"), null=True, blank=True)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint("schedule", "date", name="one_holiday_per_date"),
            models.CheckConstraint(
                condition=Q(opens=None, closes=None)
                | Q(opens__isnull=False, closes__isnull=False),
                name="holiday_hours_have_both_ends",
                violation_error_message=_("Give both times, or none."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date}: {self.name}"
