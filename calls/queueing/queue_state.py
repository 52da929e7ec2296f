"""Look up queues and callers for the rule in agents.admission."""

from collections.abc import Iterable
from functools import cached_property

from django.db.models import Count

from agents.admission import Limits, QueuedCaller, QueueLoad, QueueNow, Queues
from agents.models import Queue
from agents.presence import staff_of
from calls.models import Call
from calls.states import FOR_ANYBODY, Status

# Stands for the queue of a call that has none any more.
NO_QUEUE = 0


def queues_now(first: Iterable[Queue | None], *, without: Call | None = None) -> Queues:
    """Return these queues and all that they overflow into, with who is there.

    Three queries at most, however many queues there are, and fewer where nobody asks
    for the load. `without`: a caller who comes only now and counts nowhere yet.
    """
    reachable = _reachable([queue for queue in first if queue is not None])
    floor = _Floor(list(reachable), without)
    now = {
        pk: QueueNow(limits_of(queue), _LoadOf(floor, pk))
        for pk, queue in reachable.items()
    }
    return now | {NO_QUEUE: QueueNow(Limits(), QueueLoad(0, 0, 0))}


class _Floor:
    """The agents and callers of all queues of one look, read when first asked for."""

    def __init__(self, queue_ids: list[int], without: Call | None) -> None:
        self._queue_ids, self._without = queue_ids, without

    @cached_property
    def staff(self) -> dict[int, tuple[int, int]]:
        return staff_of(self._queue_ids)

    @cached_property
    def waiting(self) -> dict[int, int]:
        return _waiting_in(self._queue_ids, self._without)


class _LoadOf:
    """The load of one queue on that floor."""

    def __init__(self, floor: _Floor, queue_id: int) -> None:
        self._floor, self._queue_id = floor, queue_id

    @property
    def signed_in(self) -> int:
        return self._floor.staff[self._queue_id][0]

    @property
    def ready(self) -> int:
        return self._floor.staff[self._queue_id][1]

    @property
    def waiting(self) -> int:
        return self._floor.waiting.get(self._queue_id, 0)


def _reachable(first: list[Queue]) -> dict[int, Queue]:
    found = {queue.pk: queue for queue in first}
    if all(queue.overflow_to_id in (None, *found) for queue in first):
        return found
    others = Queue.objects.in_bulk()
    for queue in first:
        onward = others.get(queue.overflow_to_id or NO_QUEUE)
        while onward is not None and onward.pk not in found:
            found[onward.pk] = onward
            onward = others.get(onward.overflow_to_id or NO_QUEUE)
    return found


def _waiting_in(queue_ids: Iterable[int], without: Call | None) -> dict[int, int]:
    callers = Call.objects.filter(
        queue__in=list(queue_ids), status__in=FOR_ANYBODY, announcement=""
    )
    if without is not None:
        callers = callers.exclude(pk=without.pk)
    counts = callers.order_by().values("queue").annotate(callers=Count("pk"))
    return dict(counts.values_list("queue", "callers"))


def limits_of(queue: Queue | None) -> Limits:
    if queue is None:
        return Limits()
    return Limits(
        max_wait=queue.max_wait_seconds,
        max_length=queue.max_length,
        when_nobody=queue.when_nobody,
        overflow_to=queue.overflow_to_id,
        auto_answer=queue.system_answers,
        answer_after=queue.answer_after_seconds,
        ring_timeout=queue.ring_seconds,
    )


def queued_caller(call: Call, *, rings_at_agent: bool) -> QueuedCaller:
    return QueuedCaller(
        queue_id=call.queue_id or NO_QUEUE,
        queued_at=call.queued_at or call.created_at,
        rings_since=call.created_at if call.status == Status.RINGING else None,
        rings_at_agent=rings_at_agent,
        visited=tuple(call.visited_queues),
    )
