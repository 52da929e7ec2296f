import asyncio
import threading

import av
import numpy as np
import pytest

from calls.media.socket import pcm
from calls.media.socket.pcm import MAX_PENDING, AsItIs, InThread, PcmTranscoder
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


# --- In a thread of its own ----------------------------------------------------------


class Taken:
    """What came back, and on which threads."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.threads: set[threading.Thread] = set()
        self.more = asyncio.Event()

    def __call__(self, packets: list[Packet]) -> None:
        self.packets += packets
        self.threads.add(threading.current_thread())
        self.more.set()

    async def until(self, count: int) -> list[Packet]:
        async with asyncio.timeout(20):
            while len(self.packets) < count:
                self.more.clear()
                await self.more.wait()
        return self.packets


def pcm_packet(number: int) -> Packet:
    return Packet(0, number, number * 960, tone(700, number).tobytes())


async def test_the_loop_itself_transcodes_nothing(monkeypatch: pytest.MonkeyPatch):
    at_work: set[str] = set()

    def watched(method):
        def work(*arguments):
            at_work.add(threading.current_thread().name)
            return method(*arguments)

        return work

    for name in ("encode", "decode"):
        monkeypatch.setattr(PcmTranscoder, name, watched(getattr(PcmTranscoder, name)))
    there, back, opus, heard = InThread(), InThread(), Taken(), Taken()
    for number in range(20):
        there.encode(pcm_packet(number), opus)
    for packet in await opus.until(20):
        back.decode(packet, heard)
    frames = await heard.until(20)
    assert [frame.sequence for frame in frames] == list(range(20))
    assert abs(loudest(samples(frames[10:])) - 700) < 10
    assert all(name.startswith("pcm") for name in at_work)
    assert opus.threads | heard.threads == {threading.current_thread()}


async def test_what_is_more_than_half_a_second_late_is_dropped():
    transcoding, taken, gate = InThread(), Taken(), threading.Event()
    pcm._thread.submit(gate.wait, 20)
    try:
        for number in range(MAX_PENDING + 7):
            transcoding.encode(pcm_packet(number), taken)
        assert transcoding.dropped == 7
    finally:
        gate.set()
    assert len(await taken.until(MAX_PENDING)) == MAX_PENDING


async def test_what_cannot_be_transcoded_costs_itself_alone(caplog):
    transcoding, taken = InThread(), Taken()
    transcoding.encode(Packet(0, 1, 960, b"far too short"), taken)
    transcoding.encode(pcm_packet(2), taken)
    assert [packet.sequence for packet in await taken.until(1)] == [2]
    assert "PCM of a listener" in caplog.text


def test_who_hears_only_himself_needs_no_codec():
    taken = Taken()
    AsItIs().encode(pcm_packet(1), taken)
    AsItIs().decode(pcm_packet(2), taken)
    assert taken.packets == [pcm_packet(1), pcm_packet(2)]
