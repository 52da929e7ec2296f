"""The call that a supervisor is in, as their page shows it."""

from uuid import UUID

from calls.models import Call, Node, Supervision
from calls.queueing import supervisors
from calls.snapshots import Snapshot, iso, message
from calls.states import ON_NODE, Status
from permissions.numbers import display


def supervision(user_id: int, before: str | None = None) -> Snapshot:
    """Return the whole message. `before`: the call that the page showed last."""
    span = supervisors.here(user_id)
    if span is not None:
        return message("supervision", supervision=_shown(span), over=None)
    over = _over(before) if before else None
    return message("supervision", supervision=None, over=over)


def _shown(span: Supervision) -> Snapshot:
    related = ("agent", "contact", "queue")
    call = Call.objects.select_related(*related).get(pk=span.call_id)
    contact = call.contact
    return {
        "call": str(call.pk),
        "version": call.version,
        "mode": span.mode,
        "status": call.status,
        "agent": call.agent.name if call.agent else None,
        "contact": {
            "name": contact.called if contact else "",
            "number": display(contact.waid or "") if contact else "",
        },
        "queue": call.queue.name if call.queue else "",
        "agent_is_told": span.was_told,
        "answered_at": iso(call.answered_at),
        "audio_url": _audio_url(call),
    }


def _audio_url(call: Call) -> str | None:
    node = Node.objects.filter(name=call.node).first()
    held = node is not None and call.status in ON_NODE
    return node.supervision_url(call.pk) if node and held else None


def _over(call_id: str) -> Snapshot | None:
    """Return why the page is not in this call any more; its text may be empty."""
    call = Call.objects.filter(pk=UUID(call_id)).first()
    if call is None:
        return None
    ended = call.status == Status.ENDED
    return {"call": call_id, "text": call.end_text if ended else ""}
