"""The sounds that come with the product."""

from pathlib import Path

import numpy as np
import pytest

from calls.media.sounds.player import Sound
from tests.calls.media.phone import decode_opus
from tests.paths import PROMPTS

FILES = sorted(PROMPTS.rglob("*.opus"))


def names(language: str) -> set[str]:
    return {path.name for path in (PROMPTS / language).iterdir()}


def test_each_language_has_every_prompt() -> None:
    places = {f"position-{place}.opus" for place in (*range(1, 11), "many")}
    words = ("greeting", "one-moment", "busy", "closed", "nobody")
    assert names("en") == names("es") == places | {f"{word}.opus" for word in words}
    assert sum(path.stat().st_size for path in FILES) < 1_500_000


@pytest.mark.parametrize(
    "path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_a_prompt_is_audible_and_not_too_loud(path: Path) -> None:
    sound = Sound.load(path)
    assert 1 < sound.seconds < 60
    samples = decode_opus(list(sound.packets)).astype(float)
    loud = samples[np.abs(samples) > 300]
    assert len(loud) > len(samples) / 4
    assert -25 < 20 * np.log10(np.std(loud) / 32768) < -15
    assert 3000 < np.max(np.abs(samples)) < 23_000


def test_the_music_begins_again_without_a_click() -> None:
    music = Sound.load(PROMPTS / "music.opus")
    end = len(music.packets) * 960
    samples = decode_opus(list(music.packets) * 2).astype(float)
    bends = np.abs(np.diff(samples, 2))
    assert np.max(bends[end - 960 : end + 1920]) < np.max(bends[10_000 : end - 10_000])
    assert np.std(samples[end - 4800 : end]) > 500
    assert np.std(samples[end : end + 4800]) > 500
