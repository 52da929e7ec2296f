"""A supervisor listens, whispers and barges in: who hears whom, and what it costs."""

from collections.abc import AsyncIterator

import pytest

from calls.media.hub import Hub
from calls.media.mixing import mixer
from calls.media.mixing.layout import Layout
from calls.media.mixing.participant import Participant
from calls.media.session import Session
from calls.media.socket import pcm
from calls.media.socket.wire import MOST_STREAMS, STREAM_SHIFT, TALK_SPURT
from calls.media.sounds.player import Playback
from calls.media.transport.rtp import Packet
from tests.calls.media.cast import (
    ANA,
    BRUNO,
    CARLA,
    MUSIC,
    SOFIA,
    WINDOW,
    Console,
    count,
    hears,
    is_unbroken,
    numbers,
    sound_of,
)
from tests.calls.media.conftest import Diary, Ear, connect, until
from tests.calls.media.phone import Phone

MUSIC_ON_HOLD = Playback(loop=sound_of(MUSIC))
LISTEN = Layout(speakers=("ana",), listeners=("sofia",))
WHISPER = Layout(speakers=("ana",), whisperers=("sofia",), whispered_to="ana")
BARGE = Layout(speakers=("ana", "sofia"))


class Stream(Ear):
    """One of the streams that a console is given, from now on."""

    def __init__(self, console: Console, number: int) -> None:
        super().__init__()
        self._console, self._number = console, number
        self._begins = len(console.packets)

    @property
    def packets(self) -> list[Packet]:  # type: ignore[override]
        fresh = self._console.packets[self._begins :]
        return [one for one in fresh if one.flags >> STREAM_SHIFT == self._number]

    @packets.setter
    def packets(self, packets: list[Packet]) -> None:
        """There is nothing to keep: the console has them."""

    def window(self):  # type: ignore[no-untyped-def]
        return Console.window(self)  # type: ignore[arg-type]


@pytest.fixture
async def session(hub: Hub, phone: Phone, diary: Diary) -> Session:
    return await connect(hub, phone, diary)


@pytest.fixture
async def ana(session: Session) -> AsyncIterator[Console]:
    ana = Console("ana", ANA)
    ana.join(session)
    yield ana
    await ana.stop()


@pytest.fixture
async def bruno(session: Session) -> AsyncIterator[Console]:
    bruno = Console("bruno", BRUNO)
    bruno.join(session)
    yield bruno
    await bruno.stop()


@pytest.fixture
async def sofia(session: Session) -> AsyncIterator[Console]:
    sofia = Console("sofia", SOFIA)
    sofia.join(session)
    yield sofia
    await sofia.stop()


@pytest.fixture
def nothing_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever decodes or encodes a call's packets fail the test."""

    def refuse(*_: object) -> None:
        raise AssertionError("Audio is decoded.")

    for codec in ("OpusDecoder", "OpusEncoder"):
        monkeypatch.setattr(mixer, codec, refuse)
        monkeypatch.setattr(pcm, codec, refuse)


async def test_a_listener_hears_both_apart_and_nobody_hears_her(
    session: Session, phone: Phone, ana: Console, sofia: Console, nothing_decoded: None
) -> None:
    session.arrange(LISTEN)
    await hears(Stream(sofia, 0), CARLA, never=(ANA, SOFIA))
    await hears(Stream(sofia, 1), ANA, never=(CARLA, SOFIA))
    await hears(phone, ANA, never=(SOFIA,))
    await hears(Stream(ana, 0), CARLA, never=(SOFIA,))
    assert not [one for one in ana.packets if one.flags >> STREAM_SHIFT]
    assert not session.is_mixing
    assert is_unbroken(phone)


async def test_a_listener_gets_the_very_packets_that_were_sent(
    session: Session, ana: Console, sofia: Console
) -> None:
    session.arrange(LISTEN)
    await until(lambda: len(Stream(sofia, 1).packets) > WINDOW or count(sofia) > 100)
    sent = set(ana._packets)
    got = [one for one in sofia.packets if one.flags >> STREAM_SHIFT == 1]
    assert got
    assert {packet.payload for packet in got} <= sent


