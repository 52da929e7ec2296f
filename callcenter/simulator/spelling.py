"""Spellings of a user, of the business and of an instant in a body. Pure."""

from datetime import UTC, datetime
from typing import Any

from callcenter.simulator import numbers
from callcenter.simulator.behaviour import Behaviour
from callcenter.simulator.notices import INBOUND, PERMISSION, STATUS, Notice


def number_of(notice: Notice, behaviour: Behaviour) -> str:
    """Return what stands where a number belongs: it, a BSUID, or nothing."""
    if is_missing(notice, behaviour):
        return ""
    if notice.ids.waid and behaviour.ids != "bsuid":
        return notice.ids.waid
    return notice.ids.bsuid if behaviour.bsuid_field == "number" else ""


def bsuid_of(notice: Notice, behaviour: Behaviour) -> str:
    """Return the BSUID for a field of its own, or nothing."""
    wanted = behaviour.ids != "number" or not notice.ids.waid
    stands_already = number_of(notice, behaviour) == notice.ids.bsuid
    if not wanted or stands_already or is_missing(notice, behaviour):
        return ""
    return notice.ids.bsuid


def is_missing(notice: Notice, behaviour: Behaviour) -> bool:
    """Tell whether the body says nothing about who calls."""
    return behaviour.missing_caller and notice.kind not in (STATUS, PERMISSION)


def user_fields(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    """Return the fields by which Wati names a user, besides those of their number."""
    fields: dict[str, Any] = {}
    bsuid = bsuid_of(notice, behaviour)
    named = {"contact": "", "number": "bsuid"}
    name = named.get(behaviour.bsuid_field, behaviour.bsuid_field)
    if bsuid and name:
        fields[name] = bsuid
    if bsuid and behaviour.parent_bsuid:
        fields["parentBsuid"] = notice.ids.parent_bsuid
    if behaviour.username_at == "root" and shows_username(notice, behaviour):
        fields["username"] = f"@{notice.ids.username}"
    return fields


def contact_fields(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    """Return what a body's ``contact`` says besides name and number."""
    fields: dict[str, Any] = {}
    bsuid = bsuid_of(notice, behaviour)
    if bsuid and behaviour.bsuid_field == "contact":
        fields["bsuid"] = bsuid
    if behaviour.username_at == "profile" and shows_username(notice, behaviour):
        fields["profile"] = {"username": notice.ids.username}
    return fields


def shows_username(notice: Notice, behaviour: Behaviour) -> bool:
    return bool(notice.ids.username) and not is_missing(notice, behaviour)


def business_of(notice: Notice, behaviour: Behaviour) -> str:
    """Return the business number: as it is, in its other form, or another's."""
    if behaviour.business_form == "other":
        return numbers.other_form(notice.number)
    if behaviour.business_form == "wrong":
        return f"{notice.number[:-1]}{(int(notice.number[-1]) + 1) % 10}"
    return notice.number


def write_time(at: float, behaviour: Behaviour) -> Any:
    """Write an instant as this sender's clock shows it."""
    return write_instant(at + behaviour.clock_offset, behaviour)


def write_instant(at: float, behaviour: Behaviour) -> Any:
    """Write an instant: as text in the usual form, ``naive`` without its zone."""
    moment = datetime.fromtimestamp(at, UTC)
    match behaviour.time_form:
        case "unix":
            return int(at)
        case "millis":
            return int(at * 1000)
        case "iso":
            return moment.isoformat(timespec="seconds")
        case "naive":
            return moment.replace(tzinfo=None).isoformat(timespec="seconds")
        case _:
            return str(int(at))


def write_sdp(notice: Notice, behaviour: Behaviour) -> Any:
    newline = {"crlf": "\r\n", "lf": "\n", "literal": "\\r\\n"}[behaviour.newline]
    text = notice.sdp.replace("\r\n", newline)
    if behaviour.sdp_form == "object":
        return {"type": sdp_type(notice), "sdp": text}
    return text


def sdp_type(notice: Notice) -> str:
    return "offer" if notice.kind == INBOUND else "answer"
