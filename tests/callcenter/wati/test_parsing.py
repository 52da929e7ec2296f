"""Webhook bodies in every spelling seen, and in every broken kind."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.wati import events
from callcenter.wati.events import Kind
from callcenter.wati.parsing import (
    NotJson,
    NotUnderstood,
    dedupe_key,
    load,
)
from callcenter.wati.parsing import (
    parse as parse_all,
)

CARLA = "4915112345678"
CARLAS_ID = "DE.8812345678901234568"
SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1"

META_CONNECT = {
    "entry": [
        {
            "changes": [
                {
                    "value": {
                        "metadata": {"display_phone_number": "+1 555 0100"},
                        "contacts": [{"profile": {"name": "Carla"}, "wa_id": CARLA}],
                        "calls": [
                            {
                                "id": "wacid.A=",
                                "from": CARLA,
                                "to": "15550100",
                                "event": "connect",
                                "timestamp": "1760000000",
                                "session": {"sdp_type": "offer", "sdp": SDP},
                            }
                        ],
                    }
                }
            ]
        }
    ]
}


def parse(kind, body):
    """What a body says that says one thing."""
    [said] = parse_all(kind, body)
    if said.event is None:
        raise NotUnderstood(said.problem)
    return said.event


@pytest.mark.parametrize(
    "body",
    [
        {"callId": "wacid.A=", "sdp": SDP, "businessNumber": "15550100"},
        {"CallId": "wacid.A=", "Sdp": SDP, "BusinessNumber": "+1 555-0100"},
        {"call_id": "wacid.A=", "sdp": {"type": "offer", "sdp": SDP}, "to": "15550100"},
        {"data": {"callId": "wacid.A=", "sdp": SDP, "channelPhoneNumber": "15550100"}},
        META_CONNECT,
    ],
    ids=["help article", "pascal", "snake and object", "wrapped", "meta"],
)
def test_an_inbound_call_in_every_dialect(body):
    event = parse(Kind.INBOUND_CALL, body)
    assert isinstance(event, events.InboundCall)
    assert (event.call_id, event.offer) == ("wacid.A=", SDP)
    assert event.business_number == "15550100"


def test_the_caller_is_read_wherever_it_stands():
    full = {"ContactName": "Carla", "ContactNumber": CARLA}
    body = {"callId": "1", "sdp": SDP, "contact": full}
    assert parse(Kind.INBOUND_CALL, body).caller == events.Person(CARLA, "Carla")
    caller = parse(Kind.INBOUND_CALL, META_CONNECT).caller
    assert caller == events.Person(CARLA, "Carla")
    nobody = {"callId": "1", "sdp": SDP}
    assert parse(Kind.INBOUND_CALL, nobody).caller == events.Person()


def test_a_terminate_with_and_without_its_facts():
    bare = parse(Kind.TERMINATE_CALL, {"callId": "1", "tenantId": "demo"})
    assert bare == events.CallTerminated("1")
    failed = {
        "id": "1",
        "status": "FAILED",
        "duration": 20,
        "errors": [{"code": 138021}],
    }
    event = parse(Kind.TERMINATE_CALL, {"calls": [failed | {"event": "terminate"}]})
    assert (event.duration, event.error_code) == (20, 138021)


def test_a_body_at_the_wrong_door_is_taken_for_what_it_says():
    assert isinstance(
        parse(Kind.INBOUND_CALL, {"callId": "1", "tenantId": "demo"}),
        events.CallTerminated,
    )
    assert isinstance(
        parse(Kind.TERMINATE_CALL, {"callId": "1", "sdp": SDP}), events.InboundCall
    )


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("RINGING", "ringing"),
        ("In_Progress", "accepted"),
        ("NO_ANSWER", "unanswered"),
        ("ABDUCTED", "abducted"),
    ],
)
def test_status_words_in_any_case_and_unknown_ones_as_they_are(word, meaning):
    event = parse(Kind.OUTBOUND_CALL_STATUS, {"callId": "1", "status": word})
    assert event.status == meaning


@pytest.mark.parametrize(
    ("body", "granted"),
    [
        ({"waid": CARLA, "hasPermission": True}, True),
        ({"waid": CARLA, "hasPermission": "false"}, False),
        ({"waId": CARLA, "response": "accept", "is_permanent": True}, True),
        ({"waid": CARLA, "status": "revoked"}, False),
    ],
)
def test_a_permission_says_yes_or_no(body, granted):
    assert parse(Kind.CALL_PERMISSION, body).granted is granted


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        7,
        "text",
        {},
        {"callId": ""},
        {"callId": "x" * 300},
        {"callId": "a\0b"},
        {"callId": ".."},
        {"callId": "."},
        {"callId": "%2e%2E"},
    ],
)
def test_what_is_no_event_is_said_to_be_none(body):
    with pytest.raises(NotUnderstood):
        parse(Kind.INBOUND_CALL, body)


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"\xff\xfe{}", b"[" * 60000, b'{"a": NaN}', b"1" * 5000, b"\xc3\x28"],
)
def test_what_is_no_json_is_said_to_be_none(raw):
    with pytest.raises(NotJson):
        load(raw)


def test_a_byte_order_mark_and_lone_surrogates_do_no_harm():
    body = load(b'\xef\xbb\xbf{"callId": "1", "contactName": "\\ud800Carla"}')
    assert parse(Kind.INBOUND_CALL, body).caller.name == "Carla"


def test_the_same_said_twice_has_one_key_and_anything_else_another():
    first = parse(Kind.INBOUND_CALL, {"callId": "1", "sdp": SDP})
    again = parse(Kind.INBOUND_CALL, {"CallId": "1", "Sdp": SDP, "extra": 1})
    other = parse(Kind.INBOUND_CALL, {"callId": "1", "sdp": SDP + "x"})
    assert dedupe_key(first) == dedupe_key(again) != dedupe_key(other)
    known = parse(Kind.INBOUND_CALL, {"callId": "1", "sdp": SDP, "bsuid": CARLAS_ID})
    assert dedupe_key(known) != dedupe_key(first)


NAMES = st.text() | st.sampled_from(
    ["callId", "sdp", "contact", "contacts", "data", "calls", "errors", "session"]
    + ["status", "waid", "entry", "metadata"]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
)


@given(kind=st.sampled_from(list(Kind)), body=json_values)
def test_no_json_at_all_can_surprise_the_parser(kind, body):
    said = parse_all(kind, json.loads(json.dumps(body)))
    assert said
    for one in said:
        assert (one.event is None) is bool(one.problem)
        assert one.event is None or len(dedupe_key(one.event)) == 64


# --- At the wrong address ------------------------------------------------------------

STATUS_EVENT = {"eventType": "call.status", "call_id": "wacid.1"}


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("word", ["ringing", "in_progress", "completed", "abducted"])
def test_watis_own_status_event_is_one_at_each_address(kind, word):
    facts = {"direction": "inbound", "status": word, "from_number": f"+{CARLA}"}
    event = parse(kind, STATUS_EVENT | {"metadata": facts | {"duration_seconds": 9}})
    assert isinstance(event, events.CallReport)
    assert (event.call_id, event.direction, event.duration) == ("wacid.1", "inbound", 9)
    assert event.person == events.Person(CARLA)
    twin = STATUS_EVENT | {"eventType": "call.status_bsuid", "bsuid": CARLAS_ID}
    event = parse(kind, twin | {"metadata": {"status": word}})
    assert isinstance(event, events.CallReport)
    assert event.person == events.Person(bsuids=(CARLAS_ID,))


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(
    ("body", "event"),
    [
        ({"callId": "1"}, events.CallTerminated),
        ({"CallId": "1", "TenantId": "demo"}, events.CallTerminated),
        (
            {"callId": "1", "event": "terminate", "status": "FAILED"},
            events.CallTerminated,
        ),
        ({"callId": "1", "status": "RINGING"}, events.OutboundStatus),
        ({"callId": "1", "status": "ACCEPTED"}, events.OutboundStatus),
        ({"callId": "1", "sdp": {"type": "offer", "sdp": SDP}}, events.InboundCall),
        ({"callId": "1", "sdp": {"type": "answer", "sdp": SDP}}, events.OutboundAnswer),
        ({"waid": CARLA, "hasPermission": True}, events.PermissionChanged),
        ({"bsuid": CARLAS_ID, "status": "not_granted"}, events.PermissionChanged),
    ],
)
def test_what_is_plain_is_itself_at_each_address(kind, body, event):
    assert isinstance(parse(kind, body), event)


@pytest.mark.parametrize("status", ["RINGING", "CALLING", "ACCEPTED", "in_progress"])
def test_a_call_that_goes_on_is_not_over_at_the_address_for_ends(status):
    event = parse(Kind.TERMINATE_CALL, {"callId": "1", "status": status})
    assert isinstance(event, events.OutboundStatus)


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "REJECTED", "hung up", ""])
def test_any_other_word_there_is_an_end(status):
    event = parse(Kind.TERMINATE_CALL, {"callId": "1", "status": status, "sdp": SDP})
    assert isinstance(event, events.CallTerminated) is bool(status)


@pytest.mark.parametrize(
    ("line", "event"),
    [("actpass", events.InboundCall), ("active", events.OutboundAnswer)],
)
def test_an_sdp_without_a_label_is_known_by_its_setup(line, event):
    sdp = f"{SDP}\r\na=setup:{line}"
    assert isinstance(parse(Kind.CALL_PERMISSION, {"callId": "1", "sdp": sdp}), event)


def test_an_answer_with_its_status_says_two_things():
    body = {"callId": "1", "sdp": SDP, "status": "ACCEPTED"}
    for kind in (Kind.OUTBOUND_CALL, Kind.OUTBOUND_CALL_STATUS):
        answer, status = parse_all(kind, body)
        assert answer.event == events.OutboundAnswer("1", SDP)
        assert status.event == events.OutboundStatus("1", "accepted")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"waid": CARLA, "status": "maybe"}, "“maybe”"),
        ({"waid": CARLA, "permission": {"status": "Pending"}}, "“Pending”"),
        ({"waid": CARLA}, "neither granted nor declined"),
        ({"hasPermission": True}, "no contact"),
        ({"waid": "Carla", "hasPermission": True}, "no contact"),
        ({"messages": [{"from": CARLA, "type": "text"}]}, "chat message"),
        ({"statuses": [{"id": "wamid.7", "status": "delivered"}]}, "chat message"),
    ],
)
def test_why_a_permission_is_not_understood(body, problem):
    with pytest.raises(NotUnderstood, match=problem):
        parse(Kind.CALL_PERMISSION, body)


def test_an_error_without_a_call_names_its_code():
    body = {"entry": [{"changes": [{"value": {"errors": [{"code": 131044}]}}]}]}
    with pytest.raises(NotUnderstood, match="131044"):
        parse(Kind.INBOUND_CALL, body)


@pytest.mark.parametrize(
    "body",
    [
        {"hasPermission": True, "status": "revoked"},
        {"hasPermission": False, "status": "granted"},
        {"permission": {"status": "permanent"}, "granted": "no"},
    ],
)
def test_what_contradicts_itself_is_no_yes(body):
    event = parse(Kind.CALL_PERMISSION, {"waid": CARLA} | body)
    assert (event.granted, event.permanent) == (False, False)


def test_a_yes_survives_a_word_that_is_new():
    body = {"waid": CARLA, "hasPermission": True, "status": "confirmed_by_user"}
    assert parse(Kind.CALL_PERMISSION, body).granted is True


def test_a_person_has_another_user_id():
    system = {"type": "user_changed_user_id", "previous_user_id": "DE.old1"}
    system |= {"user_id": CARLAS_ID, "body": "Carla changed"}
    message = {"from": CARLA, "type": "system", "system": system}
    value = {"contacts": [{"wa_id": CARLA}], "messages": [message]}
    event = parse(Kind.CALL_PERMISSION, {"entry": [{"changes": [{"value": value}]}]})
    person = events.Person(CARLA, bsuids=(CARLAS_ID,))
    assert event == events.PersonChanged(person, events.Person(bsuids=("DE.old1",)))
    bare = {"eventType": "user_changed_user_id", "bsuid": CARLAS_ID}
    event = parse(Kind.INBOUND_CALL, bare | {"previous_user_id": "DE.old1"})
    assert event.person == events.Person(bsuids=(CARLAS_ID,))
    with pytest.raises(NotUnderstood):
        parse(Kind.INBOUND_CALL, bare)


@pytest.mark.parametrize("name", ["wa_id", "new_wa_id"])
def test_a_person_has_another_number(name):
    system = {"type": "user_changed_number", name: "4366012345678"}
    message = {"from": CARLA, "type": "system", "system": system}
    event = parse(Kind.CALL_PERMISSION, {"messages": [message]})
    assert event == events.PersonChanged(
        events.Person("4366012345678"), events.Person(CARLA)
    )
