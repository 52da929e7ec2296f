"""The bodies that Wati posts, in the dialects seen or plausible. Pure."""

from dataclasses import dataclass
from typing import Any

from callcenter.simulator.behaviour import Behaviour

INBOUND = "inbound-call"
TERMINATE = "terminate-call"
OUTBOUND = "outbound-call"
STATUS = "outbound-call-status"
PERMISSION = "call-permission"
KINDS = (INBOUND, TERMINATE, OUTBOUND, STATUS, PERMISSION)


@dataclass(frozen=True)
class Notice:
    """One thing that WhatsApp tells, before it is put into a dialect.

    Times are unix seconds; 0 and empty words mean "not known".
    """

    kind: str
    number: str
    tenant: str
    waid: str = ""
    name: str = ""
    call: str = ""
    direction: str = ""
    sdp: str = ""
    status: str = ""
    at: float = 0.0
    started: float = 0.0
    ended: float = 0.0
    error: int = 0
    granted: bool = False
    permanent: bool = False
    until: float = 0.0
    by_user: bool = True


def write(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    """Write the JSON object of a webhook."""
    if behaviour.dialect == "meta":
        return write_meta(notice, behaviour)
    body = write_minimal(notice, behaviour)
    if behaviour.dialect != "minimal":
        body |= extras(notice, behaviour)
    if behaviour.dialect == "pascal":
        return {name[:1].upper() + name[1:]: to_pascal(body[name]) for name in body}
    return body


def write_minimal(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    """Write what Wati's help article shows."""
    match notice.kind:
        case "inbound-call":
            return {
                "callId": notice.call,
                "sdp": write_sdp(notice, behaviour),
                "businessNumber": notice.number,
            }
        case "terminate-call":
            return {"callId": notice.call}
        case "outbound-call":
            return {"callId": notice.call, "sdp": write_sdp(notice, behaviour)}
        case "outbound-call-status":
            return {"callId": notice.call, "status": notice.status}
        case _:
            return {"waid": notice.waid, "hasPermission": notice.granted}


def extras(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    """Return the fields seen besides those of the help article."""
    body: dict[str, Any] = {"tenantId": notice.tenant}
    if notice.kind == INBOUND:
        body["agentMapping"] = {"tenantId": notice.tenant, "agentId": ""}
        body["voiceLanguage"] = "en"
        if not behaviour.missing_caller:
            body["contact"] = {
                "ContactName": notice.name,
                "ContactNumber": notice.waid,
            }
    if notice.kind == PERMISSION:
        body["channelPhoneNumber"] = notice.number
        body["status"] = "granted" if notice.granted else "denied"
    return body


def write_sdp(notice: Notice, behaviour: Behaviour) -> Any:
    newline = {"crlf": "\r\n", "lf": "\n", "literal": "\\r\\n"}[behaviour.newline]
    text = notice.sdp.replace("\r\n", newline)
    if behaviour.sdp_form == "object":
        return {"type": sdp_type(notice), "sdp": text}
    return text


def sdp_type(notice: Notice) -> str:
    return "offer" if notice.kind == INBOUND else "answer"


def to_pascal(value: Any) -> Any:
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: to_pascal(value[name]) for name in value}
    return value


def write_meta(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    """Write Meta's own envelope, passed through as it came."""
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": notice.number,
            "phone_number_id": f"1{notice.number}",
        },
    }
    field = "messages" if notice.kind == PERMISSION else "calls"
    if notice.kind == PERMISSION:
        value["messages"] = [meta_permission(notice)]
    elif notice.kind == STATUS:
        value["statuses"] = [meta_status(notice)]
    else:
        value["calls"] = [meta_call(notice, behaviour)]
        if not behaviour.missing_caller:
            contact = {"profile": {"name": notice.name}, "wa_id": notice.waid}
            value["contacts"] = [contact]
    change = {"field": field, "value": value}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": notice.tenant, "changes": [change]}],
    }


def meta_call(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    inbound = notice.direction == "inbound"
    user = "" if behaviour.missing_caller else notice.waid
    call: dict[str, Any] = {
        "id": notice.call,
        "from": user if inbound else notice.number,
        "to": notice.number if inbound else user,
        "direction": "USER_INITIATED" if inbound else "BUSINESS_INITIATED",
        "timestamp": str(int(notice.at)),
    }
    if notice.kind != TERMINATE:
        session = {"sdp_type": sdp_type(notice), "sdp": write_sdp(notice, behaviour)}
        return call | {"event": "connect", "session": session}
    return call | {"event": "terminate"} | meta_ending(notice)


def meta_ending(notice: Notice) -> dict[str, Any]:
    ending: dict[str, Any] = {"status": "FAILED" if notice.error else "COMPLETED"}
    if notice.started:
        ending["start_time"] = str(int(notice.started))
        ending["end_time"] = str(int(notice.ended))
        ending["duration"] = int(notice.ended - notice.started)
    if notice.error:
        ending["errors"] = [{"code": notice.error, "title": "Call failed"}]
    return ending


def meta_status(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.call,
        "type": "call",
        "status": notice.status,
        "timestamp": str(int(notice.at)),
        "recipient_id": notice.waid,
    }


def meta_permission(notice: Notice) -> dict[str, Any]:
    reply: dict[str, Any] = {
        "response": "accept" if notice.granted else "reject",
        "is_permanent": notice.permanent,
        "response_source": "user_action" if notice.by_user else "automatic",
    }
    if notice.until:
        reply["expiration_timestamp"] = str(int(notice.until))
    return {
        "from": notice.waid,
        "timestamp": str(int(notice.at)),
        "type": "interactive",
        "interactive": {
            "type": "call_permission_reply",
            "call_permission_reply": reply,
        },
    }
