"""Sweeps: no step keeps another from running, and none fails in silence."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client import generate_latest

from callcenter.celery import SWEEPS as PERIODS
from calls import tasks
from calls.models import SweepRun
from calls.node.metrics import registry
from calls.sweeping import stand_in, sweeps
from calls.sweeping.stand_in import StandIn
from calls.sweeping.sweeps import SWEEPS, Sweep
from tests.cast import Cast
from tests.servers import wait_for

BY_NAME = {sweep.name: sweep for sweep in (*SWEEPS, sweeps.ERASURES, sweeps.PURGE)}


@pytest.fixture(autouse=True)
def fresh_notes() -> Iterator[None]:
    sweeps._notes.forget()
    yield
    sweeps._notes.forget()


class Broken(Exception):
    """What a step of these tests raises."""


def recorded(sweep: Sweep, broken: int | None = None) -> tuple[Sweep, list[int]]:
    """Return the sweep with steps that only tell that they ran; one may break."""
    ran: list[int] = []

    def step(number: int) -> Callable[[], None]:
        def run() -> None:
            ran.append(number)
            if number == broken:
                raise Broken

        return run

    steps = tuple(step(number) for number in range(len(sweep.steps)))
    return replace(sweep, steps=steps), ran


def test_every_sweep_of_the_clock_is_one_of_these(monkeypatch: pytest.MonkeyPatch):
    ran: list[str] = []
    monkeypatch.setattr(Sweep, "run", lambda sweep, _="": ran.append(sweep.name))
    names = set(PERIODS) - {"forget_strangers"}
    for name in names:
        getattr(tasks, name)()
    assert set(ran) == names == set(BY_NAME)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_step_that_breaks_keeps_none_of_the_others_from_running(
    transactional_db: None, name: str
):
    count = len(BY_NAME[name].steps)
    for broken in range(count):
        sweep, ran = recorded(BY_NAME[name], broken)
        with pytest.raises(Broken):
            sweep.run()
        assert ran == list(range(count))


def test_the_steps_are_the_real_ones():
    """Each is a function of its own: two in one would share their fate."""
    steps = [step for sweep in SWEEPS for step in sweep.steps]
    assert len(steps) == len(set(steps)) == 17


def test_a_sweep_that_fails_is_heard_of_until_it_succeeds(
    cast: Cast, client: Client, caplog: pytest.LogCaptureFixture
):
    client.force_login(cast.sofia)
    broken, _ = recorded(sweeps.PLANS, 1)
    for _again in range(2):
        with pytest.raises(Broken):
            broken.run()
    assert "sweep_plans: run failed (Broken)" in caplog.text
    since = SweepRun.objects.get(name="sweep_plans").failing_since
    assert since is not None
    page = client.get("/admin/").content.decode()
    assert "The background task sweep_plans has failed since" in page
    text = generate_latest(registry()).decode()
    assert 'callcenter_sweep_failing{sweep="sweep_plans"} 1.0' in text
    sweeps._notes.forget()
    recorded(sweeps.PLANS)[0].run()
    assert "sweep_plans" not in client.get("/admin/").content.decode()


# --- Without a worker -----------------------------------------------------------------


EACH = len(sweeps.FLOOR.steps)


@pytest.fixture
def floor(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the steps that ran, of a sweep that always has work."""
    sweep, ran = recorded(replace(sweeps.FLOOR, is_due=sweeps.always))
    monkeypatch.setattr(stand_in, "SWEEPS", (sweep,))
    return ran


def run_of(sweep: str, runner: str, ago: float) -> None:
    at = timezone.now() - timedelta(seconds=ago)
    SweepRun.objects.update_or_create(
        name=sweep, defaults={"ran_at": at, "runner": runner}
    )


def test_while_a_worker_sweeps_no_node_does(transactional_db: None, floor: list[int]):
    run_of("sweep_webhooks", "", ago=2)
    node = StandIn()
    node.look()
    assert not node.stands_in
    assert floor == []


def test_nodes_sweep_once_the_worker_is_silent_and_until_it_is_back(
    cast: Cast, client: Client, floor: list[int]
):
    run_of("sweep_webhooks", "", ago=60)
    node = StandIn()
    node.look()
    wait_for(lambda: len(floor) == EACH, "all steps of the sweep")
    wait_for(lambda: not node._running, "its end")
    client.force_login(cast.sofia)
    assert "No worker is running" in client.get("/admin/").content.decode()
    assert "callcenter_worker_silent 1.0" in generate_latest(registry()).decode()
    sweeps.WEBHOOKS.run()  # the worker is back
    node.look()
    assert not node.stands_in
    assert "No worker is running" not in client.get("/admin/").content.decode()


def test_one_node_runs_what_all_could(transactional_db: None, floor: list[int]):
    nodes = [StandIn() for _ in range(3)]
    for node in nodes:
        node.look()
    wait_for(lambda: not any(node._running for node in nodes), "their end")
    assert len(floor) == EACH
    run_of("sweep_floor", "node-2", ago=1)
    nodes[0].look()
    wait_for(lambda: len(floor) == 2 * EACH, "the next run")


def test_runs_from_before_the_clock_was_put_back_hold_up_nobody(
    transactional_db: None, floor: list[int]
):
    for name, runner in (("sweep_webhooks", ""), ("sweep_floor", "node-2")):
        run_of(name, runner, ago=-3600)
    node = StandIn()
    node.look()
    assert node.stands_in
    wait_for(lambda: len(floor) == EACH, "all steps of the sweep")
    sweeps.WEBHOOKS.run()
    node.look()
    assert not node.stands_in


def test_a_sweep_that_breaks_in_a_node_runs_again(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
):
    broken, ran = recorded(replace(sweeps.FLOOR, is_due=sweeps.always), 0)
    monkeypatch.setattr(stand_in, "SWEEPS", (broken,))
    node = StandIn()
    for times in (1, 2):
        node.look()
        wait_for(lambda: not node._running, "its end")
        assert len(ran) == EACH * times
        run_of("sweep_floor", "node-1", ago=1)
