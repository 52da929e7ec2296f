"""From a raw webhook body to an event. Tolerant of every known spelling."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from callcenter.wati import events
from callcenter.wati.events import Event, Kind
from callcenter.wati.fields import (
    digits_of,
    find,
    inside,
    instant_of,
    integer_of,
    text_of,
    truth_of,
    unwrap,
)

LONGEST_CALL_ID = 256
LONGEST_SDP = 64 * 1024
CALL_ID = ("callId", "whatsappCallId", "wacid", "id")
SDP = ("sdp", "sdpOffer", "sdpAnswer", "offer", "answer")
BUSINESS = ("businessNumber", "channelPhoneNumber", "displayPhoneNumber", "to")
PERSON = ("waid", "callerNumber", "from", "phone", "contactNumber", "recipientId")

STATUSES = {
    "calling": ("calling", "initiated"),
    "ringing": ("ringing",),
    "accepted": ("accepted", "answered", "inprogress", "connected"),
    "rejected": ("rejected", "declined", "busy"),
    "unanswered": ("missed", "noanswer", "timeout"),
    "failed": ("failed",),
    "ended": ("ended", "completed", "terminated"),
}
STATUS_OF_WORD = {word: name for name, words in STATUSES.items() for word in words}
GRANTED = ("granted", "accept", "accepted", "approved")
REFUSED = ("denied", "reject", "rejected", "declined", "revoked", "expired")


class NotJson(ValueError):
    """The body cannot be a webhook: answer 400."""


class NotUnderstood(ValueError):
    """Authentic, but not what this door is for: keep it, answer 200."""


def load(raw: bytes) -> Any:
    """Decode strict JSON. Raises NotJson for everything a parser may choke on."""
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotJson("The body is not JSON.") from error


def parse(kind: Kind, body: Any) -> Event:
    """Turn a decoded body into an event. Raises NotUnderstood with the reason.

    A body at the wrong door is taken for what it says itself when that is plain.
    """
    if not isinstance(body, dict):
        raise NotUnderstood("The body is not a JSON object.")
    content = unwrap(body)
    return PARSERS[classify(kind, content)](content)


def classify(kind: Kind, body: dict[str, Any]) -> Kind:
    """Take the URL's kind, unless the body is another one beyond doubt."""
    word = text_of(find(body, "event")).lower()
    if word == "terminate":
        return Kind.TERMINATE_CALL
    has_sdp, has_status = bool(_sdp(body)), find(body, "status") is not None
    if (
        kind is Kind.INBOUND_CALL
        and not has_sdp
        and set(body) <= {"callId", "tenantId"}
    ):
        return Kind.TERMINATE_CALL
    if kind is Kind.TERMINATE_CALL and has_sdp and not has_status:
        return Kind.INBOUND_CALL
    return kind


def dedupe_key(event: Event) -> str:
    """Return one key for everything that says the same thing."""
    match event:
        case events.InboundCall(call_id, offer):
            parts = ("inbound", call_id, _digest(offer))
        case events.CallTerminated(call_id):
            parts = ("terminate", call_id, "")
        case events.OutboundAnswer(call_id, answer):
            parts = ("answer", call_id, _digest(answer))
        case events.OutboundStatus(call_id, status):
            parts = ("status", call_id, status)
        case events.PermissionChanged():
            parts = ("permission", event.person.waid, str(event))
    return _digest("\n".join(parts))


def _inbound(body: dict[str, Any]) -> Event:
    sdp = _sdp(body)
    return events.InboundCall(
        call_id=_call_id(body),
        offer=sdp,
        business_number=_business_number(body),
        caller=_person(body),
        sent_at=instant_of(find(body, "timestamp")),
    )


def _terminated(body: dict[str, Any]) -> Event:
    errors = inside(body, "errors")
    return events.CallTerminated(
        call_id=_call_id(body),
        duration=integer_of(find(body, "duration", "durationSeconds")),
        status=text_of(find(body, "status"), 40).lower(),
        error_code=integer_of(find(errors or body, "code", "errorCode")),
        sent_at=instant_of(find(body, "endTime", "timestamp")),
    )


def _answer(body: dict[str, Any]) -> Event:
    return events.OutboundAnswer(_call_id(body), _sdp(body), _person(body))


def _status(body: dict[str, Any]) -> Event:
    word = text_of(find(body, "status"), 40).lower()
    bare = word.replace("_", "").replace("-", "").replace(" ", "")
    return events.OutboundStatus(
        call_id=_call_id(body),
        status=STATUS_OF_WORD.get(bare, word),
        callee=_person(body),
        sent_at=instant_of(find(body, "timestamp")),
    )


def _permission(body: dict[str, Any]) -> Event:
    person = _person(body)
    if not person.is_known:
        raise NotUnderstood("The permission has no contact.")
    word = text_of(find(body, "status", "response"), 40).lower()
    flag = truth_of(find(body, "hasPermission", "permission", "granted"))
    if flag is None:
        if word not in GRANTED + REFUSED:
            raise NotUnderstood("The permission is neither granted nor declined.")
        flag = word in GRANTED
    return events.PermissionChanged(
        person=person,
        granted=flag,
        business_number=_business_number(body),
        permanent=truth_of(find(body, "isPermanent")) or False,
        expires_at=instant_of(
            find(body, "expirationTimestamp", "expirationTime", "expiresAt")
        ),
        status=word,
    )


PARSERS: dict[Kind, Callable[[dict[str, Any]], Event]] = {
    Kind.INBOUND_CALL: _inbound,
    Kind.TERMINATE_CALL: _terminated,
    Kind.OUTBOUND_CALL: _answer,
    Kind.OUTBOUND_CALL_STATUS: _status,
    Kind.CALL_PERMISSION: _permission,
}


def _call_id(body: dict[str, Any]) -> str:
    value = find(body, *CALL_ID)
    call_id = text_of(value)
    if not call_id:
        raise NotUnderstood("The body has no call ID.")
    if len(call_id) > LONGEST_CALL_ID or call_id != str(value):
        raise NotUnderstood(
            "The call ID is too long or has characters that are not allowed."
        )
    return call_id


def _sdp(body: dict[str, Any]) -> str:
    value = find(body, *SDP) or inside(body, "session").get("sdp")
    if isinstance(value, dict):
        value = find(value, "sdp")
    if value is None:
        value = _legacy_sdp(body)
    return text_of(value, LONGEST_SDP)


def _legacy_sdp(body: dict[str, Any]) -> Any:
    # Older payloads nest JSON text: connection.webrtc.sdp.
    nested = find(inside(inside(body, "connection"), "webrtc"), "sdp")
    try:
        inner = json.loads(text_of(nested, LONGEST_SDP))
    except (ValueError, RecursionError):
        return nested
    return inner.get("sdp") if isinstance(inner, dict) else nested


def _business_number(body: dict[str, Any]) -> str:
    metadata = inside(body, "metadata")
    return digits_of(find(metadata, "displayPhoneNumber") or find(body, *BUSINESS))


def _person(body: dict[str, Any]) -> events.Person:
    contact = inside(body, "contact", "contacts")
    profile = inside(contact, "profile")
    bsuid = text_of(find(body, "bsuid", "fromUserId") or find(contact, "userId"), 200)
    return events.Person(
        waid=digits_of(
            find(contact, "contactNumber", "phone", "waid") or find(body, *PERSON)
        ),
        name=text_of(
            find(contact, "contactName", "name")
            or find(profile, "name")
            or find(body, "contactName", "senderName"),
            200,
        ),
        bsuids=(bsuid,) if bsuid else (),
    )


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
