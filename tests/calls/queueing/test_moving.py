"""Sofia moves callers who wait: to the front, and to another queue."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agents.models import Membership, Queue
from callcenter.models import AuditEntry
from calls.errors import Refused
from calls.models import Call
from calls.queueing import moving
from calls.queueing.entry import place_of
from tests.cast import Cast, hire
from tests.shift import DORA, ERIK, Shift, change, events, fresh, outcomes, ringing


@pytest.fixture
def sales(cast: Cast) -> Queue:
    """Another queue, in which Carlo works."""
    return Queue.objects.create(name="Sales", max_wait_seconds=600, wrap_up_seconds=0)


def moves(
    cast: Cast, call: Call, queue: Queue | None = None, *, to_front: bool = False
) -> str:
    return moving.move(call.pk, cast.sofia, queue=queue, to_front=to_front)


def places(*calls: Call) -> list[int | None]:
    return [place_of(fresh(call)) for call in calls]


def three_wait(cast: Cast, shift: Shift) -> list[Call]:
    """Ana and Bruno are busy, and three callers wait with music."""
    change(cast.queue, answer_after_seconds=0)
    shift.begins(cast.ana)
    shift.talks(cast.ana, "4915100000001")
    calls = [shift.calls_in(waid) for waid in ("4915112345678", DORA, ERIK)]
    shift.later(2)
    for call in calls:
        if fresh(call).status == "waiting":
            shift.system_answers(fresh(call))
    return calls


def test_the_last_is_the_first_and_the_one_after_comes_before_them(
    cast: Cast, shift: Shift
):
    carla, dora, erik = three_wait(cast, shift)
    assert moves(cast, erik, to_front=True).endswith("is number 1 in Support.")
    assert places(carla, dora, erik) == [2, 3, 1]
    moves(cast, dora, to_front=True)
    assert places(carla, dora, erik) == [3, 1, 2]
    assert events(dora)[-1] == "moved_to_front"
    entry = AuditEntry.objects.filter(object_type="calls.call").latest("pk")
    assert (entry.username, entry.details) == ("supervisor", "moved_to_front")


def test_who_is_first_already_stays_as_they_are(cast: Cast, shift: Shift):
    carla, *_ = three_wait(cast, shift)
    before = fresh(carla).priority
    moves(cast, carla, to_front=True)
    assert fresh(carla).priority == before
    assert "moved_to_front" not in events(carla)


def test_who_was_moved_to_the_front_rings_first(cast: Cast, shift: Shift):
    carla, _, erik = three_wait(cast, shift)
    moves(cast, erik, to_front=True)
    shift.begins(cast.bruno)
    assert ringing(erik) == ["Bruno"]
    assert ringing(carla) in ([], ["Bruno"])


def test_in_the_other_queue_it_rings_there_and_here_no_more(
    cast: Cast, shift: Shift, sales: Queue
):
    carlo = hire("carlo", sales)
    shift.begins(cast.ana, carlo)
    call = shift.calls_in()
    assert ringing(call) == ["Ana"]
    moves(cast, call, sales)
    assert outcomes(call) == [("Ana", "cancelled"), ("Carlo", "ringing")]
    moved = fresh(call)
    assert moved.queue == sales
    assert moved.visited_queues == [cast.queue.pk, sales.pk]
    assert (moved.queue_visits, events(call)[-1]) == (2, "moved")


def test_the_maximum_wait_of_the_other_queue_begins_anew(
    cast: Cast, shift: Shift, sales: Queue
):
    shift.begins(hire("carlo", sales))
    carla, *_ = three_wait(cast, shift)
    shift.later(30, step=10)
    moves(cast, carla, sales)
    deadline = fresh(carla).deadline
    assert deadline is not None
    left = deadline - timezone.now()
    assert timedelta(seconds=590) < left <= timedelta(seconds=600)


def test_nobody_is_sent_where_nobody_answers(cast: Cast, shift: Shift, sales: Queue):
    hire("carlo", sales)  # who is not signed in
    carla, *_ = three_wait(cast, shift)
    with pytest.raises(Refused, match="No agent of Sales is signed in"):
        moves(cast, carla, sales)
    assert fresh(carla).queue == cast.queue


def test_an_agent_in_both_queues_rings_on_for_the_caller_who_moved(
    cast: Cast, shift: Shift, sales: Queue
):
    Membership.objects.create(queue=sales, agent=cast.ana)
    shift.begins(cast.ana)
    call = shift.calls_in()
    moves(cast, call, sales)
    assert ringing(call) == ["Ana"]


@pytest.mark.parametrize("how", ["answered", "over"])
def test_who_waits_no_more_is_not_moved(how: str, cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    call = shift.calls_in()
    if how == "answered":
        shift.answers(cast.ana, call)
    else:
        shift.hangs_up(call)
    before = Call.objects.values().get(pk=call.pk)
    with pytest.raises(Refused, match="does not wait any more"):
        moves(cast, call, to_front=True)
    assert Call.objects.values().get(pk=call.pk) == before
