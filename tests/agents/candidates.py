"""Ana, Bruno and Diego serve one queue, and Carla waits in it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from agents.assignment import assign
from agents.routing import Candidate, Decision, Rules, Strategy, Waiting, decide
from agents.skip_reasons import Skip, sentence

NOW = datetime(2026, 3, 10, 14, 2, tzinfo=UTC)

LONGEST_IDLE = Rules(Strategy.LONGEST_IDLE, agent_seconds=20)
ROUND_ROBIN = Rules(Strategy.ROUND_ROBIN, agent_seconds=20)
RING_ALL = Rules(Strategy.RING_ALL, agent_seconds=20)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def ahead(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def ana(state: str = "available", idle: float = 60, **more) -> Candidate:
    return Candidate(1, "Ana", state, ago(idle), **more)


def bruno(state: str = "available", idle: float = 30, **more) -> Candidate:
    return Candidate(2, "Bruno", state, ago(idle), **more)


def diego(state: str = "available", idle: float = 10, **more) -> Candidate:
    return Candidate(3, "Diego", state, ago(idle), **more)


def carla(waited: float = 5, **more) -> Waiting:
    return Waiting("carla", 1, ago(waited), **more)


def ringing(name: str, decision: Decision) -> bool:
    return {"Ana": 1, "Bruno": 2, "Diego": 3}[name] in decision.ring


def why_not(agent: Candidate, decision: Decision) -> tuple[Skip, str]:
    """The one reason why it does not ring there, and how it reads."""
    (found,) = [one for one in decision.skipped if one.agent_id == agent.agent_id]
    return found.skip, sentence(found)


def decisions(
    waitings: Sequence[Waiting],
    rules: Mapping[int, Rules],
    candidates: Mapping[str, Sequence[Candidate]],
    now: datetime,
) -> dict[str, Decision]:
    """What is decided for all who wait at once, by call."""
    decided = assign(waitings, rules, candidates, now)
    return {question.waiting.call_id: decision for question, decision in decided}


def rings_at(rules: Rules, *agents: Candidate, **waiting) -> list[int]:
    return list(decide(carla(**waiting), rules, agents, NOW).ring)
