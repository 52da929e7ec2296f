"""Any body written with the names of the protocol file's section 7 says the same.

The spelling, the case, the object around it, WhatsApp's envelope and the bodies that
come in the same request change nothing.
"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.wati import events
from callcenter.wati.events import Event, Kind, Person
from callcenter.wati.parsing import Said, parse

CARLA, CARLAS_ID, SHOP = "4915112345678", "DE.1A9f3C77xQ", "15550100000"
SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1"
SENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CALL = "wacid.HBgM+/="

CALL_ID = ("callId", "call_id", "CallId", "callID", "id", "whatsappCallId", "wacid")
NUMBER = ("ContactNumber", "from", "waid", "waId", "wa_id", "phone", "callerNumber")
BUSINESS = (
    *("businessNumber", "channelPhoneNumber", "to"),
    *("displayPhoneNumber", "display_phone_number"),
)
USER = ("bsuid", "user_id", "from_user_id", "userId")
EXPIRY = ("expiration_timestamp", "expirationTimestamp", "expiration_time", "expiresAt")
INSTANTS = (
    *(int(SENT.timestamp()), str(int(SENT.timestamp()))),
    *(int(SENT.timestamp() * 1000), SENT.isoformat(), "2026-03-02T09:00:00Z"),
    *("2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00"),
)

STATUS_WORDS = {
    "calling": ("CALLING", "INITIATED"),
    "ringing": ("RINGING",),
    "accepted": ("ACCEPTED", "ANSWERED", "IN_PROGRESS", "In Progress", "CONNECTED"),
    "rejected": ("REJECTED", "DECLINED", "BUSY"),
    "unanswered": ("MISSED", "NO_ANSWER", "no-answer", "TIMEOUT"),
    "failed": ("FAILED",),
    "ended": ("ENDED", "COMPLETED", "Completed", "TERMINATED"),
}
YES = ("granted", "GRANTED", "accept", "accepted", "approved", "temporary", "permanent")
NO = (
    *("denied", "reject", "rejected", "declined", "REVOKED", "expired"),
    *("not_granted", "NOT-GRANTED", "no_permission"),
)

Body = dict[str, Any]
spelled = st.sampled_from
cases = st.sampled_from(
    [str, str.lower, str.upper, lambda name: name[:1].upper() + name[1:]]
)


@st.composite
def fields(draw, **facts: tuple[tuple[str, ...], tuple[Any, ...]]) -> Body:
    """Each fact under one of its names, in any case, as one of its values."""
    body = {}
    for names, values in facts.values():
        name = draw(cases)(draw(spelled(names)))
        body[name] = draw(spelled(values))
    return body


@st.composite
def around(draw, body: Body) -> Body:
    """The same in an object, a list or WhatsApp's envelope, wholly or in part."""
    shape = draw(spelled(["plain", "inside", "list", "split", "meta", "deep"]))
    wrapper = draw(spelled(["data", "Result", "payload", "call", "calls"]))
    match shape:
        case "plain":
            return body
        case "inside":
            return {"tenantId": "demo", wrapper: body}
        case "list":
            return {"tenantId": "demo", wrapper: [body]}
        case "split":
            inner = draw(st.sets(spelled(sorted(body))))
            outer = {name: body[name] for name in body if name not in inner}
            return outer | {wrapper: {name: body[name] for name in inner}}
        case "deep":
            return {"payload": {"data": [{wrapper: body}]}}
    value = {"messaging_product": "whatsapp", "calls": [body]}
    return {"entry": [{"id": "77", "time": 1, "changes": [{"value": value}]}]}


def said(kind: Kind, body: Any) -> Event:
    """The one thing that it says, once it has come over the wire."""
    [one] = parse(kind, json.loads(json.dumps(body)))
    assert one.event is not None, one.problem
    return one.event


