"""Sound that flows one way only is noticed by the node, not by asking "hello?"."""

from collections.abc import AsyncIterator

import pytest

from calls.media.events import Flow
from calls.media.hub import Hub
from calls.media.mixing.layout import Layout
from calls.media.mixing.two_way import FlowWatch
from calls.media.session import Session
from calls.media.transport.rtp import OPUS_SILENCE, IncomingCounters, OutgoingCounters
from tests.calls.media.cast import ANA, BRUNO, Console
from tests.calls.media.conftest import Diary, connect, until
from tests.calls.media.phone import Phone

BOTH = Flow(customer_heard=True, participant_heard=True)
CARLA_SILENT = Flow(customer_heard=False, participant_heard=True)
ANA_SILENT = Flow(customer_heard=True, participant_heard=False)


@pytest.fixture
async def session(hub: Hub, phone: Phone, diary: Diary) -> Session:
    return await connect(hub, phone, diary)


@pytest.fixture
async def ana(session: Session) -> AsyncIterator[Console]:
    ana = Console("ana", ANA)
    ana.join(session)
    yield ana
    await ana.stop()


async def test_a_customer_who_falls_silent_is_told_and_so_is_her_return(
    session: Session, phone: Phone, diary: Diary, ana: Console
) -> None:
    await until(lambda: session.counters.two_way_at is not None, "both to be heard")
    assert diary.flows == []
    phone.voice.muted = True
    await until(lambda: CARLA_SILENT in diary.flows, "silence to be noticed")
    assert session.counters.one_way_seconds >= 2.5
    phone.voice.muted = False
    await until(lambda: session.flow == BOTH, "sound to be noticed")
    assert diary.flows == [CARLA_SILENT, BOTH]


async def test_an_agent_whose_sound_does_not_come_is_told(
    session: Session, diary: Diary, ana: Console
) -> None:
    ana.is_mute = True
    await until(lambda: ANA_SILENT in diary.flows, "silence to be noticed")
    ana.is_mute = False
    await until(lambda: session.flow == BOTH, "sound to be noticed")


async def test_on_hold_nobody_is_called_silent(
    session: Session, diary: Diary, ana: Console
) -> None:
    ana.is_mute = True
    await until(lambda: ANA_SILENT in diary.flows, "silence to be noticed")
    session.arrange(Layout())
    await until(lambda: diary.flows == [ANA_SILENT, BOTH], "the flow to be forgotten")
    seconds = session.counters.one_way_seconds
    packets = session.counters.packets_out
    await until(lambda: session.counters.packets_out > packets + 150, "three seconds")
    assert diary.flows == [ANA_SILENT, BOTH]
    assert session.counters.one_way_seconds == seconds


async def test_with_a_third_nobody_is_called_silent(
    session: Session, diary: Diary, ana: Console
) -> None:
    bruno = Console("bruno", BRUNO)
    session.attach(bruno, "bruno")
    session.arrange(Layout(speakers=("ana", "bruno")))
    packets = session.counters.packets_out
    await until(lambda: session.counters.packets_out > packets + 150, "three seconds")
    assert diary.flows == []


async def test_a_customer_who_never_sends_anything_but_silence_is_not_heard(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    phone.voice.packets = [OPUS_SILENCE] * 10
    session = await connect(hub, phone, diary)
    ana = Console("ana", ANA)
    ana.join(session)
    await until(lambda: CARLA_SILENT in diary.flows, "silence to be noticed")
    assert session.counters.packets_in > 100
    assert session.counters.two_way_at is None
    await ana.stop()


class Clockwork:
    """A flow watch with counters and a clock of its own."""

    def __init__(self) -> None:
        self.incoming, self.outgoing = IncomingCounters(), OutgoingCounters()
        self.told: list[Flow] = []
        self.watch = FlowWatch(self.incoming, self.outgoing, self.told.append)
        self.now = 100.0

    def pass_time(
        self, seconds: float, *, carla: int = 60, ana: bool = True, who: str = "ana"
    ) -> None:
        """Let Carla send packets of so many bytes, and Ana send or not."""
        for _ in range(round(seconds * 50)):
            self.now += 0.02
            if carla:
                self.incoming.packets += 1
                self.incoming.bytes += carla
            self.outgoing.packets += 1
            self.outgoing.own += 0 if ana else 1
            self.watch.tick(self.now, who or None)


def test_pauses_in_speech_are_no_silence() -> None:
    clock = Clockwork()
    clock.pass_time(1)
    for _ in range(20):
        clock.pass_time(0.4, carla=0)
        clock.pass_time(0.02, carla=1)
    assert clock.told == []


def test_seconds_one_way_are_counted_from_the_last_sound() -> None:
    clock = Clockwork()
    clock.pass_time(1)
    clock.pass_time(6, ana=False)
    clock.pass_time(1)
    assert clock.told == [ANA_SILENT, BOTH]
    assert clock.watch.one_way_seconds == pytest.approx(6, abs=0.25)


def test_both_may_be_silent_at_once() -> None:
    clock = Clockwork()
    clock.pass_time(1)
    clock.pass_time(1, ana=False)
    clock.pass_time(3, carla=0, ana=False)
    assert clock.told == [ANA_SILENT, Flow(False, False)]


def test_each_new_speaker_is_given_time() -> None:
    clock = Clockwork()
    clock.pass_time(1)
    for number in range(5):
        clock.pass_time(2, ana=False, who=f"console {number}")
    assert clock.told == []


def test_a_customer_heard_once_may_be_quiet_as_long_as_packets_come() -> None:
    clock = Clockwork()
    clock.pass_time(0.1)
    clock.pass_time(20, carla=3)
    assert clock.told == []
    never = Clockwork()
    never.pass_time(2.9, carla=3)
    assert never.told == []
    never.pass_time(0.4, carla=3)
    assert never.told == [CARLA_SILENT]


def test_it_is_two_way_when_both_have_been_heard() -> None:
    clock = Clockwork()
    clock.pass_time(1, ana=False)
    assert clock.watch.two_way_at is None
    clock.pass_time(0.2)
    assert clock.watch.two_way_at == pytest.approx(clock.now, abs=0.2)
