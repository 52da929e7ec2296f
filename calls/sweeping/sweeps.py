"""The sweeps: what finds due work, whatever was lost on its way.

No step of a sweep keeps another from running, and none of them fails in silence.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError
from django.db.models.functions import Coalesce
from django.utils import timezone

from callcenter.shared_clock import SharedNow
from calls import deadlines
from calls.lifecycle import access, nodes, stepping_in
from calls.models import SweepRun
from calls.outbound import planned_calls
from calls.privacy import erasing, purging
from calls.queueing import agent_state, dispatch, participants
from calls.sweeping import steps
from calls.webhooks import processor, spool_import

logger = logging.getLogger(__name__)

NOTE_EVERY = 1.0  # seconds; a run that fails is noted at once
Step = Callable[[], object]


def always() -> bool:
    """Say yes: what there is to do may be in files of another machine."""
    return True


@dataclass(frozen=True)
class Sweep:
    """Steps that are taken again and again; `is_due` tells whether any finds work."""

    name: str
    steps: tuple[Step, ...]
    is_due: Callable[[], bool] = always

    def run(self, runner: str = "") -> None:
        """Take every step, whatever becomes of the others; raise the first error.

        `runner`: the node that stands in for the worker.
        """
        is_noted = _notes.begin(self.name, runner)
        errors = [error for step in self.steps if (error := self._take(step))]
        if errors:
            _notes.failed(self.name, errors[0])
            raise errors[0]
        if is_noted:
            _notes.succeeded(self.name)

    def _take(self, step: Step) -> Exception | None:
        try:
            step()
        except Exception as error:
            name = getattr(step, "__name__", "a step")
            logger.error("%s: %s failed (%s)", self.name, name, type(error).__name__)
            return error
        return None


class Notes:
    """Writes into the rows how the sweeps of this process go.

    Nothing of it may cost a sweep: while the database is away there is nothing to note.
    """

    def __init__(self) -> None:
        self._noted: dict[tuple[str, str], float] = {}

    def begin(self, name: str, runner: str) -> bool:
        """Note that a sweep runs; False if that was noted a moment ago."""
        now = time.monotonic()
        if now - self._noted.get((name, runner), -NOTE_EVERY) < NOTE_EVERY:
            return False
        self._noted[name, runner] = now
        run = SweepRun(name=name, ran_at=SharedNow(), runner=runner)
        return _quietly(
            lambda: SweepRun.objects.bulk_create(
                [run],
                update_conflicts=True,
                unique_fields=["name"],
                update_fields=["ran_at", "runner"],
            )
        )

    def failed(self, name: str, error: Exception) -> None:
        since = Coalesce("failing_since", timezone.now())
        problem = type(error).__name__
        mine = SweepRun.objects.filter(name=name)
        _quietly(lambda: mine.update(failing_since=since, problem=problem))

    def succeeded(self, name: str) -> None:
        failing = SweepRun.objects.filter(name=name, failing_since__isnull=False)
        _quietly(lambda: failing.update(failing_since=None, problem=""))

    def forget(self) -> None:
        """Note the next run of each sweep, however soon it comes."""
        self._noted.clear()


def _quietly(write: Callable[[], object]) -> bool:
    try:
        write()
    except DatabaseError as error:
        logger.warning("sweeps: cannot be noted (%s)", type(error).__name__)
        return False
    return True


_notes = Notes()

CALLS = Sweep(
    "sweep",
    (steps.act_on_deadlines, nodes.watch, steps.end_calls_of_dead_nodes),
    deadlines.calls_are_due,
)
FLOOR = Sweep(
    "sweep_floor",
    (
        agent_state.watch_agents,
        participants.watch_guests,
        stepping_in.sweep,
        steps.requeue_abandoned,
        access.give_back_all,
        dispatch.expire_attempts,
        dispatch.run,
    ),
    deadlines.floor_is_due,
)
PLANS = Sweep(
    "sweep_plans",
    (steps.expire_permissions, planned_calls.sweep, steps.check_permissions),
    deadlines.plans_are_due,
)
WEBHOOKS = Sweep("sweep_webhooks", (spool_import.import_all, processor.sweep))
REQUESTS = Sweep(
    "sweep_requests",
    (steps.send_requests, steps.probe_tokens),
    deadlines.requests_are_due,
)
SWEEPS = (CALLS, FLOOR, PLANS, WEBHOOKS, REQUESTS)
# A worker alone does these: a node that stands in for it has calls to carry.
ERASURES = Sweep("erase_contacts", (erasing.sweep,), erasing.is_due)
PURGE = Sweep(purging.NAME, (purging.run,), purging.is_due)
