"""Hold, consult and three-way: who hears whom, and who does not."""

from collections.abc import AsyncIterator

import pytest

from calls.media.hub import Hub
from calls.media.mixing.layout import Layout
from calls.media.session import Session
from calls.media.socket.wire import TALK_SPURT
from calls.media.sounds.player import Playback
from calls.media.transport.rtp import OPUS_SILENCE
from tests.calls.media.cast import (
    ANA,
    BRUNO,
    CARLA,
    MUSIC,
    PROMPT,
    SOFIA,
    WINDOW,
    Console,
    hears,
    is_unbroken,
    numbers,
    sound_of,
)
from tests.calls.media.conftest import Diary, Ear, connect, until
from tests.calls.media.phone import Phone, is_silent

TALK = Layout(speakers=("ana",))
HOLD = Layout(playback=Playback(loop=sound_of(MUSIC)))
CONSULT = Layout(consult=("ana", "bruno"), playback=HOLD.playback)
THREE = Layout(speakers=("ana", "bruno"))


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


async def test_on_hold_carla_hears_music_and_ana_hears_nothing(
    session: Session, phone: Phone, ana: Console
) -> None:
    await hears(phone, ANA)
    await hears(ana, CARLA)
    session.arrange(HOLD)
    heard = len(ana.packets)
    await hears(phone, MUSIC, never=(ANA,))
    # But for the silence that keeps the socket awake, should this take a second.
    assert {packet.payload for packet in ana.packets[heard:]} <= {OPUS_SILENCE}
    session.arrange(TALK)
    await hears(phone, ANA, never=(MUSIC,))
    await hears(ana, CARLA)
    assert ana.packets[heard].flags & TALK_SPURT
    assert set(numbers(ana)) == {1}
    pause = ana.packets[heard].timestamp - ana.packets[heard - 1].timestamp
    assert (pause & 0xFFFFFFFF) > WINDOW * 960
    assert is_unbroken(phone)


async def test_in_a_consult_two_hear_each_other_and_carla_hears_music_alone(
    session: Session, phone: Phone, ana: Console, bruno: Console
) -> None:
    session.arrange(CONSULT)
    await hears(phone, MUSIC, never=(ANA, BRUNO))
    await hears(ana, BRUNO, never=(CARLA, ANA))
    await hears(bruno, ANA, never=(CARLA, BRUNO))
    assert not session.is_mixing
    assert set(numbers(ana)) == set(numbers(bruno)) == {1}
    assert is_unbroken(phone)


async def test_three_hear_each_other_and_never_themselves(
    session: Session, phone: Phone, ana: Console, bruno: Console
) -> None:
    session.arrange(THREE)
    await hears(phone, ANA, BRUNO, never=(CARLA,))
    await hears(ana, CARLA, BRUNO, never=(ANA,))
    await hears(bruno, CARLA, ANA, never=(BRUNO,))
    assert session.is_mixing
    await bruno.stop()
    session.detach(bruno)
    assert not session.is_mixing
    await hears(phone, ANA, never=(BRUNO,))
    await hears(ana, CARLA, never=(BRUNO, ANA))
    assert set(numbers(ana)) == {1}
    assert is_unbroken(phone)


async def test_three_in_a_consult_are_mixed_without_carla(
    session: Session, phone: Phone, ana: Console, bruno: Console, sofia: Console
) -> None:
    session.arrange(Layout(consult=("ana", "bruno", "sofia"), playback=HOLD.playback))
    await hears(ana, BRUNO, SOFIA, never=(CARLA, ANA))
    await hears(sofia, ANA, BRUNO, never=(CARLA, SOFIA))
    await hears(phone, MUSIC, never=(ANA, BRUNO, SOFIA))
    assert is_unbroken(phone)


async def test_who_is_not_named_neither_hears_nor_speaks(
    session: Session, phone: Phone, ana: Console, bruno: Console
) -> None:
    await hears(phone, ANA, never=(BRUNO,))
    dropped = session.counters.dropped_out
    await until(lambda: session.counters.dropped_out > dropped + 20, "Bruno's frames")
    assert bruno.packets == []
    session.arrange(Layout())
    await until(lambda: len(phone.heard) > 0 and is_silent(phone.last_heard(20)))
    assert {packet.payload for packet in bruno.packets} <= {OPUS_SILENCE}


async def test_nobody_is_asked_to_speak_with_carla_and_in_a_consult_at_once() -> None:
    with pytest.raises(ValueError, match="one place"):
        Layout(speakers=("ana",), consult=("bruno", "ana"))


