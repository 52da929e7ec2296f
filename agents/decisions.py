"""Decisions as they are kept: JSON there and back, and decided once more. Pure."""

from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import datetime
from hashlib import blake2b
from operator import attrgetter
from typing import Any

from agents.routing import (
    Candidate,
    Decision,
    Question,
    Rules,
    Strategy,
    Waiting,
    answer,
)
from agents.skip_reasons import Skip, Skipped

INSTANTS = (
    "since",
    "last_offered_at",
    "tried_at",
    "sticky_until",
    "only_until",
)

Json = dict[str, Any]

CANDIDATE = tuple(field.name for field in fields(Candidate))
_values_of = attrgetter(*CANDIDATE)


class Unreadable(ValueError):
    """The stored text is no decision; the message is a sentence for the reader."""


def as_json(question: Question, decision: Decision) -> Json:
    """Write down what is needed to decide again, and what was decided."""
    return {
        "now": question.now.isoformat(),
        "waiting": _plain(asdict(question.waiting)),
        "rules": _stored(question.rules),
        "candidates": [_candidate(agent) for agent in question.candidates],
        "promised": sorted(question.promised),
        "decision": {
            "ring": list(decision.ring),
            "skipped": [_plain(one._asdict()) for one in decision.skipped],
            "strategy": decision.strategy,
            "rule_version": decision.rule_version,
        },
    }


def outcome_of(decision: Decision) -> str:
    """Return a short text that differs when other agents ring, or for other reasons.

    The part before the colon is of those who ring alone.
    """
    reasons = [(one.agent_id, str(one.skip)) for one in decision.skipped]
    return f"{rings_of(decision)}{_digest(reasons)}"


def rings_of(decision: Decision) -> str:
    """Return the part of the outcome that differs when other agents ring."""
    return f"{_digest(decision.ring)}:"


def _digest(value: object) -> str:
    return blake2b(repr(value).encode(), digest_size=7).hexdigest()


def from_json(stored: Json) -> tuple[Question, Decision]:
    """Read what as_json() wrote. Raises Unreadable."""
    try:
        return _question(stored), _decision(stored["decision"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unreadable("The record of this decision cannot be read.") from error


def replay(stored: Json) -> Decision:
    """Decide once more by the rules of today; compare with what was decided."""
    return answer(from_json(stored)[0])


def _question(stored: Json) -> Question:
    return Question(
        waiting=Waiting(**_lively(stored["waiting"])),
        rules=_rules(**stored["rules"]),
        candidates=tuple(Candidate(**_lively(row)) for row in stored["candidates"]),
        now=datetime.fromisoformat(stored["now"]),
        promised=frozenset(stored["promised"]),
    )


def _stored(rules: Rules) -> Json:
    """Store `agent_seconds` as `ring_seconds`, as the rows of earlier versions do."""
    row = asdict(rules)
    return row | {"ring_seconds": row.pop("agent_seconds")}


def _rules(strategy: str, ring_seconds: int, **seconds: int) -> Rules:
    return Rules(Strategy(strategy), agent_seconds=ring_seconds, **seconds)


def _decision(stored: Json) -> Decision:
    rows = map(_lively, stored["skipped"])
    return Decision(
        ring=tuple(stored["ring"]),
        skipped=tuple(Skipped(**{**row, "skip": Skip(row["skip"])}) for row in rows),
        strategy=Strategy(stored["strategy"]),
        rule_version=stored["rule_version"],
    )


def _candidate(agent: Candidate) -> Json:
    """Write one down; asdict() would copy each value, of hundreds many times a day."""
    return _plain(dict(zip(CANDIDATE, _values_of(agent), strict=True)))


def _plain(row: Json) -> Json:
    return _with_instants(row, datetime.isoformat)


def _lively(row: Json) -> Json:
    return _with_instants(row, datetime.fromisoformat)


def _with_instants(row: Json, change: Callable[[Any], Any]) -> Json:
    return {
        name: change(value) if name in INSTANTS and value is not None else value
        for name, value in row.items()
    }
