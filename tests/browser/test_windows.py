"""Two windows of one agent and their ends, and who signs in or out beside a call."""

import time
from contextlib import suppress

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Error, expect

from agents.models import Queue
from calls.models import Call
from tests.browser.conftest import ANAS_TONE, BRUNOS_TONE, CARLAS_TONE, Scene, Tell
from tests.browser.windows import PATIENCE_SECONDS, ConsoleWindow, PhoneWindow
from tests.cast import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.long]

ELSEWHERE = "Your calls are in another window: Chrome, Linux, opened at "
TAKES_OVER = "If it closes, this one takes over."
LOSES_THE_CALL = (
    "Ana is on a call in this browser. If you sign in here, Ana is signed out and "
    "loses the call."
)


def shows_not(window: ConsoleWindow, text: str) -> None:
    found = window.page.get_by_text(text)
    expect(found).to_have_count(0, timeout=PATIENCE_SECONDS * 1000)


def stands_in(window: ConsoleWindow) -> None:
    window.shows(ELSEWHERE)
    window.shows(TAKES_OVER)
    window.offers("Use this window")
    expect(window.page).to_have_title("⚠ Your calls are in another window")


def rings_here(window: ConsoleWindow) -> None:
    shows_not(window, ELSEWHERE)
    window.offers("Use this window", is_there=False)
    window.is_agent("Available")
    window.shows("Ready for calls")


@pytest.fixture
def newer(ana: ConsoleWindow) -> ConsoleWindow:
    """A second window of Ana's, opened beside the first."""
    newer = ana.beside()
    stands_in(ana)
    rings_here(newer)
    return newer


def talk(ana: ConsoleWindow, carla: PhoneWindow) -> None:
    carla.call()
    ana.rings()
    ana.press("Answer")
    ana.reads("In call")
    ana.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)


def test_when_the_newer_window_is_closed_calls_ring_in_the_older_one(
    ana: ConsoleWindow, newer: ConsoleWindow, carla: PhoneWindow, tell: Tell
) -> None:
    newer.page.close()
    began = time.monotonic()
    ana.shows("Your other window was closed. Calls ring here now.")
    rings_here(ana)
    tell(f"The older window was ready after {time.monotonic() - began:.1f} s.")
    talk(ana, carla)
    ana.press("Hang up")
    carla.reads("Ended")


def test_when_the_newer_window_crashes_calls_ring_in_the_older_one(
    ana: ConsoleWindow, newer: ConsoleWindow, carla: PhoneWindow
) -> None:
    crash(newer)
    ana.shows("Your other window was closed. Calls ring here now.")
    rings_here(ana)
    talk(ana, carla)
    ana.press("Hang up")
    carla.reads("Ended")


def crash(window: ConsoleWindow) -> None:
    """Kill the process of its page."""
    with suppress(Error), window.page.expect_event("crash"):
        window.page.goto("chrome://crash")  # the page that should answer is gone


def test_a_window_that_hangs_gives_its_turn_away_and_says_so_when_it_is_back(
    ana: ConsoleWindow, newer: ConsoleWindow, carla: PhoneWindow
) -> None:
    devtools = newer.page.context.new_cdp_session(newer.page)
    devtools.send("Debugger.enable")
    devtools.send("Debugger.pause")
    ana.shows("Your other window does not respond. Calls ring here now.")
    rings_here(ana)
    devtools.send("Debugger.resume")
    devtools.send("Debugger.disable")
    stands_in(newer)
    talk(ana, carla)
    newer.reads("In call")
    newer.shows("The audio of this call is in another window.")
    ana.press("Hang up")
    carla.reads("Ended")


def test_a_reload_of_the_newer_window_leaves_calls_there(
    ana: ConsoleWindow, newer: ConsoleWindow, carla: PhoneWindow
) -> None:
    newer.page.reload()
    rings_here(newer)
    stands_in(ana)
    talk(newer, carla)
    newer.page.reload()
    newer.reads("In call")
    newer.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)
    ana.shows("The audio of this call is in another window.")
    newer.press("Hang up")
    carla.reads("Ended")


@pytest.mark.parametrize("ends", ["closed", "crashed"])
def test_in_a_call_the_window_that_is_left_takes_over(
    ana: ConsoleWindow,
    newer: ConsoleWindow,
    carla: PhoneWindow,
    tell: Tell,
    ends: str,
) -> None:
    talk(newer, carla)
    ana.reads("In call")
    ana.shows("The audio of this call is in another window.")
    if ends == "closed":
        newer.page.close()
    else:
        crash(newer)
    began = time.monotonic()
    ana.shows("Your other window was closed. The call goes on here.")
    shows_not(ana, "The audio of this call is in another window.")
    ana.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)
    tell(f"The call went on after {time.monotonic() - began:.1f} s.")
    ana.reads("In call")
    ana.press("Hang up")
    carla.reads("Ended")
    (call,) = Call.objects.all()
    assert (call.result, call.reattach_count) == ("answered", 1)


