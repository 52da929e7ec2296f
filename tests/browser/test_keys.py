"""Ana's keys: they do what she means, and nothing by accident."""

import string
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, expect

from agents.models import Preferences
from agents.preferences import KeyMode, choose_keys
from calls.models import Call
from tests.browser.conftest import ANAS_TONE, CARLAS_TONE, Scene
from tests.browser.windows import PATIENCE_SECONDS, ConsoleWindow, PhoneWindow
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.long]

PATIENCE_MS = PATIENCE_SECONDS * 1000
TEN_SECONDS_OF_TYPING = f"{string.ascii_lowercase} {string.digits}?! the caller moved "
# How fast people type, in ms between two keys.
TYPING = 90


def talk(ana: ConsoleWindow, carla: PhoneWindow) -> None:
    carla.call()
    ana.reads("Ringing")
    ana.press("Answer")
    ana.reads("In call")
    carla.hears(ANAS_TONE)


def key(window: ConsoleWindow, letter: str) -> None:
    window.page.keyboard.press(f"Alt+Shift+{letter}")


def dialog(window: ConsoleWindow, name: str) -> Locator:
    return window.page.get_by_role("dialog", name=name)


LISTEN_TO_REQUESTS = """
window.asked = [];
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  if (typeof data === "string" && data.includes('"type"')) {
    window.asked.push(JSON.parse(data).type);
  }
  return send.call(this, data);
};
"""
# What a page says by itself.
BY_ITSELF = {"beat", "quality", "rings", "test_rang", "hello", "my_calls", "my_day"}


def acts(window: ConsoleWindow) -> list[str]:
    return [one for one in window.ask("window.asked") if one not in BY_ITSELF]


@pytest.fixture
def ana(scene: Scene) -> ConsoleWindow:
    return scene.console("ana", init_script=LISTEN_TO_REQUESTS)


@pytest.fixture
def choose(crew: Cast) -> Callable[[KeyMode], None]:
    return lambda mode: choose_keys(crew.ana.pk, mode)


def type_for_a_minute(ana: ConsoleWindow) -> None:
    """The focus is anywhere but in a field: nowhere, on Mute, on Hold, in the list."""
    for place in ("", "Mute", "Hold", "Transfer", "Test ring"):
        ana.ask("document.activeElement.blur()")
        if place:
            ana.page.get_by_role("button", name=place, exact=True).focus()
        ana.page.keyboard.type(TEN_SECONDS_OF_TYPING, delay=TYPING)


def test_a_note_typed_beside_the_field_for_a_minute_does_nothing(
    scene: Scene,
    carla: PhoneWindow,
    choose: Callable[[KeyMode], None],
) -> None:
    """Where single keys act; with Alt and Shift, or without keys, even less happens."""
    choose(KeyMode.SINGLE)
    ana = scene.console("ana", init_script=LISTEN_TO_REQUESTS)
    talk(ana, carla)
    before = len(acts(ana))

    type_for_a_minute(ana)

    ana.shows("What you type goes nowhere: no field has the focus.")
    ana.reads("In call")
    assert acts(ana)[before:] == []
    expect(ana.page.locator("dialog[open]")).to_have_count(0)
    expect(ana.page.get_by_role("button", name="Mute", exact=True)).to_be_visible()
    carla.hears(ANAS_TONE)
    assert Call.objects.get().holds == 0


