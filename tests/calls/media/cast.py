"""Ana, Bruno and Sofia at their consoles, each with a voice of one tone."""

import asyncio
from typing import Any

import numpy as np

from calls.media.session import Session
from calls.media.sounds.player import Sound
from tests.calls.media.conftest import Ear, until
from tests.calls.media.phone import FRAME, Phone, decode_opus, level, opus_tone

CARLA, ANA, BRUNO, SOFIA = 440, 660, 940, 1480
MUSIC, PROMPT = 1900, 2450
WINDOW = 25
"""Frames that are listened to at a time: half a second."""

RUN_UP = 15
"""Frames that a decoder is given before those that are listened to."""

LOUD = 2000
"""A tone of 8000 that has gone through Opus, and perhaps a mix, is above this."""

FAINT = 250


def sound_of(frequency: float, frames: int = 50) -> Sound:
    return Sound(tuple(opus_tone(frequency, frames)))


class Console(Ear):
    """A listener that speaks a tone until it is stopped."""

    def __init__(self, name: str, frequency: float) -> None:
        super().__init__()
        self.name = name
        self.frequency = frequency
        self.is_mute = False
        self.number = 60_000
        self._packets = opus_tone(frequency, 50)
        self._speaking: asyncio.Task[None] | None = None

    def join(self, session: Session) -> None:
        session.attach(self, self.name)
        self._speaking = asyncio.create_task(self._speak(session))

    async def _speak(self, session: Session) -> None:
        while True:
            if not self.is_mute:
                self.number += 1
                packet = self._packets[self.number % 50]
                number = self.number & 0xFFFF
                session.speak(self, number, self.number * 960 & 0xFFFFFFFF, packet)
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        if self._speaking is not None:
            self._speaking.cancel()
            await asyncio.gather(self._speaking, return_exceptions=True)

    def window(self) -> np.ndarray:
        """Return the last half second, as a decoder hears it that runs already.

        One that begins in the middle of a stream guesses too loud for some frames.
        """
        latest = self.packets[-WINDOW - RUN_UP :]
        sound = decode_opus([packet.payload for packet in latest])
        return sound[-WINDOW * FRAME :]


def heard_by(ear: Any) -> np.ndarray:
    """Return the last half second of what a phone or a console hears."""
    if isinstance(ear, Phone):
        return ear.last_heard(WINDOW).astype(float)
    return ear.window().astype(float)


def count(ear: Any) -> int:
    return len(ear.heard) if isinstance(ear, Phone) else len(ear.packets)


async def hears(ear: Any, *frequencies: float, never: tuple[float, ...] = ()) -> None:
    """Wait until `ear` hears all of these, and from then on nothing of `never`.

    A crowded machine tears holes, and holes click: what is never to be heard may be a
    noise for a moment, but not a voice, and must be gone when there are no holes.
    """

    def hears_all() -> bool:
        sound = heard_by(ear) if count(ear) >= WINDOW else np.zeros(1)
        return all(level(sound, frequency) > LOUD for frequency in frequencies)

    def hears_nothing_else() -> bool:
        strays = [level(heard_by(ear), frequency) for frequency in never]
        assert all(stray < LOUD for stray in strays), strays
        return all(stray < FAINT for stray in strays)

    await until(hears_all, f"{frequencies}")
    fresh = count(ear) + WINDOW
    await until(lambda: count(ear) >= fresh, "half a second more")
    await until(lambda: hears_nothing_else() and hears_all(), f"no {never}")
    assert np.max(np.abs(heard_by(ear))) < 32_700


def numbers(ear: Ear) -> list[int]:
    """Return the steps between the sequence numbers an ear was given."""
    row = [packet.sequence for packet in ear.packets]
    return [(b - a) & 0xFFFF for a, b in zip(row, row[1:], strict=False)]


def is_unbroken(phone: Phone) -> bool:
    """Tell whether Carla got one stream without a gap in its numbers."""
    rows = phone.arrived
    return len({ssrc for ssrc, _, _ in rows}) == 1 and all(
        (b[1] - a[1]) & 0xFFFF == 1
        and (step := (b[2] - a[2]) & 0xFFFFFFFF) % 960 == 0
        and 0 < step < 48_000 * 5
        for a, b in zip(rows, rows[1:], strict=False)
    )
