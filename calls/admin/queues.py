"""Queues and what their agents write after a call, as supervisors set them up."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents import targets
from agents.admission import WhenNobody
from agents.models import AgentState, Membership, Queue
from callcenter.admin_parts import DistinctRows
from calls.admin.preview import PreviewAdmin
from calls.models import CannedNote, Disposition, Line
from calls.models.canned import MOST
from calls.states import FOR_ANYBODY

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


class MembershipInline(admin.TabularInline):
    model = Membership
    formset = OneForAgent
    extra = 0
    autocomplete_fields = ["agent"]
    verbose_name = gettext_lazy("member")
    verbose_name_plural = gettext_lazy("queue members")


@admin.register(Queue)
class QueueAdmin(PreviewAdmin):
    form = QueueForm
    list_display = ["name", "strategy", "members", "waiting_now", "ready_now", "leads"]
    list_select_related = ["overflow_to"]
    search_fields = ["name"]
    inlines = [MembershipInline, CannedNoteInline]
    fieldsets = [
        (None, {"fields": ["name"]}),
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
            {"fields": ["wrap_up_seconds", "disposition_required"]},
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

    def lines_of(self, row: Any) -> QuerySet[Line]:
        return Line.objects.filter(queue=row)

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

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if isinstance(obj, Disposition) and is_used(obj):
            return False
        return super().has_delete_permission(request, obj)


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

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The log names it; take it off the list instead ("offered").
        if isinstance(obj, Disposition) and is_used(obj):
            return False
        return super().has_delete_permission(request, obj)

    @admin.display(description=gettext_lazy("sub-dispositions"))
    def finer(self, disposition: Disposition) -> str:
        return ", ".join(one.name for one in disposition.children.all()) or "-"

    @admin.display(description=gettext_lazy("queues"))
    def of_queues(self, disposition: Disposition) -> str:
        names = (queue.name for queue in disposition.queues.all())
        return ", ".join(sorted(names)) or _("all")


def is_used(disposition: Disposition) -> bool:
    mine = Q(pk=disposition.pk) | Q(parent=disposition)
    return Disposition.objects.filter(mine).exclude(legs=None).exists()
