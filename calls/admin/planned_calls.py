"""Calls that are planned: they wait for the person's permission, or for an agent."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents import led_queues
from agents.models import Agent
from callcenter.admin_parts import (
    ReadOnlyAdmin,
    age,
    badge,
    link_to,
    when,
)
from callcenter.users import shown_name
from callcenter.word_index import Term
from calls.models import Plan
from calls.outbound import planned_calls
from calls.reporting.filters import PlanStateFilter
from calls.reporting.search import agents_named
from permissions.admin.finding import FoundByPerson
from permissions.search import Elsewhere


class ReassignForm(forms.Form):
    agent = forms.ModelChoiceField(
        Agent.objects.none(),
        label=gettext_lazy("Agent"),
        empty_label=gettext_lazy("Any available agent"),
        required=False,
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Agent.objects.in_use()
        chosen = self.fields["agent"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = led_queues.within(people, user).order_by("name")


@admin.register(Plan)
class PlanAdmin(FoundByPerson, ReadOnlyAdmin):
    list_select_related = ["contact", "line", "agent"]
    list_display = [
        "person",
        "state_badge",
        "kind_word",
        "agent",
        "line",
        "age",
        when("due_at", "not before"),
        when("expires_at", "expires"),
        "sentence_of",
    ]
    # Not the person, who is a link to the contact.
    list_display_links = ["state_badge"]
    list_filter = [PlanStateFilter, "kind", "agent", "line"]
    search_help_text = gettext_lazy("Name, number or agent")
    date_hierarchy = "created_at"
    actions = ["reassign", "cancel"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "title": _("Scheduled calls")}
        return super().changelist_view(request, context)

    def elsewhere(self, term: Term) -> Elsewhere:
        return agents_named(term, Plan)

    def get_ordering(self, request: HttpRequest) -> Any:
        # What still waits comes first when only that is shown, the oldest on top.
        oldest_first = request.GET.get("state") in PlanStateFilter.open_ones
        return ["created_at"] if oldest_first else ["-created_at"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [
            "person",
            "state_badge",
            "kind_word",
            "sentence_of",
            "agent",
            "line",
            when("created_at", "scheduled"),
            when("due_at", "not before"),
            when("offered_at", "offered"),
            when("expires_at", "expires"),
            "call_link",
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("calls.change_plan")

    @admin.action(description=gettext_lazy("Cancel"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[Plan]) -> None:
        user = cast(User, request.user)
        sentence = f"Cancelled by {shown_name(user)}."
        found = list(chosen.select_related("contact", "line__account"))
        cancelled = [
            plan for plan in found if planned_calls.cancel(plan, sentence=sentence)
        ]
        for plan in cancelled:
            self.log_change(request, plan, "Cancelled.")
        messages.success(request, _("{count} cancelled.").format(count=len(cancelled)))
        if late := len(found) - len(cancelled):
            messages.warning(
                request, _("{count} had already ended.").format(count=late)
            )

    def has_reassign_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("calls.change_plan")

    @admin.action(description=gettext_lazy("Reassign"), permissions=["reassign"])
    def reassign(
        self, request: HttpRequest, chosen: QuerySet[Plan]
    ) -> HttpResponse | None:
        """Ask who is to make these calls; then give each to them."""
        form = ReassignForm(
            request.POST if "reassigned" in request.POST else None, user=request.user
        )
        if not form.is_valid():
            context = {
                **self.admin_site.each_context(request),
                "title": _("Reassign scheduled calls"),
                "opts": self.opts,
                "form": form,
                "chosen": chosen,
                "count": chosen.count(),
            }
            return render(request, "admin/calls/reassign.html", context)
        self._reassign(request, list(chosen), form.cleaned_data["agent"])
        return None

    def _reassign(
        self, request: HttpRequest, plans: list[Plan], agent: Agent | None
    ) -> None:
        done = [plan for plan in plans if planned_calls.reassign(plan, agent)]
        for plan in done:
            self.log_change(request, plan, f"Reassigned to {agent or 'any agent'}.")
        messages.success(
            request,
            _("{count} reassigned to {name}.").format(
                count=len(done), name=agent or _("any available agent")
            ),
        )
        if late := len(plans) - len(done):
            changed = _("{count} had ended or changed meanwhile.")
            messages.warning(request, changed.format(count=late))

    @admin.display(description=gettext_lazy("contact"), ordering="contact__name")
    def person(self, plan: Plan) -> SafeString:
        return link_to(plan.contact)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_badge(self, plan: Plan) -> SafeString:
        return badge(f"plan-{plan.state}", plan.get_state_display())

    @admin.display(description=gettext_lazy("kind"), ordering="kind")
    def kind_word(self, plan: Plan) -> str:
        return plan.get_kind_display()

    @admin.display(description=gettext_lazy("age"), ordering=F("created_at").desc())
    def age(self, plan: Plan) -> str:
        return age(plan.created_at, timezone.now())

    @admin.display(description=gettext_lazy("details"))
    def sentence_of(self, plan: Plan) -> str:
        return _(plan.sentence)

    @admin.display(description=gettext_lazy("call"))
    def call_link(self, plan: Plan) -> SafeString | str:
        return link_to(plan.call) if plan.call else _("None yet")
