"""What Ana, Bruno and Carla have on their screens: real pages, ears and voices."""

import copy
import statistics
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import numpy
from playwright.sync_api import BrowserContext, ConsoleMessage, expect

from calls.models import Call

PAGES = Path(__file__).parent / "pages"
SAMPLE_RATE = 48000
PATIENCE_SECONDS = 60.0
VOICE_SECONDS = 4.2
LOOP_MS = VOICE_SECONDS * 1000
WORDS_AT = (0.0, 0.75, 1.65, 2.85)
WORD_SECONDS = 0.25
ALIKE_MS = 120.0
SILENCE_MS = 2500  # longer than two pauses of a voice
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]


def write_voice(path: Path, hertz: float) -> Path:
    """Short tones at uneven distances, as a WAV file that a fake microphone loops.

    No two pauses are alike, so that every word that is heard tells which one it is.
    """
    sound = numpy.zeros(round(VOICE_SECONDS * SAMPLE_RATE))
    times = numpy.arange(round(WORD_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    word = 0.5 * numpy.sin(2 * numpy.pi * hertz * times)
    for second in WORDS_AT:
        start = round(second * SAMPLE_RATE)
        sound[start : start + len(word)] = word
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    return path


def flags(voice: Path) -> list[str]:
    return [*FLAGS, f"--use-file-for-fake-audio-capture={voice}"]


class Window:
    """One page; keeps every word of complaint that its browser says."""

    status_name: str

    def __init__(self, context: BrowserContext) -> None:
        self.problems: list[str] = []
        context.add_init_script(path=PAGES / "ears.js")
        self._open(context)

    def _open(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._on_console)

    def kill(self) -> str:
        """Close the page without a word; returns where it was."""
        address = self.page.url
        context = self.page.context
        self.page.close()
        self._context = context
        return address

    def open_another(self, address: str) -> None:
        """A second page beside the first one; from now on this is it."""
        self._open(self.page.context)
        self.page.goto(address)

    def beside(self, address: str = "") -> Self:
        """Another window of the same browser, which stays beside this one."""
        other = copy.copy(self)
        other._open(self.page.context)
        other.page.goto(address or self.page.url)
        return other

    def come_back(self, address: str) -> None:
        """In the same browser, by a page of its own."""
        self._open(self._context)
        self.page.goto(address)

    def _on_console(self, line: ConsoleMessage) -> None:
        if line.type in ("error", "warning"):
            self.problems.append(f"{line.type}: {line.text}")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click(
            timeout=PATIENCE_SECONDS * 1000
        )

    def reads(self, text: str) -> None:
        """Until the status of the call is this."""
        status = self.page.get_by_role("status", name=self.status_name)
        expect(status).to_have_text(text, timeout=PATIENCE_SECONDS * 1000)

    def shows(self, text: str) -> None:
        found = self.page.get_by_text(text).first
        expect(found).to_be_visible(timeout=PATIENCE_SECONDS * 1000)

    def offers(self, name: str, *, is_there: bool = True) -> None:
        button = self.page.get_by_role("button", name=name, exact=True)
        expect(button).to_have_count(int(is_there), timeout=PATIENCE_SECONDS * 1000)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Look again and again, while the browser's news are taken in."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"never came true: {what}"
            self.page.wait_for_timeout(50)

    def ask(self, script: str) -> Any:
        return self.page.evaluate(script)

    def hears(self, hertz: float) -> None:
        """Until what comes out of the speaker is this tone."""

        def is_heard() -> bool:
            loudest = self.ask("ears.speaker && ears.speaker.loudest") or {}
            near = abs(loudest.get("hertz", 0) - hertz) < 30
            return near and loudest["decibel"] > -60

        self.until(is_heard, f"{hertz} Hz comes out of the speaker")

    def hears_music(self, *but_not: float) -> None:
        """Until something is heard that is nobody's voice."""

        def is_heard() -> bool:
            loudest = self.ask("ears.speaker && ears.speaker.loudest") or {}
            strange = all(abs(loudest.get("hertz", 0) - hz) > 30 for hz in but_not)
            return strange and loudest.get("decibel", -200) > -60

        self.until(is_heard, "music comes out of the speaker")

    def hears_silence(self) -> None:
        self.until(
            lambda: self.ask("ears.speaker.quietMs") > SILENCE_MS, "only silence"
        )

    def onsets(self, ear: str) -> list[float]:
        return list(self.ask(f"ears.{ear} ? ears.{ear}.onsets : []"))

    def close(self) -> None:
        self.page.context.close()


def delays(one: Window, other: Window, count: int = 5) -> list[list[float]]:
    """From each one's microphone to the other's speaker, in ms, for a few words."""
    ways = [(one, other), (other, one)]
    known = [len(listener.onsets("speaker")) for _, listener in ways]
    one.until(
        lambda: all(
            len(listener.onsets("speaker")) >= before + count
            for (_, listener), before in zip(ways, known, strict=True)
        ),
        f"{count} words on either side",
    )
    return [
        same_words(speaker.onsets("microphone"), listener.onsets("speaker")[before:])
        for (speaker, listener), before in zip(ways, known, strict=True)
    ]


def same_words(spoken: list[float], heard: list[float]) -> list[float]:
    """How much later the words were heard: where most of the differences agree.

    The pauses are uneven, so a wrong pairing of words fits at most every other one.
    """
    late = sorted(
        at - said for at in heard for said in spoken if 0 <= at - said < LOOP_MS
    )
    alike = ([d for d in late if start <= d < start + ALIKE_MS] for start in late)
    return max(alike, key=len, default=[])


def told(name: str, measured: list[float]) -> str:
    if not measured:
        return f"{name}: no word was heard within {VOICE_SECONDS} s"
    middle = statistics.median(measured)
    each = ", ".join(f"{delay:.0f}" for delay in measured)
    return f"{name}: {middle:.0f} ms from microphone to speaker ({each})"


class ConsoleWindow(Window):
    """An agent's console."""

    status_name = "Call status"

    def sign_in(self, url: str, username: str, password: str) -> Self:
        self.page.goto(url)
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password").fill(password)
        self.press("Sign in")
        self.is_agent("Offline")
        return self

    def is_agent(self, state: str) -> None:
        status = self.page.get_by_role("status", name="Agent status")
        expect(status).to_have_text(state, timeout=PATIENCE_SECONDS * 1000)

    def go_available(self) -> Self:
        self.press("Go available")
        self.is_agent("Available")
        return self

    def rings(self) -> None:
        """The call is on the screen, in the title and in the ear."""
        self.reads("Ringing")
        expect(self.page).to_have_title("☎ Carla is calling")
        self.until(
            lambda: bool(self.ask("ears.ringer && ears.ringer.onsets.length")),
            "the ring tone is heard",
        )

    def is_still(self) -> None:
        """Nothing rings any more, neither in the title nor in the ear."""
        expect(self.page).to_have_title("Console")
        self.until(lambda: not self.ask("ears.ringer.isOpen"), "the ring tone ends")


class AdminWindow(Window):
    """A supervisor's admin, on the page of a call."""

    status_name = "Supervision"

    def sign_in(self, url: str, username: str, password: str) -> Self:
        self._url = url
        self.page.goto(url)
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password").fill(password)
        self.press("Sign in")
        return self

    def opens(self, call: Call) -> None:
        self.page.goto(f"{self._url}/admin/calls/call/{call.pk}/change/")

    def opens_the_board(self) -> None:
        self.page.goto(f"{self._url}/admin/board/")

    def is_out(self) -> None:
        """She is in no call any more."""
        status = self.page.get_by_role("status", name=self.status_name)
        expect(status).to_have_count(0, timeout=PATIENCE_SECONDS * 1000)


class PhoneWindow(Window):
    """The simulator's phone page."""

    status_name = "Phone status"

    def switch_on(self, url: str) -> Self:
        self.page.goto(f"{url}/simulator/")
        self.shows("The business may not call you.")
        return self

    def call(self) -> None:
        self.press("Call")
        self.reads("Calling")
