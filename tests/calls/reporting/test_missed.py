"""A missed call is marked until somebody has called back, whoever that was."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from calls.models import Call, Direction
from calls.reporting.missed import called_back, not_called_back
from calls.states import LIVE, Result, Status
from permissions.models import Contact
from tests.cast import CARLA, Cast, introduce

RANG = (Result.NO_ANSWER, Result.REJECTED)
MISSED = (
    Result.ABANDONED,
    Result.TIMEOUT,
    Result.DECLINED,
    Result.AFTER_HOURS,
    Result.TURNED_AWAY,
    Result.FAILED,
)
HOUR = timezone.timedelta(hours=1)

A_CALL = st.tuples(
    st.sampled_from(list(Direction)),
    st.sampled_from(["", *Result]),
    st.integers(0, 5),  # hours after the first
    st.sampled_from([0, 1, 2]),  # whose: Carla's, Dora's, or somebody unknown
)


class TestTheRuleAgainstAPlainOne(TestCase):
    """The rule is statements; here the same is said in Python."""

    def setUp(self) -> None:
        self.cast = introduce()
        self.people = [
            Contact.objects.create(name="Carla", waid=CARLA),
            Contact.objects.create(name="Dora", waid="4915112345679"),
            None,
        ]

    @settings(max_examples=60, deadline=None)
    @given(st.lists(A_CALL, max_size=7))
    def test_both_say_the_same(self, plan: list[tuple[str, str, int, int]]) -> None:
        start = timezone.now() - 9 * HOUR
        calls = [
            make(self.cast, self.people[who], direction, result, start + hours * HOUR)
            for direction, result, hours, who in plan
        ]
        open_ones = set(not_called_back(Call.objects.all()))
        later = called_back(calls)
        for call in calls:
            settling = [one for one in calls if settles(one, call)]
            assert (call in open_ones) == (is_missed(call) and not settling)
            assert (call.pk in later) == (is_missed(call) and bool(settling)), call
            if call.pk in later:
                by = later[call.pk]
                assert by in settling
                answered = [one for one in settling if one.answered_at]
                assert bool(by.answered_at) == bool(answered)


def is_missed(call: Call) -> bool:
    is_inbound = call.direction == Direction.INBOUND
    return is_inbound and call.result in MISSED_RESULTS and call.contact is not None


MISSED_RESULTS = {*Result} - {Result.ANSWERED}


def settles(later: Call, call: Call) -> bool:
    if later.contact is None or later.contact != call.contact:
        return False
    if later.created_at <= call.created_at:
        return False
    rang = later.direction == Direction.OUTBOUND and later.result in RANG
    return later.answered_at is not None or rang


def make(cast: Cast, who: Contact | None, direction, result, at) -> Call:
    is_live = result == ""
    answered = result == Result.ANSWERED
    return Call.objects.create(
        account=cast.account,
        line=cast.line,
        queue=cast.queue,
        contact=who,
        direction=direction,
        status=Status.RINGING if is_live else Status.ENDED,
        result=result,
        created_at=at,
        answered_at=at if answered else None,
        ended_at=None if is_live else at,
    )


@pytest.fixture
def missed(cast: Cast) -> Call:
    carla = Contact.objects.create(name="Carla", waid=CARLA)
    return make(cast, carla, Direction.INBOUND, Result.ABANDONED, timezone.now() - HOUR)


def is_open(call: Call) -> bool:
    return not_called_back(Call.objects.filter(pk=call.pk)).exists()


def change_contact(call: Call, **fields) -> None:
    Contact.objects.filter(pk=call.contact_id).update(**fields)


@pytest.mark.parametrize("result", MISSED)
def test_however_it_was_missed(cast: Cast, missed: Call, result: str):
    Call.objects.filter(pk=missed.pk).update(result=result)
    assert is_open(missed)


@pytest.mark.parametrize(
    "nobody_can_call",
    [
        lambda call: change_contact(call, waid=None),
        lambda call: change_contact(call, do_not_call=True),
        lambda call: Call.objects.filter(pk=call.pk).update(contact=None),
        lambda call: Call.objects.filter(pk=call.pk).update(is_canary=True),
    ],
)
def test_who_cannot_be_called_is_not_marked(
    missed: Call, nobody_can_call: Callable[[Call], None]
):
    assert is_open(missed)
    nobody_can_call(missed)
    calls = Call.objects.logged()
    assert not not_called_back(calls).exists()


def test_a_call_that_talks_now_counts_at_once(cast: Cast, missed: Call):
    now = timezone.now()
    talk = make(cast, missed.contact, Direction.OUTBOUND, "", now)
    assert talk.status in LIVE
    assert is_open(missed)  # it only rings
    Call.objects.filter(pk=talk.pk).update(answered_at=now)
    assert not is_open(missed)