def test_every_letter_in_the_notes_is_text(
    ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    talk(ana, carla)
    key(ana, "w")
    notes = ana.page.get_by_role("textbox", name="Notes")
    expect(notes).to_be_focused()
    ana.page.keyboard.type(TEN_SECONDS_OF_TYPING, delay=TYPING)
    key(ana, "h")
    ana.shows("Saved")
    expect(notes).to_have_value(TEN_SECONDS_OF_TYPING)
    assert set(acts(ana)) <= {"available", "answer", "card", "note"}
    ana.reads("In call")


def test_a_key_hangs_up_a_moment_later_and_escape_takes_it_back(
    ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    talk(ana, carla)
    ana.ask("document.activeElement.blur()")
    key(ana, "h")
    ana.shows("Hanging up on Carla…")
    ana.page.keyboard.press("Escape")
    ana.shows("Undone. Nothing has happened.")
    expect(ana.page.get_by_text("Hanging up on Carla…")).to_have_count(0)
    key(ana, "h")
    ana.press("Undo")
    ana.page.wait_for_timeout(2_000)  # longer than the undo second
    assert "hang_up" not in acts(ana)
    ana.reads("In call")
    carla.hears(ANAS_TONE)

    key(ana, "h")
    carla.reads("Ended")
    assert Call.objects.get().ended_by == "agent"


def test_a_pointer_hangs_up_at_once(ana: ConsoleWindow, carla: PhoneWindow) -> None:
    talk(ana, carla)
    ana.press("Hang up")
    assert acts(ana)[-1] == "hang_up"
    carla.reads("Ended")


def test_a_call_that_is_declined_by_key_can_be_answered_after_all(
    ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    carla.call()
    ana.reads("Ringing")
    key(ana, "d")
    ana.shows("Declining Carla…")
    ana.page.keyboard.press("Escape")
    key(ana, "y")
    ana.reads("In call")
    ana.hears(CARLAS_TONE)
    assert "decline" not in acts(ana)


def three_way(ana: ConsoleWindow, bruno: ConsoleWindow) -> None:
    ana.press("Transfer")
    ana.press("Consult")
    bruno.reads("Ringing")
    bruno.press("Answer")
    ana.shows("On call with Bruno.")
    ana.press("Three-way call")
    ana.offers("Leave the call")


def test_hanging_up_a_call_of_three_asks_first(
    scene: Scene, other_desk: Browser, ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    talk(ana, carla)
    bruno = scene.console("bruno", other_desk)
    three_way(ana, bruno)
    for ask in (lambda: key(ana, "h"), lambda: ana.press("Hang up")):
        ask()
        question = dialog(ana, "End the call for everyone?")
        expect(question).to_contain_text("Carla and Bruno would be cut off.")
        expect(question.get_by_role("button", name="Cancel")).to_be_focused()
        ana.page.keyboard.press("Escape")
        expect(question).to_have_count(0)
    assert "hang_up" not in acts(ana)
    ana.reads("In call")
    carla.hears(ANAS_TONE)

    key(ana, "h")
    ana.press("Leave the call to Bruno")
    ana.is_agent("Available")
    bruno.reads("In call")
    bruno.press("Hang up")  # alone with Carla: nothing to ask
    carla.reads("Ended")


def test_a_call_of_three_ends_for_everyone_when_ana_says_so(
    scene: Scene, other_desk: Browser, ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    talk(ana, carla)
    bruno = scene.console("bruno", other_desk)
    three_way(ana, bruno)
    ana.press("Hang up")
    ana.press("End for everyone")
    carla.reads("Ended")
    bruno.is_agent("Available")


def test_the_list_of_keys_says_what_each_does_and_keeps_the_choice(
    scene: Scene, ana: ConsoleWindow, carla: PhoneWindow, crew: Cast
) -> None:
    talk(ana, carla)
    ana.ask("document.activeElement.blur()")
    ana.page.keyboard.press("Shift+?")
    keys = dialog(ana, "Keyboard shortcuts")
    expect(keys).to_contain_text("Puts Carla on hold")
    expect(keys).to_contain_text("Alt+Shift+H")
    # A space, typed on without looking, presses nothing.
    ana.page.keyboard.press("Space")
    expect(keys).to_be_visible()
    ana.page.keyboard.press("Escape")
    expect(keys).to_have_count(0)
    assert not Preferences.objects.exists()

    ana.press("Keyboard shortcuts")
    keys.get_by_label("Single keys").check()
    expect(keys.get_by_role("status")).to_contain_text("One letter alone acts")
    ana.until(
        lambda: Preferences.objects.filter(agent=crew.ana, keys="single").exists(),
        "the choice is kept",
    )
    keys.get_by_role("button", name="Close").click()
    ana.page.keyboard.press("m")
    ana.offers("Unmute")
    ana.press("Unmute")
    ana.press("Hang up")
    ana.press("Go offline")
    ana.is_agent("Offline")

    # On another machine it is the same.
    elsewhere = scene.console("ana")
    elsewhere.press("Keyboard shortcuts")
    choice = dialog(elsewhere, "Keyboard shortcuts").get_by_label("Single keys")
    expect(choice).to_be_checked(timeout=PATIENCE_MS)


def test_a_key_that_can_do_nothing_now_says_why(ana: ConsoleWindow) -> None:
    key(ana, "x")
    ana.shows("You are in no call.")
    key(ana, "y")
    ana.shows("No call rings here.")


def test_a_transfer_that_was_chosen_by_key_can_be_taken_back(
    scene: Scene, other_desk: Browser, ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    talk(ana, carla)
    scene.console("bruno", other_desk)
    key(ana, "x")
    bruno = ana.page.get_by_role("listitem").filter(has_text="Bruno")
    bruno.get_by_role("button", name="Transfer").focus()
    ana.page.keyboard.press("Enter")
    ana.shows("Transferring Carla to Bruno…")
    ana.page.keyboard.press("Escape")
    ana.shows("Undone. Nothing has happened.")
    ana.page.wait_for_timeout(2_000)  # longer than the undo second
    assert "transfer" not in acts(ana)
    ana.reads("In call")
