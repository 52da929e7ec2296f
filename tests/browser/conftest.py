import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.board_window import LINES, BoardWindow
from tests.browser.windows import (
    AdminWindow,
    ConsoleWindow,
    PhoneWindow,
    Window,
    flags,
    write_voice,
)
from tests.cast import CARLA, PASSWORD, Cast
from tests.stack import Stack

ANAS_TONE, BRUNOS_TONE, CARLAS_TONE = 1200.0, 2100.0, 440.0
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
Tell = Callable[[str], None]


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser to drive: $CHROMIUM, or the first Chromium or Chrome on PATH."""
    wanted = os.environ.get("CHROMIUM")
    names = (wanted,) if wanted else NAMES
    for name in names:
        if path := shutil.which(name):
            return Path(path)
    pytest.fail(
        "Browser tests need Chromium or Chrome: install one, or give its path in "
        f"$CHROMIUM. Looked for {', '.join(names)}.",
        pytrace=False,
    )


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Shows a measured figure, whether the test passes or not."""

    def write(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")

    return write


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright
        # Playwright's event loop runs in this thread, and while a loop runs Django
        # keeps connections of its own.
        connections.close_all()


@pytest.fixture(scope="module")
def desk(
    playwright: Playwright, chromium: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """The browser of the agents."""
    voice = write_voice(tmp_path_factory.mktemp("desk") / "ana.wav", ANAS_TONE)
    browser = playwright.chromium.launch(executable_path=chromium, args=flags(voice))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def other_desk(
    playwright: Playwright, chromium: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """Bruno's own, for he has another voice."""
    voice = write_voice(tmp_path_factory.mktemp("desk") / "bruno.wav", BRUNOS_TONE)
    browser = playwright.chromium.launch(executable_path=chromium, args=flags(voice))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def pocket(
    playwright: Playwright, chromium: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """The browser of the caller."""
    voice = write_voice(tmp_path_factory.mktemp("pocket") / "carla.wav", CARLAS_TONE)
    browser = playwright.chromium.launch(executable_path=chromium, args=flags(voice))
    yield browser
    browser.close()


class Scene:
    """Opens windows and closes them; none may have complained."""

    def __init__(self, stack: Stack, desk: Browser, pocket: Browser) -> None:
        self.stack = stack
        self._desk = desk
        self._pocket = pocket
        self._windows: list[Window] = []

    def console(
        self,
        username: str,
        desk: Browser | None = None,
        init_script: str = "",
        **options: Any,
    ) -> ConsoleWindow:
        """An agent, signed in and available; on the last node, as no webhook is."""
        newcomer = self.newcomer(username, desk, init_script, **options)
        return newcomer.go_available()

    def newcomer(
        self,
        username: str,
        desk: Browser | None = None,
        init_script: str = "",
        **options: Any,
    ) -> ConsoleWindow:
        """An agent who has just signed in, in a browser without a memory."""
        permissions = ["microphone", "notifications"]
        browser = desk or self._desk
        context = browser.new_context(permissions=permissions, **options)
        window = ConsoleWindow(context)
        if init_script:
            window.page.add_init_script(init_script)
        self._windows.append(window)
        return window.sign_in(self.stack.nodes[-1].url, username, PASSWORD)

    def admin(self, username: str, office: Browser) -> AdminWindow:
        """A supervisor, signed in to the admin, with a microphone to be asked for."""
        window = AdminWindow(office.new_context(permissions=["microphone"]))
        self._windows.append(window)
        return window.sign_in(self.stack.nodes[-1].url, username, PASSWORD)

    def phone(self, waid: str = CARLA, name: str = "Carla") -> PhoneWindow:
        window = PhoneWindow(self._pocket.new_context(permissions=["microphone"]))
        self._windows.append(window)
        mine = json.dumps({"waid": waid, "name": name})
        window.page.add_init_script(f"localStorage['simulated-phone'] = '{mine}'")
        return window.switch_on(self.stack.simulator_url)

    def close(self) -> None:
        for window in self._windows:
            window.close()

    def assert_calm(self) -> None:
        assert [window.problems for window in self._windows if window.problems] == []


@pytest.fixture
def scene(stack: Stack, crew: Cast, desk: Browser, pocket: Browser) -> Iterator[Scene]:
    scene = Scene(stack, desk, pocket)
    yield scene
    scene.close()
    scene.assert_calm()


@pytest.fixture
def ana(scene: Scene) -> ConsoleWindow:
    return scene.console("ana")


@pytest.fixture
def carla(scene: Scene) -> PhoneWindow:
    return scene.phone()


@pytest.fixture
def board(stack: Stack, crew: Cast, desk: Browser) -> Iterator[BoardWindow]:
    context = desk.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(LINES)
    window = BoardWindow(context)
    yield window.sign_in(stack.nodes[-1].url)
    window.close()
    assert window.problems == []
