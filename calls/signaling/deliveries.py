"""Store every webhook as a row, once, before anything acts on it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection

from callcenter.wati import parsing
from callcenter.wati.events import CallReport, Event, Kind, OutboundStatus
from callcenter.wati.parsing import Said
from calls.models import Call, WebhookDelivery

Status = WebhookDelivery.Status
SWEEP_AFTER = timedelta(seconds=2)
# What such a body says is not kept in memory until its turn comes.
LARGE = 16 * 1024
MOST_ROWS = 500  # in one statement, whose values databases limit

TABLE = WebhookDelivery._meta.db_table
FIELDS = [
    field for field in WebhookDelivery._meta.concrete_fields if not field.primary_key
]
# The unique constraint counts a webhook that comes again. One that arrived once and is
# stored twice, after a crash between the spool and its removal, has not come again.
COLUMNS = ", ".join(str(field.column) for field in FIELDS)
STORE = f"""
    INSERT INTO {TABLE} ({COLUMNS}) VALUES %s
    ON CONFLICT (account_id, dedupe_key) DO UPDATE SET copies = {TABLE}.copies +
    CASE WHEN {TABLE}.received_at = excluded.received_at THEN 0
    ELSE excluded.copies + 1 END
    RETURNING id, account_id, dedupe_key, copies"""
# What may be said again gives its key to the next one that is no copy of it.
RENEW = f"""
    UPDATE {TABLE} SET dedupe_key = NULL WHERE account_id = %s AND dedupe_key = %s
    AND (received_at < %s OR received_at > %s)"""
CLAIM = f"""
    UPDATE {TABLE} SET status = '{Status.DONE}', next_attempt_at = NULL, problem = ''
    WHERE id = %s AND status = '{Status.NEW}'"""
ROW = f"({', '.join(['%s'] * len(FIELDS))})"


@dataclass(frozen=True)
class Incoming:
    """A webhook as it reached the door."""

    account_id: int
    kind: Kind
    body: bytes
    remote_address: str | None
    received_at: datetime


@dataclass(frozen=True)
class Webhook:
    """One thing that a body says, with the whole body: one row."""

    incoming: Incoming
    said: Said
    part: int = 0
    parts: int = 1

    @property
    def event(self) -> Event | None:
        return self.said.event

    @property
    def dedupe_key(self) -> str | None:
        return parsing.dedupe_key(self.event) if self.event else None

    @property
    def repeats_within(self) -> timedelta | None:
        return parsing.repeats_within(self.event) if self.event else None

    @property
    def wati_call_id(self) -> str:
        return getattr(self.event, "call_id", "")

    @property
    def unknown_word(self) -> str:
        match self.event:
            case OutboundStatus(status=word) | CallReport(status=word):
                return "" if word in parsing.STATUSES else word[:40]
        return ""


@dataclass(frozen=True)
class Stored:
    """A row that waits for its effect. What it says may have to be read again.

    `is_repeat`: a copy of that row, of something that may have been said again.
    """

    pk: int
    wati_call_id: str
    account_id: int
    received_at: datetime
    event: Event | None = None
    is_repeat: bool = False


def has_news(call_id: UUID) -> bool:
    """Say whether a stored webhook about a call has had no effect yet."""
    name = Call.objects.filter(pk=call_id).values("wati_call_id")
    new = WebhookDelivery.objects.filter(status=Status.NEW)
    return new.filter(wati_call_id__in=name.exclude(wati_call_id="")).exists()


def read(incoming: Incoming) -> list[Webhook]:
    """Read all that a body says. Raises parsing.NotJson for what is no webhook."""
    said = parsing.parse(incoming.kind, parsing.load(incoming.body))
    return [Webhook(incoming, one, part, len(said)) for part, one in enumerate(said)]


def store_all(webhooks: Sequence[Webhook]) -> list[Stored | None]:
    """Keep many by one statement. Returns the row of each that needs an effect."""
    rows: dict[Any, WebhookDelivery] = {}
    places: dict[Any, int] = {}
    for place, webhook in enumerate(webhooks):
        row = _row(webhook)
        # What is not understood has no key, and is kept as often as it comes.
        key = (row.account_id, row.dedupe_key) if row.dedupe_key else (place,)
        if key in rows and _is_copy(webhook, rows[key]):
            rows[key].copies += 1
            continue
        if key in rows:  # the sweep finds it
            rows[key].dedupe_key = None
            rows[places[key],] = rows[key]
        rows[key], places[key] = row, place
    _renew_keys(webhooks[place] for place in places.values())
    stored: list[Stored | None] = [None] * len(webhooks)
    for pk, *returned, copies in _insert(list(rows.values())):
        key = tuple(returned)
        if key in rows:
            webhook = webhooks[places[key]]
            is_repeat = copies != rows[key].copies
            if not is_repeat or webhook.repeats_within:
                stored[places[key]] = _stored(pk, webhook, is_repeat)
    return stored


def store_bodies(bodies: Sequence[list[Webhook]]) -> list[list[Stored | None]]:
    """Keep many bodies, each of them wholly or not at all; usually by one statement."""
    stored: list[list[Stored | None]] = []
    for group in _groups(bodies):
        rows = iter(store_all([webhook for said in group for webhook in said]))
        stored += [list(islice(rows, len(said))) for said in group]
    return stored


def _groups(bodies: Sequence[list[Webhook]]) -> Iterator[list[list[Webhook]]]:
    """Yield bodies that fit into one statement together."""
    group: list[list[Webhook]] = []
    for said in bodies:
        if group and sum(map(len, group)) + len(said) > MOST_ROWS:
            yield group
            group = []
        group.append(said)
    if group:
        yield group


def _is_copy(webhook: Webhook, row: WebhookDelivery) -> bool:
    within, received_at = webhook.repeats_within, webhook.incoming.received_at
    return within is None or abs(received_at - row.received_at) <= within


def _renew_keys(webhooks: Iterable[Webhook]) -> None:
    """Free the keys of rows of which these say the same anew.

    The rows are compared by their own times, so whoever else stores a copy at the same
    time finds either nothing to free, or the new row's key taken.
    """
    for webhook in webhooks:
        within, at = webhook.repeats_within, webhook.incoming.received_at
        if within is not None:
            times = [
                connection.ops.adapt_datetimefield_value(end)
                for end in (at - within, at + within)
            ]
            with connection.cursor() as cursor:
                account_id = webhook.incoming.account_id
                cursor.execute(RENEW, [account_id, webhook.dedupe_key, *times])


def _stored(pk: int, webhook: Webhook, is_repeat: bool) -> Stored:
    incoming = webhook.incoming
    return Stored(
        pk,
        webhook.wati_call_id,
        incoming.account_id,
        incoming.received_at,
        webhook.event if len(incoming.body) <= LARGE else None,
        is_repeat,
    )


def event_of(delivery: Stored) -> Event:
    """Return what it says. Raises parsing.NotUnderstood or NotJson."""
    if delivery.event is not None:
        return delivery.event
    rows = WebhookDelivery.objects.filter(pk=delivery.pk)
    kind, body, part = rows.values_list("kind", "body", "part").get()
    said = parsing.parse(Kind(kind), parsing.load(bytes(body)))
    one = said[part] if part < len(said) else Said(None, "The body has no such part.")
    if one.event is None:
        raise parsing.NotUnderstood(one.problem)
    return one.event


def _insert(rows: list[WebhookDelivery]) -> list[Any]:
    # In one order everywhere, or two processes with the same webhooks wait for each
    # other.
    rows.sort(key=lambda row: (row.account_id, row.dedupe_key or ""))
    values = [
        field.get_db_prep_save(getattr(row, field.attname), connection)
        for row in rows
        for field in FIELDS
    ]
    with connection.cursor() as cursor:
        cursor.execute(STORE % ", ".join([ROW] * len(rows)), values)
        return cursor.fetchall()


def _row(webhook: Webhook) -> WebhookDelivery:
    incoming, said = webhook.incoming, webhook.said
    is_dead = said.event is None
    return WebhookDelivery(
        account_id=incoming.account_id,
        kind=incoming.kind,
        received_at=incoming.received_at,
        remote_address=incoming.remote_address,
        body=incoming.body,
        part=webhook.part,
        parts=webhook.parts,
        said_kind=said.kind,
        sent_at=getattr(said.event, "sent_at", None),
        business_number=getattr(said.event, "business_number", "")[:32],
        unknown_word=webhook.unknown_word,
        wati_call_id=webhook.wati_call_id,
        dedupe_key=webhook.dedupe_key,
        status=Status.DEAD if is_dead else Status.NEW,
        next_attempt_at=None if is_dead else incoming.received_at + SWEEP_AFTER,
        problem=said.problem[:300],
    )


def claim(delivery_id: int) -> bool:
    """Mark a row done, in the transaction that does it: nobody else can then.

    Written out, as it is asked for with each webhook: to have Django compose it costs
    more than to do it.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [delivery_id])
        return cursor.rowcount == 1


