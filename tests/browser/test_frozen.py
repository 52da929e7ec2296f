"""A page that the browser put to sleep looks ready, and never rings."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.models import Agent
from calls.models import Offer
from tests.browser.conftest import Tell
from tests.browser.devtools import Chromium, Tab, seconds_until
from tests.browser.windows import flags, write_voice
from tests.cast import PASSWORD, Cast
from tests.servers import wait_for
from tests.stack import Stack

pytestmark = pytest.mark.browser

SIGN_IN = f"""
document.querySelector("[name=username]").value = "ana";
document.querySelector("[name=password]").value = "{PASSWORD}";
document.querySelector("form:has([name=password])").requestSubmit();
"""
GO_AVAILABLE = """
[...document.querySelectorAll("button")]
  .find((button) => button.textContent.trim() === "Go available")
"""


@pytest.fixture
def browser(chromium: Path, tmp_path: Path) -> Iterator[Chromium]:
    voice = write_voice(tmp_path / "ana.wav", 1200.0)
    browser = Chromium(chromium, tmp_path / "profile", *flags(voice))
    yield browser
    browser.stop()


@pytest.fixture
def page(browser: Chromium, stack: Stack, crew: Cast) -> Iterator[Tab]:
    """Ana's console; she is available."""
    page = browser.first_tab()
    page.send("Page.navigate", url=f"{stack.nodes[-1].url}/console/")
    page.until('!!document.querySelector("[name=password]")', "the sign-in page")
    page.ask(SIGN_IN)
    page.until(f"!!({GO_AVAILABLE})", "the console")
    page.ask(f"({GO_AVAILABLE}).click()")
    wait_for(lambda: state_of(crew.ana) == "available", "Ana is available", 45)
    yield page
    page.close()


def state_of(agent: Agent) -> str:
    return Agent.objects.get(pk=agent.pk).state


def test_a_frozen_page_cannot_ring_and_gets_no_call(
    stack: Stack, crew: Cast, browser: Chromium, page: Tab, tell: Tell
) -> None:
    browser.cover()
    page.until('document.visibilityState === "hidden"', "the page is hidden")
    page.send("Page.setWebLifecycleState", state="frozen")
    seconds = seconds_until(
        lambda: state_of(crew.ana) == "cannot_ring", "Ana cannot ring", 30
    )
    tell(f"A frozen page was known to be deaf after {seconds:.1f} s.")
    assert Agent.objects.get(pk=crew.ana.pk).reason == "The console does not respond."

    bruno = stack.console(crew.bruno).go_available()
    stack.simulator.place_call()
    bruno.wait_for_ring()
    assert not Offer.objects.filter(agent=crew.ana).exists()
    bruno.close()

    page.send("Page.setWebLifecycleState", state="active")
    wait_for(lambda: state_of(crew.ana) in ("available", "ringing"), "Ana is back", 45)
