"""Every page of the admin by axe, wide and narrow, light and dark; none is too wide."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Browser, Page

from agents.models import AgentStateSpan, Prompt, Schedule
from tests.browser import accessible
from tests.browser.windows import PATIENCE_SECONDS
from tests.cast import PASSWORD, Cast
from tests.security.test_pages import World
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.long]

PATIENCE = PATIENCE_SECONDS * 1000
# They have a page of their own beside the admin's usual ones.
MORE = ("/admin/", "/admin/board/", "/admin/board/?wall=1", "/admin/password_change/")
TOO_WIDE = """
() => document.documentElement.scrollWidth - document.documentElement.clientWidth
"""


@pytest.fixture
def world(crew: Cast) -> Iterator[World]:
    """A row of each kind."""
    yield World(crew)
    for model in (AgentStateSpan, Prompt, Schedule):
        model.objects.all().delete()


@pytest.fixture
def sofia(stack: Stack, crew: Cast, desk: Browser) -> Iterator[Page]:
    # axe writes styles of its own.
    context = desk.new_context(bypass_csp=True)
    page = context.new_page()
    page.add_init_script(accessible.script())
    page.set_default_timeout(PATIENCE)
    page.goto(f"{stack.nodes[-1].url}/admin/")
    page.get_by_label("Username").fill("supervisor")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin/")
    yield page
    context.close()


def addresses(world: World) -> Iterator[str]:
    yield from MORE
    for model, page in admin.site._registry.items():
        label = model._meta.label_lower
        name = f"admin:{label.replace('.', '_')}"
        yield reverse(f"{name}_changelist")
        for end in ("change", "history"):
            yield reverse(f"{name}_{end}", args=[world.rows[label].pk])
        if page.has_add_permission(_request(world)):
            yield reverse(f"{name}_add")


def _request(world: World) -> Any:
    class Request:
        user = world.cast.sofia

    return Request()


def test_every_page_is_for_everyone(world: World, sofia: Page) -> None:
    root = sofia.url.removesuffix("/admin/")
    problems: list[str] = []
    for address in addresses(world):
        answer = sofia.goto(f"{root}{address}")
        assert answer is not None
        assert answer.ok, address
        problems += [f"{address}: {one}" for one in accessible.violations(sofia)]
        sofia.set_viewport_size({"width": 768, "height": 1024})
        if too_wide := sofia.evaluate(TOO_WIDE):
            problems.append(f"{address}: {too_wide} px too wide for a tablet")
        sofia.set_viewport_size({"width": 1280, "height": 720})
    assert not problems, "\n".join(problems)
