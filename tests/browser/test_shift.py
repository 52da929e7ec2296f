"""A whole shift in real pages: what must not happen to a call, and who hears whom."""

import time

import pytest
from playwright.sync_api import Browser, expect

from agents.models import Queue
from calls.models import Call
from tests.browser.conftest import (
    ANAS_TONE,
    BRUNOS_TONE,
    CARLAS_TONE,
    Scene,
    Tell,
)
from tests.browser.windows import PATIENCE_SECONDS, ConsoleWindow, PhoneWindow

pytestmark = pytest.mark.browser

NOTE = "Wants a refund. Order 7."
# What the page's own scripts hold, so that a test can pull the plug.
HOLD_TRACKS = """
const devices = navigator.mediaDevices;
window.plug = {tracks: [], open: devices.getUserMedia.bind(devices),
  list: devices.enumerateDevices.bind(devices)};
devices.getUserMedia = async (wish) => {
  const stream = await plug.open(wish);
  plug.tracks.push(...stream.getTracks());
  return stream;
};
"""
UNPLUG = """
const devices = navigator.mediaDevices;
devices.enumerateDevices = async () => [];
devices.getUserMedia = async () => {
  throw new DOMException("Requested device not found", "NotFoundError");
};
for (const track of plug.tracks) {
  track.stop();
  track.dispatchEvent(new Event("ended"));
}
devices.dispatchEvent(new Event("devicechange"));
"""
PLUG_IN = """
const devices = navigator.mediaDevices;
devices.enumerateDevices = plug.list;
devices.getUserMedia = plug.open;
devices.dispatchEvent(new Event("devicechange"));
"""


def talk(ana: ConsoleWindow, carla: PhoneWindow) -> None:
    carla.call()
    ana.reads("Ringing")
    ana.press("Answer")
    ana.reads("In call")
    ana.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)


def notes_of(window: ConsoleWindow):
    return window.page.get_by_role("textbox", name="Notes")


def test_a_tab_that_is_killed_costs_neither_the_call_nor_a_word(
    ana: ConsoleWindow, carla: PhoneWindow, tell: Tell
) -> None:
    talk(ana, carla)
    notes_of(ana).fill(NOTE)
    ana.shows("Saved")
    address = ana.kill()
    carla.hears_music(ANAS_TONE, CARLAS_TONE)
    carla.reads("In call")

    began = time.monotonic()
    ana.come_back(address)
    ana.reads("In call")
    tell(f"A new page had the call back after {time.monotonic() - began:.1f} s.")
    carla.hears(ANAS_TONE)
    ana.hears(CARLAS_TONE)
    expect(notes_of(ana)).to_have_value(NOTE)
    ana.press("Hang up")
    carla.reads("Ended")
    (call,) = Call.objects.all()
    assert (call.result, call.reattach_count) == ("answered", 1)


def test_what_is_typed_in_wrap_up_survives_a_reload(
    ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    Queue.objects.update(wrap_up_seconds=300)
    talk(ana, carla)
    ana.press("Hang up")
    ana.reads("Wrap-up")
    notes_of(ana).fill(NOTE)
    ana.page.reload()
    ana.reads("Wrap-up")
    expect(notes_of(ana)).to_have_value(NOTE, timeout=PATIENCE_SECONDS * 1000)
    ana.press("Finish wrap-up")
    ana.is_agent("Available")


def test_of_two_tabs_the_newest_rings_and_has_the_sound(
    ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    older = ana.page
    address = older.url
    ana.open_another(address)
    expect(older.get_by_text("Your calls are in another window: ")).to_be_visible(
        timeout=PATIENCE_SECONDS * 1000
    )
    ana.is_agent("Available")
    talk(ana, carla)
    assert not older.evaluate("!!ears.speaker && ears.speaker.quietMs < 200")
    ana.press("Hang up")
    carla.reads("Ended")
    older.close()


def test_a_microphone_that_is_pulled_out_costs_the_voice_not_the_call(
    scene: Scene, carla: PhoneWindow
) -> None:
    ana = scene.console("ana", init_script=HOLD_TRACKS)
    talk(ana, carla)
    ana.ask(f"(() => {{ {UNPLUG} }})()")
    ana.shows("No microphone is left, so no one can hear you.")
    ana.reads("In call")
    ana.hears(CARLAS_TONE)
    ana.ask(f"(() => {{ {PLUG_IN} }})()")
    carla.hears(ANAS_TONE)
    ana.press("Hang up")
    carla.reads("Ended")


def test_bruno_is_asked_talks_with_three_and_keeps_the_call(
    scene: Scene, other_desk: Browser, ana: ConsoleWindow, carla: PhoneWindow
) -> None:
    talk(ana, carla)
    bruno = scene.console("bruno", other_desk)
    ana.press("Transfer")
    ana.press("Consult")
    bruno.reads("Ringing")
    bruno.press("Answer")
    ana.shows("On call with Bruno.")
    ana.hears(BRUNOS_TONE)
    bruno.hears(ANAS_TONE)
    carla.hears_music(ANAS_TONE, BRUNOS_TONE, CARLAS_TONE)

    ana.press("Three-way call")
    for listener, voices in (
        (carla, (ANAS_TONE, BRUNOS_TONE)),
        (ana, (CARLAS_TONE, BRUNOS_TONE)),
        (bruno, (CARLAS_TONE, ANAS_TONE)),
    ):
        for hertz in voices:
            listener.hears(hertz)

    ana.press("Leave the call")
    ana.is_agent("Available")
    bruno.reads("In call")
    carla.hears(BRUNOS_TONE)
    bruno.hears(CARLAS_TONE)
    ana.hears_silence()
    bruno.press("Hang up")
    carla.reads("Ended")
