"""What Ana has at hand besides talking: hold, and the check of her sound."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ANAS_TONE, CARLAS_TONE
from tests.browser.windows import PATIENCE_SECONDS, ConsoleWindow, PhoneWindow

pytestmark = pytest.mark.browser

FIFTEEN_SECONDS_PASS = """
const { performance } = window, now = performance.now.bind(performance);
performance.now = () => now() + 15_000;
"""


def test_ana_hears_herself_through_the_server_before_her_shift(
    ana: ConsoleWindow,
) -> None:
    ana.press("Start the check")
    ana.hears(ANAS_TONE)
    delay = ana.page.get_by_text(re.compile(r"Round-trip delay to the server: \d+ ms"))
    expect(delay).to_be_visible(timeout=PATIENCE_SECONDS * 1000)
    ana.ask(f"(() => {{ {FIFTEEN_SECONDS_PASS} }})()")
    ana.offers("Check again")  # it stops by itself
    ana.shows("Your audio is good.")
    ana.hears_silence()


def test_a_call_that_rings_ends_the_check(
    ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    ana.press("Start the check")
    ana.hears(ANAS_TONE)
    carla.call()
    ana.reads("Ringing")
    expect(ana.page.get_by_role("button", name="Start the check")).to_be_disabled()
    ana.press("Answer")
    ana.reads("In call")
    ana.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)


def test_carla_waits_on_hold_and_ana_is_back_with_a_key(
    ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    carla.call()
    ana.reads("Ringing")
    ana.press("Answer")
    ana.reads("In call")
    carla.hears(ANAS_TONE)
    ana.press("Hold")
    ana.reads("On hold")
    ana.shows("Carla hears music.")
    ana.hears_silence()
    ana.page.keyboard.press("Alt+Shift+o")
    ana.reads("In call")
    carla.hears(ANAS_TONE)
    ana.hears(CARLAS_TONE)
    expect(ana.page.get_by_text("You cannot hear Carla.")).to_have_count(0)
