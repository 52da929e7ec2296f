"""Why him, why not me: for every reason a scene in which that rule fires."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from agents.models import AgentState
from agents.routing import RINGABLE, SITUATIONS, Candidate, Rules, Waiting, decide
from agents.skip_reasons import TEXTS, TEXTS_WITHOUT_DETAIL, Skip, Skipped, sentence
from tests.agents.candidates import (
    LONGEST_IDLE,
    NOW,
    RING_ALL,
    ROUND_ROBIN,
    ago,
    ahead,
    ana,
    bruno,
    carla,
    diego,
    why_not,
)

pytestmark = pytest.mark.stackless

LEVELS = replace(LONGEST_IDLE, level_seconds=17)
here = {"state": "ringing", "is_ringing_here": True}

# The agent who did not ring, the others, the rules, the call, the reason, the sentence.
Story = tuple[Candidate, list[Candidate], Rules, Waiting, Skip, str]
STORIES: list[Story] = [
    (bruno("offline"), [ana()], RING_ALL, carla(), Skip.OFFLINE, "Offline."),
    (
        bruno("on_break", reason="Lunch"),
        [ana()],
        RING_ALL,
        carla(),
        Skip.ON_BREAK,
        "On a break: Lunch.",
    ),
    (bruno("on_break"), [ana()], RING_ALL, carla(), Skip.ON_BREAK, "On a break."),
    (
        bruno("cannot_ring", reason="The microphone sends no audio."),
        [ana()],
        RING_ALL,
        carla(),
        Skip.CANNOT_RING,
        "Not reachable: the microphone sends no audio.",
    ),
    (
        bruno(can_ring=False),
        [ana()],
        RING_ALL,
        carla(),
        Skip.CANNOT_RING,
        "Not reachable.",
    ),
    (
        bruno("in_call", idle=120),
        [ana()],
        RING_ALL,
        carla(),
        Skip.IN_CALL,
        "On another call since 14:00.",
    ),
    (bruno("wrap_up"), [ana()], RING_ALL, carla(), Skip.WRAP_UP, "In wrap-up."),
    (
        bruno("reconnecting"),
        [ana()],
        RING_ALL,
        carla(),
        Skip.RECONNECTING,
        "Reconnecting.",
    ),
    (
        bruno(tried="declined", tried_at=ago(500)),
        [ana()],
        replace(RING_ALL, retry_seconds=30),
        carla(),
        Skip.DECLINED,
        "Declined this call.",
    ),
    (
        bruno(tried="missed", tried_at=ago(29)),
        [ana()],
        replace(RING_ALL, retry_seconds=30),
        carla(),
        Skip.MISSED,
        "Did not answer this call; the retry delay is not over.",
    ),
    (
        bruno(idle=20, **here),
        [ana()],
        LONGEST_IDLE,
        carla(),
        Skip.MISSED,
        "Did not answer this call; the retry delay is not over.",
    ),
    (
        bruno(tried="console", tried_at=ago(2)),
        [ana()],
        RING_ALL,
        carla(),
        Skip.CONSOLE,
        "The console did not confirm that it was ringing.",
    ),
    (
        bruno(),
        [ana("in_call")],
        RING_ALL,
        carla(from_agent=2),
        Skip.PASSED_ON,
        "Transferred this call.",
    ),
    (
        bruno(),
        [ana("in_call")],
        RING_ALL,
        carla(only_agent=1, only_until=ahead(1)),
        Skip.TRANSFERRED,
        "The call was transferred to Ana only.",
    ),
    (
        bruno(),
        [ana()],
        RING_ALL,
        carla(only_agent=9),
        Skip.TRANSFERRED,
        "The call was transferred to one agent only.",
    ),
    (
        bruno("ringing"),
        [ana()],
        LONGEST_IDLE,
        carla(),
        Skip.RINGS_ELSEWHERE,
        "Another call is ringing at this agent.",
    ),
    (
        bruno(),
        [ana()],
        RING_ALL,
        carla(sticky_agent=1, sticky_until=ahead(1)),
        Skip.STICKY,
        "The call rings first at the sticky agent, Ana.",
    ),
    (
        bruno(level=2),
        [ana()],
        LEVELS,
        carla(waited=5),
        Skip.LEVEL,
        "Level 2 rings in 12 s.",
    ),
    (
        bruno(),
        [ana(idle=3, **here)],
        LONGEST_IDLE,
        carla(),
        Skip.COLLEAGUE_RINGS,
        "The call is ringing at Ana.",
    ),
    (
        bruno(idle=600, tried="missed", tried_at=ago(60)),
        [ana()],
        replace(LONGEST_IDLE, retry_seconds=30),
        carla(waited=90),
        Skip.NOT_ASKED_YET,
        "Another agent is next: this call has not rung at them yet.",
    ),
    (
        bruno(idle=600, level=2),
        [ana()],
        LEVELS,
        carla(waited=17),
        Skip.EARLIER_LEVEL,
        "Another agent is next: on a lower level.",
    ),
    (
        bruno(),
        [ana()],
        LONGEST_IDLE,
        carla(),
        Skip.IDLE_LONGER,
        "Another agent is next: idle for longer.",
    ),
    (
        bruno(idle=600, last_offered_at=ago(40)),
        [ana(last_offered_at=ago(50))],
        ROUND_ROBIN,
        carla(),
        Skip.ASKED_LONGER_AGO,
        "Another agent is next: their last ring attempt was longer ago.",
    ),
    (
        bruno(idle=60),
        [ana(idle=60)],
        LONGEST_IDLE,
        carla(),
        Skip.EARLIER_IN_LIST,
        "Another agent is next: tied, but earlier in the list.",
    ),
]


@pytest.mark.parametrize(
    ("who", "others", "rules", "waiting", "skip", "text"),
    STORIES,
    ids=[story[-1] for story in STORIES],
)
def test_the_reason_is_the_rule_that_fired(
    who: Candidate,
    others: list[Candidate],
    rules: Rules,
    waiting: Waiting,
    skip: Skip,
    text: str,
):
    decision = decide(waiting, rules, [who, *others], NOW)
    assert who.agent_id not in decision.ring
    assert why_not(who, decision) == (skip, text)


def test_every_reason_has_its_story_and_its_sentence():
    assert {skip for *_, skip, _ in STORIES} == set(Skip) == set(TEXTS)


def test_every_state_of_an_agent_is_known_to_the_rules():
    assert {*SITUATIONS, *RINGABLE} >= set(AgentState.values)


def test_a_state_that_the_rules_do_not_know_does_not_ring():
    someone = bruno("on_the_moon")
    assert why_not(someone, decide(carla(), RING_ALL, [someone], NOW)) == (
        Skip.CANNOT_RING,
        "Not reachable.",
    )


def test_how_ana_is_counts_before_what_the_call_wants():
    """Bruno on a break reads that he is on a break, whomever the call is for."""
    away = bruno("on_break", level=2, tried="missed", tried_at=ago(1))
    decision = decide(carla(only_agent=3), LEVELS, [ana(), away, diego()], NOW)
    assert why_not(away, decision)[0] == Skip.ON_BREAK


def test_the_hour_is_that_of_the_reader():
    busy = Skipped(2, Skip.IN_CALL, since=NOW)
    assert sentence(busy, ZoneInfo("Asia/Kolkata")) == "On another call since 19:32."


def test_whole_sentences_are_translated_and_the_reason_in_them_too():
    catalogue = {
        "Not reachable: {detail}.": "No puede sonar: {detail}.",
        "The microphone sends no audio.": "El micrófono no da sonido.",
        "On a break.": "En una pausa.",
    }
    deaf = Skipped(2, Skip.CANNOT_RING, detail="The microphone sends no audio.")
    spanish = catalogue.__getitem__
    assert sentence(deaf, translate=spanish) == (
        "No puede sonar: el micrófono no da sonido."
    )
    assert sentence(Skipped(2, Skip.ON_BREAK), translate=spanish) == "En una pausa."


def test_a_break_may_have_any_name():
    odd = Skipped(2, Skip.ON_BREAK, detail="{since} {0} %s")
    assert sentence(odd) == "On a break: {since} {0} %s."


def test_no_sentence_lacks_a_word_where_the_detail_is_not_known():
    for skip in Skip:
        text = sentence(Skipped(2, skip, since=NOW, level=2, seconds=3))
        assert text.endswith(".")
        assert ": ." not in text
        assert "  " not in text
    with_detail = {skip for skip, text in TEXTS.items() if "{detail}" in text}
    assert with_detail == set(TEXTS_WITHOUT_DETAIL)
