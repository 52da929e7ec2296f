"""What users upload becomes a sound, or a sentence."""

import io
import random
import struct
import subprocess
import sys
import wave
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest

from calls.media.sounds.encode import encode_file, kind_of
from calls.media.sounds.player import BadSound, Sound
from tests.calls.media.phone import decode_opus, loudest

FULL_SCALE = 32768


def voice(seconds: float, peak: float = 3000, rate: int = 44100) -> np.ndarray:
    """Return a tone of 500 Hz that comes and goes like words."""
    at = np.arange(int(seconds * rate)) / rate
    tone = peak * np.sin(2 * np.pi * 500 * at) * (np.sin(2 * np.pi * 2 * at) > 0)
    return tone.astype(np.int16)


def wav(samples: np.ndarray, channels: int = 2, rate: int = 44100) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(np.repeat(samples, channels).astype("<i2").tobytes())
    return file.getvalue()


def compressed(codec: str, kind: str, samples: np.ndarray) -> bytes:
    rate = 48000 if codec == "libopus" else 44100
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = "stereo"
        frame = av.AudioFrame.from_ndarray(
            np.repeat(samples, 2).reshape(1, -1), format="s16", layout="stereo"
        )
        frame.sample_rate = 44100
        size = stream.codec_context.frame_size or 1024
        wanted = stream.codec_context.format.name
        resampler = av.AudioResampler(wanted, "stereo", rate, size)
        for part in resampler.resample(frame) + resampler.resample(None):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return file.getvalue()


def encoded(data: bytes, folder: Path) -> Sound:
    source, target = folder / "upload", folder / "sound.opus"
    source.write_bytes(data)
    encode_file(source, target)
    return Sound.load(target)


def refusal(data: bytes, folder: Path) -> str:
    with pytest.raises(BadSound) as refused:
        encoded(data, folder)
    assert not (folder / "sound.opus").exists()
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


KINDS = {
    "wav": lambda: wav(voice(3)),
    "mp3": lambda: compressed("libmp3lame", "mp3", voice(3)),
    "flac": lambda: compressed("flac", "flac", voice(3)),
    "opus": lambda: compressed("libopus", "ogg", voice(3)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_each_kind_becomes_an_equally_loud_sound(
    kind: str, tmp_path: Path
) -> None:
    sound = encoded(KINDS[kind](), tmp_path)
    assert sound.seconds == pytest.approx(3, abs=0.1)
    samples = decode_opus(list(sound.packets)).astype(float)
    assert abs(loudest(samples) - 500) < 3
    # Half of the time there are words: those count, the pauses do not.
    loud = samples[np.abs(samples) > 300]
    assert 20 * np.log10(np.std(loud) / FULL_SCALE) == pytest.approx(-19, abs=1.5)


def test_what_is_far_too_quiet_or_too_loud_is_levelled(tmp_path: Path) -> None:
    quiet = encoded(wav(voice(2, peak=800)), tmp_path)
    loud = encoded(wav(voice(2, peak=32767)), tmp_path)
    levels = [
        np.max(np.abs(decode_opus(list(sound.packets)))) for sound in (quiet, loud)
    ]
    assert levels[0] == pytest.approx(levels[1], rel=0.2)


def test_a_bang_amid_quiet_words_is_limited_not_clipped(tmp_path: Path) -> None:
    samples = voice(3, peak=2000)
    samples[60_000:60_400] = 32_000
    decoded = decode_opus(list(encoded(wav(samples), tmp_path).packets))
    assert np.max(np.abs(decoded)) < 32_700


def test_several_channels_become_one(tmp_path: Path) -> None:
    sound = encoded(wav(voice(1, rate=8000), channels=1, rate=8000), tmp_path)
    assert abs(loudest(decode_opus(list(sound.packets)).astype(float)) - 500) < 3
    six = encoded(wav(voice(1), channels=6), tmp_path)
    assert six.seconds == pytest.approx(1, abs=0.1)


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("song.wav", wav(voice(1)))
    return file.getvalue()


def noise(head: bytes) -> bytes:
    return head + random.Random(len(head)).randbytes(50_000)


def of_rate(rate: int) -> bytes:
    data = bytearray(wav(voice(1)))
    data[24:28] = struct.pack("<I", rate)
    return bytes(data)


def of_codec(tag: int) -> bytes:
    data = bytearray(wav(voice(1)))
    data[20:22] = struct.pack("<H", tag)
    return bytes(data)


HOSTILE = {
    "nothing": b"",
    "one byte": b"\xff",
    "random": noise(b""),
    "random WAV": noise(b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\x7f"),
    "random FLAC": noise(b"fLaC\x80\xff\xff\xff"),
    "random Ogg": noise(b"OggS"),
    "random MP3": noise(b"\xff\xfb"),
    "random ID3": noise(b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f"),
    "ZIP": zipped(),
    "playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    "concat": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "only a head": b"RIFF\xff\xff\xff\xffWAVE",
    "claims 4 GB": b"RIFF\xff\xff\xff\xffWAVEdata\xff\xff\xff\xff",
    "claims a long picture": b"fLaC\x06\xff\xff\xff" + bytes(100),
    "1 Hz": of_rate(1),
    "4 GHz": of_rate(2**32 - 1),
    "ADPCM": of_codec(2),
    "silence": wav(np.zeros(44100, np.int16)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    refusal(HOSTILE[name], tmp_path)


def test_a_file_that_promises_more_than_it_holds_gives_what_it_holds(
    tmp_path: Path,
) -> None:
    data = bytearray(wav(voice(1)))
    data[4:8] = data[40:44] = b"\xff\xff\xff\x7f"
    assert encoded(bytes(data), tmp_path).seconds == pytest.approx(1, abs=0.1)


def test_ten_minutes_are_too_long(tmp_path: Path) -> None:
    data = wav(voice(600, rate=8000), channels=1, rate=8000)
    assert "5 minutes" in refusal(data, tmp_path)


def test_more_than_20_mb_are_too_large(tmp_path: Path) -> None:
    assert "20 MB" in refusal(wav(voice(1)) + bytes(20 * 1024 * 1024), tmp_path)


def test_a_file_that_is_not_there_is_a_sentence_too(tmp_path: Path) -> None:
    with pytest.raises(BadSound):
        encode_file(tmp_path / "none", tmp_path / "sound.opus")


def test_no_name_is_taken_for_an_option_or_an_address(tmp_path: Path) -> None:
    (tmp_path / "-f").write_bytes(wav(voice(1)))
    encode_file(tmp_path / "-f", tmp_path / "-o")
    assert Sound.load(tmp_path / "-o").seconds > 0.9


def test_the_encoder_says_one_sentence_and_exits_with_2(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(zipped())
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "calls.media.sounds.encode",
            tmp_path / "in",
            tmp_path / "out",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "WAV" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits to set")
def test_the_encoder_may_not_take_much_memory() -> None:
    greedy = (
        "from calls.media.sounds.encode import limit_resources as limit;"
        "limit(); bytearray(2 * 1024 ** 3)"
    )
    done = subprocess.run(
        [sys.executable, "-c", greedy], capture_output=True, text=True, check=False
    )
    assert "MemoryError" in done.stderr


def test_a_kind_is_known_by_its_first_bytes_alone() -> None:
    assert kind_of(b"\xff\xfb\x90\x00") == "mp3"
    assert kind_of(b"ID3\x03") == "mp3"
    with pytest.raises(BadSound):
        kind_of(b"\xff\xf1\x50\x80")  # AAC
