"""Many agents press Answer at the same moment: one wins, and Wati hears one accept."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from agents.models import Agent, Queue
from callcenter.wati.events import InboundCall
from calls import deadlines, errors, placement
from calls.lifecycle import answer, ending, inbound
from calls.models import Call, WatiRequest
from calls.signaling import outbox
from tests.cast import Cast, hire

# SQLite lets one write at a time, and whoever has waited for it too long fails: there
# the race is only worth a look. A lock that is missing shows within the first rounds;
# ROUNDS=1000 is for a long evening.
IS_REAL = connection.vendor == "postgresql"
AGENTS = 50 if IS_REAL else 10
ROUNDS = int(os.environ.get("ROUNDS", 10 if IS_REAL else 3))

pytestmark = pytest.mark.usefixtures("patient_server")


@pytest.fixture
def agents(cast: Cast) -> list[Agent]:
    return [hire(f"agent{number}", cast.queue) for number in range(AGENTS)]


def ring(cast: Cast, number: int) -> Call:
    placement.register()
    event = InboundCall(call_id=f"wacid.{number}", offer="v=0")
    now = timezone.now()
    return inbound.begin(cast.account, event, received_at=now, offer="v=0")


def all_at_once(pool: ThreadPoolExecutor, agents: list[Agent], call: Call) -> list[str]:
    """Every agent's attempt: the empty text for the winner, else why not."""
    barrier = threading.Barrier(len(agents))

    def attempt(agent: Agent) -> str:
        barrier.wait()
        try:
            mine = answer.claim(call.pk, agent)
        except errors.Refused as refusal:
            return str(refusal)
        finally:
            connection.close()  # back into the pool, as after any request
        # What the winner's node does as soon as the console comes for the sound.
        answer.accept_sent(mine.pk, "v=0")
        taken = outbox.take(outbox.prepare_accept(mine.pk))
        connection.close()
        return "" if taken else "no accept"

    return list(pool.map(attempt, agents))


@pytest.mark.timeout(600)
def test_one_winner_and_one_accept_each_time(cast: Cast, agents: list[Agent]):
    everybody = Agent.objects.filter(pk__in=[agent.pk for agent in agents])
    with ThreadPoolExecutor(AGENTS) as pool:
        for number in range(ROUNDS):
            now = timezone.now()
            everybody.update(state="available", seen_at=now, ready_at=now)
            call = ring(cast, number)
            said = all_at_once(pool, agents, call)
            assert said.count("") == 1, said
            call.refresh_from_db()
            assert said[agents.index(call.agent)] == ""
            losers = {text for text in said if text}
            assert losers == {f"{call.agent} answered this call."}
            assert WatiRequest.objects.get(call=call).attempts == 1
            ending.hang_up(call.pk, call.agent)


def test_a_click_as_the_ringing_ends_has_one_outcome(cast: Cast):
    ana = cast.ana
    with ThreadPoolExecutor(2) as pool:
        for number in range(ROUNDS):
            Agent.objects.filter(pk=ana.pk).update(
                state="available", seen_at=timezone.now(), ready_at=timezone.now()
            )
            call = ring(cast, number)
            barrier = threading.Barrier(2)
            ringing_ends = pool.submit(_let_it_ring_out, barrier, call)
            click = pool.submit(_click, barrier, call, ana)
            ringing_ends.result()
            said = click.result()
            call.refresh_from_db()
            if call.status == "ended":
                assert (said, call.result) == ("No agent answered in time.", "timeout")
                assert call.agent is None
            else:
                assert (said, call.status, call.agent) == ("", "connecting", ana)
                ending.hang_up(call.pk, ana)


def _let_it_ring_out(barrier: threading.Barrier, call: Call) -> None:
    queue = Queue.objects.get(pk=call.queue_id)
    queue.system_answers, queue.ring_seconds = False, 0
    queue.save()
    Call.objects.filter(pk=call.pk).update(deadline=timezone.now())
    barrier.wait()
    try:
        deadlines.overdue(call.pk)
    finally:
        connection.close()


def _click(barrier: threading.Barrier, call: Call, agent: Agent) -> str:
    barrier.wait()
    try:
        answer.claim(call.pk, agent)
    except errors.Refused as refusal:
        return str(refusal)
    finally:
        connection.close()
    return ""
