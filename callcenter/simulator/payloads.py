"""The bodies that Wati posts, in the dialects seen or plausible. Pure."""

from dataclasses import replace
from typing import Any

from callcenter.simulator import meta
from callcenter.simulator.behaviour import Behaviour
from callcenter.simulator.notices import (
    INBOUND,
    OUTBOUND,
    PERMISSION,
    STATUS,
    TERMINATE,
    Notice,
)
from callcenter.simulator.spelling import (
    business_of,
    contact_fields,
    is_missing,
    number_of,
    user_fields,
    write_instant,
    write_sdp,
    write_time,
)

# In Wati's camel case; nobody has published the names of these twins.
EVENT_TYPES = {
    INBOUND: "newInboundCall_bsuid",
    TERMINATE: "terminateCall_bsuid",
    OUTBOUND: "newOutboundCall_bsuid",
    STATUS: "newOutboundCallStatus_bsuid",
    PERMISSION: "callPermission_bsuid",
}


def write(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    """Write the JSON object of a webhook."""
    if behaviour.dialect == "meta":
        return meta.write([notice], behaviour)
    body = write_minimal(notice, behaviour) | user_fields(notice, behaviour)
    contact = contact_fields(notice, behaviour)
    if behaviour.dialect != "minimal":
        body |= extras(notice, behaviour)
        contact = named_contact(notice, behaviour) | contact
    if contact:
        body["contact"] = contact
    if behaviour.dialect == "pascal":
        return {name[:1].upper() + name[1:]: to_pascal(body[name]) for name in body}
    return body


def write_twin(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    """Write the same event once more, as the twin whose BSUID is never missing."""
    twin = replace(behaviour, ids="both", bsuid_field="bsuid", parent_bsuid=True)
    return write(notice, twin) | {"eventType": EVENT_TYPES[notice.kind]}


def write_minimal(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    """Write what Wati's help article shows."""
    match notice.kind:
        case "inbound-call":
            return {
                "callId": notice.call,
                "sdp": write_sdp(notice, behaviour),
                "businessNumber": business_of(notice, behaviour),
            }
        case "terminate-call":
            return {"callId": notice.call}
        case "outbound-call":
            return {"callId": notice.call, "sdp": write_sdp(notice, behaviour)}
        case "outbound-call-status":
            return {"callId": notice.call, "status": notice.status}
        case _:
            number = number_of(notice, behaviour)
            who = {"waid": number} if number else {}
            return who | write_permission(notice, behaviour)


def extras(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    """Return the fields seen besides those of the help article."""
    body: dict[str, Any] = {"tenantId": notice.tenant}
    if notice.kind == INBOUND:
        body["agentMapping"] = {"tenantId": notice.tenant, "agentId": ""}
        body["voiceLanguage"] = "en"
    if notice.kind == PERMISSION:
        body["channelPhoneNumber"] = business_of(notice, behaviour)
        if behaviour.permission_form == "flag":
            body["status"] = "granted" if notice.granted else "denied"
    if behaviour.time_form != "usual":
        body["timestamp"] = write_time(notice.at, behaviour)
    return body


def named_contact(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    if notice.kind != INBOUND or is_missing(notice, behaviour):
        return {}
    number = number_of(notice, behaviour)
    numbered = {"ContactNumber": number} if number else {}
    return {"ContactName": notice.name} | numbered


def write_permission(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    """Write what a user has decided, in the words chosen for it."""
    match behaviour.permission_form:
        case "word":
            return {"status": "granted" if notice.granted else "not_granted"}
        case "upper":
            refused = "REVOKED" if notice.revoked else "REJECTED"
            return {"status": "GRANTED" if notice.granted else refused}
        case "object":
            return {"permission": permission_object(notice, behaviour)}
        case _:
            return {"hasPermission": notice.granted}


def permission_object(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    """Write Meta's permission object, as readings have it."""
    if not notice.granted:
        return {"status": "no_permission"}
    if notice.permanent:
        return {"status": "permanent"}
    until = write_instant(notice.until, behaviour)
    return {"status": "temporary", "expiration_time": until}


def call_status_of(notice: Notice) -> str:
    """Return Wati's own word for the stage that a notice tells of; or nothing."""
    match notice.kind, notice.status:
        case ("inbound-call", _) | ("outbound-call-status", "RINGING"):
            return "ringing"
        case ("outbound-call-status", "ACCEPTED"):
            return "in_progress"
        case ("terminate-call", _) if notice.error:
            return "failed"
        case ("terminate-call", _):
            return "completed" if notice.started else "missed"
    return ""


def write_call_status(notice: Notice, word: str) -> dict[str, Any]:
    """Write Wati's event ``call.status``, a general one beside those of calling.

    ``word`` is ringing, in_progress, completed, missed or failed. Source: Wati,
    "Call status" (2026).
    """
    inbound = notice.direction == "inbound"
    user, business = plus(notice.ids.waid), plus(notice.number)
    metadata: dict[str, Any] = {
        "direction": notice.direction,
        "status": word,
        "from_number": user if inbound else business,
        "to_number": business if inbound else user,
        "timestamp": write_instant(notice.at, Behaviour(time_form="iso")),
    }
    if notice.started and notice.ended:
        metadata["duration_seconds"] = int(notice.ended - notice.started)
    body = {"eventType": "call.status", "call_id": notice.call, "metadata": metadata}
    return body | {"bsuid": notice.ids.bsuid}


def plus(number: str) -> str:
    return f"+{number}" if number else ""


def to_pascal(value: Any) -> Any:
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: to_pascal(value[name]) for name in value}
    return value
