"""What must hold after each drill, read from the rows, the wire and the processes."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db.models import F, Q

from agents.models import IN_A_CALL, Agent
from calls.models import Call, Leg, Offer, WatiRequest, WebhookDelivery
from calls.states import Status
from deploy.drills.wire import Wire, canonical

KNOWN_WITHIN = 15.0  # seconds until Wati knows that a call has ended
# A node that has just begun opens connections and fills caches; what grows with every
# drill is a leak.
SPARE_FILES, SPARE_THREADS, SPARE_TASKS, SPARE_MEGABYTES = 24, 12, 12, 40


@dataclass(frozen=True)
class Finding:
    """One promise after one drill: whether it was kept, and the figure.

    `is_timed`: a crowded machine may break it; a test does not ask for it.
    """

    promise: str
    kept: bool
    figure: str
    is_timed: bool = False


@dataclass(frozen=True)
class Usage:
    """A process's open files, threads, tasks of its loop, and megabytes."""

    files: int
    threads: int
    tasks: int
    megabytes: float

    @classmethod
    def of(cls, pid: int, tasks: int) -> "Usage":
        process = Path(f"/proc/{pid}")
        status = dict(
            line.split(":", 1) for line in (process / "status").read_text().splitlines()
        )
        return cls(
            len(os.listdir(process / "fd")),
            int(status["Threads"]),
            tasks,
            int(status["VmRSS"].split()[0]) / 1024,
        )

    def grew(self, before: "Usage") -> bool:
        return (
            self.files > before.files + SPARE_FILES
            or self.threads > before.threads + SPARE_THREADS
            or self.tasks > before.tasks + SPARE_TASKS
            or self.megabytes > before.megabytes + SPARE_MEGABYTES
        )

    def __str__(self) -> str:
        return (
            f"{self.files} files, {self.threads} threads, {self.tasks} tasks,"
            f" {self.megabytes:.0f} MB"
        )


def webhooks_are_kept(wire: Wire) -> Finding:
    """Compare the acknowledged with the stored, and look for those without effect."""
    since = WebhookDelivery.objects.filter(received_at__gte=_begin(wire))
    bodies = (bytes(body) for body in since.values_list("body", flat=True).iterator())
    lost = wire.lost_among(map(_canonical, bodies))
    undone = since.filter(status=WebhookDelivery.Status.NEW).count()
    acknowledged = len(wire.acknowledged)
    figure = f"{acknowledged} acknowledged, {len(lost)} lost, {undone} without effect"
    return Finding("nothing acknowledged is lost", not lost and not undone, figure)


def _canonical(body: bytes) -> str:
    return canonical(json.loads(body))


def _begin(wire: Wire) -> datetime:
    return datetime.fromtimestamp(wire.since, UTC) - timedelta(seconds=5)


def ends_are_known(wire: Wire, deaf: float) -> Finding:
    """Look for calls that ended here and went on at Wati, or ended there too late.

    One whose webhook was refused rings at Wati until the caller gives up. deaf: how
    long Wati could not be told, in seconds.
    """
    known = Call.objects.filter(wati_call_id__in=wire.phones)
    open_there = known.filter(wati_call_id__in=wire.open_calls())
    delays = [0.0]
    for row in known.filter(status=Status.ENDED).only("wati_call_id", "ended_at"):
        phone = wire.phones[row.wati_call_id]
        if phone.ended and row.ended_at:
            delays.append(phone.ended - row.ended_at.timestamp())
    worst, left = max(delays), open_there.count()
    kept = worst <= KNOWN_WITHIN + deaf and not left
    figure = f"worst {worst:.1f} s, {left} still open at Wati"
    promise = "every end is known to Wati within 15 s"
    return Finding(promise, kept, figure, is_timed=not left)


def nobody_in_silence(wire: Wire, allowed: float) -> Finding:
    """Look for the longest time that a caller heard no packet at all."""
    rows = Call.objects.filter(wati_call_id__in=wire.phones).exclude(ended_at=None)
    here = {
        name: at.timestamp()
        for name, at in rows.values_list("wati_call_id", "ended_at")
    }
    silences = [
        phone.silence(here.get(name))
        for name, phone in wire.phones.items()
        if phone.accepted
    ]
    worst = max(silences, default=0.0)
    figure = f"longest {worst:.2f} s of {len(silences)} calls (allowed {allowed:g} s)"
    kept = worst <= allowed
    return Finding("no caller is left in silence", kept, figure, is_timed=True)


def timelines_add_up(wire: Wire) -> Finding:
    """Look for rows that contradict each other."""
    wrong = list(_contradictions())
    figure = "; ".join(wrong) or f"{Call.objects.count()} calls agree"
    return Finding("timelines add up", not wrong, figure)


def _contradictions() -> Iterator[str]:
    calls = Call.objects.filter(status=Status.ENDED)
    for what, rows in (
        (
            "calls that are still live",
            Call.objects.exclude(status=Status.ENDED).exclude(status=Status.UNMATCHED),
        ),
        ("calls without a result", calls.filter(result="").exclude(direction="")),
        ("calls without an end", calls.filter(ended_at=None)),
        (
            "calls whose instants are out of order",
            calls.filter(
                Q(ended_at__lt=F("created_at"))
                | Q(answered_at__lt=F("created_at"))
                | Q(ended_at__lt=F("answered_at"))
            ),
        ),
        (
            "open parts of ended calls",
            Leg.objects.filter(ended_at=None, call__status=Status.ENDED),
        ),
        (
            "parts that end before they begin",
            Leg.objects.filter(ended_at__lt=F("started_at")),
        ),
        (
            "ring attempts of ended calls",
            Offer.objects.filter(
                outcome=Offer.Outcome.RINGING, call__status=Status.ENDED
            ),
        ),
        (
            "agents in a call that is over",
            Agent.objects.filter(state__in=IN_A_CALL).exclude(legs__ended_at=None),
        ),
        (
            "requests to Wati that nobody answers for",
            WatiRequest.objects.filter(
                status=WatiRequest.Status.PENDING, next_attempt_at=None
            ),
        ),
    ):
        if number := rows.distinct().count():
            yield f"{number} {what}"


def complaints(sentences: list[str]) -> list[Finding]:
    """Return what the act itself saw, as promises that were not kept."""
    return [Finding("the story goes as told", False, one) for one in sentences]


def resources_are_back(
    before: dict[str, Usage], now: Callable[[], dict[str, Usage]]
) -> Finding:
    """Compare each node that was not started anew with its baseline."""
    after = now()
    grown = [name for name, usage in after.items() if usage.grew(before[name])]
    figure = "; ".join(
        f"{name}: {usage} (before: {before[name]})" for name, usage in after.items()
    )
    promise = "files, threads, tasks and memory are back"
    return Finding(promise, not grown, figure, is_timed=True)
