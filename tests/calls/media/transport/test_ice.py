"""Who may speak to a media socket; and what is asked of aioice's private parts."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aioice import stun
from aioice.ice import CandidatePair, Connection, StunProtocol
from OpenSSL import SSL

from calls.media.hub import Hub
from calls.media.mixing.layout import Layout
from calls.media.settings import MediaSettings
from calls.media.transport.ice import IceGuard, local_addresses
from tests.calls.media.conftest import Diary, Ear, connect, until
from tests.calls.media.phone import Phone

FATAL_ALERT = bytes.fromhex("15 fefd 0000 0000 0000 0000 0002 0228")
CLOSE_NOTIFY = bytes.fromhex("15 fefd 0000 0000 0000 0000 0002 0100")


def client_hello() -> bytes:
    connection = SSL.Connection(SSL.Context(SSL.DTLS_METHOD))
    connection.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        connection.do_handshake()
    return connection.bio_read(1500)


def unauthenticated_check() -> bytes:
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = "carla:ana"
    request.attributes["PRIORITY"] = 1
    request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity(b"a guess at the password")
    return bytes(request)


STRAY = {
    "a client hello": client_hello,
    "a fatal alert": lambda: FATAL_ALERT,
    "a close notify": lambda: CLOSE_NOTIFY,
    "an empty datagram": lambda: b"",
    "a single byte": lambda: b"\x16",
    "noise": lambda: b"\x80\x6f" + bytes(60),
    "broken STUN": lambda: b"\x00\x01\x00\x04!\x12\xa4B" + bytes(16),
    "an unauthenticated check": unauthenticated_check,
}


@asynccontextmanager
async def stray_datagrams(answer: str, data: bytes) -> AsyncIterator[list[int]]:
    """Send `data` from a stranger's address to our media sockets all the time."""
    targets = [
        (host, int(port))
        for host, port in re.findall(r"udp \d+ (\S+) (\d+) typ host", answer)
        if ":" not in host
    ]
    counts = [0]

    async def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            while True:
                for target in targets:
                    stranger.sendto(data, target)
                counts[0] += 1
                await asyncio.sleep(0.002)

    task = asyncio.create_task(send())
    try:
        yield counts
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("name", STRAY)
async def test_a_call_comes_up_and_goes_on_whatever_strangers_send(
    name: str, hub: Hub, phone: Phone, diary: Diary
) -> None:
    make: Callable[[], bytes] = STRAY[name]
    session = hub.open("wacid.1", diary)
    session.arrange(Layout(speakers=("ana",)))
    answer = await session.answer(await phone.offer())
    async with stray_datagrams(answer, make()) as counts:
        await until(lambda: counts[0] > 5, "strays before the handshake")
        await phone.accept(answer)
        session.release_ice()
        await until(lambda: diary.entries, "an outcome")
        ana = Ear()
        session.attach(ana, "ana")
        sent = counts[0]
        await until(lambda: len(ana.packets) > 20 and counts[0] > sent + 20, "sound")
    assert diary.entries == ["up", "joined"]


