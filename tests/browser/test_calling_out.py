"""Ana calls Carla from her console, with permission and without; both in Chromium."""

import re

import pytest
from playwright.sync_api import expect

from calls.models import Call, Line, Plan
from permissions.models import Contact
from tests.browser.conftest import ANAS_TONE, CARLAS_TONE
from tests.browser.windows import ConsoleWindow, PhoneWindow
from tests.cast import CARLA
from tests.stack import Stack

pytestmark = pytest.mark.browser

AS_PEOPLE_WRITE_IT = "+49 (1511) 234 56 78"
RINGBACK = 425.0


def find_carla(ana: ConsoleWindow) -> None:
    field = ana.page.get_by_role("textbox", name="Phone number")
    field.fill(AS_PEOPLE_WRITE_IT)
    field.press("Enter")
    expect(ana.page.get_by_role("group", name=re.compile("Carla|1511"))).to_be_visible()


def ask_carla(ana: ConsoleWindow) -> None:
    find_carla(ana)
    ana.shows("This person has not allowed calls yet.")
    expect(ana.page.get_by_role("button", name="Call", exact=True)).to_be_disabled()
    ana.press("Request permission")
    ana.shows("Waiting for permission")
    expect(ana.page.get_by_role("heading", name="New call")).to_be_focused()


def call_carla(stack: Stack, ana: ConsoleWindow) -> None:
    """Carla has allowed calls; Ana presses Call."""
    stack.simulator.reply(CARLA, "temporary")
    find_carla(ana)
    ana.shows("You can call.")
    ana.press("Call")
    ana.reads("Dialing")


def hears_ringback(ana: ConsoleWindow) -> None:
    def is_heard() -> bool:
        loudest = ana.ask("ears.ringer && ears.ringer.loudest") or {}
        return abs(loudest.get("hertz", 0) - RINGBACK) < 10

    ana.until(is_heard, "the ringback tone")


def test_ana_asks_carla_allows_and_they_hear_each_other(
    ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    ask_carla(ana)
    ana.reads("Idle")
    ana.shows("Permission requested from")
    carla.press("Allow")
    ana.shows("Allowed until")
    expect(ana.page).to_have_title(re.compile("^✆ You may call .+ now$"))

    ana.press("Call")
    ana.reads("Dialing")
    carla.reads("Ringing")
    ana.shows("Ringing…")
    hears_ringback(ana)
    carla.press("Answer")
    ana.reads("In call")
    ana.is_still()
    carla.reads("In call")
    ana.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)

    ana.press("Mute")
    ana.shows("You are muted.")
    carla.hears_silence()
    ana.press("Unmute")
    carla.hears(ANAS_TONE)
    ana.press("Hang up")
    carla.reads("Ended")
    ana.reads("Idle")
    ana.is_agent("Available")
    ana.shows("You hung up")
    assert Call.objects.get().result == "answered"
    assert Plan.objects.get().state == "done"


def test_ana_is_asked_which_of_two_numbers_she_means(
    stack: Stack, ana: ConsoleWindow
) -> None:
    Line.objects.update(number="4930123456")
    field = ana.page.get_by_role("textbox", name="Phone number")
    field.fill(CARLA)
    field.press("Enter")
    question = ana.page.get_by_role("group", name="Which number is meant?")
    expect(question.get_by_role("button")).to_have_text(
        [re.compile(r"\+49 491 5112345678\s+Germany"), re.compile(r"\+49 1511 2345678")]
    )
    assert not Contact.objects.exists()
    question.get_by_role("button", name="+49 1511 2345678").press("Enter")
    expect(ana.page.get_by_role("group", name=re.compile("1511"))).to_be_visible()
    expect(question).to_have_count(0)
    expect(field).to_be_focused()
    expect(field).to_have_value("+49 1511 2345678")
    assert Contact.objects.get().waid == CARLA


def test_carla_does_not_allow_it_and_ana_reads_so(
    ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    ask_carla(ana)
    carla.press("Don't allow")
    ana.shows("This person declined the permission request.")
    expect(ana.page.get_by_text("Waiting for permission")).to_have_count(0)
    find_carla(ana)
    ana.shows("Permission cannot be requested now.")
    ana.offers("Request permission", is_there=False)
    assert not Call.objects.exists()


def test_an_offer_put_aside_waits_in_the_list_and_can_be_given_up(
    ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    ask_carla(ana)
    carla.press("Allow")
    ana.shows("Allowed until")
    ana.press("Later")
    expect(ana.page).to_have_title("Console")
    ana.offers("Call")
    ana.press("Cancel request")
    ana.offers("Call", is_there=False)
    assert Plan.objects.get().state == "dropped"


def test_carla_does_not_answer(
    stack: Stack, ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    call_carla(stack, ana)
    carla.reads("Ringing")
    hears_ringback(ana)
    (call,) = stack.simulator.calls()
    stack.simulator.ring_out(call["call"])
    ana.reads("Idle")
    ana.is_still()
    ana.shows("The call was not answered.")
    ana.is_agent("Available")


def test_carla_declines_the_call(
    stack: Stack, ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    call_carla(stack, ana)
    carla.press("Decline")
    ana.reads("Idle")
    ana.shows("The person rejected the call.")


def test_a_rejection_that_is_told_after_the_end_is_shown(
    stack: Stack, ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    call_carla(stack, ana)
    ana.shows("Ringing…")  # Wati's words so far have come
    stack.simulator.set_webhook_fault(kind="outbound-call-status", hold=True)
    carla.press("Decline")
    ana.reads("Idle")
    ana.shows("The person rejected the call.")
    kinds = [webhook["kind"] for webhook in stack.simulator.webhooks()]
    assert kinds[-2:] == ["terminate-call", "outbound-call-status"]


def test_ana_hangs_up_while_it_rings(
    stack: Stack, ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    call_carla(stack, ana)
    carla.reads("Ringing")
    hears_ringback(ana)
    ana.press("Hang up")
    ana.reads("Idle")
    ana.is_still()
    ana.shows("Cancelled before the person answered.")
    carla.reads("Ended")


def test_what_is_no_number_is_said_beside_the_field(ana: ConsoleWindow) -> None:
    ana.page.keyboard.press("Alt+Shift+n")
    ana.page.keyboard.type("12")
    ana.page.keyboard.press("Enter")
    alert = ana.page.get_by_role("alert").filter(has_text="number")
    expect(alert).to_be_visible()
    ana.page.keyboard.type("3")
    expect(alert).to_have_count(0)
