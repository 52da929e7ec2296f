"""Sofia sets everything up, from an empty database to a call that is heard.

Her clicks and those of Ana are counted; what is typed is no click.
"""

import re
from collections.abc import Iterator
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import ANAS_TONE, CARLAS_TONE, Scene, Tell
from tests.browser.windows import PATIENCE_SECONDS, ConsoleWindow
from tests.stack import Stack

pytestmark = pytest.mark.browser

PATIENCE = PATIENCE_SECONDS * 1000
MOST_CLICKS = 25
WORDS = "a long enough phrase"


class Clicks:
    """Counts what people press and choose."""

    def __init__(self) -> None:
        self.count = 0

    def press(self, thing: Locator) -> None:
        thing.click(timeout=PATIENCE)
        self.count += 1

    def choose(self, field: Locator, label: str) -> None:
        field.select_option(label=label)
        self.count += 1


class Setup:
    """Sofia's admin."""

    def __init__(self, page: Page, url: str, clicks: Clicks) -> None:
        self.page, self.url, self.clicks = page, url, clicks

    def button(self, name: str) -> None:
        self.clicks.press(self.page.get_by_role("button", name=name, exact=True))

    def link(self, name: str) -> None:
        self.clicks.press(self.page.get_by_role("link", name=name, exact=True))

    def fill(self, **fields: str) -> None:
        for name, text in fields.items():
            self.page.locator(f"[name='{name}']").fill(text)

    def is_done(self, *keys: str) -> None:
        """The start page ticks these steps, and no others."""
        done = self.page.locator(".setup-step.done")
        expect(done).to_have_count(len(keys), timeout=PATIENCE)
        for key in keys:
            step = self.page.locator(f"[data-step={key}]")
            expect(step).to_have_class(re.compile("done"))


@pytest.fixture
def clicks() -> Clicks:
    return Clicks()


@pytest.fixture
def sofia(stack: Stack, nobody: None, desk: Browser, clicks: Clicks) -> Iterator[Setup]:
    """She has the one-time password that the command prints."""
    said = StringIO()
    call_command("create_supervisor", "sofia", stdout=said)
    found = re.search(r"One-time password: (\S+)", said.getvalue())
    assert found is not None
    context = desk.new_context(viewport={"width": 1280, "height": 800})
    setup = Setup(context.new_page(), stack.nodes[-1].url, clicks)
    setup.page.goto(f"{setup.url}/admin/")
    setup.fill(username="sofia", password=found[1])
    setup.button("Sign in")
    setup.fill(old_password=found[1], new_password1=WORDS, new_password2=WORDS)
    setup.clicks.press(setup.page.locator("main [type=submit], form .primary").last)
    yield setup
    context.close()


def test_from_nothing_to_a_call_that_is_heard(
    stack: Stack,
    sofia: Setup,
    desk: Browser,
    pocket: Browser,
    clicks: Clicks,
    tell: Tell,
) -> None:
    sofia.page.goto(f"{sofia.url}/admin/")
    sofia.is_done()
    sofia.link("Add an agent")
    sofia.fill(name="Ana", username="ana", password=WORDS)
    sofia.button("Save")

    sofia.link("Today")
    sofia.is_done("people")
    sofia.link("Add a queue")
    sofia.fill(name="Support")
    clicks.press(sofia.page.locator(".field-agent .select2-selection").first)
    clicks.press(sofia.page.get_by_role("option", name="Ana"))
    sofia.button("Save")

    sofia.link("Today")
    sofia.is_done("people", "queue")
    sofia.link("Add the account")
    sofia.fill(
        name="Wati",
        base_url=stack.wati_url,
        tenant_id=settings.SIMULATOR_TENANT,
        api_token=settings.SIMULATOR_TOKEN,
    )
    sofia.button("Generate a key")
    key = sofia.page.locator("[name=webhook_key]")
    assert len(key.input_value()) == 43
    expect(sofia.page.get_by_role("button", name="Copy", exact=True)).to_be_visible()
    key.fill(settings.SIMULATOR_WEBHOOK_KEY)  # the one that this Wati sends
    sofia.fill(**{"lines-0-number": settings.SIMULATOR_NUMBER, "lines-0-name": "Shop"})
    clicks.choose(sofia.page.locator("[name=lines-0-queue]"), "Support")
    sofia.button("Save")
    # Right after saving: what to enter in Wati.
    addresses = sofia.page.locator("table.addresses tbody tr")
    expect(addresses).to_have_count(5, timeout=PATIENCE)

    sofia.link("Today")
    sofia.is_done("people", "queue", "account", "number")
    sofia.button("Test connection")
    expect(sofia.page.locator(".messagelist .success")).to_be_visible(timeout=PATIENCE)

    scene = Scene(stack, desk, pocket)
    ana = ConsoleWindow(desk.new_context(permissions=["microphone", "notifications"]))
    ana.page.goto(stack.nodes[-1].url)
    ana.page.get_by_label("Username").fill("ana")
    ana.page.get_by_label("Password").fill(WORDS)
    for name in ("Sign in", "Go available"):
        clicks.press(ana.page.get_by_role("button", name=name, exact=True))
    ana.is_agent("Available")
    sofia.page.goto(f"{sofia.url}/admin/")
    sofia.is_done("people", "queue", "account", "number", "token", "agent")

    carla = scene.phone()
    clicks.press(carla.page.get_by_role("button", name="Call", exact=True))
    clicks.press(ana.page.get_by_role("button", name="Answer").first)
    ana.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)
    tell(f"{clicks.count} clicks from an empty database to a call that is heard")
    assert clicks.count < MOST_CLICKS

    sofia.page.goto(f"{sofia.url}/admin/")
    expect(sofia.page.locator(".setup-step")).to_have_count(0)
    ana.press("Hang up")
    carla.reads("Ended")
    ana.close()
    scene.close()
    scene.assert_calm()
