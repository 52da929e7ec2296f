"""Agents, with the calls that did not ring at them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from agents.admin.agents import AgentAdmin
from agents.models import Agent
from callcenter.admin_parts import DetailedAdmin
from calls.reporting.explain import LAST_CALLS, local_zone, why_not


@admin.register(Agent)
class AgentWithCallsAdmin(DetailedAdmin, AgentAdmin):
    change_form_template = "admin/agents/agent_detail.html"

    def details_of(self, request: HttpRequest, row: Agent) -> dict[str, Any]:
        # The calls' rows name people: that takes the right to see calls.
        if not request.user.has_perm("calls.view_call"):
            return {}
        return {
            "not_offered": why_not(row, local_zone()),
            "last_calls": LAST_CALLS,
            "shows_not_offered": True,
        }
