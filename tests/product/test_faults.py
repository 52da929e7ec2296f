"""PostgreSQL and Valkey fail in each way that networks know; calls go on."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.utils import timezone

from calls.models import Call, Node, SweepRun, WebhookDelivery
from deploy.stack.ports import free_port
from tests.console import Console
from tests.fault_proxy import FaultProxy
from tests.servers import wait_for
from tests.stack import NodeServer, Stack, port_of
from tests.talking import (
    ANAS,
    CARLAS,
    Wear,
    call_in,
    hears,
    phone_hears,
    phone_tones,
    take,
)

pytestmark = pytest.mark.full

BROKEN: dict[str, Callable[[FaultProxy], None]] = {
    "down": FaultProxy.down,
    "black hole": FaultProxy.blackhole,
}


# --- Valkey ---------------------------------------------------------------------------


@pytest.fixture
def valkey(stack: Stack) -> Iterator[FaultProxy]:
    yield stack.valkey
    stack.valkey.heal()


def a_worker_sweeps() -> bool:
    return not SweepRun.objects.worker_is_silent()


@pytest.mark.parametrize("fault", BROKEN)
def test_without_valkey_calls_ring_talk_and_end_as_ever(
    stack: Stack, ana: Console, bruno: Console, valkey: FaultProxy, wear: Wear, fault
):
    wait_for(a_worker_sweeps, "the worker")
    BROKEN[fault](valkey)
    began = time.monotonic()
    wati_id = call_in(stack)
    call_id = ana.wait_for_ring()  # her console was open before
    bruno.wait_for_ring()
    assert time.monotonic() - began < 15
    headset = wear(take(ana, call_id, ANAS))
    hears(headset, CARLAS)
    phone_hears(stack, wati_id, ANAS)
    bruno.until(lambda: bruno.ringing() is None, "the ringing to stop")
    # A deadline passes: no worker is there to see it.
    Call.objects.filter(pk=call_id).update(deadline=timezone.now())
    ana.until(lambda: call_id not in ana.calls, "the end of the call", 20)
    wait_for(
        lambda: bool(stack.simulator.requests(verb="terminate", call_id=wati_id)),
        "the terminate at Wati",
        20,
    )
    valkey.heal()
    valkey.reset()  # TCP's keepalive finds it where no proxy confirms what is lost
    healed = time.monotonic()
    call_in(stack)
    bruno.wait_for_ring()
    assert time.monotonic() - healed < 5
    wait_for(a_worker_sweeps, "the worker to sweep again", 40)


# --- PostgreSQL -----------------------------------------------------------------------


class NodeBehind:
    """A node of its own, which reaches PostgreSQL through a proxy."""

    LIMITS = {
        "DATABASE_STATEMENT_SECONDS": "2",
        "DATABASE_LOCK_SECONDS": "1",
        "DATABASE_NETWORK_SECONDS": "2",
        "DATABASE_CONNECT_SECONDS": "2",
    }

    def __init__(self, stack: Stack) -> None:
        url = stack.environment["DATABASE_URL"]
        self.proxy = FaultProxy(port_of(url)).start()
        address = url.replace(f":{port_of(url)}/", f":{self.proxy.port}/")
        self.node = NodeServer(
            "node-9",
            free_port(),
            **stack.environment | self.LIMITS | {"DATABASE_URL": address},
        )
        self.stack = stack
        wait_for(self.node.is_ready, "the node", 60)

    def webhook(self, number: int) -> float:
        """Post one as Wati does; returns how long the answer took."""
        began = time.monotonic()
        answer = self.stack.http.post(
            f"{self.node.url}/webhooks/wati/terminate-call/",
            json={"callId": f"wacid.{number}", "tenantId": "demo"},
            headers={"Authorization": "Bearer simulator-webhook-key"},
        )
        assert answer.status_code == 200
        return time.monotonic() - began

    def page(self, console: Console) -> int:
        url = f"{self.node.url}/console/"
        return self.stack.http.get(url, headers=console.headers).status_code

    def close(self) -> None:
        self.proxy.heal()
        self.node.stop()
        self.proxy.stop()


@pytest.fixture(scope="module")
def behind(stack: Stack) -> Iterator[NodeBehind]:
    node = NodeBehind(stack)
    yield node
    node.close()


def test_whatever_becomes_of_postgresql_webhooks_are_kept_and_pages_say_so(
    stack: Stack, behind: NodeBehind, ana: Console
):
    number = 0
    for fault in (FaultProxy.freeze, FaultProxy.down):
        assert behind.page(ana) == 200
        behind.webhook(number := number + 1)
        fault(behind.proxy)
        for _ in range(8):
            assert behind.webhook(number := number + 1) < 2.5
        assert behind.page(ana) == 503
        behind.proxy.heal()
        healed = time.monotonic()
        wait_for(lambda: behind.page(ana) == 200, "the pages", 10)
        assert time.monotonic() - healed < 6
        assert [behind.page(ana) for _ in range(30)] == [200] * 30
    for cut in (FaultProxy.reset, FaultProxy.cut):
        cut(behind.proxy)
        assert [behind.page(ana) for _ in range(30)] == [200] * 30
    wait_for(lambda: WebhookDelivery.objects.count() == number, "all webhooks", 20)


@contextmanager
def only_node(name: str) -> Iterator[None]:
    """Give calls to this node alone."""
    others = Node.objects.exclude(name=name)
    before = dict(others.values_list("name", "max_calls"))
    others.update(max_calls=0)
    yield
    for other, calls in before.items():
        Node.objects.filter(name=other).update(max_calls=calls)


def test_a_frozen_database_makes_no_hole_in_the_sound(
    stack: Stack, behind: NodeBehind, ana: Console, wear: Wear
):
    with only_node(behind.node.name):
        wati_id = call_in(stack)
        call_id = ana.wait_for_ring()
        headset = wear(take(ana, call_id, ANAS))
        hears(headset, CARLAS)
        phone_hears(stack, wati_id, ANAS)
        assert Call.objects.get().node == behind.node.name
        behind.proxy.freeze()
        until = time.monotonic() + 6
        while time.monotonic() < until:
            assert phone_tones(stack, wati_id) == {ANAS}
        hears(headset, CARLAS)
        behind.proxy.heal()
        ana.say("hang_up", call=call_id)
        wait_for(lambda: Call.objects.get().status == "ended", "the end of the call")
