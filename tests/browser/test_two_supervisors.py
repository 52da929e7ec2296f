"""Sofia and Tom have the same queue open: nothing of either is lost without a word."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from agents.models import Queue
from callcenter import roles
from calls.models import Call
from tests.browser.windows import PATIENCE_SECONDS
from tests.cast import PASSWORD, Cast
from tests.security.test_pages import person
from tests.stack import Stack

pytestmark = pytest.mark.browser

PATIENCE = PATIENCE_SECONDS * 1000
SignIn = Callable[[str], Page]


@pytest.fixture
def signs_in(stack: Stack, crew: Cast, desk: Browser) -> Iterator[SignIn]:
    contexts = []

    def sign_in(username: str) -> Page:
        context = desk.new_context()
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{stack.nodes[-1].url}/admin/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/admin/")
        return page

    yield sign_in
    for context in contexts:
        context.close()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def test_the_later_one_reads_what_the_earlier_one_changed(
    crew: Cast, signs_in: SignIn
) -> None:
    person("tom", roles.SUPERVISOR)
    sofia, tom = signs_in("supervisor"), signs_in("tom")
    for page in (sofia, tom):
        page.goto(f"{page.url}agents/queue/{crew.queue.pk}/change/")
    tom.get_by_label("Wrap-up time (seconds)").fill("45")
    save(tom)
    expect(tom.locator(".messagelist .success")).to_be_visible()

    sofia.get_by_label("Maximum wait").fill("600")
    save(sofia)
    expect(sofia.locator("body")).to_contain_text("tom")
    expect(sofia.locator("body")).to_contain_text("45")
    queue = Queue.objects.get(pk=crew.queue.pk)
    assert (queue.wrap_up_seconds, queue.max_wait_seconds) == (45, 900)


def test_a_queue_with_a_past_is_kept_and_says_why(crew: Cast, signs_in: SignIn) -> None:
    Call.objects.create(account=crew.account, queue=crew.queue, status="ended")
    sofia = signs_in("supervisor")
    sofia.goto(f"{sofia.url}agents/queue/{crew.queue.pk}/delete/")
    expect(sofia.locator("body")).to_contain_text("Calls in the log: 1.")
    expect(sofia.locator("body")).to_contain_text("untick “Active” instead")
    expect(sofia.get_by_role("button", name="Yes, I’m sure")).to_have_count(0)


def test_an_auditor_looks_and_has_nothing_to_press(
    crew: Cast, signs_in: SignIn
) -> None:
    person("vera", roles.AUDITOR)
    vera = signs_in("vera")
    vera.goto(f"{vera.url}agents/queue/{crew.queue.pk}/change/")
    expect(vera.locator("body")).to_contain_text("Support")
    expect(vera.get_by_role("button", name="Save")).to_have_count(0)
    vera.goto(vera.url.partition("/admin/")[0] + "/admin/board/")
    expect(vera.get_by_text("Live", exact=True)).to_be_visible()
    expect(vera.get_by_role("button", name="Actions for Ana")).to_have_count(0)
