"""The whole truth about one user and one business line, to compare others with."""

from typing import Any

from callcenter.simulator.calls import State
from callcenter.simulator.numbers import key_of
from callcenter.simulator.people import Person, shown
from callcenter.simulator.rules import DAY, WEEK, recent
from callcenter.simulator.world import World


def belief(world: World, line: str, person: Person) -> dict[str, Any]:
    """Return what WhatsApp knows: ids, permission, counts, and what happens now.

    ``expires`` is in unix seconds, null for a permanent permission or none.
    ``refused`` counts the calls and requests that broke the rules, by code.
    """
    now = world.now()
    permission = world.consent.between(line, person)
    return (
        shown(person)
        | {
            "line": line,
            "now": now,
            "shows_number": person.shows_number(line, now),
            "permission": permission.kind_at(now).value,
            "expires": permission.until if permission.until > now else None,
            "is_asked": permission.is_asked(now),
            "requests_in_a_day": len(recent(permission.requests, now, DAY)),
            "requests_in_a_week": len(recent(permission.requests, now, WEEK)),
            "connected_in_a_day": len(recent(permission.connected, now, DAY)),
            "unanswered": permission.unanswered,
            "may_request": not permission.refuses_request(now),
            "may_call": not permission.refuses_call(now),
            "refused": refused(world, line, person),
        }
        | calls(world, line, person)
    )


def refused(world: World, line: str, person: Person) -> dict[str, dict[str, int]]:
    counted: dict[str, dict[str, int]] = {"call": {}, "request": {}}
    for (number, key, what, code), times in world.consent.refused.items():
        if (number, key) == (key_of(line), person.key):
            counted[what][str(code)] = times
    return counted


def calls(world: World, line: str, person: Person) -> dict[str, Any]:
    """Return how often the line has called them, and whether it rings there now."""
    outbound = [
        call
        for call in world.calls.values()
        if call.direction == "outbound" and call.user is person
    ]
    ours = [call for call in outbound if key_of(call.number) == key_of(line)]
    return {
        "calls_placed": len(ours),
        "rings_now": any(call.state is State.RINGING for call in ours),
    }
