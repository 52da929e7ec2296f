"""The dispatch lock, and what is done before it is given back."""

from collections.abc import Callable

import pytest
from django.db import OperationalError, transaction

from calls.locking import before_release, dispatch_lock, watch
from calls.models import Call
from tests.cast import Cast


def a_call(cast: Cast) -> Call:
    return Call.objects.create(account=cast.account)


def call_and_look(cast: Cast, look: Callable[[], None]) -> None:
    with dispatch_lock():
        a_call(cast)
        before_release(look)


def test_what_is_owed_is_done_once_within_the_same_transaction(cast: Cast):
    done = []
    with dispatch_lock():
        for _ in range(3):
            assert before_release(lambda: done.append(Call.objects.count()))
        with dispatch_lock():
            a_call(cast)
        assert done == []
    assert done == [1]


def test_without_the_lock_nothing_is_owed(cast: Cast):
    assert not before_release(lambda: pytest.fail("it is nobody's turn"))
    with transaction.atomic():
        assert not before_release(lambda: pytest.fail("it is nobody's turn"))


def test_what_fails_does_not_undo_what_the_transaction_was_for(cast: Cast):
    def fails() -> None:
        a_call(cast)
        raise ValueError("no good")

    call_and_look(cast, fails)
    assert Call.objects.count() == 1
    with dispatch_lock():  # and the lock can be taken again
        assert before_release(lambda: None)


def test_a_database_that_goes_away_undoes_all(cast: Cast):
    def is_away() -> None:
        raise OperationalError("gone")

    with pytest.raises(OperationalError):
        call_and_look(cast, is_away)
    assert Call.objects.count() == 0
    assert not before_release(lambda: None)


def test_what_always_wants_another_look_does_not_hold_the_lock_for_ever(cast: Cast):
    looks = []

    def look() -> None:
        looks.append(1)
        before_release(look)

    with dispatch_lock():
        before_release(look)
    assert 1 < len(looks) < 10


def test_an_error_inside_leaves_nothing_owed(cast: Cast):
    def fails() -> None:
        with dispatch_lock():
            before_release(lambda: pytest.fail("the transaction is undone"))
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    with dispatch_lock():
        pass


def test_the_time_that_it_was_held_is_known_after_the_commit(cast: Cast):
    watch.held.clear()
    with transaction.atomic():
        with dispatch_lock():
            a_call(cast)
        assert len(watch.held) == 0  # PostgreSQL gives it back with the commit
    assert len(watch.held) == 1
    assert watch.held[0] >= 0
