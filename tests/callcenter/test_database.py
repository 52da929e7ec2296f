"""Work that waits for the commit."""

from collections import Counter

from django.db import transaction

from callcenter.database import once_after_commit

done: Counter[str] = Counter()


def note(what: str) -> None:
    done[what] += 1


def test_what_is_asked_for_often_is_done_once_after_the_commit(transactional_db: None):
    done.clear()
    with transaction.atomic():
        for _ in range(3):
            with transaction.atomic():
                once_after_commit(note, "Ana")
        once_after_commit(note, "Bruno")
        assert not done
    assert done == {"Ana": 1, "Bruno": 1}
    once_after_commit(note, "Ana")  # outside of any transaction: at once
    assert done["Ana"] == 2


def test_what_was_rolled_back_may_be_asked_for_again(transactional_db: None):
    done.clear()
    with transaction.atomic():
        with transaction.atomic():
            once_after_commit(note, "Ana")
            transaction.set_rollback(True)
        once_after_commit(note, "Ana")
    assert done == {"Ana": 1}
