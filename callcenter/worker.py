"""Threads and processes of a Celery worker, which keep their connections."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from celery import Task, signals
from celery.concurrency.thread import TaskPool
from django.db import close_old_connections

from callcenter.database import keep_connections
from callcenter.logs import HEADER, about


@signals.worker_process_init.connect
def _on_worker_process(**_: Any) -> None:
    """Keep the connections of this thread: a worker's process runs its tasks in it."""
    keep_connections()


@signals.task_prerun.connect
def _before_task(task: Task, **_: Any) -> None:
    """Let the task's lines tell what those tell that woke it."""
    facts = about(**(getattr(task.request, HEADER, None) or {}))
    facts.__enter__()
    task.request.facts = facts


@signals.task_postrun.connect
def _after_task(task: Task, **_: Any) -> None:
    facts = getattr(task.request, "facts", None)
    if facts is not None:
        facts.__exit__(None, None, None)


@signals.task_prerun.connect
@signals.task_postrun.connect
def _around_task(task: Task, **_: Any) -> None:
    if not task.request.is_eager:
        close_old_connections()


class KeepingThreads(TaskPool):
    """Celery's pool of threads, each with a connection of its own."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.executor = ThreadPoolExecutor(self.limit, initializer=keep_connections)
