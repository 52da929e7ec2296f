import av
import numpy as np

from calls.media.socket.pcm import PcmTranscoder
from calls.media.socket.wire import PCM_BYTES
from calls.media.transport.rtp import Packet
from tests.calls.media.phone import loudest, opus_tone, tone


def samples(frames: list[Packet]) -> np.ndarray:
    sound = b"".join(frame.payload for frame in frames)
    return np.frombuffer(sound, np.int16).astype(float)


def test_a_tone_survives_the_way_to_opus_and_back() -> None:
    there, back = PcmTranscoder(), PcmTranscoder()
    frames = []
    for number in range(60):
        packet = there.encode(tone(700, number).tobytes())
        frames += back.decode(Packet(0, number, number * 960, packet))
    assert [frame.sequence for frame in frames] == list(range(60))
    assert abs(loudest(samples(frames[10:])) - 700) < 5


def test_a_packet_of_60_ms_becomes_three_frames() -> None:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.format, encoder.layout, encoder.sample_rate = "s16", "mono", 48000
    encoder.options = {"frame_duration": "60"}
    packets = []
    for number in range(3):
        sound = np.concatenate([tone(700, 3 * number + part) for part in range(3)])
        frame = av.AudioFrame.from_ndarray(
            sound.reshape(1, -1), format="s16", layout="mono"
        )
        frame.sample_rate, frame.pts = 48000, number * 2880
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    transcoder = PcmTranscoder()
    frames = [
        frame
        for number, packet in enumerate(packets)
        for frame in transcoder.decode(Packet(0, 7 + number, number * 2880, packet))
    ]
    assert len(frames) == 3 * len(packets)
    assert [frame.sequence for frame in frames] == list(range(len(frames)))
    steps = {
        b.timestamp - a.timestamp for a, b in zip(frames, frames[1:], strict=False)
    }
    assert steps == {960}
    assert {len(frame.payload) for frame in frames} == {PCM_BYTES}


def test_a_gap_stays_a_gap() -> None:
    transcoder = PcmTranscoder()
    packets = opus_tone(700, 6)
    numbers = [
        frame.sequence
        for sequence in (65534, 65535, 2, 3)
        for frame in transcoder.decode(Packet(0, sequence, 0, packets[sequence % 6]))
    ]
    assert numbers == [0, 1, 4, 5]


def test_what_cannot_be_decoded_is_no_sound() -> None:
    transcoder = PcmTranscoder()
    assert transcoder.decode(Packet(0, 1, 0, b"\xff")) == []
    assert len(transcoder.decode(Packet(0, 2, 960, opus_tone(700, 2)[0]))) == 1
