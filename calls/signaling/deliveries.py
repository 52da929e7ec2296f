"""Store every webhook as a row, once, before anything acts on it."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from callcenter.wati import parsing
from callcenter.wati.events import (
    Kind,
)
from calls.models import WebhookDelivery

Status = WebhookDelivery.Status
SWEEP_AFTER = timedelta(seconds=2)


@dataclass(frozen=True)
class Incoming:
    """A webhook as it reached the door."""

    account_id: int
    kind: Kind
    body: bytes
    remote_address: str | None
    received_at: datetime


def store(incoming: Incoming) -> WebhookDelivery | None:
    """Keep a webhook. Returns its row, or None for one that needs no effect.

    Raises parsing.NotJson. Anything else authentic is kept, understood or not.
    """
    try:
        event = parsing.parse(incoming.kind, parsing.load(incoming.body))
    except parsing.NotUnderstood as error:
        _create(incoming, status=Status.DEAD, problem=str(error))
        return None
    key = parsing.dedupe_key(event)
    delivery, created = WebhookDelivery.objects.get_or_create(
        account_id=incoming.account_id,
        dedupe_key=key,
        defaults=_row(incoming) | {"wati_call_id": getattr(event, "call_id", "")},
    )
    if not created:
        same = WebhookDelivery.objects.filter(pk=delivery.pk)
        same.update(copies=F("copies") + 1)
        return None
    return delivery


def _create(incoming: Incoming, **fields: str) -> None:
    WebhookDelivery.objects.create(
        account_id=incoming.account_id, **_row(incoming), **fields
    )


def _row(incoming: Incoming) -> dict[str, object]:
    return {
        "kind": incoming.kind,
        "body": incoming.body,
        "remote_address": incoming.remote_address,
        "received_at": incoming.received_at,
        "next_attempt_at": incoming.received_at + SWEEP_AFTER,
    }


def bury(delivery_id: int, problem: str) -> None:
    """Keep it without an effect: it needs attention, and can be replayed."""
    WebhookDelivery.objects.filter(pk=delivery_id).update(
        status=Status.DEAD, problem=problem[:300], next_attempt_at=None
    )


def to_spool_line(incoming: Incoming) -> bytes:
    """Write one line of the spool file; from_spool_line reads it back."""
    fields = {
        "account_id": incoming.account_id,
        "kind": incoming.kind,
        "body": incoming.body.hex(),
        "remote_address": incoming.remote_address,
        "received_at": incoming.received_at.isoformat(),
    }
    return json.dumps(fields).encode() + b"\n"


def from_spool_line(line: bytes) -> Incoming:
    """Read one line. Raises ValueError or KeyError for a torn one."""
    fields = json.loads(line)
    return Incoming(
        account_id=fields["account_id"],
        kind=Kind(fields["kind"]),
        body=bytes.fromhex(fields["body"]),
        remote_address=fields["remote_address"],
        received_at=datetime.fromisoformat(fields["received_at"]),
    )
