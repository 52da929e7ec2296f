"""Everything that is held about one person, as JSON, for who asks what we know of them.

Written in small pieces, each of a few rows. Agents and users are left out: what is
known of them is theirs.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import ForeignKey, Model, QuerySet
from django.utils import timezone

from agents.models import Queue
from calls.models import Call, Disposition, Line, WebhookDelivery
from calls.privacy import bodies, known
from calls.privacy.pages import keys
from permissions.models import Contact

# Rows that are named instead of numbered; all other foreign keys are left out.
NAMED: tuple[type[Model], ...] = (Line, Queue, Disposition)
NOBODYS = {"node", "node_epoch", "version", "deadline", "supervisor_name"}
CALLS_AT_ONCE = 50
# What hangs on a call, and is about the contact.
OF_A_CALL = {
    "participants": "legs",
    "ring_attempts": "offers",
    "supervisions": "supervisions",
    "timeline": "changes",
    "requests_to_wati": "requests",
}
OF_A_CONTACT = {
    "ids": "ids",
    "permissions": "permissions",
    "permission_history": "permission_events",
    "scheduled_calls": "plans",
    "erasures": "erasures",
}


def file_name(contact: Contact) -> str:
    return f"contact-{contact.pk}.json"


def about(contact: Contact) -> Iterator[bytes]:
    """Yield the parts of a JSON object, which are whole together."""
    yield b'{"made_at": ' + _as_json(timezone.now())
    yield b',\n"contact": ' + _as_json(row_of(contact))
    for title, relation in OF_A_CONTACT.items():
        yield from _list(title, map(row_of, getattr(contact, relation).order_by("pk")))
    merges = known.merges_of(contact).order_by("pk")
    yield from _list("merges", map(row_of, merges))
    yield from _list("calls", _calls(contact))
    traces = known.traces_of(contact)
    named = bodies.named(contact, traces)
    yield from _list("webhooks", _webhooks(named))
    lines = bodies.lines_about(traces) if traces else ()
    yield from _list("webhooks_set_aside", map(row_of, lines))
    yield b"}\n"


def _list(title: str, rows: Iterator[Any]) -> Iterator[bytes]:
    yield f',\n"{title}": ['.encode()
    for place, row in enumerate(rows):
        yield (b",\n  " if place else b"\n  ") + _as_json(row)
    yield b"]"


def _calls(contact: Contact) -> Iterator[dict[str, Any]]:
    for some in keys(known.calls_of(contact), at_once=CALLS_AT_ONCE):
        calls = Call.objects.filter(pk__in=some)
        yield from map(_call, _with_rows(calls))


def _with_rows(calls: QuerySet[Call]) -> QuerySet[Call]:
    return calls.prefetch_related(*OF_A_CALL.values()).order_by("created_at")


def _call(call: Call) -> dict[str, Any]:
    rows = {
        title: [row_of(row) for row in getattr(call, relation).all()]
        for title, relation in OF_A_CALL.items()
    }
    return row_of(call) | rows


def _webhooks(named: bodies.Named) -> Iterator[dict[str, Any]]:
    for page in bodies.about(named):
        found = WebhookDelivery.objects.filter(pk__in=[row["pk"] for row in page])
        yield from map(row_of, found.order_by("pk"))


def row_of(row: Model) -> dict[str, Any]:
    """Return what a row says, by its columns; of other rows their names."""
    fields = [one for one in row._meta.concrete_fields if one.name not in NOBODYS]
    return {
        one.name: _plain(getattr(row, one.name))
        for one in fields
        if not isinstance(one, ForeignKey) or one.related_model in NAMED
    }


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str() | dict() | list():
            return value
        case bytes() | memoryview():
            return bytes(value).decode(errors="replace")
        case datetime():
            return value.isoformat()
    return str(value)


def _as_json(value: Any) -> bytes:
    return json.dumps(_plain(value), ensure_ascii=False, default=str).encode()
