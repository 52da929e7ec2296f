"""The Celery app, its clock, and the one way to wake a task."""

import logging
import os
from typing import Any

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")

logger = logging.getLogger(__name__)

app = Celery("callcenter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "sweep-calls": {"task": "calls.tasks.sweep", "schedule": 1.0},
    "sweep-plans": {"task": "calls.tasks.sweep_plans", "schedule": 1.0},
    "forget-strangers": {"task": "calls.tasks.forget_strangers", "schedule": 3600.0},
    "sweep-webhooks": {"task": "calls.tasks.sweep_webhooks", "schedule": 2.0},
    "sweep-requests": {"task": "calls.tasks.sweep_requests", "schedule": 2.0},
    "sweep-agents": {"task": "calls.tasks.sweep_agents", "schedule": 5.0},
}

# Set by `manage.py serve` once its embedded worker consumes. Before that, and in any
# other process, a message to memory:// would vanish without a word.
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
