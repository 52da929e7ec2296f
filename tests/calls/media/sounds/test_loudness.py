"""Speech is loud; silence, comfort noise and pauses of DTX are not."""

import av
import numpy as np
import pytest

from calls.media.sounds.loudness import SpeechMeter
from calls.media.transport.rtp import OPUS_SILENCE
from tests.calls.media.phone import FRAME, RATE, opus_tone

FRAMES = 150
CHANCE = np.random.default_rng(7)


def encode(sound: np.ndarray, **options: str) -> list[bytes]:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.format, encoder.layout, encoder.sample_rate = "s16", "mono", RATE
    encoder.bit_rate = 20_000
    encoder.options = {"application": "voip", **options}
    packets = []
    for number in range(len(sound) // FRAME):
        part = sound[number * FRAME : (number + 1) * FRAME].astype(np.int16)
        frame = av.AudioFrame.from_ndarray(part.reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.pts = RATE, number * FRAME
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


def noise(level: float) -> np.ndarray:
    """Return white noise of so many dBFS."""
    return CHANCE.normal(0, 32_768 * 10 ** (level / 20), FRAMES * FRAME)


def speech() -> np.ndarray:
    """Return a voiced sound that comes and goes four times a second, at -26 dBFS."""
    at = np.arange(FRAMES * FRAME) / RATE
    buzz = sum(np.sin(2 * np.pi * 140 * n * at) / n for n in range(1, 12))
    return 1640 * buzz * (np.sin(2 * np.pi * 4 * at) > -0.3)


@pytest.mark.parametrize(
    "packets",
    [
        [OPUS_SILENCE] * FRAMES,
        encode(np.zeros(FRAMES * FRAME)),
        encode(noise(-60)),
        encode(noise(-50)),
        encode(noise(-60), dtx="1"),
        [b"\xf8", b""] * FRAMES,
        [bytes([number]) * 40 for number in range(0xFC, 0x100)],
    ],
    ids=["digital", "silence", "comfort noise", "a quiet room", "DTX", "empty", "junk"],
)
def test_what_a_ringing_phone_may_send_is_not_loud(packets: list[bytes]):
    assert SpeechMeter().loud_frames(packets) <= 3


@pytest.mark.parametrize(
    "packets",
    [encode(speech()), encode(speech() + noise(-50)), opus_tone(440, FRAMES)],
    ids=["speech", "speech in a room", "a tone"],
)
def test_speech_is_loud_for_about_as_long_as_it_lasts(packets: list[bytes]):
    assert SpeechMeter().loud_frames(packets) >= 0.5 * FRAMES


def test_a_stream_is_measured_piece_by_piece():
    meter, packets = SpeechMeter(), encode(speech())
    pieces = [packets[at : at + 10] for at in range(0, FRAMES, 10)]
    assert sum(map(meter.loud_frames, pieces)) == SpeechMeter().loud_frames(packets)