async def test_a_whisper_reaches_the_agent_alone_as_a_stream_of_its_own(
    session: Session,
    phone: Phone,
    ana: Console,
    bruno: Console,
    sofia: Console,
    nothing_decoded: None,
) -> None:
    session.arrange(
        Layout(
            speakers=("ana",),
            listeners=("bruno",),
            whisperers=("sofia",),
            whispered_to="ana",
        )
    )
    await hears(Stream(ana, 0), CARLA, never=(SOFIA, BRUNO))
    await hears(Stream(ana, 1), SOFIA, never=(CARLA, BRUNO))
    await hears(phone, ANA, never=(SOFIA, BRUNO))
    await hears(Stream(sofia, 0), CARLA, never=(ANA,))
    await hears(Stream(sofia, 1), ANA, never=(CARLA, BRUNO))
    await hears(Stream(bruno, 1), ANA, never=(SOFIA,))
    streams = {one.flags >> STREAM_SHIFT for one in bruno.packets}
    assert streams == {0, 1}, "another listener hears no whisper"
    assert not session.is_mixing


async def test_on_hold_a_listener_hears_carla_and_not_ana(
    session: Session, phone: Phone, ana: Console, sofia: Console
) -> None:
    session.arrange(LISTEN)
    await hears(Stream(sofia, 1), ANA)
    session.arrange(
        Layout(consult=("ana",), playback=MUSIC_ON_HOLD, listeners=("sofia",))
    )
    await hears(phone, MUSIC, never=(ANA, SOFIA))
    held = Stream(sofia, 1)
    await hears(Stream(sofia, 0), CARLA, never=(ANA,))
    assert held.packets == [], "what an agent says on hold is nobody's to hear"
    session.arrange(LISTEN)
    await hears(Stream(sofia, 1), ANA)


async def test_who_whispers_talks_with_ana_while_carla_is_on_hold(
    session: Session, phone: Phone, ana: Console, bruno: Console, sofia: Console
) -> None:
    session.arrange(
        Layout(
            consult=("ana",),
            playback=MUSIC_ON_HOLD,
            listeners=("bruno",),
            whisperers=("sofia",),
            whispered_to="ana",
        )
    )
    await hears(Stream(sofia, 1), ANA, never=(CARLA,))
    await hears(Stream(ana, 1), SOFIA, never=(CARLA,))
    await hears(phone, MUSIC, never=(ANA, SOFIA))
    await hears(Stream(bruno, 0), CARLA)
    assert {one.flags >> STREAM_SHIFT for one in bruno.packets} == {0}
    assert not session.is_mixing


async def test_a_listener_hears_a_consult_and_a_three_way_call_as_streams(
    session: Session, phone: Phone, ana: Console, bruno: Console, sofia: Console
) -> None:
    two = ("ana", "bruno")
    session.arrange(Layout(consult=two, playback=MUSIC_ON_HOLD, listeners=("sofia",)))
    await hears(Stream(sofia, 0), CARLA, never=(ANA, BRUNO))
    await hears(Stream(sofia, 1), ANA, never=(CARLA, BRUNO))
    await hears(Stream(sofia, 2), BRUNO, never=(CARLA, ANA))
    assert not session.is_mixing
    await hears(Stream(bruno, 0), ANA, never=(SOFIA, CARLA))
    session.arrange(Layout(speakers=two, listeners=("sofia",)))
    await hears(Stream(sofia, 0), CARLA, never=(ANA, BRUNO))
    await hears(Stream(sofia, 1), ANA, never=(CARLA, BRUNO))
    await hears(Stream(sofia, 2), BRUNO, never=(CARLA, ANA))
    await hears(phone, ANA, BRUNO, never=(SOFIA,))


