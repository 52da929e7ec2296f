"""The debug bundle of a call: all that is known to be harmless, and nothing else.

Numbers, instants and flags go in by their type. A text goes in only if it is a word of
our own vocabulary: whatever else stands in a column is somebody's, and stays here.
"""

import hmac
import json
import platform
from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from hashlib import sha256
from importlib import metadata
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from agents.admission import WhenNobody
from agents.decisions import Unreadable, from_json
from agents.models import AgentState
from agents.routing import Strategy
from agents.skip_reasons import Skip
from callcenter.wati import kinds
from callcenter.wati.errors import sentence
from callcenter.wati.events import Kind
from calls.models import (
    Announcement,
    AnsweredBy,
    Call,
    Direction,
    Leg,
    Node,
    Offer,
    RoutingDecision,
    Supervision,
    WatiRequest,
    WebhookDelivery,
)
from calls.reporting.labels import NAME_AT_WATI, WHAT_WAS_NOTED
from calls.states import EndedBy, Event, Result, Status

OTHER = "(left out)"
VOCABULARY: tuple[type[Enum], ...] = (
    Status,
    Event,
    Result,
    EndedBy,
    Direction,
    Announcement,
    AnsweredBy,
    Offer.Outcome,
    Offer.Kind,
    Leg.Mode,
    Supervision.Mode,
    WatiRequest.Verb,
    WatiRequest.Status,
    WebhookDelivery.Status,
    Kind,
    Strategy,
    WhenNobody,
    AgentState,
)
WORDS = frozenset(
    [
        *(str(word.value) for words in VOCABULARY for word in words),
        *WHAT_WAS_NOTED,
        *NAME_AT_WATI,
        *kinds.STATUS_OF_WORD,
    ]
)
# The names of what a body of Wati holds; their values never.
KEYS = frozenset(
    {
        *(*kinds.CALL_ID, *kinds.PERMISSION, *kinds.ENDS),
        *("event", "eventType", "status", "timestamp", "from", "to", "waid", "bsuid"),
        *("username", "user_id", "contact", "contacts", "name", "profile", "metadata"),
        *("businessNumber", "channelPhoneNumber", "sdp", "sdpType", "session", "calls"),
        *("entry", "changes", "value", "statuses", "messages", "direction", "type"),
        *("terminateReason", "startTime", "error", "code", "data"),
    }
)
DEEPEST, MOST_ITEMS = 6, 20

PLAIN_FIELDS = (
    models.DateTimeField,
    models.BooleanField,
    models.IntegerField,
    models.UUIDField,
    models.AutoField,
    models.ForeignKey,
)
PROGRAMS = ("Django", "channels", "daphne", "uvicorn", "celery", "aiortc", "psycopg")
# Settings whose values tell nothing of a company.
SETTINGS = (
    "DEBUG",
    "EMBEDDED",
    "NODE_MAX_CALLS",
    "RING_CONFIRM_SECONDS",
    "GUEST_RETURN_SECONDS",
    "ANSWER_BY_SOUND_SECONDS",
    "DATABASE_POOL",
    "CANARY_MINUTES",
    "SECURE",
)


def bundle_of(call: Call) -> dict[str, Any]:
    """Collect everything about a call, ready for JSON."""
    attempts = call.offers.order_by("offered_at", "pk")
    return {
        "made_at": timezone.now().isoformat(),
        "call": plain(call, *OF_A_CALL) | _of_call(call),
        "timeline": [plain(row, "event", "old", "new") for row in call.changes.all()],
        "participants": [plain(leg, "mode") for leg in call.legs.order_by("pk")],
        "supervisions": [
            plain(span, "mode") for span in call.supervisions.order_by("pk")
        ],
        "ring_attempts": [plain(row, "kind", "outcome") for row in attempts],
        "decisions": [_decision(row) for row in call.decisions.all()],
        "webhooks": [_webhook(row) for row in _deliveries_of(call)],
        "requests": [_request(row) for row in call.requests.order_by("pk")],
        "queue": plain(call.queue, "strategy", "when_nobody") if call.queue else None,
        "node": _node(call),
        "versions": _versions(),
        "settings": {name: getattr(settings, name) for name in SETTINGS},
    }


OF_A_CALL = (
    "direction",
    "status",
    "result",
    "end_reason",
    "ended_by",
    "progress",
    "answered_by",
    "announcement",
    "wanted_as",
)


