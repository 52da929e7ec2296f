"""The canary calls the running product, and hears of what is broken."""

import asyncio

import pytest

from agents.models import Agent
from callcenter.canary import console, run
from callcenter.management.commands.canary import canary
from callcenter.models import CanaryRun
from calls.models import Call, Offer, WebhookDelivery
from deploy.stack.ports import free_port
from permissions.models import Contact
from tests.cast import Cast
from tests.console import Console
from tests.stack import Stack


@pytest.fixture
def bird(stack: Stack, crew: Cast, settings) -> None:
    settings.PUBLIC_URL = stack.nodes[-1].url
    settings.CANARY_LISTEN = f"127.0.0.1:{free_port()}"
    settings.CANARY_URL = f"http://{settings.CANARY_LISTEN}"


def newest() -> CanaryRun:
    return CanaryRun.objects.latest("pk")


@pytest.mark.distributed
def test_it_calls_itself_and_nobody_else(bird, crew: Cast, ana: Console):
    assert asyncio.run(canary(once=True)) == ""
    assert set(newest().steps) == set(run.STEPS)
    assert newest().finished_at is not None
    assert ana.calls == {}
    assert ana.state == "available"
    assert not Offer.objects.filter(agent=crew.ana).exists()
    # Nothing is left but its own rows, which are no people's.
    assert not Call.objects.exists()
    assert not WebhookDelivery.objects.exists()
    assert not Contact.objects.exists()
    assert Agent.objects.people().count() == 2


async def _mute(self: console.Headset) -> None:
    """A headset whose microphone is dead."""


def test_it_tells_which_side_is_not_heard_and_leaves_nothing(bird, monkeypatch):
    monkeypatch.setattr(console.Headset, "_speak", _mute)
    seconds, sentence = run.STEPS["caller_hears"]
    monkeypatch.setitem(run.STEPS, "caller_hears", (1.5, sentence))
    assert asyncio.run(canary(once=True)) == sentence
    assert newest().problem == sentence
    assert "agent_hears" in newest().steps
    assert not Call.objects.exists()
