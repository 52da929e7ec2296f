"""Prompts for callers: the company's own, or the defaults."""

import logging
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile

from agents import prompt_audio
from agents.models import Prompt, Queue
from calls.media.sounds.player import BadSound, Playback, Sound
from calls.media.transport.rtp import OPUS_SILENCE

logger = logging.getLogger(__name__)

SHIPPED = Path(__file__).parents[1] / "prompts"
MUSIC = SHIPPED / "music.opus"
LAST_NUMBER = 10
# What each prompt was before, while its newest audio is only in the bucket.
_latest: dict[int, Sound] = {}


class NotHere(Exception):
    """The audio is in the bucket, and not yet on this node."""


A_SECOND_OF_SILENCE = Sound((OPUS_SILENCE,) * 50)


@lru_cache(maxsize=64)
def _shipped(path: Path) -> Sound:
    return Sound.load(path)


@lru_cache(maxsize=64)
def _uploaded(prompt_id: int, uploaded_at: str) -> Sound:
    """Key by the instant of the upload, so that the next call gets a newer one.

    Raises NotHere while this node has no copy: a caller does not wait for a bucket.
    """
    content = prompt_audio.here(Prompt.objects.get(pk=prompt_id))
    if content is None:
        raise NotHere
    with NamedTemporaryFile(suffix=".opus") as file:
        file.write(content)
        file.flush()
        return Sound.load(Path(file.name))


def sound_of(prompt: Prompt | None, otherwise: Path) -> Sound:
    """Load a prompt; one that cannot be read costs its audio, never the call."""
    if prompt is not None:
        try:
            sound = _uploaded(prompt.pk, prompt.uploaded_at.isoformat())
            _latest[prompt.pk] = sound
            return sound
        except BadSound:
            logger.exception("prompt %s", prompt.pk)
        except NotHere:
            logger.warning("prompt %s is not on this node yet", prompt.pk)
            if prompt.pk in _latest:
                return _latest[prompt.pk]
    try:
        return _shipped(otherwise)
    except BadSound:
        logger.exception("prompt %s", otherwise.name)
        return A_SECOND_OF_SILENCE


def shipped(queue: Queue | None, name: str) -> Sound:
    return sound_of(None, path_of(queue, name))


def path_of(queue: Queue | None, name: str) -> Path:
    language = queue.prompt_language if queue else "en"
    return SHIPPED / language / f"{name}.opus"


def music(queue: Queue | None) -> Sound:
    return sound_of(queue.music if queue else None, MUSIC)


def welcome(queue: Queue | None) -> Playback:
    """Return what a caller hears before an agent answers."""
    greeting = sound_of(queue.greeting if queue else None, path_of(queue, "greeting"))
    return Playback(once=(greeting,), loop=music(queue))


def position(queue: Queue | None, place: int) -> Sound:
    """Return the announcement of the caller's position in the queue, from 1."""
    name = f"position-{place}" if place <= LAST_NUMBER else "position-many"
    return shipped(queue, name)
