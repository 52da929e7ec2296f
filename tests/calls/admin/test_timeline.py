"""Whatever two agents and three callers do, the agents' timeline adds up."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agents.models import IN_A_CALL, Agent, AgentState, AgentStateSpan
from calls.console.requests.agent_state import FREE_TO_CHANGE
from calls.errors import Refused
from calls.lifecycle import answer, ending, reconnect, transfer
from calls.models import Call, CallChange, Leg, Offer
from calls.queueing import agent_state, dispatch, ring_attempts, wrap_up
from calls.states import LIVE, WITH_AGENT, Status
from tests.cast import CARLA, Cast
from tests.console import PROOF
from tests.orders import examples
from tests.shift import DORA, ERIK, Shift, change

EXAMPLES = examples(8, thorough=200)
STEPS = 50
# Within one step the clock only ticks, so an observer is never later than this.
A_MOMENT = timedelta(seconds=1)

Step = tuple[Callable[["Day", str, int], None], str, int]

who = st.sampled_from(["ana", "bruno"])
which = st.integers(0, 2)


class Day:
    """What one may do has a name, and takes an agent and a number."""

    def __init__(self, cast: Cast, shift: Shift) -> None:
        self.cast, self.shift = cast, shift
        Call.objects.all().delete()
        AgentStateSpan.objects.all().delete()
        self.agents = {"ana": self.cast.ana, "bruno": self.cast.bruno}
        for agent in self.agents.values():
            change(agent, state="offline", reason="", next_state="", ready_at=None)
        self.shift.consoles = dict(zip(self._ids(), self.agents.values(), strict=True))
        self.shift.begins(*self.agents.values())
        self.signed_in: dict[int, datetime] = {}
        self.worked = dict.fromkeys(self._ids(), timedelta())
        self.flips = dict.fromkeys(self._ids(), 0)
        for agent in Agent.objects.all():  # the day may begin with a pause
            self._observe(agent, self.shift.clock.at)

    def _ids(self) -> list[int]:
        return [agent.pk for agent in self.agents.values()]

    def _call(self, number: int) -> Call | None:
        live = list(Call.objects.filter(status__in=LIVE).order_by("pk"))
        return live[number % len(live)] if live else None

    def _with(self, name: str, verb: Callable[..., Any], *rest: Any) -> None:
        """The agent tries something with the call they are in."""
        agent = self.agents[name]
        leg = Leg.objects.open().filter(agent=agent).first()
        if leg is not None:
            with suppress(Refused):
                verb(leg.call_id, agent, *rest)

    def _talking(self, name: str, verb: Callable[..., Any], *rest: Any) -> None:
        """The same; who is in no call, and can be, answers one first."""
        if not Leg.objects.open().filter(agent=self.agents[name]).exists():
            self.somebody_calls(name, 0)
            self.answers_and_talks(name)
        self._with(name, verb, *rest)

    # --- Callers and time ---

    def somebody_calls(self, name: str, number: int) -> None:
        if Call.objects.filter(status__in=LIVE).count() < 3:
            self.shift.calls_in([CARLA, DORA, ERIK][number])

    def somebody_hangs_up(self, name: str, number: int) -> None:
        if call := self._call(number):
            self.shift.hangs_up(call)

    def sound_comes(self, name: str, number: int) -> None:
        call = self._call(number)
        if call and call.status in (Status.CONNECTING, Status.WAITING):
            answer.media_up(call.pk, is_there=call.queued_with_audio_at is None)

    def a_moment_passes(self, name: str, number: int) -> None:
        self.shift.clock.forward(1 + number)
        self.shift.look_round()

    def time_passes(self, name: str, number: int) -> None:
        for _ in range([2, 9, 21][number]):
            self.shift.later(3, step=3)
            self.the_timeline_is_the_time_of_being_signed_in()

    # --- Consoles ---

    def a_console_dies(self, name: str, number: int = 0) -> None:
        self.shift.consoles.pop(self.agents[name].pk, None)

    def a_console_comes_back(self, name: str, number: int = 0) -> None:
        self.shift.console_is_back(self.agents[name])

    def a_microphone_is_silent(self, name: str, number: int = 0) -> None:
        agent_state.heartbeat(self.agents[name].pk, PROOF | {"microphone": "flat"})

    def a_console_opens_the_sound(self, name: str, number: int = 0) -> None:
        self._with(name, lambda call, agent: reconnect.console_joined(call, agent.pk))

    def a_console_loses_the_sound(self, name: str, number: int = 0) -> None:
        self._with(name, lambda call, agent: reconnect.console_left(call, agent.pk))

    # --- Agents ---

    def goes_available(self, name: str, number: int = 0) -> None:
        agent_state.go_available(self.agents[name].pk)

    def rests(self, name: str, number: int) -> None:
        state = ["on_break", "offline", "on_break"][number]
        dispatch.change_agent(self.agents[name].pk, state, only_from=FREE_TO_CHANGE)

    def chooses_what_follows(self, name: str, number: int) -> None:
        with suppress(Refused):
            state = ["on_break", "offline", ""][number]
            agent_state.choose_next(self.agents[name].pk, state)

    def answers(self, name: str, number: int = 0) -> None:
        agent = self.agents[name]
        rings = Offer.objects.filter(agent=agent, outcome="ringing").first()
        if rings is not None:
            ring_attempts.confirm(rings.call_id, agent.pk)
            take = answer.claim if rings.kind != "consult" else transfer.join
            with suppress(Refused):
                take(rings.call_id, agent)

    def answers_and_talks(self, name: str, number: int = 0) -> None:
        self.answers(name)
        self.a_console_opens_the_sound(name)
        self._with(name, lambda call, agent: answer.media_up(call))

    def declines(self, name: str, number: int = 0) -> None:
        agent = self.agents[name]
        for offer in Offer.objects.filter(agent=agent, outcome="ringing"):
            answer.decline(offer.call_id, agent)

    def hangs_up(self, name: str, number: int = 0) -> None:
        self._talking(name, ending.hang_up)

    def passes_it_to_the_colleague(self, name: str, number: int = 0) -> None:
        self._talking(name, transfer.transfer_to_agent, self._colleague(name))

    def passes_it_to_the_queue(self, name: str, number: int = 0) -> None:
        self._talking(name, transfer.transfer_to_queue, self.cast.queue)

    def has_the_colleague_in_the_call(self, name: str, number: int = 0) -> None:
        colleague = self._colleague(name)
        self.a_console_comes_back("bruno" if name == "ana" else "ana")
        self.goes_available("bruno" if name == "ana" else "ana")
        self.asks_the_colleague(name)
        if Offer.objects.filter(agent=colleague, kind="consult", outcome="ringing"):
            other = "bruno" if name == "ana" else "ana"
            self.answers(other)
            self.a_console_opens_the_sound(other)

    def asks_the_colleague(self, name: str, number: int = 0) -> None:
        self._talking(name, transfer.consult, self._colleague(name))

    def holds_or_resumes(self, name: str, number: int) -> None:
        self._talking(name, [transfer.hold, transfer.resume, transfer.hold][number])

    def hands_over_or_not(self, name: str, number: int) -> None:
        if number == 0:
            self.has_the_colleague_in_the_call(name)
        done, not_yet = transfer.complete, transfer.cancel_consult
        self._with(name, [done, not_yet, done][number])

    def wraps_up(self, name: str, number: int) -> None:
        verbs = [wrap_up.end_wrap_up, wrap_up.more_time, wrap_up.end_wrap_up]
        verbs[number](self.agents[name].pk)

    def _colleague(self, name: str) -> Agent:
        return self.agents["bruno" if name == "ana" else "ana"]

    # --- What always holds ---

    def the_timeline_has_no_holes(self) -> None:
        for agent in Agent.objects.all():
            spans = list(agent.spans.order_by("pk"))
            open_ones = [span for span in spans if span.ended_at is None]
            if agent.state == AgentState.OFFLINE:
                assert open_ones == []
            else:
                assert [(s.state, s.reason) for s in open_ones] == [
                    (agent.state, agent.reason)
                ]
                assert open_ones == spans[-1:]
                assert open_ones[0].started_at == agent.state_since
            holes = sum(a.ended_at != b.started_at for a, b in pairwise(spans))
            assert all(a.ended_at <= b.started_at for a, b in pairwise(spans))
            assert holes <= self.flips[agent.pk]

    def the_timeline_is_the_time_of_being_signed_in(self) -> None:
        now = self.shift.clock.at
        for agent in Agent.objects.all():
            self._observe(agent, now)
            since = self.signed_in.get(agent.pk, now)
            expected = self.worked[agent.pk] + (now - since)
            counted = sum(
                (
                    (span.ended_at or now) - span.started_at
                    for span in agent.spans.all()
                ),
                timedelta(),
            )
            assert abs(counted - expected) <= A_MOMENT * (1 + self.flips[agent.pk])

    def _observe(self, agent: Agent, now: datetime) -> None:
        is_there = agent.state != AgentState.OFFLINE
        if is_there and agent.pk not in self.signed_in:
            self.signed_in[agent.pk] = now
            self.flips[agent.pk] += 1
        elif not is_there and agent.pk in self.signed_in:
            self.worked[agent.pk] += now - self.signed_in.pop(agent.pk)

    def an_agent_is_in_a_call_exactly_while_in_a_call(self) -> None:
        for agent in Agent.objects.all():
            parts_now = list(Leg.objects.open().filter(agent=agent))
            assert len(parts_now) == (agent.state in IN_A_CALL), agent.state
            assert all(leg.call.status in WITH_AGENT for leg in parts_now)
        for call in Call.objects.filter(status__in=WITH_AGENT):
            assert call.legs.open().filter(agent=call.agent).count() == 1

    def it_rings_exactly_where_somebody_is_rung(self) -> None:
        for agent in Agent.objects.all():
            rings = Offer.objects.filter(agent=agent, outcome="ringing")
            assert rings.count() == (agent.state == AgentState.RINGING), agent.state
            assert all(offer.call.status in LIVE for offer in rings)

    def everybody_goes_home(self) -> None:
        """When all calls are over, nobody is stuck."""
        for call in Call.objects.filter(status__in=LIVE):
            self.shift.hangs_up(call)
        self.shift.consoles = {a.pk: a for a in self.agents.values()}
        for agent in self.agents.values():
            wrap_up.end_wrap_up(agent.pk)
        self.shift.later(4)
        for agent in Agent.objects.all():
            assert agent.state in ("available", "on_break", "offline"), agent.state

    def what_always_holds(self) -> None:
        self.the_timeline_has_no_holes()
        self.the_timeline_is_the_time_of_being_signed_in()
        self.an_agent_is_in_a_call_exactly_while_in_a_call()
        self.it_rings_exactly_where_somebody_is_rung()


OFTEN = (
    Day.somebody_calls,
    Day.answers_and_talks,
    Day.has_the_colleague_in_the_call,
    Day.goes_available,
    Day.a_console_comes_back,
    Day.a_moment_passes,
)
SELDOM = (
    Day.somebody_hangs_up,
    Day.sound_comes,
    Day.time_passes,
    Day.a_console_dies,
    Day.a_microphone_is_silent,
    Day.a_console_opens_the_sound,
    Day.a_console_loses_the_sound,
    Day.rests,
    Day.chooses_what_follows,
    Day.answers,
    Day.declines,
    Day.hangs_up,
    Day.holds_or_resumes,
    Day.passes_it_to_the_colleague,
    Day.passes_it_to_the_queue,
    Day.asks_the_colleague,
    Day.hands_over_or_not,
    Day.wraps_up,
)
acts = st.sampled_from([*OFTEN, *OFTEN, *SELDOM])
days = st.lists(st.tuples(acts, who, which), min_size=STEPS, max_size=STEPS)


# Every kind of change at least once, however few days are lived at random.
EVENTFUL: list[Step] = [
    (Day.somebody_calls, "ana", 0),
    (Day.answers_and_talks, "ana", 0),
    (Day.holds_or_resumes, "ana", 0),
    (Day.holds_or_resumes, "ana", 1),
    (Day.has_the_colleague_in_the_call, "ana", 0),
    (Day.somebody_calls, "ana", 1),  # while both are busy
    (Day.hands_over_or_not, "ana", 2),
    (Day.passes_it_to_the_queue, "bruno", 0),
    (Day.wraps_up, "ana", 0),
    (Day.answers_and_talks, "ana", 0),
    (Day.a_console_loses_the_sound, "ana", 0),
    (Day.a_console_dies, "ana", 0),
    (Day.time_passes, "bruno", 2),
    (Day.a_console_comes_back, "bruno", 0),
    (Day.hangs_up, "bruno", 0),
]


@pytest.mark.stackless  # one writer: what happens is tested here, not the locks
@pytest.mark.timeout(3600)
def test_whatever_happens_the_timeline_adds_up(cast: Cast, shift: Shift):
    change(cast.queue, strategy="longest_idle", wrap_up_seconds=10, retry_seconds=5)
    seen: set[str] = set()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(days)
    @example(EVENTFUL)
    def live(steps: list[Step]) -> None:
        day = Day(cast, shift)
        for act, name, number in steps:
            act(day, name, number)
            day.what_always_holds()
        day.everybody_goes_home()
        seen.update(CallChange.objects.values_list("event", flat=True))

    live()
    # It was worth something.
    assert seen >= {"parked", "requeued", "put_on_hold", "resumed", "transferred"}
    assert seen >= {"consulted", "joined", "handed_over", "agent_ended"}
