import asyncio

import pytest

from calls.media.socket.eager import begin


async def test_what_does_not_wait_is_done_at_once() -> None:
    done = []

    async def act() -> None:
        done.append(True)

    assert begin(act()) is None
    assert done == [True]


async def test_what_waits_goes_on_in_a_task() -> None:
    gate, done = asyncio.Event(), []

    async def act() -> None:
        await gate.wait()
        await asyncio.sleep(0)
        done.append(True)

    rest = begin(act())
    assert rest is not None
    gate.set()
    await rest
    assert done == [True]


async def test_an_error_comes_out_before_and_after_the_wait() -> None:
    async def act(gate: asyncio.Future[None] | None) -> None:
        if gate is not None:
            await gate
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        begin(act(None))
    gate = asyncio.get_running_loop().create_future()
    rest = begin(act(gate))
    assert rest is not None
    gate.set_result(None)
    with pytest.raises(ConnectionResetError):
        await rest


async def test_cancelling_the_rest_cancels_what_it_waits_for() -> None:
    ended = []

    async def act() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            ended.append(True)
            raise

    rest = begin(act())
    assert rest is not None

    async def wait() -> None:
        await rest

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]
