"""The scripted phone against a plain aiortc peer: real sockets, real sound."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from aiortc.rtp import RtpPacket

from callcenter.simulator import sdp, sound
from callcenter.simulator import world as world_module
from callcenter.simulator.behaviour import Behaviour
from callcenter.simulator.calls import Placed
from callcenter.simulator.phone import (
    PaperPhone,
    Script,
    ScriptedPhone,
    event_packets,
)
from callcenter.simulator.world import Account, World
from tests.callcenter.simulator.business import Business
from tests.callcenter.simulator.conftest import business_answer, until
from tests.callcenter.simulator.receiver import Receiver

PHONE_TONE, BUSINESS_TONE = 700, 500


@pytest.fixture
async def business() -> AsyncIterator[Business]:
    business = Business(BUSINESS_TONE)
    yield business
    await business.close()


def hears(phone: ScriptedPhone, frequency: float) -> bool:
    samples = phone.ear.samples(1.0)
    heard_enough = len(samples) > 24_000
    return heard_enough and abs(sound.dominant_frequency(samples) - frequency) < 5


def heard_by(business: Business, frequency: float) -> bool:
    heard_enough = len(business.heard) > 24_000
    return heard_enough and abs(business.frequency - frequency) < 5


async def connect(phone: ScriptedPhone, business: Business) -> None:
    answer = await business.answer(await phone.write_offer())
    await phone.take_answer(answer)
    await until(lambda: phone.connected)


@pytest.mark.parametrize("ice", ["silent", "stun", "eager"])
async def test_both_sides_hear_each_other_however_the_relay_behaves(
    business: Business, ice: str
) -> None:
    tasks = asyncio.all_tasks()
    phone = ScriptedPhone(Script(says="tone", frequency=PHONE_TONE, ice=ice))
    answer = await business.answer(await phone.write_offer())
    assert sdp.complaint(answer, "answer") == ""
    # The business's checks begin now; the phone is told of the answer later.
    await asyncio.sleep(0.3)
    assert not phone.connected
    await phone.take_answer(answer)
    await until(lambda: hears(phone, BUSINESS_TONE))
    await until(lambda: heard_by(business, PHONE_TONE))
    assert list(phone.ear.payload_types) == [111]
    assert len(phone.ear.sources) == 1
    await phone.close()
    await business.close()
    await until(lambda: asyncio.all_tasks() <= tasks)


async def test_a_user_who_is_called_hears_and_is_heard_after_picking_up(
    business: Business,
) -> None:
    phone = ScriptedPhone(Script(says="tone", frequency=PHONE_TONE))
    await business.take(await phone.write_answer(await business.offer()))
    await until(lambda: phone.connected)
    assert not business.heard
    phone.pick_up()
    await until(lambda: hears(phone, BUSINESS_TONE))
    await until(lambda: heard_by(business, PHONE_TONE))
    await phone.close()


async def test_a_muted_phone_is_heard_as_silence_or_not_at_all(
    business: Business,
) -> None:
    phone = ScriptedPhone(Script(says="tone", frequency=PHONE_TONE))
    await connect(phone, business)
    await until(lambda: heard_by(business, PHONE_TONE))
    phone.muted = "silence"
    await until(lambda: sound.loudness(list(business.heard)[-4800:]) < 1e-3)
    phone.muted = ""
    await until(lambda: heard_by(business, PHONE_TONE))
    await phone.close()


async def test_keys_are_sent_as_telephone_events_beside_the_sound(
    business: Business,
) -> None:
    phone = ScriptedPhone(Script(says="tone", frequency=PHONE_TONE))
    await connect(phone, business)
    phone.send_digits("1#")
    await until(lambda: heard_by(business, PHONE_TONE))
    with pytest.raises(ValueError, match="substring"):
        phone.send_digits("x")
    await phone.close()


async def test_a_phone_that_hears_nothing_gives_up() -> None:
    failures: list[int] = []
    script = Script(says="silence", first_media_limit=0.2)
    phone = ScriptedPhone(script, failures.append)
    await phone.write_offer()
    await phone.take_answer(business_answer())
    await until(lambda: failures == [138021])
    await phone.close()


async def test_a_phone_gives_up_when_the_network_is_lost(business: Business) -> None:
    failures: list[int] = []
    script = Script(says="tone", media_gap_limit=0.5)
    phone = ScriptedPhone(script, failures.append)
    await connect(phone, business)
    await until(lambda: phone.ear.packets > 10)
    phone.network_lost = True
    await until(lambda: failures == [138021])
    await phone.close()


async def test_a_phone_whose_business_closes_the_media_waits_and_gives_up(
    business: Business,
) -> None:
    failures: list[int] = []
    phone = ScriptedPhone(Script(says="tone", media_gap_limit=0.5), failures.append)
    await connect(phone, business)
    await until(lambda: phone.ear.packets > 10)
    await business.close()
    await until(lambda: failures == [138021])
    await phone.close()


async def test_a_phone_can_be_closed_at_any_moment_and_twice() -> None:
    for steps in range(3):
        tasks = asyncio.all_tasks()
        phone = ScriptedPhone(Script(says="silence"))
        if steps > 0:
            await phone.write_offer()
        if steps > 1:
            await phone.take_answer(business_answer())
        await phone.close()
        await phone.close()
        assert asyncio.all_tasks() <= tasks


async def test_a_stranger_without_the_password_is_not_heard(business: Business) -> None:
    phone = ScriptedPhone(Script(says="silence"))
    offer = await phone.write_offer()
    wrong = offer.replace("a=ice-pwd:", "a=ice-pwd:x")
    await phone.take_answer(await business.answer(wrong))
    await until(lambda: phone.dropped > 0)
    assert not phone.connected
    await phone.close()


def test_a_key_lasts_160_ms_and_its_end_is_said_three_times() -> None:
    packets = event_packets(11)
    assert [packet.payload_type for packet in packets] == [126] * 10
    assert [packet.marker for packet in packets] == [1] + [0] * 9
    assert {packet.payload[0] for packet in packets} == {11}
    ends = [packet for packet in packets if packet.payload[1] & 0x80]
    assert [int.from_bytes(end.payload[2:]) for end in ends] == [1280] * 3


async def test_a_phone_for_load_sends_few_packets_of_the_same_sound(
    business: Business,
) -> None:
    phone = ScriptedPhone(Script(says="tone", frequency=PHONE_TONE, pace=0.2))
    sent: list[int] = []
    send = phone._dtls._send_rtp

    async def note(data: bytes) -> None:
        sent.append(RtpPacket.parse(data).timestamp)
        await send(data)

    phone._dtls._send_rtp = note  # type: ignore[method-assign]
    await connect(phone, business)
    await until(lambda: len(sent) > 3)
    await phone.close()
    steps = {(later - before) & 0xFFFFFFFF for before, later in pairwise(sent)}
    assert min(steps) == 9600  # a fifth of a second; more after a stall


async def test_only_the_last_calls_keep_what_their_phones_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(world_module, "SOUNDS_KEPT", 1)
    with Receiver() as receiver:
        world = World(Account("demo", "token", "15550100000", receiver.url, "key"))
        calls = [await world.place_call(Placed(), Behaviour()) for _ in range(3)]
        for call in calls:
            world.hang_up(call.call_id)
        await until(lambda: isinstance(calls[1].phone, PaperPhone))
        await world.postman.settle()
        await world.reset()
    assert [type(call.phone) for call in calls] == [
        PaperPhone,
        PaperPhone,
        ScriptedPhone,
    ]
