"""Carla calls with the phone page, Ana answers at her console; both in Chromium."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from calls.models import Call, Node
from tests.browser.conftest import ANAS_TONE, CARLAS_TONE, Scene, Tell
from tests.browser.windows import (
    ConsoleWindow,
    PhoneWindow,
    delays,
    told,
)
from tests.cast import Cast
from tests.stack import Stack

pytestmark = pytest.mark.browser

STILL_ON_ITS_WAY = 1.0  # seconds; sound of an old page that may come out later


def talk(ana: ConsoleWindow, carla: PhoneWindow) -> None:
    """Carla calls, Ana answers, they hear each other."""
    carla.call()
    ana.reads("Ringing")
    ana.press("Answer")
    ana.reads("In call")
    carla.reads("In call")
    ana.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)


def test_carla_calls_and_they_hear_each_other(
    ana: ConsoleWindow, carla: PhoneWindow, tell: Tell
) -> None:
    carla.call()
    ana.rings()
    ana.shows("Carla")
    ana.shows("+49 1511 2345678")
    ana.press("Answer")
    ana.reads("In call")
    ana.is_agent("In call")
    ana.is_still()
    carla.reads("In call")
    ana.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)
    to_ana, to_carla = delays(carla, ana)
    tell(told("Carla to Ana", to_ana))
    tell(told("Ana to Carla", to_carla))

    ana.press("Mute")
    ana.shows("You are muted. Carla cannot hear you.")
    carla.hears_silence()
    ana.hears(CARLAS_TONE)
    ana.press("Unmute")
    carla.hears(ANAS_TONE)
    carla.press("Mute")
    ana.hears_silence()
    carla.press("Unmute")
    ana.hears(CARLAS_TONE)

    ana.press("Hang up")
    carla.reads("Ended")
    carla.shows("The business ended the call.")
    ana.reads("Idle")
    ana.is_agent("Available")
    ana.shows("You hung up")


def test_carla_calls_a_second_time_and_hangs_up_herself(
    ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    talk(ana, carla)
    ana.press("Hang up")
    carla.reads("Ended")
    ana.reads("Idle")

    talk(ana, carla)
    carla.press("Hang up")
    carla.reads("Ended")
    carla.shows("You hung up.")
    ana.reads("Idle")
    ana.shows("The caller hung up")
    ana.is_agent("Available")
    results = list(Call.objects.values_list("result", "ended_by").order_by("ended_at"))
    assert results == [("answered", "agent"), ("answered", "customer")]


def test_ana_declines(ana: ConsoleWindow, carla: PhoneWindow) -> None:
    carla.call()
    ana.rings()
    ana.press("Decline")
    ana.reads("Idle")
    ana.is_still()
    carla.reads("Ended")
    ana.is_agent("Available")


def test_ana_answers_and_brunos_console_says_so(
    scene: Scene, ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    bruno = scene.console("bruno")
    carla.call()
    bruno.rings()
    ana.reads("Ringing")
    ana.press("Answer")
    bruno.shows("Ana answered this call")
    bruno.reads("Idle")
    bruno.is_still()
    ana.reads("In call")
    ana.hears(CARLAS_TONE)
    carla.press("Hang up")
    ana.reads("Idle")


def test_a_reload_in_the_middle_of_a_call_goes_on(
    ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    talk(ana, carla)
    ana.page.reload()
    reloaded = (time.time() + STILL_ON_ITS_WAY) * 1000
    # To look into a page counts as a click in it: ask Carla first, whether she hears.
    carla.until(
        lambda: any(at > reloaded for at in carla.onsets("speaker")),
        "the new page talks without a click",
    )
    ana.reads("In call")
    ana.is_agent("In call")
    ana.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)
    ana.press("Hang up")
    carla.reads("Ended")


def test_a_caller_without_a_name_or_number_is_unknown(
    stack: Stack, ana: ConsoleWindow
) -> None:
    wati_id = stack.simulator.place_call(
        tone=int(CARLAS_TONE), behaviour={"missing_caller": True}
    )
    ana.reads("Ringing")
    heading = ana.page.get_by_role("heading", name="Unknown WhatsApp user")
    expect(heading).to_be_visible()
    expect(ana.page).to_have_title("☎ Unknown WhatsApp user is calling")
    ana.press("Answer")
    ana.reads("In call")
    ana.hears(CARLAS_TONE)
    stack.simulator.hang_up(wati_id)
    ana.reads("Idle")


@pytest.fixture
def crowded_console_node(crew: Cast) -> Iterator[None]:
    """No room for a call on the node that serves the console."""
    node = Node.objects.filter(name="node-2")
    (room,) = node.values_list("max_calls", flat=True)
    node.update(max_calls=0)
    yield
    node.update(max_calls=room)


@pytest.mark.full
def test_the_sound_may_come_from_another_node_than_the_console(
    crowded_console_node: None, ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    talk(ana, carla)
    assert Call.objects.get().node == "node-1"
    ana.press("Hang up")
    carla.reads("Ended")
