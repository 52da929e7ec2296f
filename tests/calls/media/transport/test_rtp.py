import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.media.socket.wire import TALK_SPURT
from calls.media.transport.rtp import (
    OPUS_SILENCE,
    IncomingCounters,
    IncomingStream,
    OutgoingCounters,
    OutgoingStream,
    Packet,
)

HEADER = struct.Struct("!BBHII")


def rtp(
    sequence: int,
    timestamp: int,
    payload: bytes = b"opus",
    *,
    ssrc: int = 7,
    payload_type: int = 111,
    first: int = 0x80,
    between: bytes = b"",
) -> bytes:
    numbers = (sequence & 0xFFFF, timestamp & 0xFFFFFFFF)
    return HEADER.pack(first, payload_type, *numbers, ssrc) + between + payload


def incoming() -> IncomingStream:
    return IncomingStream(111, lambda ssrc: None, IncomingCounters())


def read(stream: IncomingStream, *packets: bytes, since: float = 0.0) -> list[Packet]:
    """Read packets that come 20 ms after each other."""
    read = [stream.read(data, since + n * 0.02) for n, data in enumerate(packets)]
    return [packet for packet in read if packet is not None]


def test_the_far_ends_numbers_pass_unchanged() -> None:
    packets = read(incoming(), rtp(65535, 2**32 - 960), rtp(0, 0), rtp(1, 960))
    assert [packet.sequence for packet in packets] == [65535, 0, 1]
    assert [packet.timestamp for packet in packets] == [2**32 - 960, 0, 960]
    assert [packet.flags for packet in packets] == [TALK_SPURT, 0, 0]


def test_a_lost_packet_stays_a_gap_and_is_counted() -> None:
    stream = incoming()
    packets = read(stream, rtp(1, 0), rtp(3, 1920))
    assert [packet.sequence for packet in packets] == [1, 3]
    assert stream.counters.lost == 1


def test_a_packet_that_comes_late_fills_its_gap_once() -> None:
    stream = incoming()
    packets = read(stream, rtp(1, 0), rtp(3, 1920), rtp(2, 960), rtp(2, 960))
    assert [packet.sequence for packet in packets] == [1, 3, 2]
    assert (stream.counters.lost, stream.counters.late) == (0, 1)
    assert stream.counters.dropped == 1


def test_a_pause_of_the_sender_is_flagged_as_a_talk_spurt() -> None:
    packets = read(incoming(), rtp(1, 0), rtp(2, 48000), rtp(3, 48960))
    assert [packet.flags for packet in packets] == [TALK_SPURT, TALK_SPURT, 0]


def test_a_new_source_continues_the_row_once_the_other_is_silent() -> None:
    stream = incoming()
    packets = read(stream, rtp(10, 960), rtp(11, 1920))
    packets += read(stream, rtp(500, 9, ssrc=8), rtp(501, 969, ssrc=8), since=1.02)
    assert [packet.sequence for packet in packets] == [10, 11, 12, 13]
    assert [packet.timestamp for packet in packets] == [960, 1920, 49920, 50880]
    assert packets[2].flags == TALK_SPURT
    assert stream.counters.sources == 2


def test_who_speaks_beside_another_is_not_listened_to() -> None:
    told: list[int] = []
    stream = IncomingStream(111, told.append, IncomingCounters())
    both = [
        data
        for n in range(200)
        for data in (rtp(n, n * 960), rtp(7000 + n, n * 960, b"other", ssrc=8))
    ]
    packets = read(stream, *both)
    assert [packet.sequence for packet in packets] == list(range(200))
    assert {packet.payload for packet in packets} == {b"opus"}
    assert (stream.counters.sources, stream.counters.dropped) == (1, 200)
    assert told == [7]


def test_two_who_both_pause_do_not_take_turns() -> None:
    """Both send comfort noise each 400 ms; only one of them is the customer."""
    stream = incoming()
    for n in range(50):
        stream.read(rtp(n, n * 19200), n * 0.4)
        stream.read(rtp(n, n * 19200, ssrc=8), n * 0.4 + 0.2)
    assert stream.counters.sources == 1
    assert stream.counters.packets == 50


def test_a_jump_of_the_sequence_continues_the_row() -> None:
    stream = incoming()
    jump = [rtp(20000 + n, 960 + n * 960) for n in range(6)]
    packets = read(stream, rtp(10, 0), *jump)
    assert [packet.sequence for packet in packets] == [10, 11, 12, 13, 14]
    assert stream.counters.lost == 0


def test_a_single_stray_changes_nothing() -> None:
    packets = read(incoming(), rtp(10, 0), rtp(20000, 5), rtp(11, 960))
    assert [packet.sequence for packet in packets] == [10, 11]