sdps = (SDP, {"type": "offer", "sdp": SDP}, {"sdp_type": "offer", "Sdp": SDP})
calls_in = fields(
    id=(CALL_ID, (CALL,)),
    sdp=(("sdp", "Sdp", "SDP", "sdpOffer", "offer", "session"), sdps[1:]),
    number=(NUMBER, (CARLA, f"+{CARLA}", "+49 1511 2345678", int(CARLA))),
    user=(USER, (CARLAS_ID,)),
    business=(BUSINESS, (SHOP, "+1 555-010-0000", int(SHOP))),
    name=(("contactName", "senderName"), ("Carla", " Carla\u202e")),
    time=(("timestamp",), INSTANTS),
)


@given(st.data())
def test_an_inbound_call(data):
    body = data.draw(calls_in)
    call = events.InboundCall(
        CALL, SDP, SHOP, Person(CARLA, "Carla", (CARLAS_ID,)), SENT
    )
    assert said(Kind.INBOUND_CALL, data.draw(around(body))) == call


@given(st.data(), spelled(sorted(STATUS_WORDS)))
def test_a_status(data, status: str):
    body = data.draw(
        fields(
            id=(CALL_ID, (CALL,)),
            status=(("status",), STATUS_WORDS[status]),
            number=(("recipient_id", "recipientId", "waId"), (CARLA,)),
            time=(("timestamp",), INSTANTS),
        )
    )
    told = events.OutboundStatus(CALL, status, Person(CARLA), SENT)
    assert said(Kind.OUTBOUND_CALL_STATUS, data.draw(around(body))) == told


@given(st.data())
def test_a_terminate(data):
    body = data.draw(
        fields(
            id=(CALL_ID, (CALL,)),
            duration=(("duration", "durationSeconds", "duration_seconds"), (7, "7")),
            time=(("end_time", "endTime"), INSTANTS),
            code=(("errorCode", "error_code"), (138021, "138021")),
        )
    )
    end = events.CallTerminated(CALL, 7, "", 138021, SENT)
    assert said(Kind.TERMINATE_CALL, data.draw(around(body))) == end


@given(st.data())
def test_an_answer(data):
    inner = {"type": "answer", "sdp": SDP}
    sdps = (SDP, inner, {"sdpType": "answer", "sdp": SDP}, {"sdp": inner})
    sdp = fields(id=(CALL_ID, (CALL,)), sdp=(("sdp", "sdpAnswer", "answer"), sdps))
    answer = events.OutboundAnswer(CALL, SDP)
    body = data.draw(around(data.draw(sdp)))
    assert said(Kind.OUTBOUND_CALL, body) == answer


def flags(word: bool) -> tuple[Any, ...]:
    text = "true" if word else "false"
    return (word, text, text.title(), int(word), str(int(word)))


@given(st.data(), st.booleans())
def test_a_permission(data, granted: bool):
    words = YES if granted else NO
    wordy = (("status", "response", "permission", "granted", "hasPermission"), words)
    flag = (
        ("hasPermission", "has_permission", "permission", "granted"),
        flags(granted),
    )
    body = data.draw(
        fields(
            number=(NUMBER, (CARLA,)),
            says=data.draw(spelled([wordy, flag])),
            business=(BUSINESS, (SHOP,)),
            until=(EXPIRY, INSTANTS),
        )
    )
    event = said(Kind.CALL_PERMISSION, data.draw(around(body)))
    assert isinstance(event, events.PermissionChanged)
    assert (event.granted, event.person) == (granted, Person(CARLA))
    assert (event.business_number, event.expires_at) == (SHOP, SENT)


