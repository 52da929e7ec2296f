"""What each participant reads in a consult, with three, and on every way out."""

import re

import pytest
from playwright.sync_api import Browser, expect

from agents.models import Queue
from calls.models import Call
from calls.reporting.labels import duration
from tests.browser.conftest import ANAS_TONE, BRUNOS_TONE, CARLAS_TONE, Scene
from tests.browser.windows import PATIENCE_SECONDS, ConsoleWindow, PhoneWindow

pytestmark = [pytest.mark.browser, pytest.mark.long]

PATIENCE = PATIENCE_SECONDS * 1000


@pytest.fixture
def talking(ana: ConsoleWindow, carla: PhoneWindow) -> ConsoleWindow:
    """Ana, who talks to Carla, and has something to write about it afterwards."""
    Queue.objects.update(wrap_up_seconds=300)
    carla.call()
    ana.reads("Ringing")
    ana.press("Answer")
    ana.reads("In call")
    reads(ana, "On call with Carla.", "Carla")
    return ana


@pytest.fixture
def bruno(scene: Scene, other_desk: Browser, talking: ConsoleWindow) -> ConsoleWindow:
    return scene.console("bruno", other_desk)


def reads(window: ConsoleWindow, sentence: str, heard: str) -> None:
    """One sentence says how it is, and the second meter whose voice is heard."""
    situation = window.page.locator(".situation p")
    expect(situation).to_have_text(sentence, timeout=PATIENCE)
    meters = window.page.get_by_role("meter")
    expect(meters.nth(0)).to_have_accessible_name("You level")
    expect(meters.nth(1)).to_have_accessible_name(f"{heard} level")
    expect(meters.nth(1)).to_contain_text(heard)


def participants(window: ConsoleWindow, *rows: str) -> None:
    found = window.page.get_by_role("list", name="In this call").get_by_role("listitem")
    expect(found).to_have_text([re.compile(rf"^\s*{row}\s*$") for row in rows])


def is_told(window: ConsoleWindow, text: str) -> None:
    """In a notice, which is then put away."""
    notice = window.page.locator("#notes").get_by_text(text, exact=False)
    expect(notice).to_be_visible(timeout=PATIENCE)
    window.page.locator("#notes").get_by_role("button").first.click()


def is_told_nothing(window: ConsoleWindow) -> None:
    expect(window.page.locator("#notes")).to_have_text("")


def wraps_up(window: ConsoleWindow, sentence: str) -> None:
    facts = window.page.locator(".wrap-up-facts")
    expect(facts).to_contain_text(sentence, timeout=PATIENCE)
    assert facts.inner_text().startswith(sentence)


def consult(ana: ConsoleWindow, bruno: ConsoleWindow) -> None:
    ana.press("Transfer")
    ana.press("Consult")
    reads(ana, "Bruno is ringing. Carla hears music.", "Carla (on hold)")
    bruno.reads("Ringing")
    bruno.shows("Consult from Ana about Carla")


def joins(ana: ConsoleWindow, bruno: ConsoleWindow) -> None:
    consult(ana, bruno)
    bruno.press("Answer")
    reads(ana, "On call with Bruno. Carla hears music.", "Bruno")
    reads(bruno, "Consult with Ana about Carla, who hears music.", "Ana")


def all_three(ana: ConsoleWindow, bruno: ConsoleWindow) -> None:
    joins(ana, bruno)
    all_three_talk(ana, bruno)


def all_three_talk(ana: ConsoleWindow, bruno: ConsoleWindow) -> None:
    ana.press("Three-way call")
    reads(ana, "On call with Carla and Bruno.", "Carla and Bruno")
    reads(bruno, "On call with Carla and Ana.", "Carla and Ana")


def test_in_a_consult_and_with_three_each_reads_what_is_so(
    talking: ConsoleWindow, bruno: ConsoleWindow, carla: PhoneWindow
) -> None:
    joins(talking, bruno)
    is_told_nothing(bruno)
    is_told_nothing(talking)
    participants(talking, "Carla hears music", "You", "Bruno")
    participants(bruno, "Carla hears music", "Ana", "You")
    talking.hears(BRUNOS_TONE)
    talking.press("Mute")
    talking.shows("You are muted. Bruno cannot hear you.")
    participants(bruno, "Carla hears music", "Ana muted", "You")
    talking.press("Unmute")
    talking.press("Three-way call")
    reads(talking, "On call with Carla and Bruno.", "Carla and Bruno")
    reads(bruno, "On call with Carla and Ana.", "Carla and Ana")
    participants(bruno, "Carla", "Ana", "You")
    bruno.press("Mute")
    bruno.shows("You are muted. Carla and Ana cannot hear you.")
    for hertz in (ANAS_TONE, CARLAS_TONE):
        bruno.hears(hertz)

    talking.press("Hang up")
    talking.press("End for everyone")
    wraps_up(talking, "You hung up. That ended the call for Bruno, too.")
    is_told(bruno, "Ana hung up. That ended the call for everyone.")
    wraps_up(bruno, "Ana hung up. That ended the call for everyone.")
    carla.reads("Ended")
    is_told_nothing(talking)