@pytest.mark.parametrize("begins", [0, 1, 250, 499, 1200, 40_000, 65_000])
@pytest.mark.parametrize("clock", [0, 480_000, 2**31, 2**32 - 960])
@pytest.mark.parametrize("pause", [0.02, 1.0, 60.0])
def test_a_sender_that_counts_anew_is_heard_again(
    begins: int, clock: int, pause: float
) -> None:
    stream = incoming()
    before = read(stream, *(rtp(n, n * 960) for n in range(500)))
    again = (rtp(begins + n, clock + n * 960, b"again") for n in range(100))
    after = read(stream, *again, since=500 * 0.02 + pause)
    assert len(after) >= 90
    numbers = [packet.sequence for packet in before + after]
    assert len(set(numbers)) == len(numbers)
    times = [packet.timestamp for packet in before + after]
    assert all(0 < (b - a) & 0xFFFFFFFF < 2**31 for a, b in pairwise(times))
    jump = (after[0].timestamp - before[-1].timestamp) & 0xFFFFFFFF
    assert jump <= (pause + 2.2) * 48000
    assert after[0].flags == TALK_SPURT or jump <= 4800


def test_a_clock_that_was_set_does_not_look_like_hours_of_silence() -> None:
    packets = read(incoming(), rtp(1, 0), rtp(2, 2**30), rtp(3, 2**30 + 960))
    assert [packet.timestamp for packet in packets] == [0, 960, 1920]
    assert packets[1].flags == TALK_SPURT


def test_a_pressed_key_leaves_no_gap() -> None:
    stream = incoming()
    key = [rtp(n, 960, b"\1\2\3\4", payload_type=126) for n in (11, 12, 13)]
    packets = read(stream, rtp(10, 0), *key, rtp(14, 3840))
    assert [packet.sequence for packet in packets] == [10, 11]
    assert stream.counters.not_audio == 3


def test_a_packet_overtaken_by_a_pressed_key_keeps_its_own_number() -> None:
    stream = incoming()
    key = rtp(12, 960, b"\1\2\3\4", payload_type=126)
    packets = read(stream, rtp(10, 0), key, rtp(11, 960, b"late"), rtp(13, 1920))
    assert [packet.sequence for packet in packets] == [10, 11, 12]
    assert packets[1].payload == b"late"
    assert stream.counters.lost == 0


def test_a_pressed_key_that_comes_late_is_no_loss() -> None:
    stream = incoming()
    key = rtp(11, 0, b"\1\2\3\4", payload_type=126)
    packets = read(stream, rtp(10, 0), rtp(12, 960), key, rtp(13, 1920))
    # The hole was there when the packet behind it was passed on.
    assert [packet.sequence for packet in packets] == [10, 12, 13]
    assert stream.counters.lost == 0


def test_packets_of_nothing_but_padding_leave_no_gap_and_are_no_loss() -> None:
    stream = incoming()
    padding = [rtp(n, 0, bytes(9) + b"\x0a", first=0xA0) for n in (11, 13)]
    sound = [rtp(n, n * 960) for n in (10, 12, 14)]
    packets = read(stream, sound[0], padding[0], sound[1], padding[1], sound[2])
    assert [packet.sequence for packet in packets] == [10, 11, 12]
    assert stream.counters.lost == 0


def test_sources_extension_and_padding_are_no_sound() -> None:
    between = bytes(4) + b"\xbe\xde\x00\x01" + bytes(4)
    padded = rtp(1, 0, b"opus\0\0\3", first=0xB1, between=between)
    assert read(incoming(), padded)[0].payload == b"opus"


@given(st.binary(max_size=60), st.integers(0, 255))
def test_no_packet_can_break_the_reader(tail: bytes, first: int) -> None:
    stream = incoming()
    stream.read(bytes([first, 111]) + bytes(10) + tail, 0.0)


def outgoing(now: float = 0.0) -> OutgoingStream:
    return OutgoingStream(9, 111, now, OutgoingCounters())


def header(data: bytes) -> tuple[int, int]:
    _, _, sequence, timestamp, _ = HEADER.unpack_from(data)
    return sequence, timestamp


def steps(sent: list[bytes]) -> list[tuple[int, int]]:
    headers = [header(data) for data in sent]
    return [
        ((b[0] - a[0]) & 0xFFFF, (b[1] - a[1]) & 0xFFFFFFFF)
        for a, b in zip(headers, headers[1:], strict=False)
    ]


def talk(
    stream: OutgoingStream, frames: int, begin: float, number: int = 0
) -> list[bytes]:
    sent = []
    for frame in range(frames):
        at = number + frame
        data = stream.frame(
            at & 0xFFFF, at * 960 & 0xFFFFFFFF, b"voice", begin + frame * 0.02
        )
        assert data is not None
        sent.append(data)
    return sent


def test_silence_flows_from_the_first_moment_and_each_20_ms() -> None:
    stream = outgoing()
    sent = [data for tick in range(50) for data in stream.fill(tick * 0.02)]
    assert len(sent) == 50
    assert all(data.endswith(OPUS_SILENCE) for data in sent)
    assert set(steps(sent)) == {(1, 960)}


