"""Whatever windows do, one that lives rings soon, and it is always the same one.

The product is stood in for by what it does with the rule: it writes down who rings, and
counts a window that takes over as the newest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agents.window_rule import CLOSED_AFTER, SILENT_AFTER, Window, rings_in

BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)
LOOK = 0.5  # seconds
BEAT = 2.0
WITHIN = 5.0
PAGES = "ABCDE"


@dataclass
class Page:
    chosen_at: float
    seen_at: float
    steady_since: float = 0.0
    closed_at: float | None = None
    beats: bool = True  # False: it is frozen, or its network is gone


@dataclass
class Desk:
    """The windows of one agent, and a clock."""

    now: float = 0.0
    pages: dict[str, Page] = field(default_factory=dict)
    current: str = ""
    turns: list[tuple[str, str]] = field(default_factory=list)  # who rang, why it ended

    # --- What windows do ---

    def open(self, name: str) -> None:
        """Open a window, or load it again: it is the newest."""
        self.pages[name] = Page(self._newest(), self.now, self.now)
        self.elect()

    def use(self, name: str) -> None:
        if self.is_well(name):
            self.pages[name].chosen_at = self._newest()
            self.elect()

    def close(self, name: str) -> None:
        if name in self.pages and self.pages[name].closed_at is None:
            self.pages[name].closed_at = self.now

    def reconnect(self, name: str) -> None:
        if name in self.pages and self.pages[name].beats:
            self.pages[name].closed_at = None
            self._hear(self.pages[name])
            self.elect()

    def crash(self, name: str) -> None:
        """Fall silent without a close: frozen, no power, no network."""
        if name in self.pages:
            self.pages[name].beats = False

    def wake(self, name: str) -> None:
        if name in self.pages and self.pages[name].closed_at is None:
            self.pages[name].beats = True
            self._hear(self.pages[name])

    # --- What the product does ---

    def wait(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now += LOOK
            for page in self.pages.values():
                if page.beats and self.now - page.seen_at >= BEAT:
                    self._hear(page)
            self.elect()

    def outage(self, seconds: float, order: Sequence[str]) -> None:
        """The database is away; then the windows are heard again one by one."""
        self.now += seconds
        for name in order:
            self.elect()
            if name in self.pages and self.is_well(name):
                self._hear(self.pages[name])
            self.now += LOOK
            self.elect()

    def _hear(self, page: Page) -> None:
        if self.now - page.seen_at >= SILENT_AFTER:
            page.steady_since = self.now
        page.seen_at = self.now

    def elect(self) -> None:
        chosen = rings_in(self.windows(), self.current)
        if chosen != self.current:
            before = self.pages.get(self.current)
            lived = before is not None and self._window(self.current).lives
            self.turns.append((chosen, "lived" if lived else "gone"))
            self.current = chosen
            newest = max(page.chosen_at for page in self.pages.values())
            if self.pages[chosen].chosen_at < newest:
                self.pages[chosen].chosen_at = self._newest()

    def windows(self) -> list[Window]:
        return [self._window(name) for name in self.pages]

    def _window(self, name: str) -> Window:
        page = self.pages[name]
        closed = None if page.closed_at is None else self.now - page.closed_at
        at = BEGIN + timedelta(seconds=page.chosen_at)
        steady = self.now - page.steady_since
        return Window(name, at, self.now - page.seen_at, steady, closed)

    def _newest(self) -> float:
        return max([self.now, *(p.chosen_at + 1e-6 for p in self.pages.values())])

    def is_well(self, name: str) -> bool:
        page = self.pages.get(name)
        return page is not None and page.beats and page.closed_at is None

    def well(self) -> list[str]:
        return [name for name in self.pages if self.is_well(name)]


ACTS = ("open", "use", "close", "reconnect", "crash", "wake")
steps = st.lists(
    st.tuples(
        st.sampled_from(ACTS),
        st.sampled_from(PAGES),
        st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0, 4.5, 7.0]),
    ),
    max_size=40,
)


@given(steps)
def test_a_window_that_lives_rings_within_five_seconds(done):
    desk = Desk()
    for act, name, seconds in done:
        getattr(desk, act)(name)
        desk.wait(seconds)
    desk.wait(WITHIN)
    if well := desk.well():
        assert desk.current in well


@given(steps)
def test_while_nothing_happens_no_call_moves_to_and_fro(done):
    desk = Desk()
    for act, name, seconds in done:
        getattr(desk, act)(name)
        desk.wait(seconds)
    desk.wait(WITHIN)
    turns = len(desk.turns)
    desk.wait(60)
    assert len(desk.turns) == turns


@given(steps)
def test_one_that_lives_loses_its_turn_to_a_newer_one_alone(done):
    """Not to one that comes back; each press or load costs one turn at most."""
    desk = Desk()
    for act, name, seconds in done:
        before = len(desk.turns)
        getattr(desk, act)(name)
        taken = [why for _, why in desk.turns[before:]]
        assert len(taken) <= 1
        if "lived" in taken:
            assert act in ("open", "use")
        turns = len(desk.turns)
        desk.wait(seconds)
        assert {why for _, why in desk.turns[turns:]} <= {"gone"}
    assert len(desk.turns) <= 2 * len(done)


@given(steps, st.sampled_from(PAGES))
def test_whoever_is_opened_or_asked_for_last_rings_while_it_is_well(done, last: str):
    desk = Desk()
    for act, name, seconds in done:
        getattr(desk, act)(name)
        desk.wait(seconds)
    desk.open(last)
    assert desk.current == last
    desk.wait(30)
    assert desk.current == last
    for other in desk.well():
        desk.use(other)
        assert desk.current == other


@given(steps, st.floats(5, 30), st.permutations(PAGES))
def test_while_the_database_is_away_no_turn_is_lost(done, seconds: float, order):
    """Whatever windows there are, and whichever of them is heard first afterwards."""
    desk = Desk()
    for act, name, pause in done:
        getattr(desk, act)(name)
        desk.wait(pause)
    for name in "AB":
        desk.open(name)
        desk.wait(WITHIN)
    before = desk.current
    desk.outage(seconds, order)
    desk.wait(30)
    assert desk.current == before


def test_a_flapping_network_moves_a_call_once():
    desk = Desk()
    desk.open("A")
    desk.wait(1)
    desk.open("B")
    for _ in range(10):
        desk.crash("B")
        desk.wait(6)
        desk.wake("B")
        desk.wait(6)
    assert desk.turns == [("A", "gone"), ("B", "lived"), ("A", "gone")]


def test_a_reload_of_the_newest_moves_nothing_to_the_other():
    desk = Desk()
    desk.open("A")
    desk.open("B")
    desk.close("B")
    desk.wait(CLOSED_AFTER - LOOK)
    desk.open("C")  # as the same tab, loaded again
    assert [name for name, _ in desk.turns] == ["A", "B", "C"]


def test_of_many_the_newest_is_next():
    desk = Desk()
    for name in "ABC":
        desk.open(name)
        desk.wait(1)
    desk.close("C")
    desk.wait(WITHIN)
    assert desk.current == "B"
    desk.crash("B")
    desk.wait(WITHIN)
    assert desk.current == "A"


def test_where_none_lives_the_last_one_keeps_its_place():
    gone = [Window("A", BEGIN, silent=SILENT_AFTER), Window("B", BEGIN, closed=60)]
    assert rings_in(gone, "B") == "B"
    assert rings_in([], "") == ""
