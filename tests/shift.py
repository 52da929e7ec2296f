"""A shift without sound: consoles that beat, callers who call, and a clock to turn."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from agents import readiness
from agents import services as staff
from agents.models import Agent
from callcenter.beat import has_work
from callcenter.wati.events import CallTerminated, InboundCall, Person
from calls import placement, tasks
from calls.lifecycle import answer, inbound, reconnect, transfer
from calls.models import Call, Line, Offer
from calls.queueing import agent_state, ring_attempts
from tests.cast import CARLA, Cast
from tests.console import PROOF

OFFER = "v=0\r\n"
DORA, ERIK = "4915112345679", "4915112345680"  # further callers


class Clock:
    """Stands still but for a tick at each look: a slow machine changes nothing."""

    TICK = timedelta(microseconds=100)

    def __init__(self) -> None:
        self.at = timezone.now()

    def now(self) -> datetime:
        self.at += self.TICK
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Shift:
    """The cast at work. Whoever is in `consoles` has a page that is well."""

    def __init__(self, cast: Cast, clock: Clock) -> None:
        self.cast = cast
        self.clock = clock
        self.consoles: dict[int, Agent] = {}
        self.deaf: set[int] = set()  # whose pages beat, and ring for nobody to hear
        self.calls = 0
        self.node = placement.register()

    # --- Agents ---

    def begins(self, *agents: Agent) -> None:
        """They sign in, in this order, with consoles that can ring."""
        for agent in agents:
            self.consoles[agent.pk] = agent
            agent_state.heartbeat(agent.pk, PROOF)
            agent_state.go_available(agent.pk)

    def console_dies(self, agent: Agent) -> None:
        self.consoles.pop(agent.pk)

    def console_is_back(self, agent: Agent) -> None:
        self.consoles[agent.pk] = agent
        self.beat()

    def beat(self) -> None:
        """Beat at every console; one that must show that it rings does so at once."""
        for agent in self.consoles.values():
            problem = agent_state.heartbeat(agent.pk, PROOF)
            if problem == readiness.UNCONFIRMED and agent.pk not in self.deaf:
                agent_state.test_rang(agent.pk)

    def rings_are_confirmed(self) -> None:
        heard = set(self.consoles) - self.deaf
        ringing = Offer.objects.filter(outcome="ringing", agent__in=heard)
        for call_id, agent_id in ringing.values_list("call", "agent"):
            ring_attempts.confirm(call_id, agent_id)

    # --- Time ---

    def later(self, seconds: float, step: float = 1.0) -> None:
        """Time passes as it does in the product: beats, confirmations and sweeps."""
        over = self.clock.at + timedelta(seconds=seconds)
        while self.clock.at < over:
            left = (over - self.clock.at).total_seconds()
            self.rings_are_confirmed()
            self.clock.forward(min(step, left))
            self.look_round()
        self.rings_are_confirmed()

    def look_round(self) -> None:
        placement.renew(self.node, calls=0)
        self.beat()
        for sweep in (tasks.sweep, tasks.sweep_floor):
            if has_work(sweep.name):
                sweep()

    # --- Calls ---

    def calls_in(
        self, waid: str = CARLA, name: str = "Carla", line: Line | None = None
    ) -> Call:
        self.calls += 1
        event = InboundCall(
            call_id=f"wacid.{self.calls}",
            offer=OFFER,
            business_number=(line or self.cast.line).number,
            caller=Person(waid=waid, name=name),
        )
        now = timezone.now()
        call = inbound.begin(self.cast.account, event, received_at=now, offer=OFFER)
        return fresh(call)

    def hangs_up(self, call: Call) -> Call:
        """The person at the other end."""
        name = fresh(call).wati_call_id
        inbound.customer_ended(self.cast.account, CallTerminated(name))
        return fresh(call)

    def answers(self, agent: Agent, call: Call) -> Call:
        """The agent presses Answer, and the sound comes."""
        self.rings_are_confirmed()
        answer.claim(call.pk, agent)
        reconnect.console_joined(call.pk, agent.pk)
        answer.media_up(call.pk)
        return fresh(call)

    def talks(self, agent: Agent, waid: str = CARLA) -> Call:
        """A new call, and the agent is in it; nobody else may be free."""
        return self.answers(agent, self.calls_in(waid))

    def system_answers(self, call: Call) -> Call:
        """The node has the sound of a call that is parked."""
        assert answer.accept_sent(call.pk, OFFER)
        answer.media_up(call.pk)
        return fresh(call)

    def joins(self, colleague: Agent, call: Call) -> Call:
        """A colleague who was asked answers, and has the sound."""
        self.rings_are_confirmed()
        transfer.join(call.pk, colleague)
        reconnect.console_joined(call.pk, colleague.pk)
        return fresh(call)

    def asks(self, agent: Agent, colleague: Agent, call: Call) -> Call:
        transfer.consult(call.pk, agent, colleague)
        return self.joins(colleague, call)


def set_state(agent_id: int, state: str, *, only_from: Any = (), **more: Any) -> bool:
    """Move one agent along their timeline; False when they did not move."""
    new = staff.NewState(state, **more)
    return bool(staff.set_states([agent_id], lambda _: new, only_from=only_from))


def fresh(call: Call) -> Call:
    return Call.objects.get(pk=call.pk)


def outcomes(call: Call) -> list[tuple[str, str]]:
    """At whom it rang and how that went, in order."""
    rows = call.offers.order_by("pk").values_list("agent__name", "outcome")
    return list(rows)


def ringing(call: Call) -> list[str]:
    rows = call.offers.filter(outcome="ringing").order_by("agent__name")
    return list(rows.values_list("agent__name", flat=True))


def state_of(agent: Agent) -> str:
    return Agent.objects.get(pk=agent.pk).state


def states_of(*agents: Agent) -> list[str]:
    return [state_of(agent) for agent in agents]


def change(thing: Any, **fields: Any) -> None:
    """As somebody does in the admin."""
    for name, value in fields.items():
        setattr(thing, name, value)
    thing.save()


def events(call: Call) -> list[str]:
    return list(call.changes.values_list("event", flat=True))
