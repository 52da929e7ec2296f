"""Who hears whom: every voice, the greeting and the music are tones of their own."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy

from agents.models import Prompt, Queue
from calls.media.sounds.encode import write
from calls.models import Call
from tests.cast import CARLA
from tests.console import Console
from tests.paths import PROMPTS
from tests.servers import wait_for
from tests.sound import RATE, Headset, holds_prompt, samples_of
from tests.stack import Stack

CARLAS, ANAS, BRUNOS, GREETING, MUSIC = 440, 1200, 2000, 2600, 3100
TONES = (CARLAS, ANAS, BRUNOS, GREETING, MUSIC)
# Seconds. The product acts at once, or after two or three, and a crowded machine takes
# its time; every wait of the product that could have helped instead is longer.
SOON = 10.0
Talk = tuple[str, str, Headset]
Wear = Callable[[Headset], Headset]


def tone_prompt(name: str, tone: float, seconds: float) -> Prompt:
    wave = numpy.sin(2 * numpy.pi * tone * numpy.arange(int(seconds * RATE)) / RATE)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tone.opus"
        write((wave * 8000).astype("<i2").tobytes(), path)
        return Prompt.objects.create(name=name, sound=path.read_bytes())


def give_tones(queue: Queue, **settings: object) -> None:
    """A greeting and music that no ear takes for a person; and the queue's rules."""
    queue.greeting = tone_prompt(f"{queue} greeting", GREETING, 1)
    queue.music = tone_prompt(f"{queue} music", MUSIC, 4)
    for name, value in settings.items():
        setattr(queue, name, value)
    queue.save()


def call_in(stack: Stack, tone: int = CARLAS, **placed: object) -> str:
    """Somebody calls, Carla unless told; returns Wati's name of the call."""
    placed = {"waid": CARLA, "name": "Carla", **placed}
    return stack.simulator.place_call(tone=tone, **placed)


def row(wati_id: str) -> Call:
    return Call.objects.get(wati_call_id=wati_id)


def wait_for_row(wati_id: str, status: str, seconds: float = 60) -> Call:
    def is_there() -> bool:
        return Call.objects.filter(wati_call_id=wati_id, status=status).exists()

    wait_for(is_there, f"a row that is {status}", seconds)
    return row(wati_id)


# --- Ears --------------------------------------------------------------------------


def phone_tones(stack: Stack, wati_id: str) -> set[int]:
    """What the caller hears now."""
    heard = stack.simulator.heard(wati_id, seconds=0.5, levels_of=TONES)
    return {
        tone for tone, level in zip(TONES, heard.levels, strict=True) if level > 0.02
    }


def phone_hears(stack: Stack, wati_id: str, *tones: int) -> None:
    """Wait until the caller hears exactly these."""
    wait_for(
        lambda: phone_tones(stack, wati_id) == set(tones),
        f"the caller to hear {tones}",
    )


def hears(headset: Headset, *tones: int) -> None:
    """Wait until exactly these are heard in this headset."""
    wait_for(lambda: headset.tones(TONES) == set(tones), f"a headset to hear {tones}")


def goes_on(check: Callable[[], bool], what: str, seconds: float = 1.0) -> None:
    """Nothing else comes for a while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert check(), what
        time.sleep(0.1)


def heard_so_far(stack: Stack, wati_id: str) -> numpy.ndarray:
    return samples_of(stack.simulator.heard_wav(wati_id))


def wait_for_prompt(stack: Stack, wati_id: str, name: str) -> None:
    """The caller is told this, in the words that are shipped."""
    wait_for(
        lambda: holds_prompt(
            heard_so_far(stack, wati_id), PROMPTS / "en" / f"{name}.opus"
        ),
        f"the prompt {name}",
    )


# --- Consoles ----------------------------------------------------------------------


def headset_of(console: Console, call_id: str, tone: int) -> Headset:
    """The console opens the call's sound."""
    return Headset(console.open(console.calls[call_id]["audio_url"]), tone)


def take(console: Console, call_id: str, tone: int) -> Headset:
    """Press Answer, and talk."""
    headset = Headset(console.open(console.answer(call_id)), tone)
    console.wait_for_status(call_id, "active")
    return headset


def joined(console: Console, call_id: str) -> list[str]:
    legs = console.calls[call_id]["legs"]
    return [leg["agent"]["name"] for leg in legs if leg["state"] == "joined"]


def wait_for_parts(console: Console, call_id: str, *names: str) -> None:
    console.until(
        lambda: sorted(joined(console, call_id)) == sorted(names), f"parts of {names}"
    )