async def test_once_a_call_is_up_the_kernel_drops_what_strangers_send(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    ana = Ear()
    session.attach(ana, "ana")
    await until(lambda: ana.packets, "sound")
    guard = session._peer._guard
    await until(lambda: guard._connection._nominated[1].protocol.transport._far_end)
    answer = session._peer._connection.localDescription.sdp
    dropped = guard.dropped
    async with stray_datagrams(answer, b"\x80\x6f" + bytes(60)) as counts:
        heard = len(ana.packets)
        await until(lambda: counts[0] > 20 and len(ana.packets) > heard + 20, "sound")
    assert guard.dropped == dropped


async def test_a_replayed_packet_is_refused_and_harms_nothing(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = hub.open("wacid.1", diary)
    session.arrange(Layout(speakers=("ana",)))
    answer = await session.answer(await phone.offer())
    await phone.accept(answer)
    session.release_ice()
    await until(lambda: "up" in diary.entries, "media to come up")
    ana = Ear()
    session.attach(ana, "ana")
    phone.send_twice = True
    await until(lambda: session.counters.refused_in > 10, "the copies")
    numbers = [packet.sequence for packet in ana.packets]
    assert len(set(numbers)) == len(numbers)


async def test_a_flood_of_forged_sound_is_refused(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    ana = Ear()
    session.attach(ana, "ana")
    for number in range(500):
        forged = b"\x80\x6f" + number.to_bytes(2, "big") + bytes(60)
        await phone.ice.send(forged)
    await until(lambda: session.counters.refused_in > 50, "the forgeries")
    heard = len(ana.packets)
    await until(lambda: len(ana.packets) > heard + 10, "sound")
    assert diary.entries == ["up", "joined"]


@pytest.fixture
def two_addresses(
    settings: MediaSettings, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ends have two addresses; what is lost is noticed at once."""
    hub.settings = replace(
        settings,
        bind_addresses=("127.0.0.1", "127.0.0.2"),
        quiet_warning=0.5,
        quiet_lost=1.0,
        quiet_end=60,
    )
    monkeypatch.setattr(
        "aioice.ice.get_host_addresses", lambda **_: ["127.0.0.1", "127.0.0.2"]
    )


def cut(phone: Phone, address: str) -> None:
    """Let nothing reach, or leave, this address of the phone any more."""

    async def lost(*data: object) -> None:
        """Send nothing."""

    for protocol in phone.ice._protocols:
        if protocol.local_candidate.host == address:
            protocol.datagram_received = lambda *_: None
            protocol.send_stun = lambda *_: None
            protocol.send_data = lost


@pytest.mark.usefixtures("two_addresses")
@pytest.mark.parametrize("browser", [False, True], ids=["lite", "full"])
async def test_when_one_way_dies_sound_comes_by_another(
    browser: bool, hub: Hub, diary: Diary
) -> None:
    phone = Phone(browser=browser)
    session = await connect(hub, phone, diary)
    ana = Ear()
    session.attach(ana, "ana")
    await until(lambda: len(ana.packets) > 10, "sound")
    nominated = session._peer._guard._connection._nominated
    used = nominated[1]
    cut(phone, used.remote_addr[0])
    await until(lambda: "lost" in diary.entries, "the loss")
    await until(lambda: nominated[1] is not used, "another way")
    heard, arrived = len(ana.packets), len(phone.arrived)
    await until(lambda: len(ana.packets) > heard + 20, "sound again")
    await until(lambda: len(phone.arrived) > arrived + 20, "sound the other way")
    assert nominated[1].remote_addr[0] != used.remote_addr[0]
    assert "failed" not in diary.entries
    assert diary.entries[-1] == "back"
    await phone.close()


@pytest.mark.usefixtures("two_addresses")
async def test_the_far_end_may_choose_another_way_by_itself(
    hub: Hub, diary: Diary
) -> None:
    phone = Phone(browser=True)
    session = await connect(hub, phone, diary)
    ana = Ear()
    session.attach(ana, "ana")
    nominated = session._peer._guard._connection._nominated
    used = nominated[1].remote_addr[0]
    other = next(p for p in phone.ice._protocols if p.local_candidate.host != used)
    pair = CandidatePair(other, phone.ice._nominated[1].remote_candidate)
    phone.ice._check_list.append(pair)
    await phone.ice.check_start(pair)
    await until(lambda: nominated[1].remote_addr[0] != used, "the choice")
    cut(phone, used)
    heard, arrived = len(ana.packets), len(phone.arrived)
    await until(lambda: len(ana.packets) > heard + 20, "sound")
    await until(lambda: len(phone.arrived) > arrived + 20, "sound the other way")
    await phone.close()


@pytest.mark.usefixtures("two_addresses")
async def test_where_no_other_way_is_found_nothing_is_left_behind(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    hub.settings = replace(hub.settings, quiet_lost=50)
    session = await connect(hub, phone, diary)
    guard = session._peer._guard
    used, sockets = guard._connection._nominated[1], list(guard._connection._protocols)
    for protocol in phone.ice._protocols:
        cut(phone, protocol.local_candidate.host)
    assert not await guard.find_another_way()
    assert guard._connection._nominated[1] is used
    assert guard._connection._protocols == sockets


@pytest.mark.usefixtures("two_addresses")
async def test_a_far_end_that_is_silent_but_answers_keeps_its_way(
    hub: Hub, phone: Phone, diary: Diary
) -> None:
    session = await connect(hub, phone, diary)
    nominated = session._peer._guard._connection._nominated
    used = nominated[1]
    phone.mute_all()
    await until(lambda: "lost" in diary.entries, "the loss")
    assert not await session._peer._guard.find_another_way()
    phone.unmute_all()
    await until(lambda: diary.entries[-1] == "back", "the sound")
    assert nominated[1] is used


async def test_the_parts_of_aioice_that_are_replaced_still_exist() -> None:
    connection = Connection(ice_controlling=True)
    for name in (
        "_check_list",
        "_local_candidates",
        "_local_candidates_end",
        "_local_candidates_start",
        "_nominated",
        "_protocols",
        "_query_consent_task",
        "_remote_candidates",
        "build_request",
        "_queue",
        "remote_is_lite",
    ):
        assert hasattr(connection, name), f"aioice moved Connection.{name}"
    for name in ("datagram_received", "send_stun", "request"):
        assert name in vars(StunProtocol), f"aioice moved StunProtocol.{name}"
    guard = IceGuard(connection, ("127.0.0.1",))
    await connection.gather_candidates()
    assert [c.host for c in connection.local_candidates] == ["127.0.0.1"]
    guard.close()
    await connection.close()


def test_there_is_always_an_address_to_offer() -> None:
    assert local_addresses()
    assert local_addresses(("198.51.100.7",)) == ["198.51.100.7"]


def test_a_host_without_a_network_offers_loopback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("calls.media.transport.ice._routed_addresses", list)
    monkeypatch.setattr("calls.media.transport.ice._host_addresses", list)
    assert local_addresses() == ["127.0.0.1"]
