"""What a console shows, and whether it can ring by that."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import readiness
from tests.console import PROOF

PROBLEMS: list[tuple[dict[str, Any], str]] = [
    ({"gesture": False}, readiness.UNTOUCHED),
    ({"gesture": 1}, readiness.UNTOUCHED),
    ({"audio": "suspended"}, readiness.NO_SOUND),
    ({"audio": "closed"}, readiness.NO_SOUND),
    ({"audio": None}, readiness.NO_SOUND),
    ({"microphone": "flat"}, readiness.MICROPHONES["flat"]),
    ({"microphone": "muted"}, readiness.MICROPHONES["muted"]),
    ({"microphone": "ended"}, readiness.MICROPHONES["ended"]),
    ({"microphone": "none"}, readiness.MICROPHONES["none"]),
    ({"microphone": ["live"]}, readiness.MICROPHONES["none"]),
    ({"page_ms": 3001}, readiness.STUCK),
    ({"page_ms": math.inf}, readiness.STUCK),
    ({"rtt_ms": 2001}, readiness.SLOW),
    ({"rtt_ms": math.nan}, readiness.SLOW),
]


def test_a_console_that_shows_everything_can_ring():
    assert readiness.why_not(PROOF) == ""


@pytest.mark.parametrize(("problem", "sentence"), PROBLEMS)
def test_each_failure_has_its_sentence(problem: dict[str, Any], sentence: str):
    assert readiness.why_not(PROOF | problem) == sentence


@pytest.mark.parametrize("missing", ["gesture", "audio", "microphone"])
def test_what_is_not_shown_is_not_proved(missing: str):
    shown = {name: value for name, value in PROOF.items() if name != missing}
    assert readiness.why_not(shown) != ""


@pytest.mark.parametrize("unmeasured", [{"rtt_ms": None}, {"page_ms": None}])
def test_what_was_not_measured_yet_is_no_failure(unmeasured: dict[str, None]):
    assert readiness.why_not(PROOF | unmeasured) == ""


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


@given(anything | st.dictionaries(st.sampled_from(sorted(PROOF)), anything, max_size=5))
def test_whatever_a_page_sends_is_judged(shown: Any):
    problem = readiness.why_not(shown)
    assert problem == "" or problem.endswith(".")
    if problem == "":
        assert shown["gesture"] is True
        assert (shown["audio"], shown["microphone"]) == ("running", "live")
