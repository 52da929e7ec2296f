"""Make a sound to be played of a user's file: `… -m calls.media.sounds.encode IN OUT`.

A process of its own, because a decoder of foreign files may be slow, greedy or broken:
what goes wrong here ends here. It gets little time, little memory and no secrets, and
only the demuxers and decoders that are named below. `encode_file` runs it.

Everything comes out equally loud: -19 dBFS RMS, measured over the parts where there is
sound, which is how loud a telephone voice is at the other end of this node. Peaks that
this lifts above -1.5 dBFS are turned down by a limiter, not cut off.
"""

import os
import subprocess
import sys
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import chain
from math import log10
from operator import mul
from pathlib import Path
from typing import cast

import av
from av.audio.stream import AudioStream
from av.filter.context import FilterContext
from av.filter.graph import Graph

from calls.media.socket.wire import PCM_BYTES
from calls.media.sounds.player import BadSound, Sound
from calls.media.transport.rtp import FRAME_SAMPLES, SAMPLES_PER_SECOND

MAX_BYTES = 20 * 1024 * 1024
MAX_SECONDS = 5 * 60
BITS_PER_SECOND = 24_000
LOUDNESS = -19.0
MAX_GAIN = 20.0
"""Decibels; more would only make noise of what was meant to be silence."""

PCM = ("u8", "s16le", "s24le", "s32le", "f32le", "alaw", "mulaw")
CODECS = {
    "wav": [f"pcm_{kind}" for kind in PCM],
    "mp3": ["mp3", "mp3float"],
    "flac": ["flac"],
    "ogg": ["opus", "libopus", "vorbis", "libvorbis"],
}
"""What may be in each kind of file, in FFmpeg's words."""

TIMEOUT = 60.0  # seconds, in which the machine may be busy with other things
MAX_CPU_SECONDS = 40
MAX_MEMORY = 1024 * 1024 * 1024
MAX_OUTPUT = 4 * 1024 * 1024

_CLOCK = Fraction(1, SAMPLES_PER_SECOND)
_PEAK = 0.84
_BLOCK = SAMPLES_PER_SECOND // 10
_FULL_SCALE = 32768.0
_AUDIBLE = 0.001  # of full scale: -60 dBFS
_BELOW_MEAN = 0.1  # 20 dB
_BAD = 2


def encode_file(source: Path, target: Path) -> None:
    """Make `target`, an Ogg Opus file, of whatever sound is in `source`.

    Takes some seconds of one core. Raises `BadSound`, and leaves no target behind.
    """
    command = [sys.executable, "-m", "calls.media.sounds.encode"]
    try:
        done = subprocess.run(
            [*command, str(source.resolve()), str(target.resolve())],
            cwd=Path(__file__).parents[3],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        target.unlink(missing_ok=True)
        raise BadSound("The file took too long to read.") from None
    if done.returncode != 0:
        target.unlink(missing_ok=True)
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        told = done.returncode == _BAD and lines
        raise BadSound(lines[-1][:200]) if told else _unreadable()


def _unreadable() -> BadSound:
    return BadSound(
        "The file is not a readable WAV, MP3, FLAC, Ogg Vorbis or Opus file."
    )


def _environment() -> dict[str, str]:
    """Leave out whatever is secret: it has no use for the database's password."""
    needed = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "SYSTEMROOT")
    return {name: os.environ[name] for name in needed if name in os.environ}


# --- In the child ---


def encode(source: Path, target: Path) -> None:
    """Do it here and now; raises `BadSound`."""
    try:
        if source.stat().st_size > MAX_BYTES:
            raise BadSound("The file is larger than 20 MB.")
        samples = array("h", b"".join(decode(source)))
        write(levelled(samples, gain_for(samples)), target)
        Sound.load(target)
    except (OSError, MemoryError, ValueError, av.FFmpegError) as error:
        target.unlink(missing_ok=True)
        if isinstance(error, BadSound):
            raise
        raise _unreadable() from error


