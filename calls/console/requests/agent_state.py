"""The agent's own state: available, offline, on a break, and what follows a call."""

from agents import services as staff
from agents.models import AgentState
from calls.console.messages import Message, Page, break_named
from calls.queueing import agent_state, dispatch

FREE_TO_CHANGE = (
    AgentState.OFFLINE,
    AgentState.AVAILABLE,
    AgentState.CANNOT_RING,
    AgentState.ON_BREAK,
)


def available(page: Page, message: Message) -> None:
    agent_state.go_available(page.agent.pk)


def offline(page: Page, message: Message) -> None:
    _rest(page, AgentState.OFFLINE)


def take_break(page: Page, message: Message) -> None:
    _rest(page, AgentState.ON_BREAK, break_named(message.get("reason")))


def _rest(page: Page, state: str, reason: str = "") -> None:
    until = staff.break_ends(reason)
    dispatch.change_agent(
        page.agent.pk, state, reason=reason, until=until, only_from=FREE_TO_CHANGE
    )


def next_state(page: Page, message: Message) -> None:
    state, reason = message.get("state"), ""
    if state == AgentState.ON_BREAK:
        reason = break_named(message.get("reason"))
    elif state != AgentState.OFFLINE:
        state = ""
    agent_state.choose_next(page.agent.pk, state, reason)
