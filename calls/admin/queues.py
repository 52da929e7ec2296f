"""Queues and what their agents write after a call, as supervisors set them up."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents import led_queues, targets
from agents.admission import WhenNobody
from agents.models import Agent, AgentState, Membership, Queue
from callcenter.admin_parts import DistinctRows, OneToBegin, link_to
from calls.admin.preview import PreviewAdmin
from calls.models import Call, CannedNote, Disposition, Line
from calls.models.canned import MOST
from calls.states import FOR_ANYBODY, LIVE

WAITS = Q(call__status__in=FOR_ANYBODY, call__announcement="")


class QueueForm(forms.ModelForm):
    class Meta:
        model = Queue
        fields = "__all__"  # noqa: DJ007  # the admin's fieldsets choose

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        other = data.get("overflow_to")
        if circle := way_back(self.instance, other):
            names = " → ".join(circle)
            self.add_error(
                "overflow_to",
                _("These overflow queues form a loop: {names}.").format(names=names),
            )
        if data.get("when_nobody") == WhenNobody.OVERFLOW and other is None:
            self.add_error(
                "overflow_to",
                _("Choose the overflow queue for when no agent is signed in."),
            )
        self._check_answer(data)
        for field, text in targets.crossed(data):
            self.add_error(field, text)
        if not data.get("is_active", True) and (reasons := why_needed(self.instance)):
            self.add_error("is_active", " ".join(reasons))
        return data

    def _check_answer(self, data: dict[str, Any]) -> None:
        after, rings = data.get("answer_after_seconds"), data.get("ring_seconds")
        if data.get("system_answers") and after and rings and after > rings:
            text = _(
                "The ring timeout ends the call before that, after {seconds} seconds."
            )
            self.add_error("answer_after_seconds", text.format(seconds=rings))


def way_back(queue: Queue, onward: Queue | None) -> list[str]:
    """Return the names along a loop of overflow queues through this one, if any.

    A loop further on is not this queue's: it was refused there.
    """
    names, seen = [queue.name], {onward.pk if onward else None}
    while onward is not None:
        names.append(onward.name)
        if onward.pk == queue.pk:
            return names
        onward = onward.overflow_to
        if onward is not None and onward.pk in seen:
            return []
        seen.add(onward.pk if onward else None)
    return []


def why_needed(queue: Queue) -> list[str]:
    """Return what still brings callers to a queue, or waits in it."""
    if queue.pk is None:
        return []
    lines = ", ".join(queue.lines.order_by("name").values_list("name", flat=True))
    others = Queue.objects.filter(overflow_to=queue).order_by("name")
    overflows = ", ".join(others.values_list("name", flat=True))
    live = Call.objects.filter(queue=queue, status__in=LIVE).count()
    texts = [
        (lines, _("Its business numbers need another queue first: {what}.")),
        (overflows, _("These queues overflow into it: {what}.")),
        (live, _("Live calls in it: {what}.")),
    ]
    return [text.format(what=what) for what, text in texts if what]


class OneForAgent(DistinctRows):
    distinct = "agent"


class OneOfKey(DistinctRows):
    distinct = "key"


class CannedNoteInline(admin.TabularInline):
    model = CannedNote
    formset = OneOfKey
    extra = 0
    max_num = MOST
    verbose_name_plural = gettext_lazy("canned notes, typed by agents as /key")


class OneOfName(DistinctRows):
    distinct = "name"


class MembershipInline(OneToBegin):
    model = Membership
    formset = OneForAgent
    autocomplete_fields = ["agent"]
    verbose_name = gettext_lazy("member")
    verbose_name_plural = gettext_lazy("queue members")

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "agent":
            people = Agent.objects.people()
            kwargs["queryset"] = led_queues.within(people, request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Queue)
class QueueAdmin(PreviewAdmin):
    form = QueueForm
    list_display = [
        "name",
        "strategy",
        "members",
        "waiting_now",
        "ready_now",
        "leads",
        "schedule",
        "is_active",
    ]
    list_filter = ["is_active"]
    list_select_related = ["overflow_to", "schedule"]
    search_fields = ["name"]
    inlines = [MembershipInline, CannedNoteInline]
    fieldsets = [
        (None, {"fields": ["name", "is_active", "numbers", "team_leads"]}),
        (gettext_lazy("Business hours"), {"fields": ["schedule"]}),
        (
            gettext_lazy("Ringing"),
            {
                "fields": [
                    "strategy",
                    ("agent_seconds", "retry_seconds"),
                    "level_seconds",
                    "weight",
                    ("sticky_hours", "sticky_seconds"),
                ]
            },
        ),
        (
            gettext_lazy("Waiting"),
            {
                "fields": [
                    ("system_answers", "answer_after_seconds"),
                    "ring_seconds",
                    ("max_wait_seconds", "max_length"),
                    ("when_nobody", "overflow_to"),
                ]
            },
        ),
        (
            gettext_lazy("What callers hear"),
            {
                "fields": [
                    ("greeting", "music"),
                    ("prompt_language", "position_every_seconds"),
                ]
            },
        ),
        (gettext_lazy("During the call"), {"fields": ["rewind"]}),
        (
            gettext_lazy("After the call"),
            {"fields": ["wrap_up_seconds", "disposition_required", "offered"]},
        ),
        (
            gettext_lazy("Targets and thresholds"),
            {
                "description": gettext_lazy(
                    "The live board turns amber at a warning and red at an alarm. 0 "
                    "turns a threshold off."
                ),
                "fields": [
                    ("service_seconds", "short_seconds"),
                    *((one.warn, one.alarm) for one in targets.THRESHOLDS.values()),
                ],
            },
        ),
        (gettext_lazy("Supervision"), {"fields": ["tells_of_listeners"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Queue]:
        queues: Any = super().get_queryset(request)
        waiting = Count("call", filter=WAITS, distinct=True)
        return queues.of_people().annotate(callers=waiting).prefetch_related("agents")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Whoever leads some queues does not say who leads which.
        leads_only = led_queues.queues_of(request.user) is not None
        shown = ["numbers", "offered"]
        return [*shown, "team_leads", "is_active"] if leads_only else shown

    def lines_of(self, row: Any) -> QuerySet[Line]:
        return Line.objects.filter(queue=row)

    @admin.display(description=gettext_lazy("business numbers"))
    def numbers(self, queue: Queue) -> SafeString | str:
        lines = queue.lines.order_by("name") if queue.pk else []
        return _links(lines) or _("None yet. Add one on the page of the Wati account.")

    @admin.display(description=gettext_lazy("dispositions"))
    def offered(self, queue: Queue) -> SafeString | str:
        """Name those of this queue alone, and those of all queues."""
        offered = Q(queues=queue.pk) | Q(queues=None)
        top = Disposition.objects.filter(offered, parent=None, is_active=True)
        return _links(top.distinct()) or _("None yet.")

    @admin.display(description=gettext_lazy("agents"))
    def members(self, queue: Queue) -> str:
        names = (agent.name for agent in queue.agents.all())
        return ", ".join(sorted(names)) or _("none")

    @admin.display(description=gettext_lazy("waiting now"), ordering="callers")
    def waiting_now(self, queue: Any) -> int:
        callers: int = queue.callers
        return callers

    @admin.display(description=gettext_lazy("available now"))
    def ready_now(self, queue: Queue) -> str:
        names = [
            agent.name
            for agent in queue.agents.all()
            if agent.state == AgentState.AVAILABLE and agent.can_ring
        ]
        return ", ".join(sorted(names)) or _("none")

    @admin.display(description=gettext_lazy("overflow queue"))
    def leads(self, queue: Queue) -> str:
        return queue.overflow_to.name if queue.overflow_to else "-"


def _links(rows: Iterable[Model]) -> SafeString:
    return format_html_join(", ", "{}", ([link_to(row)] for row in rows))


class FinerInline(admin.TabularInline):
    model = Disposition
    formset = OneOfName
    fk_name = "parent"
    extra = 0
    fields = ["name", "position", "is_active"]
    verbose_name = gettext_lazy("sub-disposition")
    verbose_name_plural = gettext_lazy(
        "sub-dispositions, offered when this disposition is selected"
    )


class DispositionForm(forms.ModelForm):
    class Meta:
        model = Disposition
        fields = ["name", "queues", "position", "is_active"]

    def clean_name(self) -> str:
        # The rule in the rows also asks for `parent`, which no form here shows.
        name = str(self.cleaned_data["name"])
        others = Disposition.objects.filter(parent=None, name=name)
        if others.exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("There is already one with this name."))
        return name


@admin.register(Disposition)
class DispositionAdmin(admin.ModelAdmin):
    """Each with its finer ones on its own page; the list shows the coarse ones."""

    form = DispositionForm
    list_display = ["name", "finer", "of_queues", "position", "is_active"]
    list_editable = ["position"]
    search_fields = ["name"]
    fields = ["name", "queues", "position", "is_active"]
    inlines = [FinerInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Disposition]:
        coarse: QuerySet[Disposition] = super().get_queryset(request)
        return coarse.filter(parent=None).prefetch_related("children", "queues")

    @admin.display(description=gettext_lazy("sub-dispositions"))
    def finer(self, disposition: Disposition) -> str:
        return ", ".join(one.name for one in disposition.children.all()) or "-"

    @admin.display(description=gettext_lazy("queues"))
    def of_queues(self, disposition: Disposition) -> str:
        names = (queue.name for queue in disposition.queues.all())
        return ", ".join(sorted(names)) or _("all")
