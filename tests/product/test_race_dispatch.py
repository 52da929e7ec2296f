"""Many act on the same calls and agents at once, on a database that lets them."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from agents.models import IN_A_CALL, Agent
from callcenter.wati.events import CallTerminated, InboundCall
from calls import deadlines, locking, placement, tasks
from calls.errors import Refused
from calls.lifecycle import (
    answer,
    clock_jumps,
    ending,
    inbound,
    reconnect,
    transfer,
)
from calls.models import Call, Leg, Offer, WebhookDelivery
from calls.queueing import agent_state, dispatch, ring_attempts, wrap_up
from calls.signaling import deliveries
from calls.states import FOR_ANYBODY, LIVE, TALKING, Event
from tests.cast import Cast, hire
from tests.console import PROOF
from tests.servers import wait_for
from tests.shift import change

pytestmark = pytest.mark.full  # SQLite lets one write at a time anyway
ROUNDS = 15
CALLERS, AGENTS, THREADS = 6, 5, 8
ACTS = 400
DONE = {"answers", "holds", "passes_on", "hangs_up"}  # at least
MOST_SECONDS = 120.0


def caller(cast: Cast, name: str) -> Call:
    event = InboundCall(call_id=name, offer="v=0")
    now = timezone.now()
    return inbound.begin(cast.account, event, received_at=now, offer="v=0")


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each of them came to; a refusal is its sentence."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return act()
        except Refused as refusal:
            return str(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def sign_in(agents: list[Agent]) -> None:
    for agent in agents:
        agent_state.heartbeat(agent.pk, PROOF)
        agent_state.go_available(agent.pk)


def parked(cast: Cast, name: str) -> Call:
    """A caller who hears our music."""
    placement.register()
    change(cast.queue, answer_after_seconds=25)
    call = caller(cast, name)
    Call.objects.filter(pk=call.pk).update(deadline=timezone.now())
    change(cast.queue, answer_after_seconds=0)
    deadlines.overdue(call.pk)
    answer.accept_sent(call.pk, "v=0")
    answer.media_up(call.pk)
    return Call.objects.get(pk=call.pk)


@pytest.mark.usefixtures("patient_server")
def test_two_agents_claim_a_waiting_caller(cast: Cast):
    both = [cast.ana, cast.bruno]
    for number in range(ROUNDS):
        sign_in(both)
        call = parked(cast, f"wacid.{number}")
        assert call.status == "waiting"
        said = at_once(*(partial(answer.claim, call.pk, agent) for agent in both))
        call.refresh_from_db()
        winner = said.index(next(one for one in said if isinstance(one, Call)))
        assert call.agent == both[winner]
        assert said[1 - winner] == f"{call.agent} answered this call."
        ending.hang_up(call.pk, call.agent)


@pytest.mark.usefixtures("patient_server")
def test_a_claim_against_the_callers_end(cast: Cast):
    ends = set()
    for number in range(ROUNDS):
        sign_in([cast.ana])
        name = f"wacid.{number}"
        call = parked(cast, name)
        at_once(
            partial(answer.claim, call.pk, cast.ana),
            partial(inbound.customer_ended, cast.account, CallTerminated(name)),
        )
        call.refresh_from_db()
        cast.ana.refresh_from_db()
        assert (call.status, cast.ana.state) == ("ended", "available")
        assert not Leg.objects.open().exists()
        ends.add(call.result)
    assert ends == {"abandoned"}


@pytest.mark.usefixtures("patient_server")
def test_many_look_at_the_floor_and_nobody_is_rung_for_two(cast: Cast):
    change(cast.queue, strategy="longest_idle")
    agents = [cast.ana, cast.bruno, *(hire(f"agent{n}", cast.queue) for n in range(3))]
    for number in range(ROUNDS):
        placement.register()
        calls = [caller(cast, f"wacid.{number}.{n}") for n in range(4)]
        at_once(*(partial(sign_in, [agent]) for agent in agents), *[dispatch.run] * 3)
        rings = list(Offer.objects.filter(outcome="ringing").values_list("agent_id"))
        assert len(rings) == len(set(rings)) == len(calls)
        for call in calls:  # some were auto-answered, while the others' agents came
            ending.end(call.pk, Event.SUPERVISOR_ENDED)
            assert not call.offers.filter(outcome="ringing").exists()
        for agent in agents:
            dispatch.change_agent(agent.pk, "offline")


# --- Everything at once --------------------------------------------------------------


class Bustle:
    """Threads that do whatever agents, callers and sweeps do, to the same few rows."""

    def __init__(self, cast: Cast, agents: list[Agent]) -> None:
        self.cast = cast
        self.agents = agents
        self.gives_up = time.monotonic() + MOST_SECONDS
        self.done: list[str] = []

    @property
    def is_over(self) -> bool:
        enough = len(self.done) >= ACTS and set(self.done) >= DONE
        return enough or time.monotonic() > self.gives_up

    def run(self, seed: int) -> None:
        dice = random.Random(seed)
        try:
            while not self.is_over:
                verb = dice.choice(self.verbs)
                with suppress(Refused):
                    verb(self, dice)
                    self.done.append(verb.__name__)
        finally:
            connection.close()

    def _talk(self, dice: random.Random) -> tuple[Call, Agent] | None:
        talks = list(Call.objects.filter(status__in=TALKING).select_related("agent"))
        call = dice.choice(talks) if talks else None
        return (call, call.agent) if call and call.agent else None

    def calls(self, dice: random.Random) -> None:
        if Call.objects.filter(status__in=LIVE).count() < CALLERS:
            caller(self.cast, f"wacid.{dice.random()}")

    def caller_ends(self, dice: random.Random) -> None:
        live = list(Call.objects.filter(status__in=LIVE))
        if live and dice.random() < 0.5:
            name = CallTerminated(dice.choice(live).wati_call_id)
            inbound.customer_ended(self.cast.account, name)

    def signs_in(self, dice: random.Random) -> None:
        sign_in([dice.choice(self.agents)])

    def answers(self, dice: random.Random) -> None:
        rings = list(Offer.objects.filter(outcome="ringing").select_related("agent"))
        if rings:
            offer = dice.choice(rings)
            ring_attempts.confirm(offer.call_id, offer.agent_id)
            is_asked = offer.kind == "consult"
            (transfer.join if is_asked else answer.claim)(offer.call_id, offer.agent)
            reconnect.console_joined(offer.call_id, offer.agent_id)
            answer.media_up(offer.call_id)

    def declines(self, dice: random.Random) -> None:
        rings = list(Offer.objects.filter(outcome="ringing").select_related("agent"))
        if rings and dice.random() < 0.3:
            offer = dice.choice(rings)
            answer.decline(offer.call_id, offer.agent)

    def holds(self, dice: random.Random) -> None:
        if talk := self._talk(dice):
            verb = dice.choice([transfer.hold, transfer.resume, transfer.complete])
            verb(talk[0].pk, talk[1])

    def passes_on(self, dice: random.Random) -> None:
        if talk := self._talk(dice):
            verb = dice.choice([transfer.transfer_to_agent, transfer.consult])
            verb(talk[0].pk, talk[1], dice.choice(self.agents))

    def hangs_up(self, dice: random.Random) -> None:
        if (talk := self._talk(dice)) and dice.random() < 0.5:
            ending.hang_up(talk[0].pk, talk[1])

    def wraps_up(self, dice: random.Random) -> None:
        wrap_up.end_wrap_up(dice.choice(self.agents).pk)

    def rests(self, dice: random.Random) -> None:
        idle = ("available", "on_break")
        state = dice.choice(["on_break", "offline"])
        dispatch.change_agent(dice.choice(self.agents).pk, state, only_from=idle)

    def sweeps(self, dice: random.Random) -> None:
        tasks.sweep()
        tasks.sweep_floor()

    verbs = (
        calls,
        caller_ends,
        signs_in,
        signs_in,
        answers,
        answers,
        declines,
        holds,
        passes_on,
        hangs_up,
        wraps_up,
        rests,
        sweeps,
    )


@pytest.mark.timeout(300)
def test_everything_at_once_neither_deadlocks_nor_leaves_anybody_behind(cast: Cast):
    change(cast.queue, strategy="longest_idle", wrap_up_seconds=1)
    agents = [hire(f"agent{number}", cast.queue) for number in range(AGENTS)]
    placement.register()
    keep = threading.Event()
    lease = threading.Thread(target=keep_node, args=(keep,))
    lease.start()
    try:
        bustle = Bustle(cast, agents)
        with ThreadPoolExecutor(THREADS) as pool:
            # A deadlock, or anything else that is no refusal, comes out here.
            list(pool.map(bustle.run, range(THREADS)))
    finally:
        keep.set()
        lease.join()
    assert set(bustle.done) >= DONE
    nothing_is_inconsistent()
    for call in Call.objects.filter(status__in=LIVE):
        inbound.customer_ended(cast.account, CallTerminated(call.wati_call_id))
    assert not Leg.objects.open().exists()
    assert not Offer.objects.filter(outcome="ringing").exists()
    assert not Agent.objects.filter(state__in=[*IN_A_CALL, "ringing"]).exists()


def test_a_clock_that_is_set_waits_for_no_webhook_at_work(cast: Cast):
    """Whose effect waits for the floor, which the clock has."""
    before = timezone.now() + timedelta(hours=1)
    webhook = WebhookDelivery.objects.create(
        account=cast.account, kind="any", body=b"", received_at=before
    )
    is_claimed, is_moved = threading.Event(), threading.Event()

    def takes_effect() -> None:
        with transaction.atomic():
            assert deliveries.claim(webhook.pk)
            is_claimed.set()
            wait_for(lambda: is_moved.is_set() or somebody_waits(), "the clock")
            with locking.dispatch_lock():
                pass

    def is_set() -> bool:
        is_claimed.wait(10)
        try:
            return clock_jumps.move_times(-3600.0)
        finally:
            is_moved.set()

    assert at_once(takes_effect, is_set) == [None, True]


def somebody_waits() -> bool:
    """Tell whether somebody waits for a lock that another one has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def keep_node(over: threading.Event) -> None:
    node = placement.Node.objects.get()
    while not over.wait(1):
        placement.renew(node, calls=0)
    connection.close()


def nothing_is_inconsistent() -> None:
    dispatch.run()
    for agent in Agent.objects.all():
        legs = Leg.objects.open().filter(agent=agent).count()
        assert legs == (agent.state in IN_A_CALL), agent.state
        rings = Offer.objects.filter(agent=agent, outcome="ringing")
        assert rings.count() == (agent.state == "ringing")
        spans = agent.spans.filter(ended_at=None)
        assert spans.count() == (agent.state != "offline")
    for call in Call.objects.filter(status__in=FOR_ANYBODY):
        assert not call.legs.open().exists()
