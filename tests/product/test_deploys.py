"""Nodes are restarted one by one while people talk: no call is lost."""

import json
import signal
import time
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import httpx2
import pytest
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from agents.websocket_auth import RESTART
from calls.console.consumer import MOVES_WITHIN
from calls.lifecycle import nodes
from calls.models import Call, Node
from tests.cast import Cast, hire
from tests.servers import wait_for
from tests.stack import Console, NodeServer, Stack
from tests.talking import (
    ANAS,
    BRUNOS,
    CARLAS,
    GREETING,
    MUSIC,
    Wear,
    call_in,
    hears,
    phone_hears,
    row,
    take,
)

DORA, ERIK = (
    {"waid": "4915112345679", "name": "Dora"},
    {
        "waid": "4915112345680",
        "name": "Erik",
    },
)
DORAS, ERIKS, CLARAS = GREETING, MUSIC, 1600


@pytest.fixture
def own_stack(stack: Stack, crew: Cast) -> Iterator[Stack]:
    """The stack, whole again afterwards."""
    yield stack
    heal(stack)


def heal(stack: Stack) -> None:
    for node in stack.nodes:
        nodes.drain(node.name, draining=False)
    stack.heal()


def holder_of(stack: Stack, wati_id: str) -> NodeServer:
    return next(one for one in stack.nodes if one.name == row(wati_id).node)


def drains(node: NodeServer) -> None:
    """Send SIGTERM, and see that everybody knows."""
    node.process.send_signal(signal.SIGTERM)
    wait_for(lambda: Node.objects.get(name=node.name).draining, "the row")
    reply = httpx2.get(f"{node.url}/readyz")
    assert (reply.status_code, reply.json()["problem"]) == (
        503,
        "The node is draining.",
    )


def is_on(console: Console, node: NodeServer) -> bool:
    return console.url == node.url


def ends(node: NodeServer, within: float = 10) -> None:
    """By itself, and well."""
    assert node.process.wait(within) == 0


@pytest.mark.full
def test_a_rolling_restart_loses_no_call(
    own_stack: Stack, crew: Cast, ana: Console, bruno: Console, wear: Wear
):
    first, second = own_stack.nodes
    carla = call_in(own_stack)
    ana_hears = wear(take(ana, ana.wait_for_ring(), ANAS))
    hears(ana_hears, CARLAS)
    old, new = (
        (second, first) if holder_of(own_stack, carla) is second else (first, second)
    )
    clara = own_stack.console(
        hire("clara", crew.queue), own_stack.nodes.index(old)
    ).go_available()

    # The node of Ana and Carla is to be restarted.
    drains(old)
    wait_for(lambda: all(is_on(c, new) for c in (ana, bruno, clara)), "the consoles")
    dora = call_in(own_stack, DORAS, **DORA)
    call_id = clara.wait_for_ring()
    clara_hears = wear(take(clara, call_id, CLARAS))
    hears(clara_hears, DORAS)
    assert holder_of(own_stack, dora) is new
    hears(ana_hears, CARLAS)
    phone_hears(own_stack, carla, ANAS)
    assert old.runs
    ana.say("hang_up", call=str(row(carla).pk))
    ends(old)
    old.start()
    wait_for(old.is_ready, old.name)

    # Then the other one, which has Clara and Dora by now.
    drains(new)
    wait_for(lambda: all(is_on(c, old) for c in (ana, bruno, clara)), "the consoles")
    bruno.until(lambda: bruno.state in ("available", "ringing"), "Bruno")
    erik = call_in(own_stack, ERIKS, **ERIK)
    bruno_hears = wear(take(bruno, bruno.wait_for_ring(), BRUNOS))
    hears(bruno_hears, ERIKS)
    assert holder_of(own_stack, erik) is old
    hears(clara_hears, DORAS)
    clara.say("hang_up", call=str(row(dora).pk))
    ends(new)
    bruno.say("hang_up", call=str(row(erik).pk))
    wait_for(lambda: not Call.objects.exclude(status="ended").exists(), "the ends")
    assert set(Call.objects.values_list("end_reason", flat=True)) == {"agent_ended"}
    assert {c.moves for c in (ana, bruno)} <= {1, 2}
    assert [c.problems for c in (ana, bruno, clara)] == [[], [], []]
    clara.close()