def kind_of(head: bytes) -> str:
    """Return the demuxer for a file that begins like this; raises `BadSound`."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"OggS":
        return "ogg"
    is_layer_3 = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2
    if head[:3] == b"ID3" or is_layer_3:
        return "mp3"
    raise _unreadable()


def decode(source: Path) -> Iterator[bytes]:
    """Yield the sound, mono, 16 bit, 48 kHz; raises `BadSound` once it is too long."""
    with source.open("rb") as file:
        kind = kind_of(file.read(12))
        file.seek(0)
        codecs = CODECS[kind]
        limits = {"format_whitelist": kind, "codec_whitelist": ",".join(codecs)}
        with av.open(file, mode="r", format=kind, options=limits) as container:
            stream = _only_sound(container.streams.audio, codecs)
            resampler = av.AudioResampler("s16", "mono", SAMPLES_PER_SECOND)
            samples = 0
            for frame in chain(_frames(container.demux(stream)), [None]):
                for part in resampler.resample(frame):
                    samples += part.samples
                    if samples > MAX_SECONDS * SAMPLES_PER_SECOND:
                        raise BadSound("The audio is longer than 5 minutes.")
                    yield bytes(part.planes[0])[: part.samples * 2]


def _only_sound(streams: Sequence[AudioStream], codecs: Collection[str]) -> AudioStream:
    if len(streams) != 1:
        raise BadSound("The file must have exactly one audio track.")
    codec = streams[0].codec_context
    is_sane = 8000 <= codec.sample_rate <= 192_000 and 1 <= codec.channels <= 8
    if codec.name not in codecs or not is_sane:
        raise _unreadable()
    return streams[0]


def _frames(packets: "Iterable[av.Packet[AudioStream]]") -> Iterator[av.AudioFrame]:
    """Yield what can be decoded, as players do, unless most of it cannot be."""
    decoded = broken = 0
    for packet in packets:
        try:
            frames = packet.decode()
        except av.FFmpegError:
            broken += 1
            frames = []
        decoded += len(frames)
        yield from frames
    if broken > decoded:
        raise _unreadable()


def gain_for(samples: array) -> float:  # type: ignore[type-arg]  # from 3.12 on
    """Return the decibels that make it as loud as all others; raises `BadSound`.

    Pauses do not count, as in EBU R 128: blocks of 100 ms that nobody hears, then
    those 20 dB below the mean of the rest.
    """
    blocks = [samples[at : at + _BLOCK] for at in range(0, len(samples), _BLOCK)]
    powers = [sum(map(mul, block, block)) / len(block) for block in blocks]
    audible = [power for power in powers if power > (_FULL_SCALE * _AUDIBLE) ** 2]
    if not audible:
        raise BadSound("The file has no audible audio.")
    floor = sum(audible) / len(audible) * _BELOW_MEAN**2
    loud = [power for power in audible if power > floor]
    loudness = 10 * log10(sum(loud) / len(loud) / _FULL_SCALE**2)
    return min(LOUDNESS - loudness, MAX_GAIN)


def levelled(samples: array, gain: float) -> bytes:  # type: ignore[type-arg]
    """Return the sound with `gain`, its peaks limited."""
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=SAMPLES_PER_SECOND, format="s16", layout="mono", time_base=_CLOCK
    )
    graph.link_nodes(
        source,
        graph.add("volume", f"volume={gain:.2f}dB:precision=float"),
        graph.add("alimiter", f"limit={_PEAK}:level=false:latency=true"),
        graph.add("aformat", "sample_fmts=s16:channel_layouts=mono"),
        sink := graph.add("abuffersink"),
    ).configure()
    sound = samples.tobytes()
    result = bytearray()
    for frame in chain(_audio_frames(sound), [None]):
        source.push(frame)
        result += _pulled(sink)
    return bytes(result)


def _pulled(sink: FilterContext) -> bytes:
    sound = bytearray()
    while True:
        try:
            frame = cast(av.AudioFrame, sink.pull())
        except (av.BlockingIOError, av.EOFError):
            return bytes(sound)
        sound += bytes(frame.planes[0])[: frame.samples * 2]


def _audio_frames(sound: bytes) -> Iterator[av.AudioFrame]:
    """Yield frames of 20 ms, the last one filled up with silence."""
    for number, at in enumerate(range(0, len(sound), PCM_BYTES)):
        frame = av.AudioFrame(format="s16", layout="mono", samples=FRAME_SAMPLES)
        frame.planes[0].update(sound[at : at + PCM_BYTES].ljust(PCM_BYTES, b"\0"))
        frame.sample_rate, frame.time_base = SAMPLES_PER_SECOND, _CLOCK
        frame.pts = number * FRAME_SAMPLES
        yield frame


def write(sound: bytes, target: Path) -> None:
    """Encode into packets that may be played from anywhere.

    The encoder expects losses, so that each packet leans little on those before it:
    a prompt interrupts the music, and the decoder at the far end knows nothing of it.
    """
    with av.open(str(target), mode="w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=SAMPLES_PER_SECOND)
        stream.layout, stream.format = "mono", "s16"
        stream.bit_rate = BITS_PER_SECOND
        stream.options = {
            "application": "audio",
            "frame_duration": "20",
            "packet_loss": "20",
        }
        for frame in chain(_audio_frames(sound), [None]):
            container.mux(stream.encode(frame))


def limit_resources() -> None:
    """Ask the kernel for little; a platform without limits has the timeout alone."""
    try:
        import resource
    except ImportError:
        return
    os.nice(10)
    for kind, most in (
        (resource.RLIMIT_CPU, MAX_CPU_SECONDS),
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_FSIZE, MAX_OUTPUT),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def main() -> int:
    """Return the exit status: 0, or 2 with a sentence on stderr."""
    source, target = (Path(word) for word in sys.argv[1:])
    limit_resources()
    try:
        encode(source, target)
    except BadSound as error:
        sys.stderr.write(f"{error}\n")
        return _BAD
    return 0


if __name__ == "__main__":
    sys.exit(main())
