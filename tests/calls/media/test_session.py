import asyncio
import re
from dataclasses import replace

import numpy as np
import pytest

from calls.media.hub import Full, Hub
from calls.media.mixing.layout import Layout
from calls.media.session import Session
from calls.media.settings import MediaSettings
from calls.media.transport.media_lines import only_audio
from calls.media.transport.rtp import OPUS_SILENCE, Packet
from calls.media.transport.sdp import RefusedSdp
from tests.calls.media.conftest import Diary, Ear, connect, until
from tests.calls.media.phone import (
    Phone,
    decode_opus,
    is_silent,
    loudest,
    opus_tone,
)


async def talk(session: Session, agent: Ear, phone: Phone, frequency: float) -> None:
    """Speak a tone at the rhythm at which Carla hears it."""
    packets = opus_tone(frequency, 50)
    for number in range(90):
        session.speak(agent, number, number * 960, packets[number % 50])
        heard = len(phone.heard)
        await until(lambda heard=heard: len(phone.heard) > heard, "a frame")


async def test_carlas_tone_reaches_ana(hub: Hub, phone: Phone, diary: Diary) -> None:
    session = await connect(hub, phone, diary)
    ana = Ear()
    session.attach(ana, "ana")
    await until(lambda: len(ana.packets) >= 60, "sound from the phone")
    sound = decode_opus([packet.payload for packet in ana.packets])
    assert abs(loudest(sound[-24000:].astype(float)) - 440) < 5
    numbers = [packet.sequence for packet in ana.packets]
    assert all(
        (b - a) & 0xFFFF == 1 for a, b in zip(numbers, numbers[1:], strict=False)
    )
    assert session.counters.packets_in >= 60
    assert session.counters.lost_in == 0


