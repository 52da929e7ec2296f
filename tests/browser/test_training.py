"""Ana tries a call before her first one: a recorded voice rings at her console."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from callcenter.canary import training
from calls.models import Call, Offer
from permissions.models import Contact
from tests.browser.conftest import ANAS_TONE, Scene
from tests.cast import Cast
from tests.servers import wait_for
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.fixture
def training_desk(stack: Stack, crew: Cast) -> Iterator[None]:
    """What `manage.py training` runs, beside the product."""
    opened, ends = threading.Event(), threading.Event()

    async def run() -> None:
        place = training.TrainingDesk(stack.nodes[-1].url)
        try:
            await place.open("127.0.0.1:0")
            opened.set()
            await asyncio.to_thread(ends.wait)
        finally:
            opened.set()
            await place.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert opened.wait(30)
    yield
    ends.set()
    thread.join(30)


@pytest.mark.usefixtures("training_desk")
def test_a_training_call_rings_is_heard_and_counts_nowhere(
    scene: Scene, crew: Cast
) -> None:
    ana = scene.console("ana")
    bruno = scene.console("bruno")
    ana.press("Call me")
    ana.reads("Ringing")
    ana.shows("Training call: a recorded voice, no customer")
    ana.press("Answer")
    ana.reads("In call")
    ana.hears_music(ANAS_TONE)
    bruno.reads("Idle")
    assert not Call.objects.logged().exists()
    assert not Offer.objects.filter(agent=crew.bruno).exists()

    ana.press("Hang up")
    ana.is_agent("Available")
    wait_for(lambda: not Call.objects.exists(), "its rows are deleted")
    assert not Contact.objects.exists()
    expect(ana.page.get_by_role("button", name="Call me")).to_be_enabled()
