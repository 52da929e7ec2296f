"""The Celery app, its clock, and the one way to wake a task."""

import logging
import os
from typing import Any

from celery import Celery
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

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


def wake(task: str, *args: Any) -> None:
    """Run a task soon. Due work is a row: what is lost here, a sweep finds."""
    if settings.EMBEDDED and not embedded_worker_runs:
        logger.debug("no worker here to wake for %s", task)
        return
    try:
        app.send_task(task, args, expires=60)
    except Exception as error:  # kombu raises whatever its transport raises
        logger.warning("broker: %s could not wake %s", type(error).__name__, task)
