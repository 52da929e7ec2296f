"""What an answer to an outbound call is, and how one that was none is withdrawn."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from callcenter.wati.events import CallTerminated, OutboundAnswer, Person
from calls.admin.timeline import story_of
from calls.lifecycle import ending, inbound, transfer
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call
from calls.outbound import answers, dialing
from permissions.ledger import facts_for
from permissions.models import Contact, PermissionEvent
from tests.calls.outbound.test_dialing import carla, fresh, ledger, placed, told
from tests.cast import CARLA, Cast

__all__ = ["carla"]

BY_SOUND = "Audio was heard; WhatsApp reported no answer."
BY_WHATSAPP = "Reported by WhatsApp."


def ringing(cast: Cast, carla: Contact) -> Call:
    """Carla's phone rings, and Wati has said nothing for a long while."""
    call = placed(cast, carla)
    told(cast, "ringing")
    Call.objects.update(heard_at=timezone.now() - timedelta(seconds=30))
    return call


def heard(cast: Cast, carla: Contact) -> Call:
    """Carla is heard, and Ana talks with her."""
    call = ringing(cast, carla)
    assert answers.answered_by_sound(call.pk)
    return fresh(call)


def terminated(cast: Cast, duration: int | None) -> None:
    inbound.customer_ended(cast.account, CallTerminated("wacid.7", duration=duration))


def story(call: Call) -> list[tuple[str, str]]:
    return [(row["what"], row["detail"]) for row in story_of(call)["changes"]]


def facts(cast: Cast, carla: Contact, after: float = 0.0):
    now = timezone.now() + timedelta(seconds=after)
    return facts_for(pair_of(carla, cast.line), now=now)


def test_a_word_of_whatsapp_makes_sound_wait(cast: Cast, carla: Contact):
    call = ringing(cast, carla)
    told(cast, "ringing")
    wait = answers.until_sound_counts(call.pk)
    assert wait is not None
    assert 8 < wait <= 10
    assert not answers.answered_by_sound(call.pk)
    assert fresh(call).status == "dialing"


def test_the_sdp_answer_is_such_a_word_and_an_unknown_one_is_not(
    cast: Cast, carla: Contact
):
    call = ringing(cast, carla)
    told(cast, "bewildered")
    assert (answers.until_sound_counts(call.pk) or 0) <= 0
    event = OutboundAnswer("wacid.7", "v=0", Person(CARLA))
    dialing.answered_with(cast.account, event, "v=0 gated")
    assert (answers.until_sound_counts(call.pk) or 0) > 8


def test_sound_is_an_answer_once_nothing_was_said_for_long(cast: Cast, carla: Contact):
    call = heard(cast, carla)
    assert (call.status, call.answered_by) == ("active", "audio")
    assert ("The person answered.", BY_SOUND) in story(call)
    assert ledger() == ["granted", "used", "connected"]
    assert answers.until_sound_counts(call.pk) is None
    assert not answers.answered_by_sound(call.pk)


def test_a_reported_answer_says_so_and_no_sound_is_needed(cast: Cast, carla: Contact):
    call = placed(cast, carla)
    told(cast, "accepted")
    call = fresh(call)
    assert (call.status, call.answered_by) == ("active", "whatsapp")
    assert ("The person answered.", BY_WHATSAPP) in story(call)


def rejected(cast: Cast) -> None:
    told(cast, "rejected")


def not_answered(cast: Cast) -> None:
    told(cast, "unanswered")


def failed(cast: Cast) -> None:
    told(cast, "failed")


def ends_without_duration(cast: Cast) -> None:
    terminated(cast, None)


def ends_after_no_time(cast: Cast) -> None:
    terminated(cast, 0)


WORDS = [
    (rejected, "rejected", "The person rejected the call."),
    (not_answered, "no_answer", "The call was not answered."),
    (failed, "no_answer", "The call was not answered."),
    (ends_without_duration, "no_answer", "The call was not answered."),
    (ends_after_no_time, "no_answer", "The call was not answered."),
]


def assert_never_answered(cast: Cast, carla: Contact, call: Call) -> None:
    assert (call.status, call.answered_at, call.answered_by) == ("ended", None, "")
    assert call.talk_seconds is None
    assert not call.legs.exclude(joined_at=None).exists()
    assert ledger() == [
        "granted",
        "used",
        "connected",
        "answer_withdrawn",
        "unanswered",
    ]
    known = facts(cast, carla)
    assert (known.connected, known.streak) == ((), 1)
    assert known.rings_since is None
    withdrawn = "The call was not answered after all."
    assert (withdrawn, "Only audio had been taken for an answer.") in story(call)


@pytest.mark.parametrize(("word", "result", "text"), WORDS)
@pytest.mark.parametrize("held", [False, True])
def test_whatsapps_word_withdraws_an_answer_that_was_only_heard(
    cast: Cast,
    carla: Contact,
    word: Callable[[Cast], None],
    result: str,
    text: str,
    held: bool,
):
    call = heard(cast, carla)
    if held:
        transfer.hold(call.pk, cast.ana)
    word(cast)
    call = fresh(call)
    assert (call.result, call.end_text) == (result, text)
    assert_never_answered(cast, carla, call)
    cast.ana.refresh_from_db()
    assert cast.ana.state == "available"


@pytest.mark.parametrize(("word", "result", "text"), WORDS)
def test_it_does_so_after_the_end_as_well(
    cast: Cast, carla: Contact, word: Callable[[Cast], None], result: str, text: str
):
    call = heard(cast, carla)
    ending.hang_up(call.pk, cast.ana)
    version = fresh(call).version
    assert fresh(call).result == "answered"
    word(cast)
    call = fresh(call)
    cancelled = word in (failed, ends_without_duration, ends_after_no_time)
    assert call.result == ("cancelled" if cancelled else result)
    assert call.version > version
    assert_never_answered(cast, carla, call)


def test_the_streak_of_withdrawn_answers_is_that_of_unanswered_calls(
    cast: Cast, carla: Contact
):
    call = heard(cast, carla)
    terminated(cast, None)
    again = PermissionEvent.objects.filter(call=call.pk, kind="unanswered")
    assert again.count() == 1
    terminated(cast, None)  # Wati says it twice
    told(cast, "rejected")  # and then why
    assert again.count() == 1
    assert fresh(call).result == "rejected"
    assert facts(cast, carla).streak == 1


@pytest.mark.parametrize("first", ["accepted", "terminate"])
def test_whatsapps_confirmation_makes_it_an_answer_like_any_other(
    cast: Cast, carla: Contact, first: str
):
    call = heard(cast, carla)
    if first == "accepted":
        told(cast, "accepted")
        told(cast, "rejected")
        terminated(cast, None)
    else:
        terminated(cast, 42)
        terminated(cast, None)
        told(cast, "rejected")
    call = fresh(call)
    assert (call.status, call.result) == ("ended", "answered")
    assert call.answered_by == "whatsapp"
    assert ledger() == ["granted", "used", "connected"]
    assert ("WhatsApp confirmed the answer.", "") in story(call)
    assert facts(cast, carla).streak == 0


def test_a_report_that_contradicts_an_answer_is_shown(cast: Cast, carla: Contact):
    call = placed(cast, carla)
    told(cast, "accepted")
    told(cast, "rejected")
    assert fresh(call).status == "active"
    text = "WhatsApp contradicts its own report of an answer."
    assert (text, "rejected") in story(call)
