"""Numbers of all countries, in every spelling, near a business number of the same."""

from collections import Counter, defaultdict

import phonenumbers
import pytest

from permissions.numbers import Ambiguous, key_of, parse_typed
from tests.orders import EVERY_ORDER
from tests.permissions.plausible_numbers import numbers_of, ways_to_write

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
# Of each kind in each region; EVERY_ORDER=1 tries many more.
NUMBERS = 200 if EVERY_ORDER else 6

# Where a country's numbers can begin like another's, bare digits have to be asked for.
MOST_ASKED = {
    "international": 0,
    "dialed from abroad": 0.005,
    "digits with code": 0.03,
    "national": 0.01,
    "digits with trunk prefix": 0.04,
    "national digits": 0.06,
}


def outcome(text: str, line: str, waid: str) -> str:
    """Return 'right' or 'asked'; otherwise what would go wrong."""
    try:
        read = parse_typed(text, near=line)
    except Ambiguous as question:
        is_there = key_of(waid) in map(key_of, question.readings)
        return "asked" if is_there else f"asked for {question.readings}"
    except ValueError as refusal:
        return f"refused: {refusal}"
    return "right" if key_of(read) == key_of(waid) else f"a stranger, {read}"


def outcomes_in(region: str) -> dict[str, Counter[str]]:
    """Count what comes of each way to write; wrong ones with the text itself."""
    numbers = [
        one
        for kind in ("mobile", "landline")
        for one in numbers_of(region, kind, NUMBERS)
    ]
    waids = [phonenumbers.format_number(one, 0).removeprefix("+") for one in numbers]
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for number, waid in zip(numbers, waids, strict=True):
        for way, text in ways_to_write(number, region).items():
            came = outcome(text, waids[0], waid)
            wrong = "" if came in ("right", "asked") else f"{region}: {text} is {came}"
            counts[way][wrong or came] += 1
    return counts


@pytest.mark.timeout(3600 if EVERY_ORDER else 300)
def test_no_number_of_the_world_becomes_a_stranger_and_few_are_asked():
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    for region in REGIONS:
        for way, counts in outcomes_in(region).items():
            totals[way] += counts
    wrong = {text for counts in totals.values() for text in counts}
    assert wrong <= {"right", "asked"}
    assert totals["international"].total() > 1.9 * NUMBERS * len(REGIONS)
    for way, counts in totals.items():
        share = counts["asked"] / counts.total()
        assert share <= MOST_ASKED[way], f"{share:.1%} of “{way}” are asked"


@pytest.mark.parametrize("region", ["BR", "DE", "ES", "GB", "IN", "MX", "US"])
@pytest.mark.parametrize("kind", ["mobile", "landline"])
def test_there_are_numbers_of_each_kind_to_try(region: str, kind: str):
    numbers = numbers_of(region, kind, 50)
    assert len(numbers) == 50
    assert all(phonenumbers.is_valid_number_for_region(n, region) for n in numbers)
    assert numbers == numbers_of(region, kind, 50)
