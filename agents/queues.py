"""Queues: the lines that callers stand in, who serves them, what is heard, and when."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agents.admission import LATEST_AUTO_ANSWER, RING_TIMEOUT, WhenNobody
from agents.routing import AGENT_RING_TIME, Strategy
from agents.targets import Targets
from callcenter import roles

if TYPE_CHECKING:
    from agents.models import Agent


class Prompt(models.Model):
    """Something that callers hear; encoded once, when it is uploaded."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    file_name = models.CharField(max_length=200, blank=True, editable=False)
    # Ogg Opus. In the database, so that every node has it; or in the bucket, under the
    # name `digest`, and then this is empty (agents/prompt_audio.py).
    sound = models.BinaryField("audio", editable=False)
    digest = models.CharField(max_length=64, blank=True, db_default="", editable=False)
    seconds = models.FloatField(default=0, editable=False)
    uploaded_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("prompt")
        verbose_name_plural = _("prompts")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


# Nobody chooses the canary's own, and no filter names them.
NO_CANARY = {"is_canary": False}
# A queue that is retired has a past, and no new callers.
IN_USE = {"is_canary": False, "is_active": True}
NO_CANARYS_LINE = {"queue__is_canary": False}


def no_canarys_agent() -> Q:
    return ~Q(queues__is_canary=True)


class QueueQuerySet(models.QuerySet["Queue"]):
    def of_people(self) -> "QueueQuerySet":
        """Leave out the canary's own."""
        return self.filter(is_canary=False)

    def in_use(self) -> "QueueQuerySet":
        """Keep those that callers can come to."""
        return self.filter(is_active=True)


