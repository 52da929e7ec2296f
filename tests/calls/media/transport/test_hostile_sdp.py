"""Whatever a description holds: a `RefusedSdp` or a call, and nothing left behind."""

import asyncio
import re
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.media.hub import Hub
from calls.media.settings import MediaSettings
from calls.media.transport.addresses import INNER
from calls.media.transport.sdp import RefusedSdp, gate
from tests.calls.media.conftest import Diary, open_files
from tests.paths import SDP

OFFERS = [
    path.read_bytes().decode("ascii").replace("157.240.19.130", "127.0.0.1")
    for path in sorted(SDP.glob("*_offer*.sdp"))
]
ADDRESSES = ["127.0.0.1", "::1", "10.0.0.1", "x.local", "999.1.1.1", "1.2.3.4", ""]

lines = st.sampled_from([line for offer in OFFERS for line in offer.split("\r\n")])
candidates = st.builds(
    "a=candidate:{} {} {} {} {} {} typ {}".format,
    st.sampled_from(["1", "f" * 40, ""]),
    st.integers(-1, 300),
    st.sampled_from(["udp", "tcp", "UDP", "ssltcp"]),
    st.integers(-1, 2**40),
    st.sampled_from(ADDRESSES),
    st.integers(-1, 70000),
    st.sampled_from(["host", "srflx", "prflx", "relay", "?"]),
)
attributes = st.builds(
    "a={}:{}".format,
    st.sampled_from(
        ["setup", "mid", "group", "rtpmap", "ssrc", "fingerprint", "ice-ufrag", "msid"]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
)
extra = st.lists(st.one_of(lines, candidates, attributes), max_size=8)


@given(
    st.sampled_from(OFFERS), st.sets(st.integers(0, 30), max_size=3), extra, st.data()
)
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_offer_can_do_more_than_be_refused(
    offer: str, missing: set[int], more: list[str], data: st.DataObject
) -> None:
    kept = [
        line for number, line in enumerate(offer.split("\r\n")) if number not in missing
    ]
    for line in more:
        kept.insert(data.draw(st.integers(1, len(kept))), line)
    asyncio.run(offer_once("\r\n".join(kept)))


async def offer_once(text: str) -> None:
    # The first look-up makes the loop keep files of its own.
    await asyncio.sleep(0)
    files, tasks = open_files(), asyncio.all_tasks()
    hub = Hub(MediaSettings(allowed_networks=INNER))
    session = hub.open("wacid.1", Diary())
    try:
        answer = await session.answer(text)
        assert "a=fingerprint:SHA-256 " in answer
        passed = gate(text, allowed=INNER)
        assert media_of(answer) == media_of(passed)
    except RefusedSdp:
        pass
    finally:
        await session.close("tested")
    for _ in range(500):
        if asyncio.all_tasks() == tasks and open_files() <= files:
            break
        await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == tasks
    assert open_files() <= files


def media_of(text: str) -> list[tuple[str, bool]]:
    """Return the kind of each m-line, and whether it is declined."""
    words = [line.split(" ") for line in text.split("\r\n") if line.startswith("m=")]
    return [(kind, port == "0") for kind, port, *_ in words]


def flood(count: int) -> str:
    return OFFERS[0] + "".join(
        f"a=candidate:{n} 1 udp {n} 10.0.0.{n % 250} {2000 + n} typ host\r\n"
        for n in range(count)
    )


def test_a_flood_of_candidates_is_refused_before_any_is_read() -> None:
    with pytest.raises(RefusedSdp, match="16 KiB"):
        gate(flood(10_000), allowed=INNER)


def test_no_more_than_16_candidates_reach_the_engine() -> None:
    assert gate(flood(200), allowed=INNER).count("a=candidate:") == 16


async def test_no_datagram_leaves_for_a_private_candidate() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as inner:
        inner.bind(("127.0.0.1", 0))
        inner.settimeout(0.3)
        port = inner.getsockname()[1]
        line = f"a=candidate:1 1 udp 2122260223 127.0.0.1 {port} typ host\r\n"
        hub = Hub(MediaSettings())
        session = hub.open("wacid.1", Diary())
        offer = re.sub(r"a=candidate.*\r\n", "", OFFERS[-1])
        with pytest.raises(RefusedSdp, match="private"):
            await session.answer(offer.replace("a=ice-ufrag", f"{line}a=ice-ufrag"))
        session.release_ice()
        with pytest.raises(TimeoutError):
            await asyncio.to_thread(inner.recv, 1500)
        await hub.close()