def test_use_this_window_takes_the_call_over_and_back(
    ana: ConsoleWindow, newer: ConsoleWindow, carla: PhoneWindow
) -> None:
    talk(newer, carla)
    for here, there in ((ana, newer), (newer, ana)):
        here.press("Use this window")
        here.hears(CARLAS_TONE)
        carla.hears(ANAS_TONE)
        there.shows(ELSEWHERE)
        there.hears_silence()
    newer.press("Hang up")
    carla.reads("Ended")


def test_a_mute_goes_along_to_the_window_that_takes_over(
    ana: ConsoleWindow, newer: ConsoleWindow, carla: PhoneWindow
) -> None:
    talk(newer, carla)
    newer.press("Mute")
    carla.hears_silence()
    newer.page.close()
    ana.hears(CARLAS_TONE)
    ana.shows("You are muted. Carla cannot hear you.")
    carla.hears_silence()
    ana.press("Unmute")
    carla.hears(ANAS_TONE)
    ana.press("Hang up")
    carla.reads("Ended")


def test_in_the_older_window_the_buttons_work_and_bring_the_calls_there(
    ana: ConsoleWindow, newer: ConsoleWindow
) -> None:
    ana.press("Go offline")
    newer.is_agent("Offline")
    ana.go_available()
    rings_here(ana)
    stands_in(newer)


# --- Signed out in the middle of a call ----------------------------------------------


def test_the_caller_of_an_agent_who_is_deactivated_is_heard_by_the_next_one(
    scene: Scene,
    other_desk: Browser,
    ana: ConsoleWindow,
    carla: PhoneWindow,
    tell: Tell,
) -> None:
    talk(ana, carla)
    bruno = scene.console("bruno", other_desk)
    User.objects.filter(username="ana").update(is_active=False)
    began = time.monotonic()
    bruno.press("Answer")
    bruno.hears(CARLAS_TONE)
    tell(f"Bruno heard Carla after {time.monotonic() - began:.1f} s.")
    carla.hears(BRUNOS_TONE)
    expect(ana.page.get_by_label("Password")).to_be_visible(
        timeout=PATIENCE_SECONDS * 1000
    )
    ana.shows("Your session has ended. Sign in again.")
    bruno.press("Hang up")
    carla.reads("Ended")


def test_who_signs_in_beside_a_call_is_warned_before(
    scene: Scene, ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    talk(ana, carla)
    root = scene.stack.nodes[-1].url
    beside = ana.beside(f"{root}/sign-in/")
    beside.shows(LOSES_THE_CALL)
    fill_in(beside, "bruno")
    beside.shows(LOSES_THE_CALL)
    beside.press("Cancel")
    ana.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)

    beside.page.goto(f"{root}/sign-in/")
    fill_in(beside, "bruno")
    beside.press("Sign in anyway")
    beside.is_agent("Offline")
    expect(beside.page.locator("#agent-name")).to_have_text("Bruno")
    beside.press("Go available")
    beside.press("Answer")
    beside.hears(CARLAS_TONE)
    # The other tab of this browser is Bruno's now, too, and says where his calls are.
    expect(ana.page.locator("#agent-name")).to_have_text(
        "Bruno", timeout=PATIENCE_SECONDS * 1000
    )
    beside.press("Hang up")
    carla.reads("Ended")


def fill_in(window: ConsoleWindow, username: str) -> None:
    window.page.get_by_label("Username").fill(username)
    window.page.get_by_label("Password").fill(PASSWORD)
    window.press("Sign in")


def test_signing_out_of_a_call_asks_before(
    ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    talk(ana, carla)
    ana.press("Sign out")
    ana.shows("You are on a call. If you sign out, you lose it.")
    ana.press("Cancel")
    ana.reads("In call")
    ana.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)
    ana.press("Sign out")
    ana.press("Sign out anyway")
    expect(ana.page.get_by_label("Password")).to_be_visible(
        timeout=PATIENCE_SECONDS * 1000
    )
    carla.hears_music(ANAS_TONE, CARLAS_TONE)


def test_signing_out_of_a_wrap_up_asks_before_and_otherwise_nobody_asks(
    ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    Queue.objects.update(wrap_up_seconds=300)
    talk(ana, carla)
    ana.press("Hang up")
    ana.reads("Wrap-up")
    ana.press("Sign out")
    ana.shows("You are in wrap-up. If you sign out, it ends unfinished.")
    ana.press("Cancel")
    ana.press("Finish wrap-up")
    ana.is_agent("Available")
    ana.press("Sign out")
    expect(ana.page.get_by_label("Password")).to_be_visible(
        timeout=PATIENCE_SECONDS * 1000
    )
