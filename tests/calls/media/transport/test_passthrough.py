"""What is asked of aiortc's private parts, each by its name."""

from itertools import pairwise

import aiortc
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.rtcrtpreceiver import StreamStatistics

from calls.media.hub import Hub
from calls.media.transport import passthrough
from calls.media.transport.passthrough import SilentTrack
from tests.calls.media.conftest import Diary, Ear, connect, until
from tests.calls.media.phone import Phone


def steps(numbers: list[int]) -> list[int]:
    return [(b - a) & 0xFFFF for a, b in pairwise(numbers)]


async def test_the_parts_of_aiortc_that_are_used_still_exist() -> None:
    moved = f"aiortc {aiortc.__version__} moved a part that passthrough.py uses"
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = connection.addTransceiver(SilentTrack())
    receiver, sender = transceiver.receiver, transceiver.sender
    dtls = receiver.transport
    for part, names in {
        receiver: [
            passthrough.RECEIVER_CODECS,
            passthrough.RECEIVER_RTCP_TASK,
            passthrough.RECEIVER_STARTED,
            passthrough.RECEIVER_STREAMS,
            "_run_rtcp",
            "receive",
        ],
        sender: [
            passthrough.SENDER_NTP_TIMESTAMP,
            passthrough.SENDER_OCTETS,
            passthrough.SENDER_PACKETS,
            passthrough.SENDER_RTP_TIMESTAMP,
            "_ssrc",
            "send",
        ],
        dtls: [
            "_handle_rtcp_data",
            "_register_rtp_receiver",
            "_rtp_router",
            "_setup_srtp",
            "_rx_srtp",
            "_tx_srtp",
        ],
        dtls.transport: ["_connection"],
    }.items():
        for name in names:
            assert hasattr(part, name), f"{moved}: {type(part).__name__}.{name}"
    assert hasattr(dtls._rtp_router, "ssrc_table"), moved
    assert hasattr(StreamStatistics(48000), "packets_received"), moved
    await connection.close()


async def test_both_ends_get_true_rtcp_reports(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    reports: dict[str, object] = {}

    async def all_reports() -> None:
        for part in (phone.sender, phone.receiver):
            for report in (await part.getStats()).values():
                reports[report.type] = report

    while not {"remote-inbound-rtp", "remote-outbound-rtp"} <= reports.keys():
        heard = len(phone.heard)
        await until(lambda heard=heard: len(phone.heard) > heard, "sound")
        await all_reports()
    received = reports["remote-inbound-rtp"]
    sent = reports["remote-outbound-rtp"]
    assert received.packetsReceived > 0
    assert received.packetsLost <= 1
    assert 0 < sent.packetsSent <= session.counters.packets_out
    assert 0 < sent.bytesSent <= session.counters.bytes_out


async def test_sound_goes_on_after_the_far_end_changes_its_source(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    ana = Ear()
    session.attach(ana, "ana")
    await until(lambda: len(ana.packets) > 10, "sound")
    phone.sender._ssrc ^= 0x5555
    heard = len(ana.packets)
    await until(lambda: len(ana.packets) > heard + 20, "sound of the new source")
    numbers = [packet.sequence for packet in ana.packets]
    assert set(steps(numbers)) == {1}


async def test_a_pressed_key_disturbs_nothing(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    ana = Ear()
    session.attach(ana, "ana")
    phone.press_keys = True
    await until(lambda: session.counters.not_audio_in > 5, "keys")
    heard = len(ana.packets)
    phone.press_keys = False
    await until(lambda: len(ana.packets) > heard + 20, "sound")
    assert session.counters.lost_in == 0
    assert diary.entries == ["up", "joined"]


@pytest.mark.parametrize("first", [0, 20_000, 60_000])
async def test_a_sender_with_a_new_srtp_context_is_heard_again(
    hub: Hub, phone: Phone, diary: Diary, first: int
) -> None:
    session = await connect(hub, phone, diary)
    ana = Ear()
    session.attach(ana, "ana")
    phone.count_anew(30_000, with_new_context=True)
    await until(lambda: len(ana.packets) > 30, "sound")
    for beginning in (first, 30_100):
        heard = len(ana.packets)
        phone.count_anew(beginning, with_new_context=True)
        await until(lambda heard=heard: len(ana.packets) > heard + 30, "sound again")
    numbers = [packet.sequence for packet in ana.packets]
    assert len(set(numbers)) == len(numbers)
    assert set(steps(numbers[-20:])) == {1}
    assert "quiet" not in diary.entries


async def test_a_sender_that_jumps_back_a_little_is_heard_again(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    ana = Ear()
    session.attach(ana, "ana")
    phone.count_anew(1000, with_new_context=True)
    await until(lambda: len(ana.packets) > 30, "sound")
    heard = len(ana.packets)
    phone.count_anew(980, with_new_context=False)
    await until(lambda: len(ana.packets) > heard + 30, "sound again")
    numbers = [packet.sequence for packet in ana.packets]
    assert len(set(numbers)) == len(numbers)
    assert set(steps(numbers[-20:])) == {1}


async def test_old_packets_are_no_sender_while_the_true_one_is_heard(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    ana = Ear()
    session.attach(ana, "ana")
    before = session._peer.sound._dtls._rx_srtp
    phone.send_twice = True
    await until(lambda: session.counters.refused_in > 50, "the copies")
    assert session._peer.sound._dtls._rx_srtp is before
