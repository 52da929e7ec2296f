"""Webhooks that tell of a person: as rows, as lines set aside, and on the disk."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import QuerySet

from calls.models import SetAsideLine, WebhookDelivery
from calls.privacy import known
from calls.privacy.pages import pages
from calls.webhooks.spool import FILE
from permissions.models import Contact
from permissions.traces import Traces

Status = WebhookDelivery.Status
HEXADECIMAL = re.compile(rb"(?:[0-9a-f]{2}){8,}")


class Named(NamedTuple):
    """Marks of a webhook about a person: their traces, or their calls."""

    traces: Traces
    calls: frozenset[tuple[int, str]]  # accounts, and the names of calls there

    def is_in(self, row: dict[str, Any]) -> bool:
        call = row["account_id"], row["wati_call_id"]
        return call in self.calls or self.traces.in_body(bytes(row["body"]))


def named(contact: Contact, traces: Traces) -> Named:
    """Collect what tells that a webhook is about this contact."""
    calls = known.calls_of(contact).exclude(wati_call_id="")
    names = calls.values_list("account_id", "wati_call_id")
    return Named(traces, frozenset(names))


COLUMNS = ("pk", "account_id", "wati_call_id", "status", "body")


def about(named: Named, *, after: int = 0) -> Iterator[list[dict[str, Any]]]:
    """Yield the webhooks about a person, those of a page of the table at once."""
    rows = WebhookDelivery.objects.filter(pk__gt=after)
    for page in pages(rows, *COLUMNS):
        yield [row for row in page if named.is_in(row)]


def newest() -> int:
    """Return the key of the newest webhook: what comes later has a greater one."""
    return (
        WebhookDelivery.objects.order_by("-pk").values_list("pk", flat=True).first()
        or 0
    )


def empty(rows: list[dict[str, Any]]) -> int:
    """Keep that these webhooks came, and nothing of what they said."""
    keys = [row["pk"] for row in rows]
    mine = WebhookDelivery.objects.filter(pk__in=keys).exclude(status=Status.NEW)
    return mine.update(
        body=b"",
        wati_call_id="",
        unknown_word="",
        problem="",
        status=Status.DONE,
        next_attempt_at=None,
    )


def lines_about(traces: Traces) -> QuerySet[SetAsideLine]:
    """Select the lines that could not be stored, and tell of this person."""
    keys = [
        row["pk"]
        for page in pages(SetAsideLine.objects.all(), "pk", "line")
        for row in page
        if is_in_line(traces, bytes(row["line"]))
    ]
    return SetAsideLine.objects.filter(pk__in=keys)


def is_in_line(traces: Traces, line: bytes) -> bool:
    """Say whether a line of the disk tells of them, be it torn."""
    parts = [bytes.fromhex(part.decode()) for part in HEXADECIMAL.findall(line)]
    return any(map(traces.in_body, [line, *parts]))


def on_disk() -> list[Path]:
    """Return the files of this machine that have webhooks to import."""
    directory = Path(settings.SPOOL_DIR)
    files = [directory / FILE, *directory.glob(f"{FILE}.*")]
    return [path for path in files if path.is_file() and path.stat().st_size]


def is_on_disk(traces: Traces) -> bool:
    """Say whether a line that waits for its import tells of this person."""
    return any(_any_line(path, traces) for path in on_disk())


def _any_line(path: Path, traces: Traces) -> bool:
    with path.open("rb") as file:
        return any(is_in_line(traces, line) for line in file)