async def test_a_speaker_who_is_lost_is_missed_after_a_moment_and_back_at_once(
    session: Session, phone: Phone, ana: Console
) -> None:
    moment = Playback((sound_of(PROMPT),), sound_of(MUSIC))
    session.arrange(Layout(speakers=("ana",), playback=moment))
    await hears(phone, ANA, never=(PROMPT, MUSIC))
    silences = session.counters.silences_out
    await ana.stop()
    session.detach(ana)
    await hears(phone, PROMPT, never=(ANA,))
    # The grace is 35 frames; a stall may leave out some of them.
    assert 10 <= session.counters.silences_out - silences <= 40
    await hears(phone, MUSIC, never=(ANA,))
    again = Console("ana", ANA)
    again.join(session)
    silences = session.counters.silences_out
    await hears(phone, ANA, never=(MUSIC, PROMPT))
    await hears(again, CARLA)
    assert session.counters.silences_out - silences <= 5
    await again.stop()
    assert is_unbroken(phone)


async def test_a_quick_reload_is_not_announced(
    session: Session, phone: Phone, ana: Console
) -> None:
    moment = Playback(loop=sound_of(PROMPT))
    session.arrange(Layout(speakers=("ana",), playback=moment))
    await hears(phone, ANA)
    session.detach(ana)
    silences = session.counters.silences_out
    await until(lambda: session.counters.silences_out > silences + 5, "some silence")
    session.attach(ana, "ana")
    await hears(phone, ANA, never=(PROMPT,))


async def test_music_does_not_begin_again_when_the_layout_changes(
    session: Session, phone: Phone
) -> None:
    once = Playback((sound_of(PROMPT, 100),), sound_of(MUSIC))
    session.arrange(Layout(playback=once))
    await hears(phone, MUSIC)
    same = Playback((sound_of(PROMPT, 100),), sound_of(MUSIC))
    session.arrange(Layout(speakers=("ana",), playback=same))
    await hears(phone, MUSIC, never=(PROMPT,))


async def test_an_announcement_is_made_over_the_music_and_over_nothing_else(
    session: Session, phone: Phone
) -> None:
    prompt = sound_of(PROMPT)
    assert not session.announce(prompt)
    session.arrange(HOLD)
    await hears(phone, MUSIC)
    assert session.announce(prompt)
    await hears(phone, PROMPT)
    await hears(phone, MUSIC, never=(PROMPT,))
    ana = Ear()
    session.attach(ana, "ana")
    session.arrange(TALK)
    assert not session.announce(prompt)


async def test_a_program_waits_for_the_media_and_ends_in_silence(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = hub.open("wacid.1", diary)
    session.arrange(Layout(playback=Playback((sound_of(PROMPT),))))
    answer = await session.answer(await phone.offer())
    await phone.accept(answer)
    session.release_ice()
    await hears(phone, PROMPT)
    await until(lambda: is_silent(phone.last_heard(20)), "silence")


async def test_each_participant_has_one_listener_and_the_newest_wins(
    session: Session, diary: Diary, ana: Console, bruno: Console
) -> None:
    session.arrange(THREE)
    newer = Console("bruno", BRUNO)
    newer.join(session)
    assert bruno.codes == [4001]
    assert ana.codes == newer.codes == []
    session.detach(bruno)
    assert session.participants == ("ana", "bruno")
    await hears(newer, ANA, CARLA, never=(BRUNO,))
    session.dismiss("bruno", 4403)
    assert newer.codes == [4403]
    session.detach(newer)
    session.dismiss("bruno", 4403)
    await newer.stop()
    assert session.participants == ("ana",)
    assert diary.entries == ["up", "joined", "joined", "joined", "left"]


async def test_carla_gets_one_unbroken_stream_through_all_changes(
    session: Session, phone: Phone, ana: Console, bruno: Console
) -> None:
    await until(lambda: phone.arrived, "the first packet")
    for layout in (TALK, HOLD, THREE, CONSULT, THREE, TALK, HOLD, TALK, Layout()) * 3:
        session.arrange(layout)
        arrived = len(phone.arrived) + 12
        await until(lambda arrived=arrived: len(phone.arrived) > arrived, "packets")
    assert is_unbroken(phone)
    assert set(numbers(ana)) == set(numbers(bruno)) == {1}


async def test_closing_lets_every_participant_go(
    session: Session, ana: Console, bruno: Console
) -> None:
    session.arrange(THREE)
    await hears(ana, CARLA)
    await session.close("hung up")
    assert ana.codes == bruno.codes == [1000]
    assert not session.is_mixing
    session.arrange(CONSULT)
    session.announce(sound_of(PROMPT))
    assert session.participants == ()
