"""Token buckets and counted places, beside a plain count of tokens."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from callcenter.buckets import Buckets, Places, Rate

STEPS = st.lists(
    st.tuples(
        st.integers(0, 3),  # whose
        st.integers(1, 4),  # tokens
        st.integers(0, 40),  # tenths of a second later
    ),
    max_size=60,
)


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@given(burst=st.integers(1, 8), tenths=st.integers(1, 30), steps=STEPS)
def test_a_bucket_gives_what_a_count_of_tokens_gives(burst, tenths, steps):
    clock = Clock()
    buckets = Buckets(Rate(burst, tenths), clock=clock)
    # Counted in whole numbers: a token is `tenths` parts.
    parts = Counter(dict.fromkeys(range(4), burst * tenths))
    for who, cost, later in steps:
        clock.at += later
        for each in parts:
            parts[each] = min(burst * tenths, parts[each] + later)
        allowed = parts[who] >= cost * tenths
        assert buckets.take(who, cost) == allowed
        if allowed:
            parts[who] -= cost * tenths


@given(st.lists(st.integers(0, 50), max_size=200))
def test_the_memory_of_buckets_is_bounded(keys):
    buckets = Buckets(Rate(1, 1000), most=7, clock=Clock())
    for key in keys:
        buckets.take(key)
    assert len(buckets) == min(7, len(set(keys)))


def test_a_bucket_that_is_full_again_is_forgotten():
    clock = Clock()
    buckets = Buckets(Rate(2, 1), clock=clock)
    buckets.take("ana")
    clock.at += 10
    buckets.take("bruno")
    assert len(buckets) == 1


def test_what_is_given_back_can_be_taken_again():
    buckets = Buckets(Rate(2, 1000), clock=Clock())
    assert [buckets.take("ana") for _ in range(3)] == [True, True, False]
    buckets.give_back("ana")
    assert [buckets.take("ana") for _ in range(2)] == [True, False]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=80),
    st.integers(1, 3),
    st.integers(1, 6),
)
def test_places_are_never_more_than_there_are(steps, each, in_all):
    places, taken = Places(each, in_all), Counter[int]()
    for who, comes in steps:
        if comes:
            room = taken[who] < each and taken.total() < in_all
            assert places.take(who) == room
            taken[who] += room
        elif taken[who]:
            places.leave(who)
            taken[who] -= 1
        assert len(places) == taken.total()
