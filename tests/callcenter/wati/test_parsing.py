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
    parse,
)

SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1"

META_CONNECT = {
    "entry": [
        {
            "changes": [
                {
                    "value": {
                        "metadata": {"display_phone_number": "+1 555 0100"},
                        "contacts": [{"profile": {"name": "Carla"}, "wa_id": "4915"}],
                        "calls": [
                            {
                                "id": "wacid.A=",
                                "from": "4915",
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
    full = {"ContactName": "Carla", "ContactNumber": "4915"}
    body = {"callId": "1", "sdp": SDP, "contact": full}
    assert parse(Kind.INBOUND_CALL, body).caller == events.Person("4915", "Carla")
    caller = parse(Kind.INBOUND_CALL, META_CONNECT).caller
    assert caller == events.Person("4915", "Carla")
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
        ({"waid": "49", "hasPermission": True}, True),
        ({"waid": "49", "hasPermission": "false"}, False),
        ({"waId": "49", "response": "accept", "is_permanent": True}, True),
        ({"waid": "49", "status": "revoked"}, False),
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
    try:
        event = parse(kind, json.loads(json.dumps(body)))
    except NotUnderstood:
        return
    assert len(dedupe_key(event)) == 64
