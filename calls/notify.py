"""The only sender to browsers, and to the node that holds a call.

Whole snapshots, after the commit. Who misses one reads the rows again.
"""

from typing import Any

from agents.models import Agent
from callcenter.database import once_after_commit
from callcenter.push import send_group
from calls.models import Call
from calls.snapshots import (
    Snapshot,
    agent_snapshot,
    call_snapshot,
    message,
    plans_snapshot,
    work_snapshot,
)


def agent_group(agent_id: int) -> str:
    return f"agent.{agent_id}"


def node_group(name: str) -> str:
    return f"node.{name}"


def call_changed(call: Call) -> None:
    """Push this call to everyone concerned, once the transaction is committed."""
    once_after_commit(_send_call, call.pk)


def agent_changed(agent_id: int) -> None:
    once_after_commit(_send_agent, agent_id)


def plans_changed(agent_id: int) -> None:
    once_after_commit(_send_plans, agent_id)


def work_changed(agent_id: int) -> None:
    """Push what this agent may write about a call: another call, or its end."""
    once_after_commit(_send_work, agent_id)


def person_changed(agent_id: int, person: Snapshot) -> None:
    """Push what WhatsApp said of a contact whom this agent looked up."""
    _push(agent_id, message("person", person=person, request=None))


def console_opened(agent_id: int, console: str) -> None:
    """Push that this page is the agent's newest: all the others stop ringing."""
    content = {"type": "replaced", "console": console}
    send_group(agent_group(agent_id), {"type": "console_opened", "message": content})


def flow_changed(
    agent_id: int, call_id: str, *, caller_hears: bool, caller_heard: bool
) -> None:
    """Push which way audio flows between this agent and the other end."""
    heard = {"caller_hears": caller_hears, "caller_heard": caller_heard}
    _push(agent_id, message("sound", call=call_id, **heard))


def beat() -> Snapshot:
    return message("beat")


def _send_call(call_id: Any) -> None:
    related = ("agent", "queue", "contact", "from_agent")
    call = Call.objects.select_related(*related).get(pk=call_id)
    content = message("call", call=call_snapshot(call))
    agents = set(call.offers.values_list("agent_id", flat=True))
    agents |= set(call.legs.values_list("agent_id", flat=True))
    if call.agent_id:
        agents.add(call.agent_id)
    for agent_id in agents:
        _push(agent_id, content)
    if call.node:
        send_group(node_group(call.node), {"type": "push", "message": content})


def _send_agent(agent_id: int) -> None:
    agent = Agent.objects.get(pk=agent_id)
    _push(agent_id, message("agent", agent=agent_snapshot(agent)))


def _send_plans(agent_id: int) -> None:
    _push(agent_id, message("plans", plans=plans_snapshot(agent_id)))


def _send_work(agent_id: int) -> None:
    _push(agent_id, message("work", work=work_snapshot(agent_id)))


def _push(agent_id: int, content: Snapshot) -> None:
    send_group(agent_group(agent_id), {"type": "push", "message": content})