class Queue(Targets):
    """A line of callers, and the agents who serve it."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    agents: "models.ManyToManyField[Agent, Membership]" = models.ManyToManyField(
        "Agent", through="Membership", related_name="queues"
    )

    strategy = models.CharField(
        _("strategy"), max_length=20, choices=Strategy, default=Strategy.RING_ALL
    )
    weight = models.SmallIntegerField(
        _("queue priority"),
        default=0,
        help_text=_(
            "For agents in several queues: the queue with the higher priority is "
            "served first."
        ),
    )
    level_seconds = models.PositiveSmallIntegerField(
        _("escalation delay"),
        default=20,
        help_text=_(
            "Seconds until agents of level 2 ring too; level 3 rings after twice this "
            "time."
        ),
    )
    agent_seconds = models.PositiveSmallIntegerField(
        _("ring time per agent"),
        default=AGENT_RING_TIME,
        validators=[MinValueValidator(5), MaxValueValidator(120)],
        help_text=_(
            "Seconds that a call rings at one agent before it rings at the next one."
        ),
    )
    retry_seconds = models.PositiveSmallIntegerField(
        _("retry delay"),
        default=60,
        help_text=_(
            "Seconds until the call rings again at an agent who did not answer; 0 "
            "for not again. Agents who declined are not offered the call again."
        ),
    )
    sticky_hours = models.PositiveSmallIntegerField(
        _("sticky agent: remember for (hours)"),
        default=0,
        help_text=_(
            "A caller who talked to an agent within this time rings at that agent "
            "first. 0 turns this off."
        ),
    )
    sticky_seconds = models.PositiveSmallIntegerField(
        _("sticky agent: ring time (seconds)"), default=10
    )

    ring_seconds = models.PositiveSmallIntegerField(
        _("ring timeout"),
        default=RING_TIMEOUT,
        help_text=_(
            "Seconds that a call rings before it counts as missed, if it is not "
            "auto-answered. WhatsApp itself stops ringing after 30 to 60 seconds."
        ),
    )
    system_answers = models.BooleanField(
        _("auto-answer into queue"),
        default=True,
        help_text=_(
            "Answer the call before WhatsApp stops ringing and play music until an "
            "agent answers."
        ),
    )
    answer_after_seconds = models.PositiveSmallIntegerField(
        _("auto-answer after"),
        default=LATEST_AUTO_ANSWER,
        validators=[MaxValueValidator(LATEST_AUTO_ANSWER)],
        help_text=_("Seconds. WhatsApp may stop ringing after 30 seconds."),
    )
    max_wait_seconds = models.PositiveIntegerField(
        _("maximum wait"),
        default=900,
        null=True,
        blank=True,
        help_text=_(
            "Seconds. After that the caller goes to the overflow queue, or the call "
            "ends."
        ),
    )
    max_length = models.PositiveSmallIntegerField(
        _("maximum queue size"),
        null=True,
        blank=True,
        help_text=_(
            "With this many callers waiting, new callers go to the overflow queue or "
            "are rejected. Leave empty for no limit."
        ),
    )
    tells_of_listeners = models.BooleanField(
        _("tell agents when a supervisor listens"),
        default=True,
        db_default=True,
        help_text=_(
            "The console then names the supervisor. Whoever whispers or joins the call "
            "is heard and named in any case. The law may demand that agents are told."
        ),
    )
    when_nobody = models.CharField(
        _("when no agent is signed in"),
        max_length=10,
        choices=WhenNobody,
        default=WhenNobody.RING,
    )
    overflow_to = models.ForeignKey(
        "self",
        models.SET_NULL,
        limit_choices_to=IN_USE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("overflow queue"),
    )

    wrap_up_seconds = models.PositiveSmallIntegerField(
        _("wrap-up time (seconds)"), default=30, help_text=_("0 for no wrap-up.")
    )
    disposition_required = models.BooleanField(_("disposition required"), default=False)

    greeting = models.ForeignKey(
        Prompt,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("greeting"),
        help_text=_("Leave empty for the default."),
    )
    music = models.ForeignKey(
        Prompt,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("music"),
        help_text=_("Also played on hold. Leave empty for the default."),
    )
    prompt_language = models.CharField(
        _("language of the default prompts"),
        max_length=2,
        choices=[("en", _("English")), ("es", _("Spanish"))],
        default="en",
    )
    position_every_seconds = models.PositiveSmallIntegerField(
        _("position announcement every (seconds)"),
        default=45,
        help_text=_(
            "How often waiting callers hear their position in the queue. 0 turns this "
            "off."
        ),
    )

    rewind = models.BooleanField(
        _("rewind"),
        default=False,
        db_default=False,
        help_text=_(
            "Agents can hear the caller's last 20 seconds again during the call. They "
            "are kept in the memory of the agent's browser and are gone with the call. "
            "Check first whether your callers must be told."
        ),
    )

    team_leads: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="led_queues",
        limit_choices_to={"groups__name": roles.TEAM_LEAD},
        verbose_name=_("team leads"),
        help_text=_(
            "Users with the role “Team lead” see and change the queues that they lead."
        ),
    )
    schedule = models.ForeignKey(
        "Schedule",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="queues",
        verbose_name=_("business hours"),
        help_text=_(
            "Besides those of the business number: a call is taken when both are open. "
            "Transfers and overflow reach the queue at any time. Leave empty if always "
            "open."
        ),
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        db_default=True,
        help_text=_(
            "Untick to retire the queue: no calls come to it, and the log keeps it."
        ),
    )

    # Of the canary, which calls itself: in no report, file or list to choose from.
    is_canary = models.BooleanField(default=False, db_default=False, editable=False)

    objects = QueueQuerySet.as_manager()

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
    queue = models.ForeignKey(Queue, models.CASCADE, limit_choices_to=NO_CANARY)
    agent = models.ForeignKey(
        "Agent", models.CASCADE, limit_choices_to=no_canarys_agent
    )
    level = models.PositiveSmallIntegerField(
        _("level"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
        help_text=_(
            "Level 1 rings first; higher levels ring after the escalation delay."
        ),
    )

    class Meta:
        constraints = [models.UniqueConstraint("queue", "agent", name="one_membership")]

    def __str__(self) -> str:
        return f"{self.agent} in {self.queue}"


class Schedule(models.Model):
    """The hours of a business number: a week, and the days that are different."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, help_text=_("For example Europe/Berlin.")
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
    """One opening of the week; it may run over midnight."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ["weekday", "opens"]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}-{self.closes:%H:%M}"


class Holiday(models.Model):
    """A date that is not like its weekday."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="holidays")
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=100)
    opens = models.TimeField(
        _("opens"), null=True, blank=True, help_text=_("Leave empty if closed all day.")
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
                violation_error_message=_("Enter both times or neither."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date}: {self.name}"