@pytest.mark.full
def test_a_page_that_does_not_go_is_told_that_the_server_restarts(
    own_stack: Stack, crew: Cast, ana: Console
):
    """By a code that the server in front of it can send."""
    node = next(one for one in own_stack.nodes if is_on(ana, one))
    with ana.open("/ws/console/") as stubborn:
        stubborn.send(json.dumps({"type": "hello", "console": "stubborn", "since": ""}))
        nodes.drain(node.name)
        with pytest.raises(ConnectionClosed) as closed:
            deque(iter(partial(stubborn.recv, MOVES_WITHIN + 10), None))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == RESTART


@pytest.mark.distributed
def test_the_only_node_drains_and_a_second_signal_ends_its_calls(
    own_stack: Stack, crew: Cast, ana: Console, bruno: Console, wear: Wear
):
    carla = call_in(own_stack)
    ana_hears = wear(take(ana, ana.wait_for_ring(), ANAS))
    hears(ana_hears, CARLAS)
    holder = holder_of(own_stack, carla)
    for node in own_stack.nodes:
        nodes.drain(node.name)
    drains(holder)
    # Pages and webhooks are served, and consoles stay where they are.
    assert httpx2.get(f"{holder.url}/sign-in/").status_code == 200
    call_in(own_stack, DORAS, **DORA)
    call_id = bruno.wait_for_ring()
    bruno.say("answer", call=call_id)
    sentence = "The servers are being updated. Try again soon."
    bruno.until(lambda: bruno.problems == [sentence], "the reason")
    assert bruno.ringing() is not None
    hears(ana_hears, CARLAS)
    assert (ana.moves, bruno.moves) == (0, 0)
    began = time.monotonic()
    holder.process.send_signal(signal.SIGTERM)
    ends(holder)
    assert time.monotonic() - began < 10
    call = row(carla)
    assert (call.status, call.end_reason) == ("ended", "node_lost")
    assert call.created_at < call.answered_at < call.ended_at
    wait_for(lambda: ana_hears.is_closed, "the audio to close")
    heal(own_stack)
    wait_for(
        lambda: bool(own_stack.simulator.requests(verb="terminate", call_id=carla)),
        "the terminate at Wati",
    )


@pytest.mark.full
def test_a_node_that_was_taken_for_dead_sends_nothing_and_writes_nothing(
    own_stack: Stack, crew: Cast, ana: Console, wear: Wear
):
    """Stopped for long enough, while somebody else declares it dead."""
    carla = call_in(own_stack)
    ana_hears = wear(take(ana, ana.wait_for_ring(), ANAS))
    hears(ana_hears, CARLAS)
    holder = holder_of(own_stack, carla)
    holder.process.send_signal(signal.SIGSTOP)
    try:
        stopped = time.monotonic()
        long_ago = timezone.now() - timedelta(minutes=1)
        silent = Node.objects.filter(name=holder.name)
        silent.update(silence=60, lease_until=long_ago)  # and watched so long
        wait_for(lambda: row(carla).status == "ended", "the end")
        heard = sum(ana_hears.numbers.values())
        time.sleep(max(0.0, stopped + 6 - time.monotonic()))
    finally:
        holder.process.send_signal(signal.SIGCONT)
    wait_for(lambda: ana_hears.is_closed, "the audio to close")
    # What was in Ana's socket before; nothing that came to the node meanwhile.
    assert sum(ana_hears.numbers.values()) - heard < 25
    wait_for(holder.is_ready, "a new lease")
    terminates = own_stack.simulator.requests(verb="terminate", call_id=carla)
    assert len(terminates) <= 1
    assert row(carla).end_reason == "node_lost"
    wait_for(
        lambda: len(own_stack.simulator.requests(verb="terminate", call_id=carla)) == 1,
        "one terminate",
    )
