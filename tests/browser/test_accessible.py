"""Every state of the console, and the pages around it, by axe; and what moves there."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from agents.models import BreakReason, Queue
from calls.models import Disposition
from tests.browser import accessible
from tests.browser.conftest import Scene
from tests.browser.windows import ConsoleWindow, PhoneWindow
from tests.cast import CARLA, PASSWORD
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.long]

QUIET_MS = 3000


class Inspector:
    """Looks at one page in each of its states."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.problems: list[str] = []

    def look(self, state: str) -> None:
        """From the moment on in which the page reads that it is in this state."""
        self._page.evaluate("shifts.length = 0")
        moved, how = accessible.shifts(self._page)
        if moved >= accessible.MOST_SHIFT:
            self.problems.append(f"{state}: moved by {moved:.3f}: {how}")
        found = accessible.violations(self._page)
        self.problems += [f"{state}: {one}" for one in found]
        accessible.forget(self._page)

    def listen(self, state: str) -> None:
        """Nothing is said again and again while nothing happens."""
        accessible.forget(self._page)
        self._page.wait_for_timeout(QUIET_MS)
        said = self._page.evaluate("said")
        if len(said) > 1:
            self.problems.append(f"{state}: said {said}")

    def report(self) -> None:
        assert not self.problems, "\n".join(self.problems)


@pytest.fixture
def rich(crew: object) -> Iterator[None]:
    """A queue with all that can be shown."""
    Queue.objects.update(wrap_up_seconds=300, rewind=True, disposition_required=True)
    Disposition.objects.create(name="Solved")
    order = Disposition.objects.create(name="Order")
    Disposition.objects.create(name="New order", parent=order)
    BreakReason.objects.create(name="Lunch", minutes=30)
    yield
    Disposition.objects.filter(parent=order).delete()
    Disposition.objects.all().delete()
    BreakReason.objects.all().delete()


def console(scene: Scene, username: str, desk: Browser | None = None) -> ConsoleWindow:
    """A console whose page also holds axe, which writes styles of its own."""
    script = accessible.script()
    return scene.console(username, desk, init_script=script, bypass_csp=True)


@pytest.fixture
def ana(rich: None, scene: Scene) -> ConsoleWindow:
    return console(scene, "ana")


@pytest.fixture
def inspector(ana: ConsoleWindow) -> Iterator[Inspector]:
    inspector = Inspector(ana.page)
    yield inspector
    inspector.report()


def test_idle_ringing_in_call_and_wrap_up(
    ana: ConsoleWindow, carla: PhoneWindow, inspector: Inspector
) -> None:
    inspector.look("idle")
    inspector.listen("idle")
    ana.page.keyboard.press("?")
    inspector.look("the keyboard shortcuts")
    ana.press("Close")
    ana.press("Take a break")
    inspector.look("the menu of breaks")
    ana.page.keyboard.press("Escape")

    carla.call()
    ana.reads("Ringing")
    inspector.look("ringing")
    inspector.listen("ringing")
    ana.press("Answer")
    ana.reads("In call")
    inspector.look("in call")
    inspector.listen("in call")
    ana.press("Mute")
    inspector.look("muted")
    ana.press("Rewind")
    ana.offers("Back to live")
    inspector.look("rewinding")
    ana.press("Hold")
    ana.reads("On hold")
    inspector.look("on hold")

    ana.press("Hang up")
    ana.reads("Wrap-up")
    inspector.look("wrap-up")
    inspector.listen("wrap-up")
    ana.press("Schedule a callback")
    inspector.look("wrap-up with the form of a callback")
    ana.page.get_by_role("combobox", name="Disposition").select_option("Solved")
    ana.press("Finish wrap-up")
    ana.is_agent("Available")
    inspector.look("idle after a call")
    ana.press("Go offline")
    ana.is_agent("Offline")
    inspector.look("offline")


def test_transfer_consult_and_three_way(
    scene: Scene,
    other_desk: Browser,
    ana: ConsoleWindow,
    carla: PhoneWindow,
    inspector: Inspector,
) -> None:
    carla.call()
    ana.reads("Ringing")
    ana.press("Answer")
    ana.reads("In call")
    bruno = console(scene, "bruno", other_desk)
    guest = Inspector(bruno.page)
    accessible.forget(ana.page)
    ana.press("Transfer")
    inspector.look("the list of targets")
    ana.press("Consult")
    bruno.reads("Ringing")
    guest.look("a consult rings")  # no longer than it rings
    bruno.press("Answer")
    ana.shows("On call with Bruno.")
    inspector.look("consult")
    guest.look("consulted")
    ana.press("Three-way call")
    ana.offers("Remove Bruno")
    inspector.look("three-way call")
    guest.look("guest of a three-way call")
    guest.report()
    ana.press("Remove Bruno")
    bruno.reads("Wrap-up")
    ana.press("Hang up")


def test_dialing(
    stack: Stack, ana: ConsoleWindow, carla: PhoneWindow, inspector: Inspector
) -> None:
    field = ana.page.get_by_role("textbox", name="Phone number")
    field.fill("12")
    field.press("Enter")
    inspector.look("a number that is none")
    field.fill(f"+{CARLA}")
    field.press("Enter")
    ana.shows("This person has not allowed calls yet.")
    inspector.look("no permission")
    ana.press("Request permission")
    ana.shows("Waiting for permission")
    inspector.look("waiting for permission")
    stack.simulator.reply(CARLA, "temporary")
    ana.shows("Allowed until")
    inspector.look("permission granted")
    ana.press("Call")
    ana.reads("Dialing")
    inspector.look("dialing")
    ana.press("Hang up")
    ana.is_agent("Available")


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_the_pages_around_it(
    stack: Stack, crew: object, desk: Browser, language: str
) -> None:
    context = desk.new_context(locale=language, bypass_csp=True)
    context.add_init_script(accessible.script())
    page = context.new_page()
    inspector = Inspector(page)
    url = stack.nodes[-1].url
    page.goto(f"{url}/sign-in/")
    inspector.look("sign-in")
    page.locator("[name=username]").fill("ana")
    page.locator("[name=password]").fill("wrong")
    page.locator("form.login-form button").click()
    page.locator("#login-problem").wait_for()
    inspector.look("a sign-in that failed")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form.login-form button").click()
    page.wait_for_url("**/console/")
    page.goto(f"{url}/profile/")
    inspector.look("profile")
    page.goto(f"{url}/no-such-page/")
    inspector.look("a page that is not there")
    context.close()
    inspector.report()
