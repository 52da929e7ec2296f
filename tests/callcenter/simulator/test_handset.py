"""Phone pages: who is called, and what happens when a page is gone."""

import asyncio

from callcenter.simulator.handset import GONE_AFTER, HANDSETS_BOUND, PagePhone
from callcenter.simulator.world import World
from tests.callcenter.simulator.conftest import CARLA, business_offer, until
from tests.callcenter.simulator.receiver import Receiver


async def test_the_newest_page_with_a_number_is_called(world: World) -> None:
    world.open_handset(CARLA, "old")
    newest = world.open_handset(CARLA, "new")
    assert world.handsets.by_number(CARLA) is newest


async def test_a_page_not_heard_of_for_a_while_is_off(world: World) -> None:
    handset = world.open_handset(CARLA, "Carla")
    handset.seen -= GONE_AFTER
    assert world.handsets.by_number(CARLA) is None


async def test_a_page_that_is_closed_hangs_up(world: World, receiver: Receiver) -> None:
    handset = world.open_handset(CARLA, "Carla")
    call = await world.ring_business(
        waid=CARLA,
        name="Carla",
        phone=PagePhone(business_offer()),
        behaviour=world.behaviour,
    )
    handset.attach(call)
    assert handset.snapshot(world.now())["state"] == "calling"
    world.close_handset(handset)
    await until(lambda: "terminate-call" in receiver.kinds())
    assert handset.snapshot(world.now())["state"] == "ended"


async def test_a_waiting_page_hears_of_a_change_at_once(world: World) -> None:
    handset = world.open_handset(CARLA, "Carla")
    waiting = asyncio.create_task(handset.wait_beyond(handset.version))
    await asyncio.sleep(0)
    handset.ask("15550100000")
    async with asyncio.timeout(5):
        await waiting
    assert handset.snapshot(world.now())["asked_by"] == "15550100000"


async def test_there_are_never_too_many_pages(world: World) -> None:
    first = world.open_handset(CARLA, "first")
    for number in range(HANDSETS_BOUND):
        world.open_handset(f"1555{number:07}", "another")
    assert world.handsets.by_token(first.token) is None
