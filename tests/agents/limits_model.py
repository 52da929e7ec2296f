"""What queues' limits mean, written down anew: knows nothing of the rule's code.

A world that stands still: in each queue agents either ring and never answer, are all
busy, or are not there. A caller comes, and this says what happens to them and when.
"""

from collections.abc import Collection
from dataclasses import dataclass

from hypothesis import strategies as st

Event = tuple[int, str]  # after how many seconds, and what
CAP, HOURS = 25, 7200


@dataclass(frozen=True)
class Place:
    """A queue, and how it is in it."""

    agents: str = "ring"  # "busy", "none"
    others: int = 0  # who wait there already
    most: int | None = None
    when_nobody: str = "ring"
    auto_answer: bool = True
    answer_after: int = 25
    rings_out: int = 45
    longest: int | None = 900
    onward: int | None = None

    @property
    def is_full(self) -> bool:
        at_once = self.agents == "ring" and self.others == 0
        return self.most is not None and not at_once and self.others >= self.most

    def takes(self, answered: bool) -> bool:
        stays = self.when_nobody == "wait" or (
            self.when_nobody == "ring" and not answered
        )
        return not self.is_full and (self.agents != "none" or stays)

    @property
    def refusal(self) -> str:
        stays = self.when_nobody in ("ring", "wait")
        return "full" if self.agents != "none" or stays else "nobody"


World = dict[int, Place]


def places(
    ids: Collection[int], seconds: st.SearchStrategy[int]
) -> st.SearchStrategy[World]:
    """Worlds of these queues, which overflow as they like, also in circles."""
    limit = st.none() | st.integers(0, 2)

    def place(mine: int) -> st.SearchStrategy[Place]:
        return st.builds(
            Place,
            agents=st.sampled_from(["ring", "busy", "none"]),
            others=st.integers(0, 2),
            most=limit,
            when_nobody=st.sampled_from(["ring", "wait", "overflow", "goodbye"]),
            auto_answer=st.booleans(),
            answer_after=seconds,
            rings_out=seconds,
            longest=st.none() | seconds,
            onward=st.none() | st.sampled_from([n for n in ids if n != mine]),
        )

    return st.fixed_dictionaries({mine: place(mine) for mine in ids})


def walk(
    world: World, start: int | None, been: list[int], answered: bool
) -> int | None:
    """The queue that takes the caller; `been` grows by all that were asked."""
    here = start
    while here is not None and here not in been:
        been.append(here)
        place = world[here]
        if place.takes(answered):
            return here
        if place.agents == "none" and place.when_nobody == "goodbye":
            return None
        here = place.onward
    return None


def ringing_ends(place: Place, has_room: bool) -> Event:
    """How long it rings in a queue, and what follows."""
    out, after = (place.rings_out, "ends"), min(place.answer_after, CAP)
    if place.agents != "none":
        audio = (after if place.agents == "ring" else 0, "audio")
        return audio if place.auto_answer and has_room else out
    if place.when_nobody == "ring":
        return out
    if place.when_nobody == "wait":
        return (0, "audio") if has_room else out
    return after, place.when_nobody


def course(world: World, first: int, has_room: bool = True) -> list[Event]:
    """All that happens to a caller, until the call ends or an announcement plays."""
    been: list[int] = []
    here = walk(world, first, been, answered=False)
    if here is None:
        last = world[been[-1]]
        return [(0, last.refusal)] if has_room else [(last.rings_out, "ends")]
    events: list[Event] = [(0, f"queue {here}")]
    now = since = 0
    answered = False
    while True:
        place = world[here]
        over = since + min(place.longest or HOURS, HOURS)
        rings_until, then = ringing_ends(place, has_room)
        if answered or over <= max(now, rings_until):
            rings_until, then = over, "over"
        now = max(now, rings_until)
        if then == "audio":
            answered = True
            events.append((now, "audio"))
            continue
        if then == "ends":
            return [*events, (now, "ends")]
        asked = [*been]
        onward = None if then == "goodbye" else place.onward
        found = walk(world, onward, asked, answered)
        if found is None and then != "over" and not has_room:
            return [*events, (max(now, min(place.rings_out, over)), "ends")]
        if found is None:
            return [*events, (now, "ends" if then == "over" else "nobody")]
        been, here, since = asked, found, now
        events.append((now, f"queue {here}"))
