import numpy as np

from calls.media.hub import Hub
from tests.calls.media.conftest import Diary, Ear, connect, until
from tests.calls.media.phone import (
    Phone,
    decode_opus,
    is_silent,
    loudest,
    opus_tone,
)


async def test_carlas_tone_reaches_ana(hub: Hub, phone: Phone, diary: Diary) -> None:
    session = await connect(hub, phone, diary)
    ana = Ear()
    session.attach(ana)
    await until(lambda: len(ana.packets) >= 60, "sound from the phone")
    sound = decode_opus([packet.payload for packet in ana.packets])
    assert abs(loudest(sound[-24000:].astype(float)) - 440) < 5
    numbers = [packet.sequence for packet in ana.packets]
    assert all(
        (b - a) & 0xFFFF == 1 for a, b in zip(numbers, numbers[1:], strict=False)
    )


async def test_anas_tone_reaches_carla_and_silence_before(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    await until(lambda: len(phone.heard) >= 20, "silence at the phone")
    assert is_silent(phone.last_heard(20))
    ana = Ear()
    session.attach(ana)
    packets = opus_tone(880, 50)
    for number in range(400):
        session.speak(ana, number & 0xFFFF, number * 960, packets[number % 50])
        before = len(phone.heard)
        await until(lambda before=before: len(phone.heard) > before, "a frame")
        if number > 60:
            break
    assert abs(loudest(phone.last_heard(30).astype(float)) - 880) < 5
    assert np.max(phone.last_heard(30)) > 1000
