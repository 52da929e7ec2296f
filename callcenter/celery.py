"""The Celery app, its clock, and the one way to wake a task."""

import logging
import os
import threading
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import Any

from celery import Celery
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

from callcenter.logs import HEADER, now_about

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")

logger = logging.getLogger(__name__)

TRANSPORT_ALIASES["embedded"] = "callcenter.embedded_broker:Transport"
app = Celery("callcenter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

SWEEPS = {  # seconds between two runs
    "sweep": 1.0,
    "sweep_floor": 0.5,
    "sweep_plans": 1.0,
    "sweep_webhooks": 2.0,
    "sweep_requests": 2.0,
    "forget_strangers": 3600.0,
    "erase_contacts": 30.0,
    "purge": 3600.0,
}
# A sweep that waited until the next one is due is not worth running: on a busy worker
# they would pile up before the work that people wait for.
app.conf.beat_schedule = {
    name: {
        "task": f"calls.tasks.{name}",
        "schedule": period,
        "options": {"expires": period},
    }
    for name, period in SWEEPS.items()
}

# Set by `manage.py serve` once its embedded worker consumes. Before that, and in any
# other process, a message to embedded:// would vanish without a word.
embedded_worker_runs = False


MOST_UNSENT = 1000
# A task, its arguments, and what the lines of whoever woke it tell.
Unsent = tuple[str, tuple[Any, ...], dict[str, str]]


class Waker:
    """Sends tasks to the broker, in a thread: a broker that hangs holds up nobody."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self._unsent: Queue[Unsent] = Queue(MOST_UNSENT)
        threading.Thread(target=self._run, daemon=True, name="waker").start()

    def wake(self, task: str, args: tuple[Any, ...]) -> None:
        try:
            self._unsent.put_nowait((task, args, dict(now_about())))
        except Full:
            logger.debug("broker: too many wait, %s is left to a sweep", task)

    def _run(self) -> None:
        while True:
            if not send(*self._unsent.get()):
                self._forget()

    def _forget(self) -> None:
        """Leave to the sweeps what would wait for the same broker now."""
        with suppress(Empty):
            while True:
                self._unsent.get_nowait()


def send(task: str, args: tuple[Any, ...], facts: dict[str, str]) -> bool:
    """Send a task to the broker. Returns False if it does not take it."""
    try:
        app.send_task(task, args, expires=60, headers={HEADER: facts})
    except Exception as error:  # kombu raises whatever its transport raises
        logger.warning("broker: %s could not wake %s", type(error).__name__, task)
        return False
    return True


_waker: Waker | None = None
_lock = threading.Lock()


def wake(task: str, *args: Any) -> None:
    """Run a task soon; returns at once. Due work is a row: sweeps find what is lost."""
    global _waker
    if settings.EMBEDDED:
        if embedded_worker_runs:
            send(task, args, dict(now_about()))
        else:
            logger.debug("no worker here to wake for %s", task)
        return
    with _lock:
        if _waker is None or _waker.process != os.getpid():  # a fork has no threads
            _waker = Waker()
    _waker.wake(task, args)
