"""The time that the product takes to be itself again after the fault is over."""

import threading
import time
from contextlib import suppress
from datetime import datetime, timedelta

import httpx2
from django.db import DatabaseError, connection
from django.utils import timezone

from calls.models import WebhookDelivery
from calls.webhooks import spool_figures
from deploy.stack.proxy import NODES
from deploy.stack.stack import Stack

LOOK_EVERY = 0.25  # seconds
GIVE_UP_AFTER = 120.0
FRESH = timedelta(seconds=1)


class Recovery:
    """Looks until both nodes are ready and no webhook waits for over a second."""

    def __init__(self, stack: Stack) -> None:
        self.seconds: float | None = None
        self._stack = stack
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._begin = time.monotonic()
        self._thread.start()

    def wait(self) -> float | None:
        """Return the seconds; None if it took too long."""
        self._thread.join()
        return self.seconds

    def _watch(self) -> None:
        try:
            while time.monotonic() - self._begin < GIVE_UP_AFTER:
                if self._nodes_are_ready() and self._is_up_to_date():
                    self.seconds = time.monotonic() - self._begin
                    return
                time.sleep(LOOK_EVERY)
        finally:
            connection.close()

    def _nodes_are_ready(self) -> bool:
        with suppress(httpx2.HTTPError):
            return all(
                httpx2.get(
                    f"{self._stack.node_url(name)}/readyz", trust_env=False, timeout=2
                ).status_code
                == 200
                for name in NODES
            )
        return False

    def _is_up_to_date(self) -> bool:
        late = timezone.now() - FRESH
        try:
            return not undone_before(late)
        except DatabaseError:
            connection.close()
            return False


def undone_before(instant: datetime) -> bool:
    """Say whether webhooks wait on disk, or as rows that are older than this."""
    new = WebhookDelivery.objects.filter(status=WebhookDelivery.Status.NEW)
    on_disk = spool_figures.look().bytes
    return bool(on_disk) or new.filter(received_at__lt=instant).exists()
