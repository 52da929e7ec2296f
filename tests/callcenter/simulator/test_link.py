"""A bad mobile link, on the event loop: nothing but media is touched."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from callcenter.simulator.link import Link

shares = st.floats(0, 1)
not_media = st.binary(max_size=3).filter(
    lambda data: not (data and 128 <= data[0] < 192)
)
MEDIA = [bytes((128, number)) for number in range(200)]


async def carried(link: Link, datagrams: list[bytes]) -> list[bytes]:
    came: list[bytes] = []
    for data in datagrams:
        link.carry(data, came.append)
    await asyncio.sleep(link.jitter + 0.06)
    return came


@given(shares, shares, st.lists(not_media))
async def test_checks_and_handshakes_arrive_at_once(
    loss: float, reorder: float, datagrams: list[bytes]
) -> None:
    came: list[bytes] = []
    for data in datagrams:
        Link(loss, reorder, 1.0).carry(data, came.append)
    assert came == datagrams


async def test_a_good_link_carries_all_media_in_order() -> None:
    assert await carried(Link(), MEDIA) == MEDIA


async def test_a_link_that_loses_everything_carries_no_media() -> None:
    assert await carried(Link(loss=1), MEDIA) == []


async def test_half_is_lost_about_half_of_the_time() -> None:
    assert 50 < len(await carried(Link(loss=0.5), MEDIA)) < 150


async def test_late_packets_come_out_of_order_and_all_of_them() -> None:
    came = await carried(Link(reorder=0.5), MEDIA)
    assert came != MEDIA
    assert sorted(came) == MEDIA
