"""Consoles of a node that drains are sent to another one, without a storm."""

import asyncio
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from calls.console import moving
from calls.console.moving import AT_ONCE, MOST_MOVES, Moving
from calls.console.open_consoles import OpenConsoles
from calls.models import Node
from tests.cast import Cast

ELSEWHERE = "/ws/nodes/node-2/console/"


class Page:
    """A console that goes where it is sent, or does not."""

    def __init__(self, agent_id: int, name: str) -> None:
        self.agent_id, self.console = agent_id, name
        self.elsewhere, self.heard_at = "", 0.0

    def move(self, address: str) -> None:
        self.elsewhere = address

    def make_room(self) -> None:
        raise AssertionError

    def restart(self) -> None:
        raise AssertionError


class Floor:
    """This node, which drains or does not, and the pages that are open here."""

    def __init__(self) -> None:
        self.drains = True
        self.consoles = OpenConsoles()
        self.moving = Moving(lambda: self.drains)

    def opens(self, agent_id: int, name: str) -> Page:
        page = Page(agent_id, name)
        assert self.consoles.enter(page, 0.0)
        return page

    def look(self) -> list[str]:
        """Look once; return where the pages are sent."""
        asyncio.run(self.moving.look())
        return [page.elsewhere for page in self.consoles if page.elsewhere]


@pytest.fixture
def floor(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Floor:
    floor = Floor()
    monkeypatch.setattr(moving, "open_consoles", floor.consoles)
    return floor


def a_node(name: str, **fields: object) -> None:
    over = timezone.now() + timedelta(seconds=5)
    Node.objects.create(name=name, **{"lease_until": over, "max_calls": 0, **fields})


def test_a_page_goes_to_a_node_that_lives_and_does_not_drain(floor: Floor):
    a_node(settings.NODE_NAME)
    a_node("node-2")
    a_node("node-3", draining=True)
    a_node("node-4", lease_until=timezone.now())
    floor.opens(1, "page")
    assert floor.look() == [ELSEWHERE]


def test_it_stays_where_there_is_no_other_node(floor: Floor):
    a_node(settings.NODE_NAME)
    floor.opens(1, "page")
    assert floor.look() == []


def test_it_stays_while_the_node_does_not_drain(floor: Floor):
    a_node("node-2")
    floor.drains = False
    floor.opens(1, "page")
    assert floor.look() == []


def test_a_page_that_has_not_said_which_it_is_has_its_turn_later(floor: Floor):
    a_node("node-2")
    page = floor.opens(1, "")
    assert floor.look() == []
    page.console = "page"
    assert floor.look() == [ELSEWHERE]


def test_many_go_a_few_at_a_time(floor: Floor):
    a_node("node-2")
    for number in range(3 * AT_ONCE - 1):
        floor.opens(number, f"page {number}")
    sent = [len(floor.look()) for _ in range(4)]
    assert sent == [AT_ONCE, 2 * AT_ONCE, 3 * AT_ONCE - 1, 3 * AT_ONCE - 1]


def test_a_page_that_always_comes_back_may_stay(floor: Floor):
    a_node("node-2")
    for _ in range(MOST_MOVES):
        page = floor.opens(1, "page")
        assert floor.look() == [ELSEWHERE]
        floor.consoles.leave(page)
    floor.opens(1, "page")
    assert floor.look() == []
