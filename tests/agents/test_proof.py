"""What a console shows, and whether it can ring by that."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import proof
from tests.console import PROOF

PROBLEMS: list[tuple[dict[str, Any], str]] = [
    ({"gesture": False}, proof.UNTOUCHED),
    ({"gesture": 1}, proof.UNTOUCHED),
    ({"audio": "suspended"}, proof.NO_SOUND),
    ({"audio": "closed"}, proof.NO_SOUND),
    ({"audio": None}, proof.NO_SOUND),
    ({"microphone": "flat"}, proof.MICROPHONES["flat"]),
    ({"microphone": "muted"}, proof.MICROPHONES["muted"]),
    ({"microphone": "ended"}, proof.MICROPHONES["ended"]),
    ({"microphone": "none"}, proof.MICROPHONES["none"]),
    ({"microphone": ["live"]}, proof.MICROPHONES["none"]),
    ({"page_ms": 3001}, proof.STUCK),
    ({"page_ms": math.inf}, proof.STUCK),
    ({"rtt_ms": 2001}, proof.SLOW),
    ({"rtt_ms": math.nan}, proof.SLOW),
]


def test_a_console_that_shows_everything_can_ring():
    assert proof.why_not(PROOF) == ""


@pytest.mark.parametrize(("problem", "sentence"), PROBLEMS)
def test_each_failure_has_its_sentence(problem: dict[str, Any], sentence: str):
    assert proof.why_not(PROOF | problem) == sentence


@pytest.mark.parametrize("missing", ["gesture", "audio", "microphone"])
def test_what_is_not_shown_is_not_proved(missing: str):
    shown = {name: value for name, value in PROOF.items() if name != missing}
    assert proof.why_not(shown) != ""


@pytest.mark.parametrize("unmeasured", [{"rtt_ms": None}, {"page_ms": None}])
def test_what_was_not_measured_yet_is_no_failure(unmeasured: dict[str, None]):
    assert proof.why_not(PROOF | unmeasured) == ""


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


@given(anything | st.dictionaries(st.sampled_from(sorted(PROOF)), anything, max_size=5))
def test_whatever_a_page_sends_is_judged(shown: Any):
    problem = proof.why_not(shown)
    assert problem == "" or problem.endswith(".")
    if problem == "":
        assert shown["gesture"] is True
        assert (shown["audio"], shown["microphone"]) == ("running", "live")