def plain(row: models.Model, *words: str) -> dict[str, Any]:
    """Return the numbers, instants and flags of a row, and these of its words."""
    found: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.name in words:
            found[field.name] = word(value)
        elif isinstance(field, PLAIN_FIELDS):
            found[field.attname] = _scalar(value)
    return found


def word(value: Any) -> str:
    """Return a word of ours; of anything else no more than that it is there."""
    text = str(value or "")
    return text if not text or text in WORDS else OTHER


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value if isinstance(value, int | float) or value is None else OTHER


def _of_call(call: Call) -> dict[str, Any]:
    figures = call.audio_figures if isinstance(call.audio_figures, dict) else {}
    queues = call.visited_queues if isinstance(call.visited_queues, list) else []
    return {
        "visited_queues": [pk for pk in queues if isinstance(pk, int)],
        "error": sentence(call.error_code),
        "wati_call": _mark(call.wati_call_id),
        "has_offer_sdp": bool(call.offer_sdp),
        "has_answer_sdp": bool(call.answer_sdp),
        "audio": {
            name: value
            for name, value in figures.items()
            if name in AUDIO_FIGURES and isinstance(value, int | float)
        },
    }


# Of calls.media.counters, as the node writes them once the audio is over.
AUDIO_FIGURES = (
    "packets_in",
    "lost_in",
    "late_in",
    "jitter_in",
    "not_audio_in",
    "refused_in",
    "packets_out",
    "silences_out",
    "dropped_out",
    "late_out",
    "too_fast_out",
    "quiet_seconds",
    "one_way_seconds",
)


def _mark(text: str) -> str:
    """Return what tells one ID from another; WhatsApp's have a number inside."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, text.encode(), sha256).hexdigest()[:12] if text else ""


def _decision(row: RoutingDecision) -> dict[str, Any]:
    told = plain(row)
    try:
        _, decision = from_json(row.facts)
    except (Unreadable, ValueError, TypeError, KeyError, AttributeError):
        return told | {"unreadable": True}
    skips = set(Skip)
    return told | {
        "strategy": word(decision.strategy),
        "rang": [pk for pk in decision.ring if isinstance(pk, int)],
        "skipped": [
            {"agent_id": one.agent_id, "why": str(one.skip)}
            for one in decision.skipped
            if isinstance(one.agent_id, int) and one.skip in skips
        ],
    }


def _deliveries_of(call: Call) -> Iterable[WebhookDelivery]:
    if not call.wati_call_id:
        return []
    rows = WebhookDelivery.objects.filter(
        account=call.account_id, wati_call_id=call.wati_call_id
    )
    return rows.order_by("pk")[:200]


def _webhook(row: WebhookDelivery) -> dict[str, Any]:
    body = bytes(row.body)
    return plain(row, "kind", "said_kind", "status") | {
        "bytes": len(body),
        "is_repeat": bool(row.copies),
        "has_problem": bool(row.problem),
        "shape": _shape(_content_of(body)),
    }


def _content_of(body: bytes) -> Any:
    """Return the JSON of a body, or None."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _shape(value: Any, depth: int = DEEPEST) -> Any:
    """Return the known names in a body, and of each value its kind and length."""
    if depth and isinstance(value, dict):
        known = [(key, inner) for key, inner in value.items() if key in KEYS]
        shown = {key: _shape(inner, depth - 1) for key, inner in known[:MOST_ITEMS]}
        others = len(value) - len(shown)
        return shown | ({"(others)": others} if others else {})
    if depth and isinstance(value, list):
        return [_shape(inner, depth - 1) for inner in value[:MOST_ITEMS]]
    if isinstance(value, str):
        return value if value in WORDS else f"(text, {len(value)} characters)"
    return f"({type(value).__name__})"


def _request(row: WatiRequest) -> dict[str, Any]:
    return plain(row, "verb", "status") | {"error": sentence(row.error_code)}


def _node(call: Call) -> dict[str, Any] | None:
    """Return the node without its name; whether it is still the process of then."""
    node = Node.objects.filter(name=call.node).first() if call.node else None
    if node is None:
        return None
    return plain(node) | {"is_same_process": node.epoch == call.node_epoch}


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "database": connection.vendor}
    for name in PROGRAMS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
