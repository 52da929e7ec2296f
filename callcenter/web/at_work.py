"""The agent at work in this browser, who would lose a call if others signed in here."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

# Of agents.models.AgentState, which is above; a test compares them.
IN_A_CALL = ("in_call", "reconnecting")
WRAP_UP = "wrap_up"


def agent_at_work(request: HttpRequest) -> Any:
    """Return the agent whose call or wrap-up would end with this session, or None.

    Where their calls are in the window of another session, it would not.
    """
    user: Any = request.user
    agent = getattr(user, "agent", None) if user.is_authenticated else None
    if agent is None or agent.state not in (*IN_A_CALL, WRAP_UP):
        return None
    session: Any = request.session
    ringing = agent.windows.filter(page=agent.console)
    is_elsewhere = ringing.exclude(session=session.row_name).exists()
    return None if is_elsewhere else agent


def is_in_a_call(user: Any) -> bool:
    agent = getattr(user, "agent", None)
    return agent is not None and agent.state in IN_A_CALL


def what_signing_in_costs(agent: Any) -> str:
    """Say to a colleague what becomes of the agent's work."""
    if agent.state == WRAP_UP:
        return _(
            "{agent} is in wrap-up in this browser. If you sign in here, {agent} is "
            "signed out before it is finished."
        ).format(agent=agent)
    return _(
        "{agent} is on a call in this browser. If you sign in here, {agent} is signed "
        "out and loses the call."
    ).format(agent=agent)


def what_signing_out_costs(agent: Any) -> str:
    if agent.state == WRAP_UP:
        return _("You are in wrap-up. If you sign out, it ends unfinished.")
    return _("You are on a call. If you sign out, you lose it.")
