"""The end of a call as its audio shows it, beside what Wati has said meanwhile."""

import asyncio
import json
from uuid import UUID

import pytest
from django.utils import timezone

from callcenter.database import in_database
from callcenter.wati.events import Kind
from calls import placement
from calls.media.session import Session
from calls.models import Call, Node
from calls.node import audio_events
from calls.node.audio_events import AudioEvents
from calls.node.held_calls import HeldCalls
from calls.signaling import deliveries
from calls.webhooks.processor import process
from tests.cast import Cast

pytestmark = pytest.mark.stackless
CALL = "wacid.carla"


@pytest.fixture
def call(cast: Cast) -> Call:
    now, node = timezone.now(), placement.register()
    return Call.objects.create(
        account=cast.account,
        wati_call_id=CALL,
        direction="inbound",
        line=cast.line,
        queue=cast.queue,
        agent=cast.ana,
        status="active",
        node=node.name,
        node_epoch=node.epoch,
        answered_at=now,
        media_at=now,
    )


@pytest.fixture
def hang_up(call: Call) -> int:
    """Carla's hang-up: stored, and without its effect yet."""
    body = json.dumps({"callId": CALL, "status": "ended"}).encode()
    incoming = deliveries.Incoming(
        call.account_id, Kind.TERMINATE_CALL, body, None, timezone.now()
    )
    [stored] = deliveries.store_all(deliveries.read(incoming))
    assert stored is not None
    return stored.pk


async def closing(call: Call) -> tuple[HeldCalls, asyncio.Task[None]]:
    """Carla's phone closes the audio of a call that was up."""
    held = HeldCalls()
    held.node = await Node.objects.aget(name=call.node)
    events = AudioEvents(held)
    session: Session = held.hub.open(str(call.pk), events)
    session._media_up_at = 1.0
    task = asyncio.create_task(events._media_failed(session, "It closed."))
    return held, task


async def reason(call: Call) -> str:
    return (await Call.objects.aget(pk=call.pk)).end_reason


async def test_a_hang_up_that_is_stored_counts_although_its_effect_is_late(
    call: Call, hang_up: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audio_events, "TERMINATE_FOLLOWS", 0.05)
    monkeypatch.setattr(audio_events, "MOST_WAITS", 10_000)
    held, task = await closing(call)
    await asyncio.sleep(0.3)
    assert await reason(call) == ""
    await in_database(process, hang_up)
    await task
    assert await reason(call) == "customer_ended"
    await held.close()


async def test_without_one_the_audio_is_lost(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audio_events, "TERMINATE_FOLLOWS", 0.05)
    held, task = await closing(call)
    await task
    assert await reason(call) == "media_lost"
    await held.close()


async def test_a_hang_up_without_an_effect_is_not_waited_for_for_ever(
    call: Call, hang_up: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audio_events, "TERMINATE_FOLLOWS", 0.01)
    held, task = await closing(call)
    await task
    assert await reason(call) == "media_lost"
    await held.close()


def test_news_are_of_this_call_alone(call: Call, hang_up: int) -> None:
    other = Call.objects.create(account=call.account, wati_call_id="")
    assert deliveries.has_news(call.pk)
    assert not deliveries.has_news(other.pk)
    assert not deliveries.has_news(UUID(int=0))
    process(hang_up)
    assert not deliveries.has_news(call.pk)
