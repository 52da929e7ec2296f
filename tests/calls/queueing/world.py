"""The worlds of tests.agents.limits_model as rows, and a clock to turn for them."""

from datetime import timedelta

from django.utils import timezone

from agents.models import Agent, Membership, Queue
from calls.models import Call, Line
from tests.agents.limits_model import Event, Place, World
from tests.cast import CARLA, hire
from tests.shift import Shift, change, fresh

ENDS_LATE = 10**5


class Stage:
    """Three queues with an agent each, set up anew for each world."""

    def __init__(self, shift: Shift) -> None:
        self.shift = shift
        self.queues = [shift.cast.queue]
        self.queues += [Queue.objects.create(name=name) for name in ("Sales", "Night")]
        for queue in self.queues:  # nobody's console is slow: it rings on and on
            change(queue, strategy="ring_all", retry_seconds=0, wrap_up_seconds=0)
        Membership.objects.all().delete()
        names = ("clara", "diego", "elena")
        self.agents = [
            hire(name, queue) for name, queue in zip(names, self.queues, strict=True)
        ]

    @property
    def line(self) -> Line:
        return Line.objects.select_related("queue").get(pk=self.shift.cast.line.pk)

    def set_up(self, world: World, first: int, *, has_room: bool = True) -> None:
        """World's numbers are those of the queues here, from 1."""
        Call.objects.all().delete()
        change(self.shift.cast.line, queue=self.queues[first - 1])
        self.shift.node.max_calls = 100 if has_room else 0
        self.shift.node.save()
        for number, place in world.items():
            self._set_queue(self.queues[number - 1], place)
            self._set_agent(self.agents[number - 1], place.agents)
            for _ in range(place.others):
                self._waits(self.queues[number - 1])
        self.shift.look_round()

    def _set_queue(self, queue: Queue, place: Place) -> None:
        onward = self.queues[place.onward - 1] if place.onward else None
        change(
            queue,
            max_length=place.most,
            when_nobody=place.when_nobody,
            system_answers=place.auto_answer,
            answer_after_seconds=place.answer_after,
            ring_seconds=place.rings_out,
            max_wait_seconds=place.longest,
            overflow_to=onward,
        )

    def _set_agent(self, agent: Agent, how: str) -> None:
        self.shift.consoles.pop(agent.pk, None)
        state = {"ring": "available", "busy": "in_call", "none": "offline"}[how]
        Agent.objects.filter(pk=agent.pk).update(
            state=state, state_since=timezone.now()
        )
        if how != "none":
            self.shift.consoles[agent.pk] = agent
            self.shift.beat()

    def _waits(self, queue: Queue) -> None:
        """Somebody who came long ago and is in nobody's way."""
        now = timezone.now()
        Call.objects.create(
            account=self.shift.cast.account,
            queue=queue,
            status="waiting",
            node=self.shift.node.name,
            node_epoch=self.shift.node.epoch,
            queued_at=now,
            place_since=now,
            queued_with_audio_at=now,
            media_at=now,
            deadline=now + timedelta(seconds=ENDS_LATE),
        )

    # --- What happens to the caller ------------------------------------------------

    def state_of(self, call: Call) -> str:
        call = fresh(call)
        if call.status == "ended":
            return "ends"
        if call.announcement and call.status == "waiting":
            return call.announcement
        number = [queue.pk for queue in self.queues].index(call.queue_id) + 1
        return f"{'audio' if call.queued_with_audio_at else 'rings'} in {number}"

    def comes(self, waid: str = CARLA) -> Call:
        call = self.shift.calls_in(waid, waid)
        self.look_at(call, 0)
        return call

    def look_at(self, call: Call, seconds: float) -> str:
        """So long after the call came, everything being done that is due until then."""
        passed = (timezone.now() - call.created_at).total_seconds()
        self.shift.clock.forward(max(0.0, seconds - passed))
        before, state = "", self.state_of(call)
        while state != before:  # something else may be due at once then
            self.shift.look_round()
            self.shift.rings_are_confirmed()
            self.audio_comes(call)
            before, state = state, self.state_of(call)
        return state

    def audio_comes(self, call: Call) -> None:
        now = fresh(call)
        if now.status == "waiting" and now.media_at is None:
            self.shift.system_answers(call)


def states(events: list[Event]) -> list[tuple[int, str]]:
    """The caller's state from each instant on, by the model's events."""
    found: dict[int, str] = {}
    where = how = ""
    for at, what in events:
        if what.startswith("queue"):
            where, how = what.removeprefix("queue "), how or "rings"
        how = "audio" if what == "audio" else how
        over = what if what in ("ends", "full", "nobody") else ""
        found[at] = over or f"{how} in {where}"
    return list(found.items())