async def test_anas_tone_reaches_carla_and_silence_before_and_after(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    await until(lambda: len(phone.heard) >= 20, "silence at the phone")
    assert is_silent(phone.last_heard(20))
    ana = Ear()
    session.attach(ana, "ana")
    await talk(session, ana, phone, 880)
    assert abs(loudest(phone.last_heard(30).astype(float)) - 880) < 5
    assert np.max(phone.last_heard(30)) > 1000
    heard = len(phone.heard)
    await until(lambda: len(phone.heard) > heard + 60, "silence again")
    assert is_silent(phone.last_heard(20))


async def test_an_outbound_call_carries_sound_both_ways(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = hub.open("wacid.2", diary)
    session.arrange(Layout(speakers=("ana",)))
    offer = await session.offer()
    assert "SAVPF 111\r\n" in offer
    await session.apply_answer(await phone.answer(offer))
    await until(lambda: "up" in diary.entries, "media to come up")
    ana = Ear()
    session.attach(ana, "ana")
    await until(lambda: len(ana.packets) >= 60, "sound from the phone")
    sound = decode_opus([packet.payload for packet in ana.packets])
    assert abs(loudest(sound[-24000:].astype(float)) - 440) < 5
    await talk(session, ana, phone, 880)
    assert abs(loudest(phone.last_heard(30).astype(float)) - 880) < 5


@pytest.mark.parametrize("hidden", [False, True], ids=["open", "hidden"])
async def test_a_browser_may_be_the_phone_even_if_it_hides_its_addresses(
    hub: Hub, diary: Diary, hidden: bool
) -> None:
    phone = Phone(browser=True)
    offer = await phone.offer()
    if hidden:
        offer = re.sub(r"a=(candidate|end-of).*\r\n", "", offer)
    session = hub.open("wacid.browser", diary)
    session.arrange(Layout(speakers=("ana",)))
    await phone.accept(await session.answer(offer))
    await asyncio.sleep(0.2)
    assert diary.entries == []
    session.release_ice()
    await until(lambda: "up" in diary.entries, "media to come up")
    ana = Ear()
    session.attach(ana, "ana")
    await until(lambda: len(ana.packets) > 10 and len(phone.heard) > 10, "sound")
    await phone.close()


VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n"


@pytest.mark.parametrize("first", ["audio", "video"])
async def test_a_phone_that_offers_video_too_gets_an_audio_call(
    hub: Hub, phone: Phone, diary: Diary, first: str
) -> None:
    session_part, audio = re.split("(?=^m=)", await phone.offer(), flags=re.MULTILINE)
    media = audio + VIDEO if first == "audio" else VIDEO + audio
    session = hub.open("wacid.video", diary)
    session.arrange(Layout(speakers=("ana",)))
    answer = await session.answer(session_part + media)
    lines = re.findall(r"^m=(\w+) (\d+)", answer, re.MULTILINE)
    assert dict(lines)["video"] == "0"
    assert lines[0][0] == first
    # The phone's engine knows of no video, and finds its audio as it was offered.
    await phone.accept(only_audio(answer))
    session.release_ice()
    await until(lambda: "up" in diary.entries, "media to come up")
    ana = Ear()
    session.attach(ana, "ana")
    await until(lambda: len(ana.packets) > 10, "sound")


async def test_the_customer_may_be_overheard_and_the_agent_hears_no_less(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    ana, heard = Ear(), list[bytes]()
    session.attach(ana, "ana")
    session.overhear(heard.append)
    await until(lambda: len(heard) > 10, "sound")
    assert [packet.payload for packet in ana.packets][-10:] == heard[-10:]
    session.overhear(None)
    count, before = len(heard), len(ana.packets)
    await until(lambda: len(ana.packets) > before + 10, "more sound")
    assert len(heard) == count


async def test_nothing_is_sent_before_release(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = hub.open("wacid.1", diary)
    got: list[bytes] = []
    offer = await phone.offer()
    phone.on_datagram = got.append
    await phone.accept(await session.answer(offer))
    await asyncio.sleep(0.3)
    assert got == []
    session.release_ice()
    await until(lambda: "up" in diary.entries, "media to come up")


async def test_without_release_the_hold_ends_by_itself(
    settings: MediaSettings, phone: Phone, diary: Diary, hub: Hub
) -> None:
    hub.settings = replace(settings, ice_hold_limit=0.1)
    session = hub.open("wacid.1", diary)
    await phone.accept(await session.answer(await phone.offer()))
    await until(lambda: "up" in diary.entries, "media to come up")


async def test_a_phone_that_answers_late_is_met_at_once_after_release(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    """Checks sent in vain would have doubled their pauses by then."""
    session = hub.open("wacid.1", diary)
    offer = await phone.offer()
    phone.deaf = True
    await phone.accept(await session.answer(offer))
    await asyncio.sleep(1.2)
    phone.deaf = False
    session.release_ice()
    await until(lambda: "up" in diary.entries, "media to come up")
    assert session.counters.media_up_at is not None


async def test_a_phone_that_never_answers_fails_at_the_deadline(
    settings: MediaSettings, phone: Phone, diary: Diary, hub: Hub
) -> None:
    hub.settings = replace(settings, media_deadline=0.3)
    session = hub.open("wacid.1", diary)
    offer = await phone.offer()
    phone.deaf = True
    await phone.accept(await session.answer(offer))
    session.release_ice()
    await until(lambda: "failed" in diary.entries, "the deadline")
    assert diary.entries == ["failed"]
    assert "within 0.3 seconds" in diary.reason


async def test_a_newer_listener_takes_over(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    old, new = Ear(), Ear()
    session.attach(old, "ana")
    await until(lambda: old.packets, "sound")
    session.attach(new, "ana")
    assert old.codes == [4001]
    heard = len(old.packets)
    await until(lambda: len(new.packets) > 10, "sound")
    assert len(old.packets) == heard
    before = session.counters.dropped_out
    session.speak(old, 1, 960, b"voice")
    assert session.counters.dropped_out == before + 1
    session.detach(old)
    assert session.participants == ("ana",)
    session.detach(new)
    assert diary.entries == ["up", "joined", "joined", "left"]


async def test_packets_lost_on_the_way_are_gaps_for_ana(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    ana = Ear()
    session.attach(ana, "ana")
    phone.lose_every(5)
    await until(lambda: len(ana.packets) >= 80, "sound")
    numbers = [packet.sequence for packet in ana.packets]
    gaps = [(b - a) & 0xFFFF for a, b in zip(numbers, numbers[1:], strict=False)]
    assert gaps.count(2) >= 12
    assert session.counters.lost_in >= 12


async def test_quiet_is_warned_of_then_lost_then_failed(
    settings: MediaSettings, phone: Phone, diary: Diary, hub: Hub
) -> None:
    hub.settings = replace(settings, quiet_warning=0.5, quiet_lost=1.0, quiet_end=1.5)
    await connect(hub, phone, diary)
    phone.mute_all()
    await until(lambda: "failed" in diary.entries, "the watchdog")
    # On a crowded machine it may be quiet for a moment before the phone is muted.
    assert diary.entries[-3:] == ["quiet", "lost", "failed"]
    assert diary.entries.count("failed") == 1
    assert "Nothing came from WhatsApp" in diary.reason


async def test_rtcp_alone_keeps_the_call(
    settings: MediaSettings, phone: Phone, diary: Diary, hub: Hub
) -> None:
    hub.settings = replace(settings, quiet_warning=6, quiet_lost=60, quiet_end=90)
    session = await connect(hub, phone, diary)
    phone.voice.muted = True
    heard = session.counters.packets_in
    loop = asyncio.get_running_loop()
    end = loop.time() + 7
    await until(lambda: loop.time() > end, "time to pass")
    assert session.counters.packets_in <= heard + 5
    assert diary.entries == ["up"]


async def test_sound_that_returns_is_told(
    settings: MediaSettings, phone: Phone, diary: Diary, hub: Hub
) -> None:
    hub.settings = replace(settings, quiet_warning=0.5, quiet_lost=60, quiet_end=90)
    session = await connect(hub, phone, diary)
    phone.mute_all()
    await until(lambda: "quiet" in diary.entries, "the warning")
    phone.unmute_all()
    await until(lambda: "back" in diary.entries, "the sound to return")
    assert session.counters.quiet_seconds > 0.4


async def test_the_far_end_that_hangs_up_is_noticed_at_once(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    await connect(hub, phone, diary)
    await phone.close()
    await until(lambda: "failed" in diary.entries, "the end")
    assert "closed" in diary.reason


async def test_silence_flows_while_nobody_listens(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    await until(lambda: session.counters.silences_out >= 50, "silence")
    assert session.counters.packets_out == session.counters.silences_out
    assert session.counters.bytes_out == 3 * session.counters.packets_out


async def test_closing_ends_everything_and_may_be_repeated(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    ana = Ear()
    session.attach(ana, "ana")
    await asyncio.gather(session.close("hung up"), session.close("again"))
    await session.close("and again")
    assert session.close_reason == "hung up"
    assert ana.codes == [1000]
    assert hub.get("wacid.1") is None
    assert "failed" not in diary.entries
    bruno = Ear()
    session.attach(bruno, "ana")
    assert bruno.codes == [1000]


async def test_a_session_may_be_closed_at_any_moment(hub: Hub, diary: Diary) -> None:
    untouched = hub.open("wacid.untouched", diary)
    await untouched.close("no longer wanted")
    held_phone, released_phone = Phone(), Phone()
    held = hub.open("wacid.held", diary)
    await held.answer(await held_phone.offer())
    released = hub.open("wacid.released", diary)
    await released.answer(await released_phone.offer())
    released.release_ice()
    await asyncio.sleep(0)
    await held.close("cancelled")
    await released.close("cancelled")
    await held_phone.close()
    await released_phone.close()
    assert diary.entries == []


async def test_a_refused_offer_leaves_nothing_behind(hub: Hub, diary: Diary) -> None:
    session = hub.open("wacid.1", diary)
    with pytest.raises(RefusedSdp):
        await session.answer("v=0\r\n")
    await session.close("refused")
    assert len(hub) == 0


async def test_the_hub_takes_so_many_calls_and_no_more(
    settings: MediaSettings, diary: Diary
) -> None:
    hub = Hub(replace(settings, max_calls=2))
    first = hub.open("wacid.1", diary)
    hub.open("wacid.2", diary)
    assert hub.open("wacid.1", diary) is first
    with pytest.raises(Full, match="holds 2 calls"):
        hub.open("wacid.3", diary)
    await first.close("over")
    hub.open("wacid.3", diary)
    hub.draining = True
    await hub.close()
    assert len(hub) == 0
    with pytest.raises(Full, match="draining"):
        hub.open("wacid.4", diary)


async def test_a_node_that_goes_away_says_so_to_its_listeners(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    ana = Ear()
    session.attach(ana, "ana")
    await hub.close()
    assert ana.codes == [1001]


async def test_a_burst_after_a_stall_is_cut_to_its_newest_300_ms(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    ana = Ear()
    session.attach(ana, "ana")
    before = session.counters
    for number in range(40):
        session.speak(ana, number, number * 960, b"\xf8voice")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    after = session.counters
    assert after.packets_out - before.packets_out <= 17
    assert after.dropped_out - before.dropped_out >= 24


def test_opus_silence_decodes_to_silence() -> None:
    assert is_silent(decode_opus([OPUS_SILENCE] * 5))
    assert Packet(0, 1, 2, OPUS_SILENCE).payload == b"\xf8\xff\xfe"
