"""The kind of a webhook: the one that its address is for, or plainly another."""

from callcenter.wati.apart import Part
from callcenter.wati.events import Kind
from callcenter.wati.fields import Content, first, text_of, within, word_of
from callcenter.wati.people import direction_of
from callcenter.wati.sdp_text import label_of, looks_like, sdp_of

# What no address of ours is for.
CALL_REPORT = "call-report"
PERSON_CHANGED = "person-changed"
MESSAGE = "message"

CALL_ID = ("callId", "whatsappCallId", "wacid")
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
GOES_ON = ("calling", "ringing", "accepted")
IS_OVER = ("failed", "ended")
PERMANENT, TEMPORARY = "permanent", "temporary"
GRANTED = ("granted", "accept", "accepted", "approved", PERMANENT, TEMPORARY)
REFUSED = (
    *("denied", "reject", "rejected", "declined", "revoked", "expired"),
    *("notgranted", "nopermission"),
)
PERMISSION = ("hasPermission", "granted", "permission", "callPermissionReply")
ENDS = ("duration", "durationSeconds", "endTime", "reason", "errors", "errorCode")
# A call's words that are a permission's, too, are not told apart by themselves.
OF_PERMISSION = frozenset((*GRANTED, *REFUSED)) - frozenset(STATUS_OF_WORD)


def status_of(content: Content) -> str:
    """Return one of STATUSES, the unknown word itself, or ''."""
    text = text_of(first(content, "status"), 40).lower()
    return STATUS_OF_WORD.get(word_of(text), text)


def reply_of(content: Content) -> Content:
    """Return WhatsApp's own answer to a permission request, empty without one."""
    reply = within(content, "callPermissionReply")
    return reply or within(within(content, "interactive"), "callPermissionReply")


def kind_of(address: Kind, part: Part) -> str:
    """Return a Kind or one of the words above: what the body is beyond doubt.

    Where there is doubt it is what comes to this address.
    """
    content = part.content
    if other := _no_webhook_of_ours(part):
        return other
    event = word_of(first(content, "event"))
    if event == "terminate" or _is_over(address, content):
        return Kind.TERMINATE_CALL
    if sdp := sdp_of(content):
        return _offer_or_answer(address, content, sdp)
    if _is_permission(address, content):
        return Kind.CALL_PERMISSION
    if part.source == "statuses":
        return Kind.OUTBOUND_CALL_STATUS
    return _of_call(address, content)


def _no_webhook_of_ours(part: Part) -> str:
    content = part.content
    event = word_of(first(content, "eventType", "event"))
    if event.startswith(("call.status", "callstatus")):
        return CALL_REPORT
    change = word_of(first(within(content, "system"), "type")) or event
    if "changed" in change and ("number" in change or "userid" in change):
        return PERSON_CHANGED
    if part.source == "messages" and not reply_of(content):
        return MESSAGE
    is_message = text_of(first(content, "id")).startswith("wamid.")
    return MESSAGE if part.source == "statuses" and is_message else ""


def _is_over(address: Kind, content: Content) -> bool:
    """Say whether a body at the address for it ends a call, with an SDP or not."""
    status = status_of(content)
    says_so = first(content, *ENDS) is not None if not status else status not in GOES_ON
    is_named = first(content, *CALL_ID, "id") is not None
    return address is Kind.TERMINATE_CALL and is_named and says_so


def _offer_or_answer(address: Kind, content: Content, sdp: str) -> Kind:
    """Go by the direction of the call, the SDP's label, the address, and its setup."""
    kinds = {
        "inbound": Kind.INBOUND_CALL,
        "offer": Kind.INBOUND_CALL,
        "outbound": Kind.OUTBOUND_CALL,
        "answer": Kind.OUTBOUND_CALL,
    }
    if word := direction_of(content) or label_of(content):
        return kinds[word]
    if address in (Kind.INBOUND_CALL, Kind.OUTBOUND_CALL):
        return address
    is_status = address is Kind.OUTBOUND_CALL_STATUS
    unlike = Kind.OUTBOUND_CALL if is_status else Kind.INBOUND_CALL
    return kinds.get(looks_like(sdp), unlike)


def _is_permission(address: Kind, content: Content) -> bool:
    is_named = first(content, *CALL_ID) is not None
    word = word_of(first(content, "status", "response"))
    if address is Kind.CALL_PERMISSION:
        says_so = word in (*GRANTED, *REFUSED) and not is_named
        return says_so or first(content, *PERMISSION, "interactive") is not None
    if reply_of(content) or first(content, "hasPermission") is not None:
        return True
    says_so = word in OF_PERMISSION or first(content, *PERMISSION) is not None
    return says_so and not is_named


def _of_call(address: Kind, content: Content) -> str:
    if set(content) <= {"callid", "tenantid"} and "callid" in content:
        return Kind.TERMINATE_CALL  # nothing else looks like it
    status = status_of(content)
    if address is Kind.TERMINATE_CALL:
        return Kind.OUTBOUND_CALL_STATUS if status in GOES_ON else address
    if address is Kind.OUTBOUND_CALL_STATUS and status:
        return address
    if status in IS_OVER or (not status and first(content, *ENDS) is not None):
        return Kind.TERMINATE_CALL
    return Kind.OUTBOUND_CALL_STATUS if status in STATUSES else address