def bury(delivery_id: int, problem: str) -> None:
    """Keep it without an effect: it needs attention, and can be replayed."""
    WebhookDelivery.objects.filter(pk=delivery_id).update(
        status=Status.DEAD, problem=problem[:300], next_attempt_at=None
    )


def to_spool_line(incoming: Incoming) -> bytes:
    """Write one line of the spool file; from_spool_line reads it back.

    Two halves of two lines, one behind the other, may look like one: hence the sum.
    """
    fields = {
        "account_id": incoming.account_id,
        "kind": incoming.kind,
        "body": incoming.body.hex(),
        "remote_address": incoming.remote_address,
        "received_at": incoming.received_at.isoformat(),
    }
    return json.dumps({**fields, "sum": _sum(fields)}).encode() + b"\n"


def _sum(fields: dict[str, Any]) -> str:
    return sha256(json.dumps(fields).encode()).hexdigest()


def from_spool_line(line: bytes) -> Incoming:
    """Read one line. Raises anything for a torn one."""
    fields = json.loads(line)
    written = fields.pop("sum", None)  # none before version 1
    if written not in (None, _sum(fields)):
        raise ValueError("The line is torn.")
    return Incoming(
        account_id=fields["account_id"],
        kind=Kind(fields["kind"]),
        body=bytes.fromhex(fields["body"]),
        remote_address=fields["remote_address"],
        # Not every time in an offset of its own is one that can be read back.
        received_at=datetime.fromisoformat(fields["received_at"]).astimezone(UTC),
    )
