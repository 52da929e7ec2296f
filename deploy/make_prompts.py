"""Make calls/prompts anew: `python -m deploy.make_prompts` (docs/prompts.md).

Needs the development environment and `pip install py-nanotts`. Not needed at run time.
"""

import tempfile
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np

from calls.media.sounds.encode import encode_file, levelled, write
from calls.media.transport.rtp import SAMPLES_PER_SECOND

PROMPTS = Path(__file__).parents[1] / "calls" / "prompts"
RATE = SAMPLES_PER_SECOND
VOICE_RATE = 16_000
VOICES = {"en": "en-US", "es": "es-ES"}
SPEED = 0.92
EDGE = (0.15, 0.35)  # seconds of silence before and after the words
MUSIC_LOUDNESS = -23.0

NUMBERS = {
    "en": "two three four five six seven eight nine ten",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez",
}
PLACES = {
    "en": "You are number {} in the queue.",
    "es": "Su llamada es la número {} en la cola.",
}
TEXTS = {
    "en": {
        "greeting": "Thank you for calling. Please hold the line,"
        " we will be with you in a moment.",
        "one-moment": "One moment, please. We are reconnecting you.",
        "busy": "All our agents are busy at the moment. Please stay on the line.",
        "closed": "Thank you for calling. We are closed at the moment."
        " Please call again during our business hours.",
        "nobody": "We are sorry, nobody can take your call now."
        " Please try again later.",
        "position-1": "You are next in line.",
        "position-many": "There are ten or more callers before you."
        " Thank you for your patience.",
    },
    "es": {
        "greeting": "Gracias por llamar. Por favor, no cuelgue,"
        " le atenderemos en un momento.",
        "one-moment": "Un momento, por favor. Le estamos reconectando.",
        "busy": "Todos nuestros agentes están ocupados en este momento."
        " Por favor, permanezca en línea.",
        "closed": "Gracias por llamar. En este momento estamos cerrados."
        " Por favor, llámenos de nuevo en nuestro horario de atención.",
        "nobody": "Lo sentimos, nadie puede atender su llamada en este momento."
        " Por favor, inténtelo más tarde.",
        "position-1": "Su llamada es la siguiente.",
        "position-many": "Hay diez o más llamadas antes que la suya."
        " Gracias por su paciencia.",
    },
}


def speak_all(language: str) -> None:
    folder = PROMPTS / language
    folder.mkdir(parents=True, exist_ok=True)
    texts = dict(TEXTS[language])
    for place, number in enumerate(NUMBERS[language].split(), 2):
        texts[f"position-{place}"] = PLACES[language].format(number)
    for name, text in texts.items():
        speak(text, VOICES[language], folder / f"{name}.opus")


def speak(text: str, voice: str, target: Path) -> None:
    from py_nanotts import NanoTTS

    sound = np.frombuffer(NanoTTS().speak(text, voice, speed=SPEED), "<i2")
    loud = np.flatnonzero(np.abs(sound) > 300)
    before, after = (np.zeros(int(edge * VOICE_RATE), np.int16) for edge in EDGE)
    words = np.concatenate([before, sound[loud[0] : loud[-1]], after])
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "words.wav"
        with wave.open(str(source), "wb") as file:
            file.setparams((1, 2, VOICE_RATE, 0, "NONE", ""))
            file.writeframes(words.tobytes())
        encode_file(source, target)


# --- The music: 16 bars of four beats at 75 a minute, 51.2 s, 2560 whole packets ---

BEAT = 0.8
CHORDS = """
D3 A3 C#4 F#4   B2 F#3 A3 D4    G2 D3 F#3 B3    A2 E3 G3 D4
F#2 C#3 E3 A3   B2 F#3 A3 D4    E2 B2 D3 G3     A2 E3 G3 C#4
D3 A3 E4 F#4    C#3 A3 E4 A4    B2 F#3 D4 A4    F#2 C#3 A3 E4
G2 D3 B3 F#4    F#2 D3 A3 F#4   E2 B2 G3 D4     A2 E3 D4 C#4
"""
PATTERN = (0, 1, 2, 3, 2, 1, 2, 3)
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def pitch(note: str) -> float:
    semitones = NAMES.index(note[:-1]) + 12 * int(note[-1]) - 57
    return float(440 * 2 ** (semitones / 12))