async def test_who_barges_in_is_mixed_and_back_to_listening_nothing_is(
    session: Session, phone: Phone, ana: Console, sofia: Console
) -> None:
    session.arrange(BARGE)
    await hears(phone, ANA, SOFIA)
    await hears(Stream(ana, 0), CARLA, SOFIA, never=(ANA,))
    await hears(Stream(sofia, 0), CARLA, ANA, never=(SOFIA,))
    assert session.is_mixing
    session.arrange(LISTEN)
    assert not session.is_mixing
    await hears(phone, ANA, never=(SOFIA,))
    await hears(Stream(sofia, 0), CARLA, never=(ANA,))
    await hears(Stream(sofia, 1), ANA, never=(CARLA,))
    assert is_unbroken(phone)


async def test_another_listener_hears_who_barges_in_as_one_stream_more(
    session: Session, phone: Phone, ana: Console, bruno: Console, sofia: Console
) -> None:
    session.arrange(Layout(speakers=("ana", "sofia"), listeners=("bruno",)))
    await hears(Stream(bruno, 1), ANA, never=(SOFIA,))
    await hears(Stream(bruno, 2), SOFIA, never=(ANA,))


async def test_who_takes_over_talks_with_carla_alone(
    session: Session, phone: Phone, ana: Console, sofia: Console
) -> None:
    session.arrange(WHISPER)
    await hears(Stream(sofia, 1), ANA)
    session.arrange(Layout(speakers=("sofia",)))
    await hears(phone, SOFIA, never=(ANA,))
    await hears(Stream(sofia, 0), CARLA, never=(ANA,))
    assert not session.is_mixing
    left = Stream(ana, 0)
    await hears(Stream(sofia, 0), CARLA, never=(ANA,))
    assert left.packets == []


async def test_every_stream_stays_one_row_through_all_changes(
    session: Session, phone: Phone, ana: Console, sofia: Console
) -> None:
    streams = [Stream(sofia, 0), Stream(sofia, 1)]
    for layout in (LISTEN, WHISPER, BARGE, LISTEN, Layout(speakers=("sofia",)), LISTEN):
        session.arrange(layout)
        seen = count(sofia)
        await until(lambda seen=seen: count(sofia) > seen + 20, "a moment of it")
    for stream in streams:
        assert set(numbers(stream)) == {1}


def test_a_stream_that_has_gone_is_given_to_the_next_voice() -> None:
    ear = Ear()
    sofia = Participant("sofia", ear)
    ana, bruno = Participant("ana", Ear()), Participant("bruno", Ear())
    streams = dict(sofia.overhear([ana]))
    streams[ana].hear(Packet(0, 100, 960, b"ana"), 1.0)
    streams = dict(sofia.overhear([bruno, ana]))
    assert (streams[ana].number, streams[bruno].number) == (1, 2)
    streams = dict(sofia.overhear([bruno]))
    assert streams == {bruno: streams[bruno]}
    streams = dict(sofia.overhear([bruno, ana]))
    assert streams[ana].number == 1
    streams[ana].hear(Packet(0, 9000, 4800, b"anew"), 2.0)
    first, second = ear.packets
    assert second.sequence == first.sequence + 1
    assert second.flags == 1 << STREAM_SHIFT | TALK_SPURT


def test_more_voices_than_streams_are_not_heard_and_break_nothing() -> None:
    sofia = Participant("sofia", Ear())
    many = [Participant(f"agent {number}", Ear()) for number in range(10)]
    assert len(sofia.overhear(many)) == MOST_STREAMS - 1
    assert len(sofia.overhear(many[5:])) == 5


def test_nobody_listens_and_speaks_at_once() -> None:
    with pytest.raises(ValueError, match="one place"):
        Layout(speakers=("ana",), listeners=("ana",))
    with pytest.raises(ValueError, match="one place"):
        Layout(whisperers=("sofia",), listeners=("sofia",))
