"""Carla calls with the phone page, Ana answers at her console; both in Chromium."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from calls.models import Call, Node
from tests.browser.conftest import Tell
from tests.browser.windows import (
    ConsoleWindow,
    PhoneWindow,
    Window,
    delays,
    flags,
    told,
    write_voice,
)
from tests.cast import CARLA, PASSWORD, Cast
from tests.stack import FULL, Stack

pytestmark = pytest.mark.browser

ANAS_TONE, CARLAS_TONE = 1200.0, 440.0
STILL_ON_ITS_WAY = 1.0  # seconds; sound of an old page that may come out later


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright
        # Playwright's event loop runs in this thread, and while a loop runs Django
        # keeps connections of its own.
        connections.close_all()


@pytest.fixture(scope="module")
def desk(
    playwright: Playwright, chromium: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """The browser of the agents."""
    voice = write_voice(tmp_path_factory.mktemp("desk") / "ana.wav", ANAS_TONE)
    browser = playwright.chromium.launch(executable_path=chromium, args=flags(voice))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def pocket(
    playwright: Playwright, chromium: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """The browser of the caller."""
    voice = write_voice(tmp_path_factory.mktemp("pocket") / "carla.wav", CARLAS_TONE)
    browser = playwright.chromium.launch(executable_path=chromium, args=flags(voice))
    yield browser
    browser.close()


class Scene:
    """Opens windows and closes them; none may have complained."""

    def __init__(self, stack: Stack, desk: Browser, pocket: Browser) -> None:
        self.stack = stack
        self._desk = desk
        self._pocket = pocket
        self._windows: list[Window] = []

    def console(self, username: str) -> ConsoleWindow:
        """An agent, signed in and available; on the last node, as no webhook is."""
        permissions = ["microphone", "notifications"]
        window = ConsoleWindow(self._desk.new_context(permissions=permissions))
        self._windows.append(window)
        window.sign_in(self.stack.nodes[-1].url, username, PASSWORD)
        return window.go_available()

    def phone(self) -> PhoneWindow:
        window = PhoneWindow(self._pocket.new_context(permissions=["microphone"]))
        self._windows.append(window)
        mine = json.dumps({"waid": CARLA, "name": "Carla"})
        window.page.add_init_script(f"localStorage['simulated-phone'] = '{mine}'")
        return window.switch_on(self.stack.simulator_url)

    def close(self) -> None:
        for window in self._windows:
            window.close()

    def assert_calm(self) -> None:
        assert [window.problems for window in self._windows if window.problems] == []


@pytest.fixture
def scene(stack: Stack, crew: Cast, desk: Browser, pocket: Browser) -> Iterator[Scene]:
    scene = Scene(stack, desk, pocket)
    yield scene
    scene.close()
    scene.assert_calm()


@pytest.fixture
def ana(scene: Scene) -> ConsoleWindow:
    return scene.console("ana")


@pytest.fixture
def carla(scene: Scene) -> PhoneWindow:
    return scene.phone()


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
    tell(told("Carla to Ana", delays(carla, ana)))
    tell(told("Ana to Carla", delays(ana, carla)))

    ana.press("Mute")
    ana.shows("You are muted. The caller cannot hear you.")
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
    bruno.shows("Ana took this call")
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


if FULL:

    def test_the_sound_may_come_from_another_node_than_the_console(
        crowded_console_node: None, ana: ConsoleWindow, carla: PhoneWindow
    ) -> None:
        talk(ana, carla)
        assert Call.objects.get().node == "node-1"
        ana.press("Hang up")
        carla.reads("Ended")
