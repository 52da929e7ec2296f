"""Rewind: the caller's last seconds in one ear, the call going on in the other one."""

import itertools
import re
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest
from playwright.sync_api import Browser, Playwright, expect

from agents.models import Queue
from tests.browser.conftest import Scene, Tell
from tests.browser.windows import (
    PATIENCE_SECONDS,
    SAMPLE_RATE,
    ConsoleWindow,
    PhoneWindow,
    flags,
)

pytestmark = [pytest.mark.browser, pytest.mark.long]

# Carla sings these one after the other, again and again, without a pause.
SONG = (500, 700, 900, 1100, 1300, 1500)
STEP_SECONDS = 2.5
NEAR_HERTZ = 40
WATCH = """
window.seen = [];
window.watching = setInterval(() => seen.push({
  at: performance.now(),
  left: ears.left.loudest,
  right: ears.right.loudest,
  playing: document.querySelector("[data-playing]")?.dataset.playing === "true",
}), 50);
"""
STORED = """
async () => [
  Object.keys(localStorage).join(), Object.keys(sessionStorage).join(),
  (await indexedDB.databases()).length, (await caches.keys()).length,
  (await navigator.storage.estimate()).usage,
]
"""


@pytest.fixture(scope="module")
def choir(
    playwright: Playwright, chromium: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """The browser of a caller who sings."""
    song = write_song(tmp_path_factory.mktemp("choir") / "carla.wav")
    browser = playwright.chromium.launch(executable_path=chromium, args=flags(song))
    yield browser
    browser.close()


@pytest.fixture
def scene(stack: Any, crew: Any, desk: Browser, choir: Browser) -> Iterator[Scene]:
    scene = Scene(stack, desk, choir)
    yield scene
    scene.close()
    scene.assert_calm()


def write_song(path: Path) -> Path:
    times = numpy.arange(round(STEP_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    tones = [0.5 * numpy.sin(2 * numpy.pi * hertz * times) for hertz in SONG]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((numpy.concatenate(tones) * 32767).astype("<i2").tobytes())
    return path


def switch(*, on: bool) -> None:
    Queue.objects.update(rewind=on)


def talk(ana: ConsoleWindow, carla: PhoneWindow) -> None:
    carla.call()
    ana.reads("Ringing")
    ana.press("Answer")
    ana.reads("In call")
    carla.reads("In call")


def kept(ana: ConsoleWindow) -> int:
    shown = ana.page.locator(".rewind-seconds").inner_text()
    return int(shown.removesuffix(" s"))


def rewind_button(ana: ConsoleWindow) -> Any:
    return ana.page.get_by_role("button", name="Rewind", exact=True)


def note_of(hertz: float) -> int | None:
    """Return which tone of the song this is."""
    for place, tone in enumerate(SONG):
        if abs(tone - hertz) < NEAR_HERTZ:
            return place
    return None


def notes(seen: list[dict[str, Any]], ear: str) -> list[int]:
    """Return the song as it was heard, each tone once."""
    heard = [note_of(one[ear]["hertz"]) for one in seen]
    clear = [place for place in heard if place is not None]
    return [place for place, _ in itertools.groupby(clear)]


def assert_sung_in_order(places: list[int]) -> None:
    """A busy page may look too late for one tone."""
    for one, following in itertools.pairwise(places):
        assert (following - one) % len(SONG) in (1, 2), places


def test_the_song_is_heard_again_in_one_ear_while_it_goes_on_in_the_other(
    scene: Scene, tell: Tell
) -> None:
    switch(on=True)
    ana, carla = scene.console("ana"), scene.phone()
    stored = ana.ask(STORED)
    talk(ana, carla)
    ana.until(lambda: kept(ana) >= 8, "eight seconds are kept")
    ana.page.evaluate(WATCH)

    ana.page.keyboard.press("Alt+Shift+r")

    note = ana.page.locator("#rewind-note")
    expect(note).to_have_text(
        re.compile(
            r"The last \d+ seconds again, in the right ear\. "
            r"The call goes on in the left ear\."
        )
    )
    ana.until(lambda: not note.inner_text(), "it has been heard to its end")
    seen = ana.ask("seen")
    again = [one for one in seen if one["playing"]]
    # The page says so a moment before the right ear has it.
    left, right = notes(again, "left"), notes(again[10:], "right")
    tell(f"left {left}, right {right}")
    assert_sung_in_order(left)
    assert_sung_in_order(right)
    apart = [
        (note_of(one["left"]["hertz"]), note_of(one["right"]["hertz"]))
        for one in again[10:-10]
    ]
    # The song takes fifteen seconds: what was sung so long ago is another tone.
    assert sum(a != b for a, b in apart if None not in (a, b)) > len(apart) * 0.7
    # The call goes on, softer; both ears have it again afterwards.
    assert all(one["left"]["decibel"] > -40 for one in again[10:-10])
    ana.until(
        lambda: ana.ask("ears.right.loudest.hertz === ears.left.loudest.hertz"),
        "both ears hear the call again",
    )
    assert ana.ask(STORED) == stored
    ana.press("Hang up")
    ana.reads("Idle")


def test_back_to_live_ends_it_and_a_second_press_begins_anew(scene: Scene) -> None:
    switch(on=True)
    ana, carla = scene.console("ana"), scene.phone()
    talk(ana, carla)
    ana.until(lambda: kept(ana) >= 5, "five seconds are kept")
    ana.press("Rewind")
    ana.press("Back to live")
    expect(ana.page.locator("#rewind-note")).to_have_text("")
    ana.until(
        lambda: ana.ask("ears.right.loudest.hertz === ears.left.loudest.hertz"),
        "both ears hear the call again",
    )
    ana.press("Rewind")
    ana.offers("Back to live")

    ana.press("Hold")
    ana.reads("On hold")
    before = kept_after_replay(ana)
    ana.page.wait_for_timeout(1500)
    assert kept(ana) == before, "on hold nothing is kept"
    ana.press("Resume")
    ana.reads("In call")
    ana.until(lambda: kept(ana) > before, "it is kept again")

    ana.page.reload()
    ana.reads("In call")
    ana.until(lambda: kept(ana) < before, "a reload forgets it")
    ana.press("Hang up")
    carla.reads("Ended")
    ana.reads("Idle")

    talk(ana, carla)
    assert kept(ana) < before, "the next call begins with nothing"
    ana.press("Hang up")
    ana.reads("Idle")


def kept_after_replay(ana: ConsoleWindow) -> int:
    """Return what is kept, once that is what the button shows."""
    expect(rewind_button(ana)).to_be_visible(timeout=PATIENCE_SECONDS * 1000)
    return kept(ana)


def test_it_is_gone_with_a_transfer_and_the_next_agent_starts_with_nothing(
    scene: Scene, other_desk: Browser
) -> None:
    switch(on=True)
    ana, carla = scene.console("ana"), scene.phone()
    talk(ana, carla)
    bruno = scene.console("bruno", other_desk)
    ana.until(lambda: kept(ana) >= 5, "five seconds are kept")
    ana.press("Rewind")
    ana.offers("Back to live")

    ana.press("Transfer")
    dialog = ana.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Transfer").first.click()
    bruno.reads("Ringing")
    bruno.press("Answer")
    bruno.reads("In call")
    ana.reads("Idle")

    ana.offers("Back to live", is_there=False)
    ana.hears_silence()
    assert kept(bruno) < 5
    carla.press("Hang up")
    bruno.reads("Idle")


def test_a_queue_without_it_offers_none_and_keeps_nothing(scene: Scene) -> None:
    ana, carla = scene.console("ana"), scene.phone()
    assert not Queue.objects.filter(rewind=True).exists()
    talk(ana, carla)
    ana.until(lambda: bool(ana.ask("ears.left?.loudest.decibel > -60")), "she hears")
    ana.page.keyboard.press("Alt+Shift+r")

    ana.offers("Rewind", is_there=False)
    ana.offers("Back to live", is_there=False)
    ana.press("Hang up")
    ana.reads("Idle")
