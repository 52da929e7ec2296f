"""From a raw webhook body to events. Tolerant of every known spelling."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from callcenter.wati import events, kinds
from callcenter.wati.apart import Part, TooMany, take_apart
from callcenter.wati.events import Event, Kind
from callcenter.wati.fields import (
    Content,
    first,
    instant_of,
    integer_of,
    is_no_step,
    text_of,
    within,
)
from callcenter.wati.kinds import STATUSES as STATUSES
from callcenter.wati.people import (
    business_number_of,
    direction_of,
    person_of,
    phone_of,
    previous_of,
)
from callcenter.wati.permission_words import UnknownWord, permission_of
from callcenter.wati.sdp_text import sdp_of

LONGEST_CALL_ID = 256
NEW_NUMBER = ("newwaid", "waid")
# A permission's body has no identity: the same yes comes again with the next request.
PERMISSION_REPEATS = timedelta(minutes=2)


class NotJson(ValueError):
    """The body cannot be a webhook: answer 400."""


class NotUnderstood(ValueError):
    """Authentic, but not what this door is for: keep it, answer 200."""


@dataclass(frozen=True)
class Said:
    """One thing that a body says: an event, or why that is not plain."""

    event: Event | None
    problem: str = ""
    # A Kind, or one of the words of kinds.py; '' if it is not plain.
    kind: str = ""


def load(raw: bytes) -> Any:
    """Decode strict JSON. Raises NotJson for everything a parser may choke on."""
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotJson("The body is not JSON.") from error


def parse(address: Kind, body: Any) -> tuple[Said, ...]:
    """Turn a decoded body into what it says, in order; at least one.

    A body at the wrong address is taken for what it says itself when that is plain.
    What it says twice counts once.
    """
    try:
        parts = take_apart(body)
    except TooMany as error:
        return (Said(None, str(error)),)
    said: list[Said] = []
    for part in parts:
        said += [one for one in _read(address, part) if one.problem or one not in said]
    return tuple(said)


def dedupe_key(event: Event) -> str:
    """Return one key for everything that says the same thing.

    What names a call says it once and for all. The same words about a permission may
    be said again: they are the same thing for repeats_within() only. Who it is belongs
    to it: the same once more, with another id of the person, is the only place where we
    may learn that both ids are theirs.
    """
    parts: tuple[str, ...]
    match event:
        case events.InboundCall(call_id, offer):
            parts = ("inbound", call_id, _digest(offer))
        case events.CallTerminated(call_id):
            parts = ("terminate", call_id, "")
        case events.OutboundAnswer(call_id, answer):
            parts = ("answer", call_id, _digest(answer))
        case events.OutboundStatus(call_id, status):
            parts = ("status", call_id, status)
        case events.CallReport(call_id, status):
            parts = ("report", call_id, status)
        case events.PermissionChanged():
            parts = ("permission", event.person.waid, str(event))
        case events.PersonChanged():
            parts = ("person", event.person.waid, str(event))
    who = person_in(event)
    return _digest("\n".join((*parts, *(who.ids if who.is_known else ()))))


def person_in(event: Event) -> events.Person:
    """Return the person that an event is about."""
    match event:
        case events.InboundCall():
            return event.caller
        case events.OutboundAnswer() | events.OutboundStatus():
            return event.callee
        case _:
            return event.person


def repeats_within(event: Event) -> timedelta | None:
    """Return for how long the same words are a copy; None: for ever."""
    is_hint = isinstance(event, events.PermissionChanged)
    return PERMISSION_REPEATS if is_hint else None


def kind_of(event: Event) -> str:
    """Return the Kind of an event, or the word of kinds.py for another."""
    return KIND_OF[type(event)]


def _read(address: Kind, part: Part) -> Iterator[Said]:
    if not part.is_object:
        yield Said(None, "The body, or a part of it, is not a JSON object.")
        return
    kind = kinds.kind_of(address, part)
    yield _said(kind, part)
    # The SDP answer may come with the status that it belongs to.
    if kind == Kind.OUTBOUND_CALL and kinds.status_of(part.content):
        yield _said(Kind.OUTBOUND_CALL_STATUS, part)


def _said(kind: str, part: Part) -> Said:
    try:
        return Said(PARSERS[kind](part), kind=kind)
    except NotUnderstood as error:
        return Said(None, str(error))


def _inbound(part: Part) -> Event:
    return events.InboundCall(
        call_id=_call_id(part.content),
        offer=sdp_of(part.content),
        business_number=business_number_of(part.content),
        caller=person_of(part),
        sent_at=_sent_at(part.content),
    )


def _terminated(part: Part) -> Event:
    content = part.content
    errors = within(content, "errors")
    return events.CallTerminated(
        call_id=_call_id(content),
        duration=integer_of(first(content, "duration", "durationSeconds")),
        status=text_of(first(content, "status"), 40).lower(),
        error_code=integer_of(first(errors or content, "code", "errorCode")),
        sent_at=instant_of(first(content, "endTime", "timestamp")),
        person=person_of(part),
    )


def _answer(part: Part) -> Event:
    answer = sdp_of(part.content)
    call_id = _call_id(part.content)
    if not answer:
        raise NotUnderstood("The body has no SDP answer.")
    callee = person_of(part, is_outbound=True)
    return events.OutboundAnswer(call_id, answer, callee, _sent_at(part.content))


def _status(part: Part) -> Event:
    call_id, status = _call_id(part.content), kinds.status_of(part.content)
    if not status:
        raise NotUnderstood("The body has no call status.")
    callee = person_of(part, is_outbound=True)
    return events.OutboundStatus(call_id, status, callee, _sent_at(part.content))


def _permission(part: Part) -> Event:
    person = person_of(part)
    if not person.is_known:
        raise NotUnderstood("The permission has no contact.")
    try:
        said = permission_of(part.content)
    except UnknownWord as error:
        raise NotUnderstood(str(error)) from error
    return events.PermissionChanged(
        person=person,
        granted=said.granted,
        business_number=business_number_of(part.content),
        permanent=said.permanent,
        expires_at=said.expires_at,
        status=said.status,
        sent_at=_sent_at(part.content),
    )


def _report(part: Part) -> Event:
    content = part.content
    return events.CallReport(
        call_id=_call_id(content),
        status=kinds.status_of(content),
        direction=direction_of(content),
        duration=integer_of(first(content, "duration", "durationSeconds")),
        person=person_of(part),
        sent_at=_sent_at(content),
    )


def _person_changed(part: Part) -> Event:
    whole = part.content | within(part.content, "system")
    number = phone_of(first(whole, *NEW_NUMBER))
    rest = {name: whole[name] for name in whole if name not in NEW_NUMBER}
    person, previous = person_of(replace(part, content=rest)), previous_of(rest)
    if number and number != person.waid:
        previous = replace(previous, waid=person.waid)
        person = replace(person, waid=number)
    if not person.is_known or not previous.is_known:
        raise NotUnderstood("It does not say which ids of a person have changed.")
    return events.PersonChanged(person, previous, _sent_at(part.content))


def _message(part: Part) -> Event:
    raise NotUnderstood("It is about a chat message, not about a call.")


PARSERS: dict[str, Callable[[Part], Event]] = {
    Kind.INBOUND_CALL: _inbound,
    Kind.TERMINATE_CALL: _terminated,
    Kind.OUTBOUND_CALL: _answer,
    Kind.OUTBOUND_CALL_STATUS: _status,
    Kind.CALL_PERMISSION: _permission,
    kinds.CALL_REPORT: _report,
    kinds.PERSON_CHANGED: _person_changed,
    kinds.MESSAGE: _message,
}


KIND_OF: dict[type, str] = {
    events.InboundCall: Kind.INBOUND_CALL,
    events.CallTerminated: Kind.TERMINATE_CALL,
    events.OutboundAnswer: Kind.OUTBOUND_CALL,
    events.OutboundStatus: Kind.OUTBOUND_CALL_STATUS,
    events.PermissionChanged: Kind.CALL_PERMISSION,
    events.CallReport: kinds.CALL_REPORT,
    events.PersonChanged: kinds.PERSON_CHANGED,
}


def _call_id(content: Content) -> str:
    value = first(content, *kinds.CALL_ID, "id")
    call_id = text_of(value)
    if not call_id:
        raise NotUnderstood(_without_call(content))
    is_odd = call_id != str(value) or is_no_step(call_id)
    if len(call_id) > LONGEST_CALL_ID or is_odd:
        raise NotUnderstood(
            "The call ID is too long or has characters that are not allowed."
        )
    return call_id


def _without_call(content: Content) -> str:
    """Say what it is instead: WhatsApp reports errors without any call, too."""
    code = integer_of(first(within(content, "errors"), "code"))
    if code is None:
        return "The body has no call ID."
    return f"WhatsApp reports error {code}, and the body has no call ID."


def _sent_at(content: Content) -> Any:
    return instant_of(first(content, "timestamp"))


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
