"""Whatever a network and a sender do to a stream: one honest row comes out of it."""

import struct
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from calls.media.transport.rtp import IncomingCounters, IncomingStream, Packet

HEADER = struct.Struct("!BBHII")
CARLA, OTHER = 7, 8
PADDING = bytes(19) + b"\x14"


@dataclass(frozen=True)
class Sent:
    """One packet as it leaves: sound (named by its payload), a key or padding."""

    sequence: int
    timestamp: int
    kind: str = "sound"
    ssrc: int = CARLA

    @property
    def name(self) -> bytes:
        return f"{self.ssrc} {self.sequence} {self.timestamp}".encode()

    def rtp(self) -> bytes:
        first, payload_type, payload = {
            "sound": (0x80, 111, self.name),
            "key": (0x80, 126, b"\x05\x0a\x00\xa0"),
            "padding": (0xA0, 111, PADDING),
        }[self.kind]
        numbers = (self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc)
        return HEADER.pack(first, payload_type, *numbers) + payload


def stream_from(sequence: int, timestamp: int, kinds: list[str]) -> list[Sent]:
    """Number what is sent: keys and padding take a number, but no time."""
    sent, time = [], timestamp
    for number, kind in enumerate(kinds):
        sent.append(Sent(sequence + number, time, kind))
        time += 960 if kind == "sound" else 0
    return sent


def arrive(
    trace: list[Sent], since: float = 0.0
) -> tuple[IncomingStream, list[Packet]]:
    stream = IncomingStream(111, lambda ssrc: None, IncomingCounters())
    return stream, hear(stream, trace, since)


def hear(stream: IncomingStream, trace: list[Sent], since: float) -> list[Packet]:
    read = [stream.read(sent.rtp(), since + n * 0.02) for n, sent in enumerate(trace)]
    return [packet for packet in read if packet is not None]


def forward(a: int, b: int) -> int:
    """Return how far `b` is ahead of `a`, negative if behind."""
    return ((b - a + 0x8000) & 0xFFFF) - 0x8000


starts = st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF))
kinds = st.lists(
    st.sampled_from(["sound"] * 6 + ["key", "padding"]), min_size=20, max_size=120
).map(lambda kinds: ["sound", *kinds])


@given(starts, kinds)
def test_what_is_no_sound_leaves_no_trace(start: tuple[int, int], kinds: list[str]):
    stream, heard = arrive(stream_from(*start, kinds))
    assert {forward(a.sequence, b.sequence) for a, b in pairwise(heard)} <= {1}
    assert len(heard) == kinds.count("sound")
    assert stream.counters.lost == 0


@given(starts, st.integers(30, 200), st.sets(st.integers(1, 198), max_size=40))
def test_holes_are_the_losses_and_nothing_else(
    start: tuple[int, int], count: int, lost: set[int]
):
    sent = stream_from(*start, ["sound"] * count)
    trace = [packet for n, packet in enumerate(sent) if n not in lost or n == count - 1]
    stream, heard = arrive(trace)
    assert [packet.payload for packet in heard] == [packet.name for packet in trace]
    holes = sum(forward(a.sequence, b.sequence) - 1 for a, b in pairwise(heard))
    assert holes == stream.counters.lost == count - len(trace)


@given(starts, kinds, st.data())
def test_out_of_order_and_twice_every_number_is_given_once_and_to_the_same_sound(
    start: tuple[int, int], kinds: list[str], data: st.DataObject
):
    sent = stream_from(*start, kinds)
    delays = data.draw(st.lists(st.integers(0, 5), min_size=len(sent)))
    copies = data.draw(st.sets(st.integers(0, len(sent) - 1), max_size=8))
    timed = [(n + delays[n], n, sent[n]) for n in range(1, len(sent))]
    timed += [(n + 7, n, sent[n]) for n in copies]
    trace = [sent[0], *(packet for _, _, packet in sorted(timed, key=lambda t: t[:2]))]
    stream, heard = arrive(trace)
    numbers = [packet.sequence for packet in heard]
    assert len(set(numbers)) == len(numbers)
    names = [packet.payload for packet in heard]
    assert sorted(names) == sorted(p.name for p in sent if p.kind == "sound")
    # A number further ahead is a packet sent later, and the other way round.
    by_number = sorted(heard, key=lambda p: forward(heard[0].sequence, p.sequence))
    order = [int(packet.payload.split()[1]) for packet in by_number]
    assert order == sorted(order)
    assert stream.counters.lost == 0


@given(starts, starts, st.integers(1, 300), st.sampled_from([0.02, 0.6, 5.0, 1000.0]))
@settings(max_examples=300)
def test_a_sender_that_counts_anew_is_heard_within_two_seconds(
    start: tuple[int, int], again: tuple[int, int], count: int, pause: float
):
    before = stream_from(*start, ["sound"] * count)
    after = stream_from(*again, ["sound"] * 150)
    stream, heard = arrive(before)
    rest = hear(stream, after, count * 0.02 + pause)
    assert len(rest) >= 100
    numbers = [packet.sequence for packet in heard + rest]
    assert len(set(numbers)) == len(numbers)
    settled = rest[-50:]
    assert {forward(a.sequence, b.sequence) for a, b in pairwise(settled)} == {1}


@given(starts, starts, st.integers(20, 200), st.integers(0, 199))
def test_a_second_source_waits_until_the_first_is_silent(
    start: tuple[int, int], second: tuple[int, int], count: int, ends: int
):
    ends = min(ends, count - 1)
    carla = stream_from(*start, ["sound"] * count)[: ends + 1]
    other = [
        Sent(packet.sequence, packet.timestamp, "sound", OTHER)
        for packet in stream_from(*second, ["sound"] * (count + 100))
    ]
    stream = IncomingStream(111, lambda ssrc: None, IncomingCounters())
    heard = []
    for n, packet in enumerate(other):
        both = [*carla[n : n + 1], packet]
        heard += [stream.read(sent.rtp(), n * 0.02) for sent in both]
    named = [packet.payload for packet in heard if packet is not None]
    first = [name for name in named if name.startswith(b"7 ")]
    assert first == [packet.name for packet in carla]
    assert named[: len(first)] == first
    assert len(named) - len(first) >= len(other) - ends - 30
    assert stream.counters.sources == 2
    numbers = [packet.sequence for packet in heard if packet is not None]
    assert {forward(a, b) for a, b in pairwise(numbers)} == {1}