def test_silence_makes_up_for_a_late_tick() -> None:
    stream = outgoing()
    assert len(stream.fill(0.0)) == 1
    assert len(stream.fill(0.061)) == 3
    assert len(stream.fill(0.08)) == 1


def test_after_a_long_stall_silence_jumps_instead_of_flooding() -> None:
    stream = outgoing()
    first = stream.fill(0.0)
    later = stream.fill(5.0)
    assert len(later) == 1
    assert steps(first + later) == [(1, 240000)]


def test_voice_follows_silence_in_one_stream() -> None:
    stream = outgoing()
    sent = stream.fill(0.0) + talk(stream, 10, 0.02, number=60000)
    assert set(steps(sent)) == {(1, 960)}


def test_no_silence_while_frames_are_merely_late() -> None:
    stream = outgoing()
    talk(stream, 5, 0.0)
    assert stream.fill(0.08 + 0.099) == []
    late = stream.frame(5, 5 * 960, b"voice", 0.18)
    assert late is not None


def test_a_small_loss_of_the_listener_is_shown_to_the_far_end() -> None:
    stream = outgoing()
    sent = talk(stream, 2, 0.0)
    data = stream.frame(4, 4 * 960, b"voice", 0.08)
    assert data is not None
    assert steps([sent[-1], data]) == [(3, 2880)]


def test_frames_that_come_twice_or_late_are_dropped() -> None:
    stream = outgoing()
    talk(stream, 5, 0.0)
    assert stream.frame(4, 4 * 960, b"voice", 0.1) is None
    assert stream.frame(2, 2 * 960, b"voice", 0.1) is None
    assert stream.counters.late == 2


def test_a_burst_of_more_than_300_ms_is_cut() -> None:
    stream = outgoing()
    talk(stream, 5, 0.0)
    sent = [stream.frame(n, n * 960, b"voice", 10.0) for n in range(5, 45)]
    assert sum(data is not None for data in sent) <= 16


def test_a_stall_builds_no_lasting_delay() -> None:
    """What is sent may run ahead of the clock for a while, never for good."""
    stream = outgoing()
    sent = talk(stream, 50, 0.0)
    quiet = [data for n in range(50, 75) for data in stream.fill(n * 0.02)]
    burst = [stream.frame(n, n * 960, b"voice", 1.5) for n in range(60, 75)]
    ahead = [data for data in burst if data is not None]
    more = talk(stream, 25, 1.52, number=75)
    rest = [data for n in range(105, 400) for data in stream.fill(n * 0.02)]
    whole = sent + quiet + ahead + more + rest
    played = (header(whole[-1])[1] - header(whole[0])[1]) & 0xFFFFFFFF
    assert played / 48000 == pytest.approx(399 * 0.02, abs=0.05)


def test_a_new_listener_may_count_from_anywhere() -> None:
    stream = outgoing()
    sent = talk(stream, 3, 0.0, number=100)
    stream.forget()
    sent += talk(stream, 3, 0.06, number=40000)
    assert set(steps(sent)) == {(1, 960)}


FOUR_HOURS = 4 * 3600 * 50  # frames


def test_after_four_hours_of_talk_nothing_has_drifted() -> None:
    """Numbers wrap eleven times, the clock of a stream once if it began late."""
    stream = outgoing()
    first = last = stream.frame(0, 0, b"voice", 0.0)
    assert first is not None
    for number in range(1, FOUR_HOURS):
        last = stream.frame(
            number & 0xFFFF, number * 960 & 0xFFFFFFFF, b"voice", number * 0.02
        )
        assert last is not None
    played = (header(last)[1] - header(first)[1]) & 0xFFFFFFFF
    assert played == (FOUR_HOURS - 1) * 960
    assert stream.counters.packets == FOUR_HOURS
    assert (stream.counters.late, stream.counters.too_fast) == (0, 0)


def test_after_four_hours_of_listening_nothing_is_counted_as_lost() -> None:
    stream = incoming()
    begin = 0xFFFFFFFF - 960 * 1000  # the far end's clock wraps soon
    for number in range(FOUR_HOURS):
        packet = stream.read(rtp(number, begin + number * 960), number * 0.02)
        assert packet is not None
    assert packet.timestamp == (begin + (FOUR_HOURS - 1) * 960) & 0xFFFFFFFF
    assert stream.counters.packets == FOUR_HOURS
    assert (stream.counters.lost, stream.counters.late) == (0, 0)


def test_packets_that_come_evenly_have_no_jitter() -> None:
    stream = incoming()
    read(stream, *(rtp(n, n * 960) for n in range(200)))
    assert stream.counters.jitter < 1


def test_jitter_is_how_unevenly_packets_come_and_no_pause_counts() -> None:
    stream = incoming()
    for number in range(200):
        pause = 3.0 if number > 100 else 0.0
        late = 0.010 if number % 2 else 0.0
        stamp = number * 960 + int(pause * 48000)
        stream.read(rtp(number, stamp), number * 0.02 + pause + late)
    assert stream.counters.jitter == pytest.approx(480, rel=0.05)
