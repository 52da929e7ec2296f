"""The clock of the sweeps, which starts none that would find nothing."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from celery import beat
from django.db import close_old_connections

from callcenter.database import keep_connections

logger = logging.getLogger(__name__)

Function = TypeVar("Function", bound=Callable[..., Any])

_checks: dict[str, Callable[[], bool]] = {}


def only_when(check: Callable[[], bool]) -> Callable[[Function], Function]:
    """Have the clock start this task only when `check` says that there is work.

    A task that finds nothing costs ten times what the check does, all day.
    """

    def register(task: Function) -> Function:
        _checks[f"{task.__module__}.{task.__name__}"] = check
        return task

    return register


def has_work(task: str) -> bool:
    """Say whether this task should run; one whose check fails tells why itself."""
    try:
        return task not in _checks or _checks[task]()
    except Exception as error:
        logger.warning("beat: cannot tell about %s (%s)", task, type(error).__name__)
        return True


class Scheduler(beat.Scheduler):
    """Celery's own, in memory: nothing of it needs to outlast the process."""

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        keep_connections()  # of the thread that is the clock
        if has_work(entry.task):
            super().apply_entry(entry, producer)
        close_old_connections()