def test_each_way_out_of_a_consult_is_told_as_it_was(
    talking: ConsoleWindow, bruno: ConsoleWindow, carla: PhoneWindow
) -> None:
    consult(talking, bruno)
    bruno.press("Decline")
    is_told(talking, "Bruno declined. Carla hears music.")
    bruno.reads("Idle")
    is_told_nothing(bruno)

    consult(talking, bruno)
    talking.press("Cancel")
    is_told(bruno, "Ana cancelled the consult")
    reads(talking, "Carla hears music.", "Carla (on hold)")
    is_told_nothing(talking)

    joins(talking, bruno)
    bruno.press("Leave")
    is_told(talking, "Bruno left. Carla hears music.")
    wraps_up(bruno, "You left the call. Ana has the call.")
    is_told_nothing(bruno)
    bruno.press("Finish wrap-up")
    bruno.is_agent("Available")

    joins(talking, bruno)
    talking.press("Back to Carla")
    reads(talking, "On call with Carla.", "Carla")
    is_told(bruno, "Ana ended your part in the call.")
    wraps_up(bruno, "Your part in the call was ended. Ana has the call.")
    is_told_nothing(talking)
    bruno.press("Finish wrap-up")
    bruno.is_agent("Available")

    joins(talking, bruno)
    talking.press("Complete transfer")
    is_told(bruno, "Ana handed the call to you. On call with Carla.")
    reads(bruno, "On call with Carla.", "Carla")
    wraps_up(talking, "You handed the call over. Bruno has the call.")
    bruno.press("Hang up")
    wraps_up(bruno, "You hung up")
    wraps_up(talking, "You handed the call over. The call has ended since.")
    carla.reads("Ended")


def test_each_way_out_of_a_three_way_call_is_told_as_it_was(
    talking: ConsoleWindow, bruno: ConsoleWindow, carla: PhoneWindow
) -> None:
    all_three(talking, bruno)
    bruno.press("Leave")
    is_told(talking, "Bruno left. On call with Carla.")
    wraps_up(bruno, "You left the call. Ana has the call.")
    bruno.press("Finish wrap-up")
    bruno.is_agent("Available")

    all_three(talking, bruno)
    talking.press("Remove Bruno")
    is_told(bruno, "Ana ended your part in the call.")
    reads(talking, "On call with Carla.", "Carla")
    bruno.press("Finish wrap-up")
    bruno.is_agent("Available")

    all_three(talking, bruno)
    carla.press("Hang up")
    wraps_up(talking, "The caller hung up")
    wraps_up(bruno, "The caller hung up")
    is_told_nothing(talking)


def test_the_older_window_says_where_the_call_is(
    talking: ConsoleWindow, bruno: ConsoleWindow
) -> None:
    all_three(talking, bruno)
    older = talking.page
    talking.open_another(older.url)
    reads(talking, "On call with Carla and Bruno.", "Carla and Bruno")
    expect(older.locator(".situation p")).to_have_text(
        "On call with Carla and Bruno, in another window.", timeout=PATIENCE
    )
    expect(older.get_by_role("meter")).to_have_count(0)
    talking.press("Hang up")
    talking.press("End for everyone")
    wraps_up(talking, "You hung up. That ended the call for Bruno, too.")
    expect(older.locator(".wrap-up-facts")).to_contain_text("You hung up.")


def test_the_figures_of_a_three_way_call_are_those_of_the_call_log(
    talking: ConsoleWindow, bruno: ConsoleWindow
) -> None:
    talking.hears(CARLAS_TONE)
    joins(talking, bruno)
    talking.page.wait_for_timeout(1500)  # a hold that is no whole second is not told
    all_three_talk(talking, bruno)
    bruno.hears(CARLAS_TONE)
    talking.press("Hang up")
    talking.press("End for everyone")
    wraps_up(talking, "You hung up. That ended the call for Bruno, too.")
    (call,) = Call.objects.all()
    facts = talking.page.locator(".wrap-up-facts")
    for figure in (
        f"Talk time: {duration(call.talk_seconds)}",
        f"Hold time: {duration(call.hold_seconds)}",
        "Agents on the call: 2",
    ):
        expect(facts).to_contain_text(figure)
    assert call.hold_seconds > 0
    part = call.legs.get(agent__name="Bruno")
    theirs = bruno.page.locator(".wrap-up-facts")
    expect(theirs).to_contain_text(f"Your time on the call: {duration(part.seconds)}")


def test_an_agent_is_shown_in_one_place_with_a_colour_and_a_picture(
    talking: ConsoleWindow,
) -> None:
    badge = talking.page.locator("#agent-badge")
    expect(badge).to_have_attribute("data-state", "in_call")
    expect(badge.locator("svg")).to_be_visible()
    seen = talking.page.get_by_text("In call", exact=True)
    shown = [one for one in seen.all() if one.bounding_box()["width"] > 2]  # type: ignore[index]
    assert len(shown) == 1
    talking.press("Break after this call")
    talking.page.get_by_role("menuitem").first.click()
    expect(talking.page.get_by_text(re.compile("^Next: "))).to_be_visible()
    talking.press("Hang up")
    expect(badge).to_have_attribute("data-state", "wrap_up")
    talking.press("Finish wrap-up")
    talking.is_agent("On break")
    expect(badge).to_have_attribute("data-state", "on_break")
