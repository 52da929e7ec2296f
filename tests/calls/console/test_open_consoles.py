"""An agent has a bounded number of consoles, and those in use stay."""

from dataclasses import dataclass

from callcenter import limits
from calls.console.open_consoles import OpenConsoles


@dataclass(eq=False)
class Page:
    agent_id: int
    heard_at: float = 100.0
    made_room: bool = False

    def make_room(self) -> None:
        self.made_room = True


def desk(consoles: OpenConsoles) -> list[Page]:
    pages = [Page(1) for _ in range(limits.CONSOLES)]
    assert all(consoles.enter(page, 100.0) for page in pages)
    return pages


def test_while_all_are_in_use_one_more_is_refused():
    consoles = OpenConsoles()
    pages = desk(consoles)
    assert not consoles.enter(Page(1), 101.0)
    assert consoles.enter(Page(2), 101.0)
    assert not any(page.made_room for page in pages)


def test_the_one_that_is_silent_for_longest_makes_room():
    consoles = OpenConsoles()
    pages = desk(consoles)
    pages[3].heard_at, pages[5].heard_at = 80.0, 85.0
    assert consoles.enter(Page(1), 100.0)
    assert consoles.enter(Page(1), 100.0)
    assert [page for page in pages if page.made_room] == [pages[3], pages[5]]
    assert not consoles.enter(Page(1), 100.0)


def test_who_leaves_gives_a_place_back_once():
    consoles = OpenConsoles()
    pages = desk(consoles)
    consoles.leave(pages[0])
    consoles.leave(pages[0])
    assert consoles.enter(Page(1), 101.0)
    assert not consoles.enter(Page(1), 101.0)
