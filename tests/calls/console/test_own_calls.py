"""What stands in an agent's own list of calls, and what of colleagues' does not."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Agent, Queue
from calls.console import notes, own_calls
from calls.lifecycle import ending, transfer
from calls.models import Call, Direction, Leg, Line, Offer
from calls.reporting.missed import not_called_back
from calls.states import Result, Status
from permissions.models import Contact
from tests.cast import CARLA, Cast, hire
from tests.shift import DORA, ERIK, Shift, change


def rows(agent: Agent, kind: str = "") -> list[dict[str, Any]]:
    return own_calls.page(agent, kind)["calls"]


def kinds(agent: Agent, kind: str = "") -> list[str]:
    return [row["kind"] for row in rows(agent, kind)]


def placed(cast: Cast, agent: Agent, waid: str = CARLA, **fields: Any) -> Call:
    """An outbound call of this agent that is over."""
    contact, _ = Contact.objects.get_or_create(waid=waid, defaults={"name": "Carla"})
    call = Call.objects.create(
        account=cast.account,
        direction=Direction.OUTBOUND,
        line=cast.line,
        queue=cast.queue,
        contact=contact,
        agent=agent,
        status=Status.ENDED,
        **{"result": Result.NO_ANSWER, **fields},
    )
    Call.objects.filter(pk=call.pk).update(ended_at=call.created_at)
    Leg.objects.create(
        call=call,
        agent=agent,
        started_at=call.created_at,
        joined_at=call.created_at,
        ended_at=call.created_at,
    )
    return call


def test_a_missed_call_is_marked_until_a_colleague_calls_back(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    missed = shift.hangs_up(shift.calls_in())
    [row] = rows(cast.ana)
    assert (row["kind"], row["to_call_back"], row["rang_here"]) == (
        "missed",
        True,
        True,
    )
    assert row["called_back"] is None
    assert row["contact"]["name"] == "Carla"
    assert list(not_called_back(Call.objects.all())) == [missed]

    shift.clock.forward(60)
    placed(cast, cast.bruno)
    [row] = rows(cast.ana)
    assert not row["to_call_back"]
    assert row["called_back"]["agent"] == "Bruno"
    assert row["called_back"]["answered"] is False
    assert not not_called_back(Call.objects.all()).exists()


@pytest.mark.parametrize("result", [Result.FAILED, Result.CANCELLED])
def test_a_call_that_never_reached_the_contact_is_no_call_back(
    cast: Cast, shift: Shift, result: str
):
    shift.begins(cast.ana)
    shift.hangs_up(shift.calls_in())
    shift.clock.forward(60)
    placed(cast, cast.bruno, result=result)
    [row] = rows(cast.ana)
    assert row["to_call_back"]


def test_who_calls_again_and_is_answered_needs_no_call_back(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    shift.hangs_up(shift.calls_in())
    shift.clock.forward(60)
    shift.later(8)
    call = shift.talks(cast.ana)
    row = rows(cast.ana, "missed")[0]
    assert (row["to_call_back"], row["called_back"]["direction"]) == (False, "inbound")
    ending.hang_up(call.pk, cast.ana)
    assert kinds(cast.ana) == ["answered", "missed"]


def test_each_agent_sees_their_own_calls_and_what_their_queues_missed(
    cast: Cast, shift: Shift
):
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    notes.write_note(call.pk, cast.ana, "Wants a refund.")
    ending.hang_up(call.pk, cast.ana)
    shift.later(2)
    shift.hangs_up(shift.calls_in(DORA, "Dora"))
    [missed, answered] = rows(cast.ana)
    assert (missed["kind"], answered["kind"]) == ("missed", "answered")
    assert answered["notes"] == "Wants a refund."
    assert answered["seconds"] is not None
    # Bruno was not there: of Ana's call he sees nothing, of the missed one all.
    [bruno] = rows(cast.bruno)
    assert (bruno["kind"], bruno["rang_here"]) == ("missed", False)
    elsewhere = hire("erik", Queue.objects.create(name="Sales"))
    assert rows(elsewhere) == []


def test_a_ring_that_was_let_go_says_who_answered(cast: Cast, shift: Shift):
    shift.begins(cast.ana, cast.bruno)
    call = shift.calls_in()
    shift.rings_are_confirmed()
    Offer.objects.filter(call=call, agent=cast.bruno).update(outcome="no_answer")
    call = shift.answers(cast.ana, call)
    notes.write_note(call.pk, cast.ana, "A secret of Ana's.")
    [row] = rows(cast.bruno)
    assert (row["kind"], row["agent"], row["to_call_back"]) == ("missed", "Ana", False)
    assert row["notes"] == ""


def test_a_call_that_was_transferred_stands_in_both_lists(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = shift.talks(cast.ana)
    shift.begins(cast.bruno)
    notes.write_note(call.pk, cast.ana, "Ana's words")
    transfer.transfer_to_agent(call.pk, cast.ana, cast.bruno)
    call = shift.answers(cast.bruno, call)
    notes.write_note(call.pk, cast.bruno, "Bruno's words")
    ending.hang_up(call.pk, cast.bruno)
    assert [row["notes"] for row in rows(cast.ana)] == ["Ana's words"]
    assert [row["notes"] for row in rows(cast.bruno)] == ["Bruno's words"]


def test_who_placed_a_call_sees_it_as_placed_and_who_took_it_over_as_answered(
    cast: Cast, shift: Shift
):
    call = placed(cast, cast.ana, result=Result.ANSWERED)
    Call.objects.filter(pk=call.pk).update(answered_at=call.created_at)
    now = call.created_at
    Leg.objects.create(
        call=call, agent=cast.bruno, started_at=now, joined_at=now, ended_at=now
    )
    assert (kinds(cast.ana), kinds(cast.bruno)) == (["placed"], ["answered"])
    assert kinds(cast.ana, "answered") == kinds(cast.bruno, "placed") == []


def test_the_permission_stands_beside_each_call(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    shift.hangs_up(shift.calls_in())
    [row] = rows(cast.ana)
    assert row["line"] == cast.line.pk
    assert not row["call"]["allowed"]
    assert row["ask"]["allowed"]
    contact = Contact.objects.get()
    change(contact, do_not_call=True)
    [row] = rows(cast.ana)
    assert row["call"]["sentence"] == "This person is on the do-not-call list."
    assert not row["ask"]["allowed"]


def test_pages_follow_each_other_without_gap_or_repetition(cast: Cast, shift: Shift):
    calls = [placed(cast, cast.ana, result=Result.REJECTED) for _ in range(45)]
    at = calls[0].created_at  # three of them in one instant
    Call.objects.filter(pk__in=[one.pk for one in calls[:3]]).update(created_at=at)
    found: list[str] = []
    last: own_calls.Last | None = None
    more = True
    while more:
        page = own_calls.page(cast.ana, "", last)
        assert len(page["calls"]) <= own_calls.PAGE
        found += [row["id"] for row in page["calls"]]
        row, more = page["calls"][-1], page["more"]
        last = own_calls.Last(datetime.fromisoformat(row["at"]), UUID(row["id"]))
    assert len(found) == len(set(found)) == 45


def test_a_page_costs_as_many_statements_as_a_call(cast: Cast, shift: Shift):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            own_calls.page(cast.ana)
        return len(queries)

    placed(cast, cast.ana)
    few = cost()
    for waid in (DORA, ERIK):
        for _ in range(8):
            placed(cast, cast.ana, waid)
    assert cost() == few <= 20


def test_without_a_number_to_call_from_nothing_is_offered(cast: Cast, shift: Shift):
    placed(cast, cast.ana)
    Line.objects.update(queue=Queue.objects.create(name="Sales"))
    [row] = rows(cast.ana)
    assert (row["line"], row["call"]) == (None, None)
