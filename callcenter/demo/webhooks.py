"""The last webhook of each kind that the demo's past calls and requests imply."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from callcenter.wati.events import Kind
from calls.models import Call, Direction, Line, LineHeard, WebhookDelivery
from permissions.facts import Source
from permissions.models import PermissionEvent

Last = tuple[Kind, datetime | None, dict[str, Any]]


def make_webhooks(line: Line) -> None:
    """Store them, unless this business number was heard before."""
    if LineHeard.objects.filter(line=line).exists():
        return
    for kind, at, body in _last_ones(line):
        if at is not None:
            LineHeard.objects.create(line=line, kind=kind, at=at)
            WebhookDelivery.objects.create(
                account=line.account,
                kind=kind,
                said_kind=kind,
                received_at=at,
                body=json.dumps(body).encode(),
                wati_call_id=body.get("callId", ""),
                status=WebhookDelivery.Status.DONE,
            )


def _last_ones(line: Line) -> Iterator[Last]:
    ended = Call.objects.filter(line=line).exclude(ended_at=None)
    placed = ended.filter(direction=Direction.OUTBOUND)
    for kind, calls, instant in (
        (Kind.INBOUND_CALL, ended.filter(direction=Direction.INBOUND), "created_at"),
        (Kind.TERMINATE_CALL, ended, "ended_at"),
        (Kind.OUTBOUND_CALL, placed.exclude(answered_at=None), "answered_at"),
        (Kind.OUTBOUND_CALL_STATUS, placed, "ended_at"),
    ):
        if call := calls.order_by(f"-{instant}").first():
            yield kind, getattr(call, instant), _body(kind, call)
    yield _last_permission(line)


def _body(kind: Kind, call: Call) -> dict[str, Any]:
    body = {"callId": call.wati_call_id}
    if kind == Kind.OUTBOUND_CALL_STATUS:
        body["status"] = "ACCEPTED" if call.answered_at else "REJECTED"
    return body


def _last_permission(line: Line) -> Last:
    said = PermissionEvent.objects.filter(
        source=Source.WEBHOOK, permission__business_number=line.number
    )
    last = said.select_related("contact").order_by("-at").first()
    granted = last is not None and last.kind == "granted"
    waid = last.contact.waid if last else ""
    body = {"waid": waid, "hasPermission": granted}
    return Kind.CALL_PERMISSION, last.at if last else None, body