@given(st.data(), st.booleans())
def test_whatsapps_own_permission_reply(data, granted: bool):
    word = data.draw(
        spelled(("accept", "ACCEPT") if granted else ("reject", "rejected"))
    )
    reply = {"response": word, "is_permanent": False}
    reply |= {data.draw(spelled(EXPIRY)): data.draw(spelled(INSTANTS))}
    message = {
        **{"from": CARLA, "id": "wamid.1", "type": "interactive"},
        "interactive": {
            "type": "call_permission_reply",
            "call_permission_reply": reply,
        },
    }
    value = {"metadata": {"display_phone_number": SHOP}, "messages": [message]}
    whole = {"entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}
    for body in (whole, value, {"data": value}):
        event = said(data.draw(spelled(list(Kind))), body)
        assert isinstance(event, events.PermissionChanged)
        assert (event.granted, event.person.waid) == (granted, CARLA)
        assert (event.business_number, event.expires_at) == (SHOP, SENT)


@pytest.mark.parametrize("word", ["temporary", "permanent", "granted", "not_granted"])
@pytest.mark.parametrize("kind", list(Kind))
def test_a_permission_in_an_object(kind: Kind, word: str):
    permission = {"status": word, "expiration_time": int(SENT.timestamp())}
    event = said(kind, {"user_id": CARLAS_ID, "permission": permission})
    assert isinstance(event, events.PermissionChanged)
    assert event.person == Person(bsuids=(CARLAS_ID,))
    assert event.granted is (word != "not_granted")
    assert event.permanent is (word == "permanent")
    assert event.expires_at == SENT


# --- Several in one body -----------------------------------------------------------


def envelope(how: str, values: list[Body]) -> Body:
    """WhatsApp's envelope: one entry or one change for each, or all in one change."""
    if how == "entries":
        return {"entry": [{"id": "1", "changes": [{"value": v}]} for v in values]}
    if how == "changes":
        return {"entry": [{"id": "1", "changes": [{"value": v} for v in values]}]}
    lists = ("calls", "statuses", "messages")
    joined = {name: [x for v in values for x in v.get(name, [])] for name in lists}
    return {"entry": [{"id": "1", "changes": [{"value": joined}]}]}


def value_of(number: int, what: str) -> tuple[Body, Event]:
    call = {
        "id": f"wacid.{number}",
        "from": f"49151000000{number:02}",
        "event": "connect",
    }
    match what:
        case "call":
            body = call | {"to": SHOP, "session": {"sdp_type": "offer", "sdp": SDP}}
            caller = Person(call["from"])
            return {"calls": [body]}, events.InboundCall(call["id"], SDP, SHOP, caller)
        case "end":
            over = call | {"event": "terminate", "duration": number}
            person = Person(call["from"])
            event = events.CallTerminated(call["id"], number, person=person)
            return {"calls": [over]}, event
        case "status":
            word = {"id": call["id"], "status": "RINGING", "type": "call"}
            return {"statuses": [word]}, events.OutboundStatus(call["id"], "ringing")
    reply = {"call_permission_reply": {"response": "accept"}}
    yes = {"from": call["from"], "type": "interactive", "interactive": reply}
    person = Person(call["from"])
    event = events.PermissionChanged(person, granted=True, status="accept")
    return {"messages": [yes]}, event


@given(
    whats=st.lists(spelled(["call", "end", "status", "yes"]), min_size=1, max_size=8),
    how=spelled(["entries", "changes", "lists"]),
    kind=spelled(list(Kind)),
)
def test_each_of_several_is_what_it_is_alone(whats: list[str], how: str, kind: Kind):
    pairs = [value_of(number, what) for number, what in enumerate(whats)]
    body = envelope(how, [value for value, _ in pairs])
    found = [one.event for one in parse(kind, body)]
    assert sorted(map(str, found)) == sorted(str(event) for _, event in pairs)


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_what_is_not_understood_costs_only_itself(good: list[bool]):
    bodies = [
        {"callId": f"wacid.{n}", "duration": n} if ok else {"callId": "x" * 300}
        for n, ok in enumerate(good)
    ]
    found = parse(Kind.TERMINATE_CALL, {"data": bodies})
    assert [one.event is not None for one in found] == good


def test_what_is_said_twice_in_a_body_counts_once():
    end = {"callId": "wacid.1"}
    assert parse(Kind.TERMINATE_CALL, [end, end]) == (
        Said(events.CallTerminated("wacid.1"), kind=Kind.TERMINATE_CALL),
    )


def test_more_than_fifty_are_kept_and_not_begun():
    bodies = [{"callId": f"wacid.{number}"} for number in range(51)]
    assert len(parse(Kind.TERMINATE_CALL, {"calls": bodies[:50]})) == 50
    [said] = parse(Kind.TERMINATE_CALL, {"calls": bodies})
    assert said.event is None
    assert "more than 50" in said.problem
