"""Everything that one console shows, and whether it is behind."""

from collections.abc import Collection, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import F, FilteredRelation, Q

from agents.models import Agent, ConsoleWindow
from calls.models import Call, Offer, Plan
from calls.snapshots.agents import (
    agent_snapshot,
    breaks_snapshot,
    messages_snapshots,
    preferences_snapshot,
    training_account,
)
from calls.snapshots.calls import SHOWN_WITH_CALL, calls_now
from calls.snapshots.parts import Snapshot, iso, message
from calls.snapshots.plans import lines_snapshot, plans_snapshot, queues_snapshot
from calls.snapshots.work import work_snapshot
from calls.states import LIVE, WITH_AGENT


def console_snapshot(agent_id: int) -> Snapshot:
    """Return everything that this agent's console shows."""
    agent = Agent.objects.get(pk=agent_id)
    calls = Call.objects.filter(pk__in=_concerned(agent_id))
    calls = calls.select_related(*SHOWN_WITH_CALL).order_by("created_at")
    return message(
        "console",
        agent=agent_snapshot(agent),
        calls=[now.snapshot() for now in calls_now(calls)],
        plans=plans_snapshot(agent_id),
        lines=lines_snapshot(agent_id),
        breaks=breaks_snapshot(),
        queues=queues_snapshot(agent_id),
        work=work_snapshot(agent_id),
        window=window_snapshot(agent_id),
        preferences=preferences_snapshot(agent_id),
        messages=messages_snapshots([agent_id])[agent_id],
        training=training_account() is not None,
        echo_url=f"/ws/nodes/{settings.NODE_NAME}/echo/",
    )


def window_snapshot(agent_id: int) -> Snapshot | None:
    """Return which of this agent's windows rings; None before one has said hello."""
    windows = ConsoleWindow.objects.filter(agent=agent_id, page=F("agent__console"))
    one = windows.select_related("agent").first()
    if one is None:
        return None
    return {
        "console": one.page,
        "since": iso(one.agent.console_since),
        "opened_at": iso(one.opened_at),
        "browser": one.browser,
    }


def _concerned(agent_id: int) -> set[Any]:
    """Return calls that this agent is on, or that ring at their console."""
    calls = Call.objects.filter(status__in=LIVE)
    mine = Q(status__in=WITH_AGENT, agent=agent_id)
    rung = Q(offers__agent=agent_id, offers__outcome=Offer.Outcome.RINGING)
    joined = Q(legs__agent=agent_id, legs__ended_at=None)
    return {
        pk
        for about in (mine, rung, joined)
        for pk in calls.filter(about).values_list("pk", flat=True)
    }


class Standing(NamedTuple):
    """The versions that a console should show of an agent."""

    version: int
    state: str
    reason: str
    calls: dict[str, int]
    plans: dict[str, int]
    console: str = ""  # the window that rings


def standings(agent_ids: Collection[int]) -> dict[int, Standing]:
    """Return how these agents' consoles should stand; in two statements for all."""
    plans = FilteredRelation("plans", condition=Q(plans__state__in=Plan.OPEN))
    agents = Agent.objects.filter(pk__in=agent_ids).annotate(open_plan=plans)
    found: dict[int, Standing] = {}
    for pk, version, state, reason, console, plan, plan_version in agents.values_list(
        *("pk", "version", "state", "reason", "console"),
        *("open_plan__pk", "open_plan__version"),
    ):
        new = Standing(version, state, reason, {}, {}, console)
        mine = found.setdefault(pk, new)
        if plan is not None:
            mine.plans[str(plan)] = plan_version
    for call_id, version, concerned in _live_calls():
        for agent_id in concerned & found.keys():
            found[agent_id].calls[str(call_id)] = version
    return found


def _live_calls() -> Iterator[tuple[Any, int, set[int]]]:
    """Yield each live call's id, version, and those whom it concerns."""
    ringing = Q(offers__outcome=Offer.Outcome.RINGING)
    calls = Call.objects.filter(status__in=LIVE).annotate(
        ring=FilteredRelation("offers", condition=ringing),
        part=FilteredRelation("legs", condition=Q(legs__ended_at=None)),
    )
    rows = calls.order_by("pk").values_list(
        "pk", "version", "status", "agent_id", "ring__agent_id", "part__agent_id"
    )
    for (call_id, version), same in groupby(rows, key=itemgetter(0, 1)):
        concerned = {
            agent_id
            for _, _, status, agent, ring, part in same
            for agent_id in (agent if status in WITH_AGENT else None, ring, part)
            if agent_id is not None
        }
        yield call_id, version, concerned
