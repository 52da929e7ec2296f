import pytest

from calls.states import ENDINGS, TABLE, Event, IllegalMove, Status, after


def test_every_status_has_its_row():
    assert set(TABLE) == set(Status)


def test_ended_absorbs_everything():
    for event in Event:
        with pytest.raises(IllegalMove):
            after(Status.ENDED, event)


def test_every_event_that_ends_a_call_says_how_it_ended():
    ending = {e for row in TABLE.values() for e, new in row.items() if new == "ended"}
    assert ending == set(ENDINGS)


def test_the_usual_road():
    status = Status.UNMATCHED
    for event in ("offered", "claimed", "media_up", "customer_ended"):
        status = after(status, event)
    assert status == Status.ENDED


def test_an_unknown_word_is_an_illegal_move_like_any_other():
    with pytest.raises((IllegalMove, ValueError)):
        after(Status.RINGING, "abducted")
