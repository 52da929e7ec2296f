"""Ana's first shift in a browser: a check that leads her, and the profile page."""

import json
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from agents.models import Preferences
from calls.models import Call
from tests.browser.conftest import ANAS_TONE, CARLAS_TONE, Scene
from tests.browser.windows import PATIENCE_SECONDS, ConsoleWindow, PhoneWindow
from tests.cast import PASSWORD, Cast

pytestmark = [pytest.mark.browser, pytest.mark.long]

PATIENCE_MS = PATIENCE_SECONDS * 1000
NEW_PASSWORD = "a-long-and-rare-one"
# Another headset is plugged in, and the system makes it the default.
OTHER_HEADSET = """
const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
navigator.mediaDevices.enumerateDevices = async () =>
  (await list()).map(({deviceId, kind, label}) =>
    ({deviceId, kind, label: label && `Other ${label}`}));
navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
"""


@pytest.fixture
def ana(scene: Scene) -> ConsoleWindow:
    """Ana, who has just signed in."""
    return scene.newcomer("ana")


def check(ana: ConsoleWindow) -> Locator:
    return ana.page.get_by_role("dialog", name="Guided check")


def step(ana: ConsoleWindow, name: str) -> None:
    expect(check(ana).get_by_role("heading", name=name, exact=True)).to_be_focused(
        timeout=PATIENCE_MS
    )


def passes(ana: ConsoleWindow) -> None:
    """All five steps, as they go when all is well."""
    step(ana, "Microphone")
    expect(check(ana)).to_contain_text("You are heard well.", timeout=PATIENCE_MS)
    ana.press("Next")
    for name in ("Speaker", "Ring tone"):
        step(ana, name)
        ana.until(
            lambda: bool(ana.ask("ears.ringer && ears.ringer.isHeard")),
            f"something is heard for the step {name}",
        )
        ana.ask("ears.ringer = null")
        ana.press("Yes, I hear it")
    step(ana, "Notifications")
    ana.press("Next")
    step(ana, "Through the server")
    ana.hears(ANAS_TONE)
    ana.press("Yes, I hear it")
    expect(check(ana)).to_contain_text("All is well.", timeout=PATIENCE_MS)


def test_the_check_leads_ana_to_available(
    ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    ana.shows("First shift in this browser?")
    ana.press("Check now")
    passes(ana)
    ana.press("Finish and go available")
    ana.is_agent("Available")
    expect(ana.page.get_by_role("region", name="Guided check")).to_have_count(0)

    carla.call()
    ana.reads("Ringing")
    ana.press("Answer")
    ana.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)


def test_what_was_checked_is_not_asked_again_until_the_devices_change(
    ana: ConsoleWindow,
) -> None:
    ana.press("Skip the check")
    ana.go_available()
    ana.page.reload()
    ana.is_agent("Available")
    banner = ana.page.get_by_role("region", name="Guided check")
    expect(banner).to_have_count(0)
    ana.ask(f"(() => {{ {OTHER_HEADSET} }})()")
    ana.shows("Your audio devices changed.")
    ana.press("Check now")
    passes(ana)
    ana.press("Finish")
    expect(banner).to_have_count(0)
    ana.is_agent("Available")


def test_a_step_that_fails_says_what_is_wrong_and_what_may_follow(
    ana: ConsoleWindow,
) -> None:
    ana.press("Check now")
    ana.press("Skip this step")
    step(ana, "Speaker")
    ana.press("No")
    expect(check(ana)).to_contain_text("The tone went to")
    expect(check(ana).get_by_role("combobox", name="Speaker")).to_be_visible()
    ana.press("Go on all the same")
    ana.press("Yes, I hear it")
    ana.press("Skip this step")
    ana.press("Skip this step")
    expect(check(ana)).to_contain_text("Not all is well yet.")
    expect(check(ana)).to_contain_text("You may not hear callers.")
    expect(check(ana)).to_contain_text("Callers may not hear you.")
    ana.page.keyboard.press("Escape")
    expect(check(ana)).to_have_count(0)
    ana.is_agent("Offline")


def test_a_call_that_rings_closes_the_check(scene: Scene, carla: PhoneWindow) -> None:
    ana = scene.newcomer("ana")
    ana.press("Skip the check")
    ana.go_available()
    ana.ask(f"(() => {{ {OTHER_HEADSET} }})()")
    ana.press("Check now")
    step(ana, "Microphone")
    carla.call()
    ana.reads("Ringing")
    expect(check(ana)).to_have_count(0)
    ana.press("Answer")
    carla.hears(ANAS_TONE)


# --- The profile page ----------------------------------------------------------------


def profile(ana: ConsoleWindow) -> Page:
    with ana.page.context.expect_page() as opened:
        ana.page.get_by_role("link", name="Profile").click()
    page = opened.value
    page.on("pageerror", lambda error: ana.problems.append(str(error)))
    page.on(
        "console", lambda line: line.type == "error" and ana.problems.append(line.text)
    )
    return page


def test_a_new_password_in_a_call_leaves_the_call_alone(
    scene: Scene, carla: PhoneWindow, crew: Cast
) -> None:
    ana = scene.console("ana")
    carla.call()
    ana.reads("Ringing")
    ana.press("Answer")
    ana.hears(CARLAS_TONE)
    page = profile(ana)
    page.get_by_label("Old password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("New password confirmation").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Your password was changed.")).to_be_visible()
    page.close()

    ana.page.wait_for_timeout(3_000)  # sessions are judged every second
    ana.reads("In call")
    ana.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)
    assert Call.objects.get().reattach_count == 0
    crew.ana.user.refresh_from_db()
    assert crew.ana.user.check_password(NEW_PASSWORD)


def test_the_devices_of_the_profile_page_are_those_of_the_console(
    scene: Scene,
) -> None:
    ana = scene.console("ana")
    page = profile(ana)
    speakers = page.get_by_role("combobox", name="Speaker")
    expect(speakers.locator("option").nth(1)).to_be_attached(timeout=PATIENCE_MS)
    options = speakers.locator("option").all_inner_texts()
    other = options[-1]
    speakers.select_option(label=other)
    here = ana.page.get_by_role("combobox", name="Speaker")
    expect(here.locator("option:checked")).to_have_text(other, timeout=PATIENCE_MS)
    kept = json.loads(ana.ask("localStorage['audio-speaker']"))
    assert kept["label"] == other.strip()
    page.close()


def test_keys_and_notifications_are_chosen_there_and_hold_at_once(
    scene: Scene, crew: Cast
) -> None:
    ana = scene.console("ana")
    page = profile(ana)
    expect(page.get_by_label("With Alt and Shift", exact=True)).to_be_checked()
    page.get_by_label("Single keys", exact=True).check()
    page.get_by_role("button", name="Save keys").click()
    expect(page.get_by_text("Your choice of keys was saved.")).to_be_visible()
    page.get_by_label("Contacts who may be called now").uncheck()
    page.get_by_role("button", name="Save notifications").click()
    expect(page.get_by_text("Your choice of notifications was saved.")).to_be_visible()
    page.get_by_role("button", name="Test notification").click()
    expect(page.get_by_text(re.compile("^Sent. If you see nothing"))).to_be_visible()
    page.close()
    kept = Preferences.objects.get(agent=crew.ana)
    assert (kept.keys, kept.notifies) == ("single", ["calls", "trouble"])

    ana.ask("document.activeElement.blur()")
    ana.page.keyboard.press("n")
    expect(ana.page.get_by_role("textbox", name="Phone number")).to_be_focused()
