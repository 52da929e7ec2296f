"""The verbs of a call, told without sound: rows in, rows out."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from agents.models import AgentStateSpan
from callcenter.wati.events import CallTerminated, InboundCall, Person
from calls import errors, placement
from calls.lifecycle import answer, ending, inbound
from calls.models import Call, CallChange, Line, Offer, WatiRequest
from calls.queueing import agent_state, dispatch
from calls.states import Event
from tests.cast import CARLA, Cast, on_duty

OFFER = "v=0\r\n"


@pytest.fixture(autouse=True)
def node(cast: Cast):
    return placement.register()


def carla_calls(cast: Cast, call_id: str = "wacid.1", **changes) -> Call:
    event = InboundCall(
        call_id=call_id,
        offer=OFFER,
        business_number=cast.line.number,
        caller=Person(waid=CARLA, name="Carla"),
    )
    defaults = {"received_at": timezone.now(), "offer": OFFER}
    return inbound.begin(cast.account, event, **(defaults | changes))


def outcomes(call: Call) -> dict[str, str]:
    return {offer.agent.name: offer.outcome for offer in call.offers.all()}


def asked(call: Call) -> list[str]:
    return list(call.requests.order_by("id").values_list("verb", flat=True))


def state_of(agent) -> str:
    agent.refresh_from_db()
    return agent.state


def test_a_call_rings_at_everybody_who_is_ready(cast: Cast):
    on_duty(cast.ana, cast.bruno)
    call = carla_calls(cast)
    assert call.status == "ringing"
    assert outcomes(call) == {"Ana": "ringing", "Bruno": "ringing"}
    assert str(call.contact) == "Carla"


def test_nobody_is_rung_whose_console_was_not_heard_of_lately(cast: Cast):
    on_duty(cast.ana, cast.bruno)
    cast.bruno.ready_at = timezone.now() - timedelta(seconds=8)
    cast.bruno.save()
    assert outcomes(carla_calls(cast)) == {"Ana": "ringing"}


def test_who_goes_available_hears_the_calls_that_ring_already(cast: Cast):
    call = carla_calls(cast)
    cast.ana.ready_at = timezone.now()
    cast.ana.save()
    agent_state.go_available(cast.ana.pk)
    assert outcomes(call) == {"Ana": "ringing"}


def test_ana_is_first_and_bruno_is_told_so(cast: Cast):
    on_duty(cast.ana, cast.bruno)
    call = carla_calls(cast)
    answer.claim(call.pk, cast.ana)
    with pytest.raises(errors.Refused, match="Ana answered this call"):
        answer.claim(call.pk, cast.bruno)
    assert outcomes(call) == {"Ana": "answered", "Bruno": "taken"}
    assert (state_of(cast.ana), state_of(cast.bruno)) == ("in_call", "available")


def test_an_agent_has_one_call_at_a_time(cast: Cast):
    on_duty(cast.ana)
    first, second = carla_calls(cast, "wacid.1"), carla_calls(cast, "wacid.2")
    answer.claim(first.pk, cast.ana)
    with pytest.raises(errors.Refused, match="another call"):
        answer.claim(second.pk, cast.ana)


def test_a_call_that_was_not_offered_cannot_be_answered(cast: Cast):
    call = carla_calls(cast)
    on_duty(cast.ana)
    with pytest.raises(errors.Refused, match="does not ring"):
        answer.claim(call.pk, cast.ana)


def test_without_a_node_that_has_room_nobody_can_answer(cast: Cast, node):
    on_duty(cast.ana)
    call = carla_calls(cast)
    placement.retire(node)
    with pytest.raises(errors.Refused, match="No server"):
        answer.claim(call.pk, cast.ana)


def test_a_decline_silences_the_call_for_one_agent_only(cast: Cast):
    on_duty(cast.ana, cast.bruno)
    call = carla_calls(cast)
    answer.decline(call.pk, cast.ana)
    call.refresh_from_db()
    assert call.status == "ringing"
    assert outcomes(call) == {"Ana": "declined", "Bruno": "ringing"}


def test_when_everybody_declined_the_caller_is_told(cast: Cast):
    on_duty(cast.ana, cast.bruno)
    call = carla_calls(cast)
    answer.decline(call.pk, cast.ana)
    answer.decline(call.pk, cast.bruno)
    call.refresh_from_db()
    assert (call.status, call.result) == ("ended", "declined")
    assert asked(call) == ["terminate"]


def test_a_whole_call_leaves_its_history(cast: Cast):
    on_duty(cast.ana)
    call = carla_calls(cast)
    answer.claim(call.pk, cast.ana)
    answer.media_up(call.pk)
    ending.hang_up(call.pk, cast.ana)
    call.refresh_from_db()
    assert (call.result, call.ended_by) == ("answered", "agent")
    assert [change.event for change in call.changes.all()] == [
        "offered",
        "claimed",
        "media_up",
        "agent_ended",
    ]
    assert call.created_at <= call.claimed_at <= call.answered_at <= call.ended_at
    assert asked(call) == ["terminate"]
    assert state_of(cast.ana) == "available"


def test_nobody_ends_a_colleagues_call(cast: Cast):
    on_duty(cast.ana, cast.bruno)
    call = carla_calls(cast)
    answer.claim(call.pk, cast.ana)
    with pytest.raises(errors.Refused, match="not on this call"):
        ending.hang_up(call.pk, cast.bruno)


def test_when_the_caller_hangs_up_wati_is_asked_nothing(cast: Cast):
    on_duty(cast.ana)
    call = carla_calls(cast)
    inbound.customer_ended(cast.account, CallTerminated("wacid.1", duration=3))
    call.refresh_from_db()
    assert (call.status, call.result) == ("ended", "abandoned")
    assert (call.provider_duration, asked(call)) == (3, [])
    assert outcomes(call) == {"Ana": "caller_left"}


def test_a_terminate_that_overtakes_its_call_never_rings_anybody(cast: Cast):
    on_duty(cast.ana)
    shadow = inbound.customer_ended(cast.account, CallTerminated("wacid.1"))
    assert not Call.objects.logged().exists()
    call = carla_calls(cast)
    assert call.pk == shadow.pk
    call.refresh_from_db()
    assert (call.status, call.result) == ("ended", "abandoned")
    assert call.ended_at >= call.created_at
    assert outcomes(call) == {}
    assert Call.objects.logged().get() == call


def test_an_old_offer_is_missed_and_rings_nobody(cast: Cast):
    on_duty(cast.ana)
    call = carla_calls(cast, received_at=timezone.now() - timedelta(seconds=31))
    call.refresh_from_db()
    assert (call.result, call.end_reason) == ("timeout", "offered_late")
    assert outcomes(call) == {}


@pytest.mark.parametrize("hours", [-31 / 3600, 31 / 3600, 1, -1, 24])
def test_a_sender_whose_clock_is_wrong_is_heard_all_the_same(cast: Cast, hours: float):
    on_duty(cast.ana)
    sent_at = timezone.now() + timedelta(hours=hours)
    event = InboundCall("wacid.1", OFFER, cast.line.number, sent_at=sent_at)
    now = timezone.now()
    call = inbound.begin(cast.account, event, received_at=now, offer=OFFER)
    assert call.status == "ringing"
    assert outcomes(call) == {"Ana": "ringing"}


def test_a_sound_offer_nobody_may_open_is_refused_with_the_reason(cast: Cast):
    on_duty(cast.ana)
    call = carla_calls(cast, offer="", offer_problem="It names no Opus.")
    call.refresh_from_db()
    assert (call.result, call.end_text) == ("failed", "It names no Opus.")
    assert asked(call) == ["terminate"]


def test_a_second_offer_for_a_call_harms_nothing(cast: Cast):
    on_duty(cast.ana)
    call = carla_calls(cast)
    with pytest.raises(errors.Conflict, match="different SDP offer"):
        carla_calls(cast, offer=f"{OFFER}s=-\r\n")
    assert carla_calls(cast) == call  # the same, told again with other ids
    call.refresh_from_db()
    assert call.status == "ringing"


@pytest.mark.parametrize("number", ["4900", "556412345678", "the shop", ""])
def test_an_account_with_one_line_rings_it_whatever_number_comes(
    cast: Cast, number: str
):
    event = InboundCall(call_id="wacid.9", offer=OFFER, business_number=number)
    now = timezone.now()
    call = inbound.begin(cast.account, event, received_at=now, offer=OFFER)
    assert (call.status, call.line) == ("ringing", cast.line)


def another_line(cast: Cast, number: str) -> Line:
    return Line.objects.create(
        account=cast.account, number=number, name=number, queue=cast.queue
    )


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("5564992345678", "556492345678"),
        ("556492345678", "5564992345678"),
        ("525512345678", "5215512345678"),
        ("5491123456789", "541123456789"),
    ],
)
def test_of_several_lines_it_is_the_one_in_either_form(
    cast: Cast, ours: str, theirs: str
):
    line = another_line(cast, ours)
    assert inbound.line_of(cast.account, theirs) == line
    assert inbound.line_of(cast.account, ours) == line


def test_two_lines_in_the_two_forms_of_one_number_are_told_apart(cast: Cast):
    lines = [another_line(cast, number) for number in ("525512345678", "5215512345678")]
    assert [inbound.line_of(cast.account, line.number) for line in lines] == lines


@pytest.mark.parametrize("number", ["4900", "the shop"])
def test_with_several_lines_a_number_that_is_not_ours_is_a_conflict(
    cast: Cast, number: str
):
    another_line(cast, "4915100000000")
    event = InboundCall(call_id="wacid.9", offer=OFFER, business_number=number)
    with pytest.raises(errors.Conflict, match="does not belong"):
        inbound.begin(cast.account, event, received_at=timezone.now(), offer=OFFER)
    assert not Call.objects.exists()


def test_without_a_number_the_only_line_is_meant(cast: Cast):
    event = InboundCall(call_id="wacid.9", offer=OFFER)
    now = timezone.now()
    call = inbound.begin(cast.account, event, received_at=now, offer=OFFER)
    assert call.line == cast.line
    assert call.contact is None
    Line.objects.create(
        account=cast.account, number="49", name="Other", queue=cast.queue
    )
    with pytest.raises(errors.Conflict, match="several"):
        inbound.begin(
            cast.account,
            InboundCall(call_id="wacid.10", offer=OFFER),
            received_at=now,
            offer=OFFER,
        )


def test_a_released_call_rings_again_but_not_where_it_failed(cast: Cast):
    on_duty(cast.ana, cast.bruno)
    call = carla_calls(cast)
    answer.claim(call.pk, cast.ana)
    assert answer.release(call.pk, "The console did not come.")
    call.refresh_from_db()
    assert (call.status, call.agent) == ("ringing", None)
    assert outcomes(call) == {"Ana": "console", "Bruno": "ringing"}
    assert state_of(cast.ana) == "available"


def test_only_the_first_ending_counts(cast: Cast):
    on_duty(cast.ana)
    call = carla_calls(cast)
    assert ending.end(call.pk, Event.RING_TIMEOUT)
    assert not ending.end(call.pk, Event.SUPERVISOR_ENDED)
    call.refresh_from_db()
    assert call.end_reason == "ring_timeout"
    assert CallChange.objects.filter(call=call, new="ended").count() == 1


def test_the_spans_of_an_agent_follow_each_other(cast: Cast):
    for state in ("available", "on_break", "available", "offline"):
        dispatch.change_agent(cast.ana.pk, state)
    spans = list(AgentStateSpan.objects.filter(agent=cast.ana).order_by("id"))
    assert [span.state for span in spans] == ["available", "on_break", "available"]
    assert all(a.ended_at == b.started_at for a, b in pairwise(spans))
    assert spans[-1].ended_at is not None


def test_mute_is_known_to_the_row(cast: Cast):
    on_duty(cast.ana)
    call = carla_calls(cast)
    answer.claim(call.pk, cast.ana)
    answer.set_muted(call.pk, cast.ana, True)
    call.refresh_from_db()
    assert call.muted


def test_requests_and_offers_of_an_ended_call_are_settled(cast: Cast):
    on_duty(cast.ana)
    call = carla_calls(cast)
    ending.end(call.pk, Event.RING_TIMEOUT)
    assert not Offer.objects.filter(call=call, outcome="ringing").exists()
    assert WatiRequest.objects.get(call=call).status == "pending"
