"""The clock of the sweeps, which starts none that would find nothing."""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

from celery import beat
from django.db import close_old_connections, connection
from django.db.models import DateTimeField, Expression, QuerySet
from django.utils import timezone

from callcenter.database import keep_connections
from callcenter.shared_clock import offset
from callcenter.steady_clock import awake

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


# --- The clock of the machine ---------------------------------------------------------

# A clock that NTP steers is never off by so much; one that somebody sets is.
WORTH_MOVING = 2.0  # seconds

_on_jump: list[Callable[[float], object]] = []


def when_clock_is_set(act: Callable[[float], object]) -> None:
    """Have the clock of the sweeps call this, before the next of them runs."""
    _on_jump.append(act)


class ClockWatch:
    """Compares the clock on the wall with one that nobody can set.

    That one goes on while the machine sleeps: a sleep is no jump.
    """

    def __init__(self) -> None:
        self._seen: tuple[float, float] | None = None
        self._offset = 0.0

    def look(self) -> None:
        """Tell of a jump since the last look, if the shared clock jumped as well.

        If it did not, this machine's clock alone is wrong, and no row is.
        """
        wall, steady = timezone.now().timestamp(), awake()
        if self._seen is None:
            self._offset = offset()
        else:
            jump = (wall - self._seen[0]) - (steady - self._seen[1])
            if abs(jump) > WORTH_MOVING:
                self._tell(jump)
        self._seen = wall, steady

    def _tell(self, jump: float) -> None:
        before, self._offset = self._offset, offset()
        if abs(self._offset - before) > WORTH_MOVING:
            logger.critical("the clock of this machine alone was set by %.0f s", jump)
            return
        for act in _on_jump:
            act(jump)


# --- Checks ---------------------------------------------------------------------------


class Instant(Expression):
    """The instant at which a statement runs, or so long before it.

    Stands in a queryset that is made into a statement once, and run ever after.
    """

    output_field = DateTimeField()

    def __init__(self, ago: timedelta = timedelta()) -> None:
        super().__init__()
        self.ago = ago

    def __sub__(self, other: timedelta) -> "Instant":  # type: ignore[override]
        return Instant(self.ago + other)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]

    def value(self) -> Any:
        now = timezone.now() - self.ago
        return connection.ops.adapt_datetimefield_value(now)


def any_row(
    select: Callable[[Instant], Iterable[QuerySet[Any]]],
) -> Callable[[], bool]:
    """Make a check of a function that selects rows as of now: is there any?

    One statement for all, put into words once: that costs ten times its run.
    """

    @cache
    def statement() -> tuple[str, list[Any]]:
        found = [
            rows.order_by().values("pk")[:1].query.sql_with_params()
            for rows in select(Instant())
        ]
        either = " OR ".join(f"EXISTS ({sql})" for sql, _ in found)
        return f"SELECT {either}", [one for _, params in found for one in params]

    def check() -> bool:
        sql, params = statement()
        with connection.cursor() as cursor:
            cursor.execute(
                sql, [p.value() if isinstance(p, Instant) else p for p in params]
            )
            return bool(cursor.fetchone()[0])

    return check


class Scheduler(beat.Scheduler):
    """A clock of plain periods, in memory: nothing of it needs to outlast the process.

    Celery's own looks at each entry several times for each of its runs, as crontabs
    need it: more than a percent of a core, all day.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self._due: dict[str, float] = {}  # by the monotonic clock
        self._is_cut_off = False
        self._clock = ClockWatch()
        super().__init__(*args, **options)

    def tick(self, *_: Any, **__: Any) -> float:
        """Send what is due; return the seconds until something else is."""
        self._look_at_clock()
        now = time.monotonic()
        for name, entry in self.schedule.items():
            period = entry.schedule.run_every.total_seconds()
            if self._due.setdefault(name, now + period) <= now:
                self.apply_entry(entry, producer=self.producer)
                # What was late is not made up for.
                self._due[name] = max(self._due[name] + period, now)
        next_due = min(self._due.values(), default=now + self.max_interval)
        return max(0.0, min(next_due - time.monotonic(), self.max_interval))

    def _look_at_clock(self) -> None:
        keep_connections()  # of the thread that is the clock
        try:
            self._clock.look()
        except Exception as error:  # the database is away: at the next look
            logger.warning("beat: cannot look at the clock (%s)", type(error).__name__)

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        if has_work(entry.task):
            self._send(entry, producer)
        close_old_connections()

    def _send(self, entry: Any, producer: Any) -> None:
        """Send it to the broker; while that is away, say so once and not each time."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
            self._is_cut_off = False
        except Exception as error:
            if not self._is_cut_off:
                logger.error("beat: no broker (%s)", type(error).__name__)
            self._is_cut_off = True
