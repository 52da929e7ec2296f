"""Agents, with the calls that did not ring at them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from agents.admin.agents import AgentAdmin
from agents.models import Agent
from calls.reporting.explain import LAST_CALLS, local_zone, why_not


@admin.register(Agent)
class AgentWithCallsAdmin(AgentAdmin):
    change_form_template = "admin/agents/agent_detail.html"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        agent = self.get_object(request, object_id)
        context = dict(extra_context or {})
        # The calls' rows name people: that takes the right to see calls.
        if agent is not None and request.user.has_perm("calls.view_call"):
            context |= {
                "not_me": why_not(agent, local_zone()),
                "last_calls": LAST_CALLS,
                "shows_not_me": True,
            }
        return super().change_view(request, object_id, form_url, context)
