"""The only sender to browsers, and to the nodes that hold calls.

Whole snapshots, after the commit: what one transaction changed goes out as one message
to all processes, however many consoles it is for. Who misses one reads the rows again.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from agents.models import Agent
from callcenter.push import send_group
from calls.models import Call
from calls.snapshots import (
    SHOWN_OF_AGENT,
    SHOWN_WITH_CALL,
    Snapshot,
    about,
    agent_snapshot,
    calls_now,
    message,
    messages_snapshots,
    plans_snapshot,
    preferences_snapshot,
    window_snapshot,
    works_now,
)

# Every process listens there for the consoles that are open at it.
CONSOLES = "consoles"
# And there, while somebody watches the live board at it.
BOARDS = "boards"
# What a board shows changes with these.
ON_BOARDS = frozenset({"calls", "agents"})


def node_group(name: str) -> str:
    return f"node.{name}"


def call_changed(call: Call) -> None:
    """Push this call to everyone concerned, once the transaction is committed."""
    calls_changed([call.pk])


def calls_changed(call_ids: Iterable[UUID]) -> None:
    _after_commit("calls", call_ids)


def agent_changed(agent_id: int) -> None:
    agents_changed([agent_id])


def agents_changed(agent_ids: Iterable[int]) -> None:
    _after_commit("agents", agent_ids)


def plans_changed(agent_id: int) -> None:
    _after_commit("plans", [agent_id])


def work_changed(agent_id: int) -> None:
    """Push what this agent may write about a call: another call, or its end."""
    _after_commit("work", [agent_id])


def preferences_changed(agent_id: int) -> None:
    """Push what this agent chose, to every console of theirs."""
    _after_commit("preferences", [agent_id])


def messages_changed(agent_ids: Iterable[int]) -> None:
    """Push what supervisors wrote to these agents and they have not read."""
    _after_commit("messages", agent_ids)


def directed(agent_id: int, **what: str) -> None:
    """Say, after the commit, what a supervisor did about this agent, and who it was."""
    told = message("directed", **what)
    transaction.on_commit(lambda: _send([push([agent_id], told)]), robust=True)


def boards_changed() -> None:
    """Tell the processes, after the commit, that the live board shows something else.

    Without words: each process reads the rows once, for all who watch there.
    """
    transaction.on_commit(_tell_boards, robust=True)


def people_changed(agent_ids: Iterable[int], person: Snapshot) -> None:
    """Push what WhatsApp said of a contact to pages that may show them."""
    _send([push(agent_ids, message("person", person=person, request=None))])


def window_rings(agent_id: int, why: str) -> None:
    """Push which of the agent's windows rings from now on, and why it does."""
    if window := window_snapshot(agent_id):
        told = message("window", window=window, why=why)
        _send([push([agent_id], told)])


def test_ring(agent_id: int) -> None:
    """Have the console ring for a moment, to show that it does."""
    _send([push([agent_id], message("test_ring"))])


def flow_changed(
    agent_id: int, call_id: str, *, caller_hears: bool, caller_heard: bool
) -> None:
    """Push which way audio flows between this agent and the other end."""
    heard = {"caller_hears": caller_hears, "caller_heard": caller_heard}
    _send([push([agent_id], message("sound", call=call_id, **heard))])


def beat() -> Snapshot:
    return message("beat")


# --- What one transaction changed ---------------------------------------------------


class Changes:
    """The changes of one transaction, pushed after its commit in their order."""

    def __init__(self) -> None:
        self.ids: dict[str, dict[Any, None]] = {}

    def add(self, kind: str, ids: Iterable[Any]) -> None:
        self.ids.setdefault(kind, {}).update(dict.fromkeys(ids))

    def push(self) -> None:
        pushes = [
            push(agents, content)
            for kind, ids in self.ids.items()
            for agents, content in CONTENTS[kind](list(ids))
        ]
        _send(pushes)
        if ON_BOARDS & self.ids.keys():
            _tell_boards()


def _after_commit(kind: str, ids: Iterable[Any]) -> None:
    changes = _pending()
    if changes is None:
        changes = Changes()
        changes.add(kind, ids)
        # Robust: the commit holds, whatever becomes of the push.
        transaction.on_commit(changes.push, robust=True)
    else:
        changes.add(kind, ids)


def _pending() -> Changes | None:
    """Return what this transaction collects already.

    What was collected within a savepoint goes with it when it is rolled back. A push
    too many, of a change outside that was rolled back later, does no harm: it tells
    what the rows say.
    """
    for entry in connection.run_on_commit:
        work: Any = entry[1]
        owner = getattr(work, "__self__", None)
        if isinstance(owner, Changes):
            return owner
    return None


Contents = Iterator[tuple[Iterable[int], Snapshot]]


def _calls(call_ids: list[UUID]) -> Contents:
    """Push who is first in line first: a console rings for them in this order."""
    calls = Call.objects.select_related(*SHOWN_WITH_CALL).in_bulk(call_ids)
    held: dict[str, list[str]] = {}
    for now in calls_now(calls[pk] for pk in call_ids if pk in calls):
        yield sorted(now.audience()), message("call", call=now.snapshot())
        if now.call.node:
            held.setdefault(now.call.node, []).append(str(now.call.pk))
    for node, ids in held.items():
        send_group(node_group(node), {"type": "calls", "calls": ids})


def _agents(agent_ids: list[int]) -> Contents:
    for agent in Agent.objects.filter(pk__among=agent_ids).only(*SHOWN_OF_AGENT):
        yield [agent.pk], message("agent", agent=agent_snapshot(agent))


def _plans(agent_ids: list[int]) -> Contents:
    for agent_id in agent_ids:
        yield [agent_id], message("plans", plans=plans_snapshot(agent_id))


def _works(agent_ids: list[int]) -> Contents:
    for agent_id, work in works_now(agent_ids).items():
        yield [agent_id], message("work", work=work)


def _preferences(agent_ids: list[int]) -> Contents:
    for agent_id in agent_ids:
        chosen = preferences_snapshot(agent_id)
        yield [agent_id], message("preferences", preferences=chosen)


def _messages(agent_ids: list[int]) -> Contents:
    for agent_id, unread in messages_snapshots(agent_ids).items():
        yield [agent_id], message("messages", messages=unread)


CONTENTS: dict[str, Callable[[list[Any]], Contents]] = {
    "calls": _calls,
    "agents": _agents,
    "plans": _plans,
    "work": _works,
    "preferences": _preferences,
    "messages": _messages,
}


# --- To the processes ----------------------------------------------------------------


def push(to: Iterable[int], content: Snapshot) -> Snapshot:
    """Return one push: to whose consoles, and the text that each of them gets.

    `about`: what the processes keep of it.
    """
    return {"to": list(to), "text": json.dumps(content), "about": about(content)}


def _send(pushes: list[Snapshot]) -> None:
    if pushes:
        send_group(CONSOLES, {"type": "pushes", "pushes": pushes})


def _tell_boards() -> None:
    send_group(BOARDS, {"type": "changed"})