def compose() -> np.ndarray:
    """Write every note into a ring: what rings on at the end is heard at the start."""
    notes = CHORDS.split()
    bars = [notes[at : at + 4] for at in range(0, len(notes), 4)]
    ring = np.zeros(round(len(bars) * 4 * BEAT * RATE))
    for number, bar in enumerate(bars):
        begin = number * 4 * BEAT
        for note in bar:
            add(ring, pad(pitch(note), 4 * BEAT), begin - 0.6, 0.10)
        add(ring, pluck(pitch(bar[0]), 3.0), begin, 0.30)
        for step, index in enumerate(PATTERN):
            strength = 0.22 if step % 4 == 0 else 0.15
            tone = pluck(2 * pitch(bar[index]), 1.6)
            add(ring, tone, begin + step * BEAT / 2, strength)
    return in_a_room(ring)


def add(ring: np.ndarray, tone: np.ndarray, begin: float, strength: float) -> None:
    at = (round(begin * RATE) + np.arange(len(tone))) % len(ring)
    ring[at] += strength * tone


def pad(frequency: float, seconds: float) -> np.ndarray:
    """Three strings slightly out of tune, which swell and fade."""
    at = np.arange(int((seconds + 1.2) * RATE)) / RATE
    swell = np.minimum(1, np.minimum(at, at[::-1]) / 1.2)
    strings = sum(
        np.sin(2 * np.pi * frequency * detune * partial * at) / partial**1.5
        for detune in (0.997, 1.0, 1.003)
        for partial in (1, 2, 3)
    )
    return strings / 3 * np.sin(np.pi / 2 * swell) ** 2


def pluck(frequency: float, seconds: float) -> np.ndarray:
    """Something between a harp and an electric piano."""
    at = np.arange(int(seconds * RATE)) / RATE
    fade = np.minimum(1, at / 0.012) * np.minimum(1, at[::-1] / 0.1)
    return fade * sum(
        weight * np.exp(-at * decay) * np.sin(2 * np.pi * frequency * partial * at)
        for partial, weight, decay in ((1, 1.0, 2.2), (2, 0.35, 3.5), (3, 0.12, 6.0))
    )


def in_a_room(ring: np.ndarray) -> np.ndarray:
    """Add a soft echo and take off the heights, round the ring, so without a seam."""
    at = np.arange(int(1.8 * RATE)) / RATE
    echo = np.random.default_rng(7).normal(0, 1, len(at)) * np.exp(-at * 3.5)
    echo *= 0.35 / np.sqrt(np.sum(echo**2))
    echo[0] += 1
    frequencies = np.fft.rfftfreq(len(ring), 1 / RATE)
    low_pass = 1 / np.sqrt(1 + (frequencies / 2200) ** 4)
    high_pass = frequencies**2 / (frequencies**2 + 60**2)
    spectrum = np.fft.rfft(ring) * np.fft.rfft(echo, len(ring))
    return np.fft.irfft(spectrum * low_pass * high_pass, len(ring))


def play_music(target: Path) -> None:
    """Encode the music twice in a row and keep the second time.

    Its first packet follows its last one as the encoder meant it.
    """
    ring = compose()
    ring *= 32768 * 10 ** (MUSIC_LOUDNESS / 20) / np.std(ring)
    sound = levelled(np.tile(ring, 2).astype(np.int16), 0.0)
    with tempfile.TemporaryDirectory() as folder:
        twice = Path(folder) / "twice.opus"
        write(sound, twice)
        keep_second_half(twice, target)


def keep_second_half(source: Path, target: Path) -> None:
    with av.open(str(source)) as whole, av.open(str(target), "w", "ogg") as half:
        stream: Any = half.add_stream_from_template(whole.streams.audio[0])
        packets = [packet for packet in whole.demux() if packet.size]
        packets = packets[: len(packets) // 2 * 2]
        for number, packet in enumerate(packets[len(packets) // 2 :]):
            packet.pts = packet.dts = number * 960
            packet.stream = stream
            half.mux(packet)


if __name__ == "__main__":
    for each in VOICES:
        speak_all(each)
    play_music(PROMPTS / "music.opus")
