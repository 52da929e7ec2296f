"""The windows in which agents have their consoles open, as rows."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from agents import windows
from agents.models import Agent, ConsoleWindow
from calls.queueing import agent_state


def open_window(agent: Agent, page: str, **opened: Any) -> datetime:
    """A page says hello; returns its place, as it is told."""
    fields = {"connection": f"socket of {page}", "session": "a session"} | opened
    since = windows.open_window(agent.pk, windows.Opened(page=page, **fields))
    agent_state.settle_window(agent.pk)
    return since


def rings_in(agent: Agent) -> str:
    return Agent.objects.get(pk=agent.pk).console


def silent(agent: Agent, page: str, seconds: float) -> None:
    """Nothing was heard of this page for so long."""
    mine = ConsoleWindow.objects.filter(agent=agent, page=page)
    mine.update(seen_at=F("seen_at") - timedelta(seconds=seconds))
    others = ConsoleWindow.objects.filter(agent=agent).exclude(page=page)
    others.update(steady_since=F("steady_since") - timedelta(seconds=seconds))


def settle(agent: Agent) -> None:
    """As the watch does, where another window stands in."""
    for agent_id in windows.to_elect([agent.pk]):
        agent_state.settle_window(agent_id)
