"""A participant hears one row of packets, whoever speaks."""

from calls.media.mixing.participant import Participant
from calls.media.socket.wire import TALK_SPURT
from calls.media.transport.rtp import OPUS_SILENCE, Packet


class Ear:
    def __init__(self) -> None:
        self.heard: list[Packet] = []

    def deliver(self, packet: Packet) -> None:
        self.heard.append(packet)

    def close(self, code: int) -> None:
        """Nothing to close."""


def ana() -> tuple[Participant, list[Packet]]:
    ear = Ear()
    return Participant("ana", ear), ear.heard


def test_who_hears_nobody_gets_silence_once_a_second():
    participant, heard = ana()
    for tick in range(151):
        participant.keep_awake(100 + tick * 0.02)
    assert [packet.payload for packet in heard] == [OPUS_SILENCE] * 3
    assert [packet.sequence for packet in heard] == [0, 1, 2]
    assert heard[2].timestamp - heard[1].timestamp == 48_000


def test_who_hears_somebody_gets_nothing_else():
    participant, heard = ana()
    participant.turn_to("the customer")
    participant.hear(Packet(0, 7, 960, b"x"), 100.0)
    participant.keep_awake(105.0)
    assert [packet.payload for packet in heard] == [b"x"]


def test_the_row_goes_on_behind_the_silence():
    participant, heard = ana()
    participant.keep_awake(100.0)
    participant.keep_awake(101.0)
    participant.turn_to("the customer")
    participant.hear(Packet(0, 5000, 123, b"x"), 101.5)
    assert (heard[1].sequence, heard[1].flags) == (1, TALK_SPURT)
    assert heard[1].timestamp - heard[0].timestamp == 24_000


def test_what_was_sent_before_the_turn_is_not_heard_under_a_number_given_before():
    participant, heard = ana()
    participant.turn_to("bruno")
    for number in (1, 2, 3):
        participant.hear(Packet(0, number, number * 960, b"bruno"), 100.0)
    participant.turn_to("the customer")
    participant.hear(Packet(0, 501, 960, b"x"), 100.1)
    participant.hear(Packet(0, 499, 0, b"too late"), 100.1)
    participant.hear(Packet(0, 503, 2880, b"x"), 100.1)
    participant.hear(Packet(0, 502, 1920, b"late"), 100.1)
    assert [packet.sequence for packet in heard] == [1, 2, 3, 4, 6, 5]
