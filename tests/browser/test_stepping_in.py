"""Sofia steps into Ana's call: four voices, each of one tone, and who hears whom."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from calls.models import Call
from tests.browser.conftest import ANAS_TONE, BRUNOS_TONE, Scene
from tests.browser.windows import (
    PATIENCE_SECONDS,
    AdminWindow,
    ConsoleWindow,
    Window,
    flags,
    write_voice,
)
from tests.cast import Cast
from tests.stack import Stack
from tests.talking import call_in, wait_for_row

pytestmark = [pytest.mark.browser, pytest.mark.long]

CARLAS_TONE, SOFIAS_TONE = 440, 3400.0
VOICES = {
    "carla": float(CARLAS_TONE),
    "ana": ANAS_TONE,
    "bruno": BRUNOS_TONE,
    "sofia": SOFIAS_TONE,
}
AUDIBLE = -50.0  # decibels
LIVE = "ears.microphones.filter(({ readyState }) => readyState === 'live').length"
LOOK_FOR = 5.0  # seconds: a voice of words is heard at least once in that time


@pytest.fixture(scope="module")
def office(
    playwright: Playwright, chromium: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """The browser of the supervisor."""
    voice = write_voice(tmp_path_factory.mktemp("office") / "sofia.wav", SOFIAS_TONE)
    browser = playwright.chromium.launch(executable_path=chromium, args=flags(voice))
    yield browser
    browser.close()


@pytest.fixture
def sofia(scene: Scene, office: Browser) -> AdminWindow:
    return scene.admin("supervisor", office)


@pytest.fixture
def call(stack: Stack, crew: Cast, ana: ConsoleWindow) -> Call:
    """Carla, a phone of the simulator, talks to Ana."""
    wati_id = call_in(stack, CARLAS_TONE)
    ana.reads("Ringing")
    ana.press("Answer")
    ana.reads("In call")
    return wait_for_row(wati_id, "active")


class Ears:
    """Who hears whose voice; the phone's ear is the simulator's."""

    def __init__(self, stack: Stack, call: Call) -> None:
        self._stack, self._call = stack, call

    def heard_by(self, who: Window | None) -> set[str]:
        tones = list(VOICES.values())
        if who is not None:
            levels = who.ask(f"ears.speaker ? ears.speaker.levels({tones}) : []")
            return {n for n, dB in zip(VOICES, levels, strict=False) if dB > AUDIBLE}
        heard = self._stack.simulator.heard(
            self._call.wati_call_id, seconds=0.3, levels_of=[int(t) for t in tones]
        )
        return {
            n for n, level in zip(VOICES, heard.levels, strict=True) if level > 0.02
        }

    def hears(self, who: Window | None, *names: str, page: Window) -> None:
        """Wait until these voices and no others are heard for some seconds."""

        def exactly() -> bool:
            heard: set[str] = set()
            until = time.monotonic() + LOOK_FOR
            while time.monotonic() < until:
                heard |= self.heard_by(who)
                page.page.wait_for_timeout(40)
            last[:] = [heard]
            return heard == set(names)

        last: list[set[str]] = [set()]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not exactly():
            assert time.monotonic() < deadline, f"not {names}, but {last[0]}"


@pytest.fixture
def hears(stack: Stack, call: Call, sofia: AdminWindow) -> Callable[..., None]:
    ears = Ears(stack, call)

    def hears(who: Window | None, *names: str) -> None:
        ears.hears(who, *names, page=who or sofia)

    return hears


def modes(call: Call) -> list[str]:
    return list(call.supervisions.values_list("mode", flat=True))


def microphone_is(sofia: AdminWindow, *, open_: bool) -> None:
    """What the page has asked the browser for: nothing, until she is to be heard."""
    sofia.until(lambda: sofia.ask(LIVE) == int(open_), f"microphone open: {open_}")


def test_in_every_mode_it_is_heard_who_is_to_be_heard(
    ana: ConsoleWindow, sofia: AdminWindow, call: Call, hears: Callable[..., None]
) -> None:
    sofia.opens(call)
    sofia.press("Listen")
    sofia.reads("Listening")
    sofia.shows("Nobody hears you. The console of Ana says that you listen.")
    ana.shows("Supervisor supervisor is listening.")
    hears(sofia, "carla", "ana")
    hears(None, "ana")
    hears(ana, "carla")
    microphone_is(sofia, open_=False)

    sofia.press("Whisper")
    sofia.reads("Whispering")
    sofia.shows("Only Ana hears you.")
    ana.shows("Supervisor supervisor is whispering to you.")
    hears(ana, "carla", "sofia")
    hears(None, "ana")
    hears(sofia, "carla", "ana")
    microphone_is(sofia, open_=True)

    sofia.press("Barge")
    sofia.reads("In the call")
    sofia.shows("Ana and the caller hear you.")
    hears(None, "ana", "sofia")
    hears(ana, "carla", "sofia")
    hears(sofia, "carla", "ana")

    sofia.press("Mute")
    sofia.shows("Your microphone is muted. Nobody hears you.")
    hears(None, "ana")
    sofia.press("Unmute")

    sofia.press("Listen")
    sofia.reads("Listening")
    hears(None, "ana")
    microphone_is(sofia, open_=False)

    sofia.press("Stop")
    sofia.is_out()
    expect(ana.page.get_by_text("is listening")).to_have_count(0)
    hears(ana, "carla")
    assert modes(call) == ["listen", "whisper", "barge", "listen"]
    assert not call.supervisions.open().exists()
    sofia.page.reload()
    table = sofia.page.locator("section[aria-labelledby=supervisions] tbody tr")
    expect(table).to_have_count(4)
    expect(table.first).to_contain_text("supervisor")
    expect(table.first).to_contain_text("Ana")


def test_who_takes_over_talks_with_the_caller_and_ana_has_wrap_up(
    crew: Cast,
    ana: ConsoleWindow,
    sofia: AdminWindow,
    call: Call,
    hears: Callable[..., None],
) -> None:
    crew.queue.wrap_up_seconds = 60
    crew.queue.save()
    sofia.opens(call)
    sofia.press("Take over")
    sofia.reads("In the call")
    sofia.shows("The caller hears you. No agent is on the call.")
    ana.is_agent("Wrap-up")
    ana.shows("supervisor took over the call.")
    hears(None, "sofia")
    hears(sofia, "carla")
    sofia.page.reload()
    sofia.reads("In the call")
    hears(None, "sofia")
    hears(sofia, "carla")
    sofia.press("Hang up")
    sofia.is_out()
    call.refresh_from_db()
    assert (call.result, call.ended_by, call.agent) == (
        "answered",
        "supervisor",
        crew.ana,
    )
    assert modes(call) == ["take_over"]


def test_through_hold_reload_consult_and_transfer_she_follows_the_call(
    scene: Scene,
    other_desk: Browser,
    ana: ConsoleWindow,
    sofia: AdminWindow,
    call: Call,
    hears: Callable[..., None],
) -> None:
    bruno = scene.console("bruno", other_desk)
    sofia.opens(call)
    sofia.press("Listen")
    sofia.reads("Listening")
    hears(sofia, "carla", "ana")
    ana.press("Hold")
    ana.reads("On hold")
    hears(sofia, "carla")
    hears(ana)
    sofia.page.reload()
    sofia.reads("Listening")
    sofia.page.mouse.click(5, 400)  # a browser may play nothing before that
    hears(sofia, "carla")

    ana.press("Transfer")
    ana.page.get_by_role("dialog").get_by_role("button", name="Consult").first.click()
    bruno.reads("Ringing")
    bruno.press("Answer")
    hears(bruno, "ana")
    hears(sofia, "carla", "ana", "bruno")
    ana.press("Complete transfer")
    bruno.reads("In call")
    hears(bruno, "carla")
    hears(sofia, "carla", "bruno")
    bruno.shows("Supervisor supervisor is listening.")
    sofia.press("Whisper")
    sofia.reads("Whispering")
    hears(bruno, "carla", "sofia")
    hears(None, "bruno")
    agents = [s.agent.name if s.agent else None for s in call.supervisions.all()]
    assert agents == ["Ana", "Bruno", "Bruno"]

    bruno.press("Hang up")
    sofia.is_out()
    sofia.shows("The agent hung up.")
    microphone_is(sofia, open_=False)
    assert not call.supervisions.open().exists()


def test_ana_is_not_told_where_the_queue_says_so(
    crew: Cast, ana: ConsoleWindow, sofia: AdminWindow, call: Call
) -> None:
    crew.queue.tells_of_listeners = False
    crew.queue.save()
    sofia.opens(call)
    sofia.press("Listen")
    sofia.reads("Listening")
    sofia.shows("Nobody hears you. Ana is not told.")
    expect(ana.page.get_by_text("is listening")).to_have_count(0)
    sofia.press("Whisper")
    ana.shows("Supervisor supervisor is whispering to you.")


def test_from_the_board_she_steps_in_and_it_says_so_when_the_call_is_over(
    ana: ConsoleWindow, sofia: AdminWindow, call: Call, hears: Callable[..., None]
) -> None:
    sofia.opens_the_board()
    row = sofia.page.get_by_role("table", name="Calls").locator("tbody tr")
    row.get_by_role("button", name="Listen").click()
    sofia.reads("Listening")
    sofia.shows("Nobody hears you. The console of Ana says that you listen.")
    hears(sofia, "carla", "ana")
    row.get_by_role("button", name="Whisper").click()
    sofia.reads("Whispering")
    hears(ana, "carla", "sofia")
    sofia.page.reload()
    sofia.reads("Whispering")
    ana.press("Hang up")
    sofia.is_out()
    sofia.shows("The agent hung up.")
    microphone_is(sofia, open_=False)
    sofia.press("Dismiss")
    assert modes(call) == ["listen", "whisper"]
