"""Sweep in the nodes while no worker does: without beat, worker or broker.

One sweep runs at every two seconds whatever there is to do. When no worker has run any
for a while, the nodes run those that have work; a row decides which node.
"""

import logging
import threading
from datetime import timedelta

from django.conf import settings
from django.db import close_old_connections

from callcenter.database import close_broken_connections
from callcenter.shared_clock import SharedNow
from calls.models import SweepRun
from calls.sweeping.sweeps import SWEEPS, Sweep

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds
# A little less than LOOK_EVERY: each look may be a run.
PERIOD = timedelta(seconds=0.9)
LONG_AGO = timedelta(days=1)


def claim(sweep: Sweep) -> bool:
    """Claim one run for this node, by compare-and-set."""
    never = SweepRun(name=sweep.name, ran_at=SharedNow(-LONG_AGO))
    SweepRun.objects.bulk_create([never], ignore_conflicts=True)
    mine = SweepRun.objects.not_since(PERIOD).filter(name=sweep.name)
    return bool(mine.update(ran_at=SharedNow(), runner=settings.NODE_NAME))


class StandIn:
    """The sweeps of this node: a thread for each, as one may wait for Wati."""

    def __init__(self) -> None:
        self._running: set[str] = set()
        self._lock = threading.Lock()
        self.stands_in = False

    def look(self) -> None:
        """Run what is due if no worker does. Returns before it is done."""
        is_silent = SweepRun.objects.worker_is_silent()
        if is_silent != self.stands_in:
            logger.warning(
                "no worker sweeps; this node does"
                if is_silent
                else "a worker sweeps again"
            )
            self.stands_in = is_silent
        if is_silent:
            for sweep in SWEEPS:
                self._run_if_due(sweep)

    def _run_if_due(self, sweep: Sweep) -> None:
        with self._lock:
            if sweep.name in self._running:
                return
        try:
            if not sweep.is_due() or not claim(sweep):
                return
        except Exception as error:
            logger.warning("%s: cannot tell (%s)", sweep.name, type(error).__name__)
            return
        with self._lock:
            self._running.add(sweep.name)
        name = f"stand-in {sweep.name}"
        # A daemon: what runs may be killed anywhere, so the end waits for none.
        threading.Thread(target=self._run, args=[sweep], name=name, daemon=True).start()

    def _run(self, sweep: Sweep) -> None:
        close_broken_connections()
        try:
            sweep.run(settings.NODE_NAME)
        except Exception as error:  # each step that failed has said so
            logger.debug("%s", sweep.name, exc_info=error)
        finally:
            close_old_connections()
            with self._lock:
                self._running.discard(sweep.name)
