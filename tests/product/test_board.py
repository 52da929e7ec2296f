"""The live board follows the running product, on whatever node it is watched."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from agents.models import Queue
from calls.board import boards as module
from calls.board.boards import Boards
from tests.board import BoardProgram
from tests.cast import Cast
from tests.console import Console
from tests.stack import Stack
from tests.talking import ANAS, Talk, Wear, call_in, take


@pytest.fixture
def watched(stack: Stack, crew: Cast) -> Iterator[BoardProgram]:
    """Sofia watches at the last node; however slow this machine is, all are in time."""
    Queue.objects.filter(pk=crew.queue.pk).update(service_seconds=900)
    program = BoardProgram(stack.nodes[-1].url, crew.sofia)
    yield program
    program.close()


@pytest.mark.distributed
def test_a_call_on_one_node_is_followed_on_another(
    stack: Stack, crew: Cast, watched: BoardProgram, wear: Wear
):
    ana = stack.console(crew.ana, node=0)
    try:
        ana.go_available()
        watched.until(lambda: watched.agent("Ana")["state"] == "available", "Ana")
        wati_id = call_in(stack)
        watched.until(lambda: len(watched.board["calls"]) == 1, "the call")
        call_id = ana.wait_for_ring()
        watched.until(lambda: watched.agent("Ana")["state"] == "ringing", "it rings")
        assert watched.agent("Ana")["call"] == call_id
        wear(take(ana, call_id, ANAS))
        watched.until(lambda: watched.agent("Ana")["state"] == "in_call", "they talk")
        [call] = watched.board["calls"]
        assert (call["name"], call["agent"]["name"]) == ("Carla", "Ana")
        ana.say("hold", call=call_id)
        watched.until(lambda: watched.board["calls"][0]["status"] == "held", "the hold")
        stack.simulator.hang_up(wati_id)
        watched.until(lambda: not watched.board["calls"], "the end")
        assert watched.versions == sorted(set(watched.versions))
        [queue] = watched.board["queues"]
        assert (queue["hour"]["answered"], queue["hour"]["service"]) == (1, [1, 1])
    finally:
        ana.close()


class Page:
    """A page with the board, in this process."""

    language = "en"

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id
        self.board: dict[str, Any] = {}

    def show(self, kind: str, text: str) -> None:
        if kind == "board":
            self.board = json.loads(text)

    def refuse(self) -> None:
        raise AssertionError

    def restart(self) -> None:
        raise AssertionError

    def state_of(self, name: str) -> str:
        agents = self.board.get("agents", ())
        return next((one["state"] for one in agents if one["name"] == name), "")


@pytest.mark.distributed
async def test_a_commit_elsewhere_is_pushed(
    stack: Stack, crew: Cast, monkeypatch: pytest.MonkeyPatch
):
    """It looks at the rows only when it is told; nothing else would show it."""
    if settings.EMBEDDED:
        pytest.skip("The in-memory layer ends with its process.")
    monkeypatch.setattr(module, "LOOK_EVERY", 3600.0)
    boards, page = Boards(), Page(crew.sofia.pk)
    boards.enter(page, None)
    async with asyncio.timeout(60):
        await boards._subscribed.wait()
        await _until(page, "offline")
        ana = await asyncio.to_thread(stack.console, crew.ana)
        await asyncio.to_thread(ana.go_available)
        await _until(page, "available")
    boards.leave(page)
    await asyncio.to_thread(ana.close)


async def _until(page: Page, state: str) -> None:
    while page.state_of("Ana") != state:  # noqa: ASYNC110  # no event says so
        await asyncio.sleep(0.01)


def test_a_caller_who_is_not_heard_is_an_alert_until_they_are(
    stack: Stack, watched: BoardProgram, ana: Console, talk: Talk
):
    wati_id, *_ = talk
    stack.simulator.mute(wati_id, "stop")
    watched.until(lambda: "quality" in watched.alerts(), "an alert")
    [alert] = [one for one in watched.board["alerts"] if one["kind"] == "quality"]
    assert alert["text"] == "Ana does not hear Carla."
    stack.simulator.mute(wati_id, "")
    watched.until(lambda: "quality" not in watched.alerts(), "no alert any more")


@pytest.mark.full
@pytest.mark.distributed
def test_a_killed_node_is_an_alert_until_it_is_back(
    stack: Stack, crew: Cast, watched: BoardProgram
):
    try:
        stack.nodes[0].kill()
        watched.until(lambda: "node" in watched.alerts(), "an alert")
        [alert] = [one for one in watched.board["alerts"] if one["kind"] == "node"]
        assert "node-1" in alert["text"]
    finally:
        stack.heal()
    watched.until(lambda: "node" not in watched.alerts(), "no alert any more")
