"""Meta's own envelope, passed through as it came, with one notice or several. Pure."""

from typing import Any

from callcenter.simulator.behaviour import Behaviour
from callcenter.simulator.notices import PERMISSION, STATUS, TERMINATE, Notice
from callcenter.simulator.people import Ids
from callcenter.simulator.spelling import (
    bsuid_of,
    business_of,
    is_missing,
    number_of,
    sdp_type,
    shows_username,
    write_instant,
    write_sdp,
    write_time,
)

# Where each kind of notice stands; all others are calls.
LISTS = {PERMISSION: "messages", STATUS: "statuses"}


def write(notices: list[Notice], behaviour: Behaviour) -> dict[str, Any]:
    """Write notices of one kind into one body: as items, changes or entries.

    Those about several business numbers never share a change.
    """
    groups = [[notice] for notice in notices]
    if behaviour.batch == "items" and len({n.number for n in notices}) == 1:
        groups = [notices]
    changes = [change(group, behaviour) for group in groups]
    tenant = notices[0].tenant
    if behaviour.batch == "entries":
        return envelope(*(entry(tenant, one) for one in changes))
    return envelope(entry(tenant, *changes))


def envelope(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"object": "whatsapp_business_account", "entry": list(entries)}


def entry(tenant: str, *changes: dict[str, Any]) -> dict[str, Any]:
    return {"id": tenant, "changes": list(changes)}


def change(notices: list[Notice], behaviour: Behaviour) -> dict[str, Any]:
    first = notices[0]
    value = metadata(business_of(first, behaviour))
    name = LISTS.get(first.kind, "calls")
    writers = {"messages": permission, "statuses": status, "calls": call}
    value[name] = [writers[name](notice, behaviour) for notice in notices]
    known = [n for n in notices if not is_missing(n, behaviour)]
    if known and (name == "calls" or behaviour.ids != "number"):
        value["contacts"] = [contact(notice, behaviour) for notice in known]
    return {"field": "messages" if name == "messages" else "calls", "value": value}


def metadata(number: str) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": number,
            "phone_number_id": f"1{number}",
        },
    }


def contact(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    shown: dict[str, Any] = {"profile": {"name": notice.name}}
    if behaviour.username_at != "nowhere" and shows_username(notice, behaviour):
        shown["profile"]["username"] = notice.ids.username
    if number := number_of(notice, behaviour):
        shown["wa_id"] = number
    if bsuid := bsuid_of(notice, behaviour):
        shown["user_id"] = bsuid
        if behaviour.parent_bsuid:
            shown["parent_user_id"] = notice.ids.parent_bsuid
    return shown


def call(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    inbound = notice.direction == "inbound"
    theirs, ours = ("from", "to") if inbound else ("to", "from")
    shown: dict[str, Any] = {
        "id": notice.call,
        ours: business_of(notice, behaviour),
        "direction": "USER_INITIATED" if inbound else "BUSINESS_INITIATED",
        "timestamp": write_time(notice.at, behaviour),
    }
    if number := number_of(notice, behaviour):
        shown[theirs] = number
    if bsuid := bsuid_of(notice, behaviour):
        shown[f"{theirs}_user_id"] = bsuid
    if notice.kind != TERMINATE:
        session = {"sdp_type": sdp_type(notice), "sdp": write_sdp(notice, behaviour)}
        return shown | {"event": "connect", "session": session}
    return shown | {"event": "terminate"} | ending(notice, behaviour)


def ending(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    shown: dict[str, Any] = {"status": "FAILED" if notice.error else "COMPLETED"}
    if notice.started:
        shown["start_time"] = write_time(notice.started, behaviour)
        shown["end_time"] = write_time(notice.ended, behaviour)
        shown["duration"] = int(notice.ended - notice.started)
    if notice.error:
        shown["errors"] = [{"code": notice.error, "title": "Call failed"}]
    return shown


def status(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": notice.call,
        "type": "call",
        "status": notice.status,
        "timestamp": write_time(notice.at, behaviour),
    }
    if number := number_of(notice, behaviour):
        shown["recipient_id"] = number
    if bsuid := bsuid_of(notice, behaviour):
        shown["recipient_user_id"] = bsuid
    return shown


def permission(notice: Notice, behaviour: Behaviour) -> dict[str, Any]:
    reply: dict[str, Any] = {
        "response": "accept" if notice.granted else "reject",
        "is_permanent": notice.permanent,
        "response_source": "user_action" if notice.by_user else "automatic",
    }
    if notice.until:
        reply["expiration_timestamp"] = write_instant(notice.until, behaviour)
    shown: dict[str, Any] = {
        "timestamp": write_time(notice.at, behaviour),
        "type": "interactive",
        "interactive": {
            "type": "call_permission_reply",
            "call_permission_reply": reply,
        },
    }
    if number := number_of(notice, behaviour):
        shown["from"] = number
    if bsuid := bsuid_of(notice, behaviour):
        shown["from_user_id"] = bsuid
    return shown


def changed_number(notice: Notice, old: Ids) -> dict[str, Any]:
    """Write the system message about a user's new number."""
    told = {"type": "user_changed_number", "wa_id": notice.ids.waid}
    return system_message(notice, {"from": old.waid}, told)


def changed_user_id(notice: Notice, old: Ids) -> dict[str, Any]:
    """Write the system message about a user's new BSUID."""
    told = {
        "type": "user_changed_user_id",
        "user_id": notice.ids.bsuid,
        "previous_user_id": old.bsuid,
    }
    return system_message(notice, {"from_user_id": notice.ids.bsuid}, told)


def system_message(
    notice: Notice, sender: dict[str, str], told: dict[str, str]
) -> dict[str, Any]:
    message = {
        **sender,
        "timestamp": str(int(notice.at)),
        "type": "system",
        "system": {"body": f"{notice.name} has changed"} | told,
    }
    value = metadata(notice.number) | {"messages": [message]}
    return envelope(entry(notice.tenant, {"field": "messages", "value": value}))
