"""Listeners of the layer between processes: they know when they hear nothing."""

import asyncio
import os
from typing import Any

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings

from callcenter import push
from tests.fault_proxy import FaultProxy
from tests.stack import port_of

pytestmark = pytest.mark.full


class Listener:
    """Listens to a group, and keeps what it heard."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.heard: list[Any] = []
        self.hears = asyncio.Event()
        self.task = asyncio.create_task(push.listen(group, self._hear, self.hears))

    async def _hear(self, message: dict[str, Any]) -> None:
        self.heard.append(message["number"])


async def until(holds: Any, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  # what is waited for has no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("fault", [FaultProxy.down, FaultProxy.blackhole])
async def test_a_layer_that_falls_silent_is_noticed_and_so_is_its_return(
    django_db_setup: None, monkeypatch: pytest.MonkeyPatch, fault: Any
):
    with FaultProxy(port_of(os.environ["REDIS_URL"])) as valkey:
        address = f"redis://127.0.0.1:{valkey.port}/0"
        hosts = [{"address": address, **settings.REDIS_LIMITS}]
        mine = RedisPubSubChannelLayer(hosts=hosts)
        monkeypatch.setattr(push, "get_channel_layer", lambda: mine)
        listeners = [Listener("consoles"), Listener("node.7")]
        for listener in listeners:
            await until(listener.hears.is_set, 10)
        fault(valkey)
        for listener in listeners:
            await until(lambda: not listener.hears.is_set(), 5)  # noqa: B023
        assert push.is_silent()
        await asyncio.sleep(1)
        valkey.heal()
        for listener in listeners:
            await until(listener.hears.is_set, 5)
            await mine.group_send(listener.group, {"type": "any", "number": 7})
            await until(lambda: listener.heard == [7], 5)  # noqa: B023
            listener.task.cancel()
        await asyncio.gather(*(x.task for x in listeners), return_exceptions=True)
        assert not push.is_silent()
        await mine.flush()


@pytest.mark.parametrize("cut", [FaultProxy.cut, FaultProxy.reset])
async def test_the_first_message_after_connections_were_cut_arrives(
    django_db_setup: None, monkeypatch: pytest.MonkeyPatch, cut: Any
):
    """Such as the reply to a look-up, which nobody would send again."""
    port = port_of(os.environ["REDIS_URL"])
    theirs = RedisPubSubChannelLayer(hosts=[f"redis://127.0.0.1:{port}/0"])
    monkeypatch.setattr(push, "get_channel_layer", lambda: theirs)
    with FaultProxy(port) as valkey:
        address = f"redis://127.0.0.1:{valkey.port}/0"
        hosts = [{"address": address, **settings.REDIS_LIMITS}]
        mine = RedisPubSubChannelLayer(hosts=hosts)
        listener = Listener("agent.7")
        await until(listener.hears.is_set, 10)
        for number in range(3):
            await mine.group_send(listener.group, {"type": "any", "number": number})
            await until(lambda: listener.heard[-1:] == [number], 5)  # noqa: B023
            cut(valkey)
        listener.task.cancel()
        await asyncio.gather(listener.task, return_exceptions=True)
        await mine.flush()
    await theirs.flush()
