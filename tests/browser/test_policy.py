"""A page that does what its policy forbids fails its test, whoever opened the page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from callcenter.web.middleware import CONTENT_SECURITY_POLICY
from tests.browser import policy
from tests.servers import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.stackless]

SITE = "http://calls.test"
WORKER = "fetch('http://evil.test/').catch(() => {})"
FORBIDDEN = {
    "script-src-elem": "<script>1</script>",
    "script-src-attr": "<p onclick='1'>",
    "style-src-attr": "<p style='color: red'>",
    "style-src-elem": "<style>p { color: red }</style>",
    "img-src": "<img src='http://evil.test/1.png'>",
    "frame-src": "<iframe src='http://evil.test/'></iframe>",
    "object-src": "<embed src='/1.swf' type='application/x-shockwave-flash'>",
    "base-uri": "<base href='http://evil.test/'>",
}
FORBIDDEN_TO_SCRIPTS = {
    "connect-src": "fetch('http://evil.test/').catch(() => {})",
    "eval": "try { setTimeout('1') } catch {}",
    "worker-src": "try { new Worker('data:text/javascript,1') } catch {}",
    "in a worker": "new Worker('/worker.js')",
    "form-action": "const form = document.createElement('form'); "
    "form.action = 'http://evil.test/'; document.body.append(form); form.submit()",
}


def answer(route: Route, body: str) -> None:
    is_script = route.request.url.endswith(".js")
    route.fulfill(
        body=WORKER if is_script else body,
        content_type="text/javascript" if is_script else "text/html",
        headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY},
    )


@pytest.fixture(scope="module")
def page(desk: Browser) -> Iterator[Page]:
    page = desk.new_page()
    yield page
    page.context.close()


def open_page(page: Page, body: str) -> None:
    page.unroute_all()
    page.goto("about:blank")
    was_noticed(page)  # a second word about the page before
    page.route("**", lambda route: answer(route, f"<!doctype html><body>{body}"))
    page.goto(SITE)


def was_noticed(page: Page) -> bool:
    page.wait_for_timeout(20)  # Playwright hears of it only meanwhile
    return policy.taken() != []


@pytest.mark.parametrize("body", FORBIDDEN.values(), ids=FORBIDDEN)
def test_markup_against_the_policy_is_noticed(page: Page, body: str):
    open_page(page, body)
    wait_for(lambda: was_noticed(page), "the violation", 20)


@pytest.mark.parametrize(
    "script", FORBIDDEN_TO_SCRIPTS.values(), ids=FORBIDDEN_TO_SCRIPTS
)
def test_scripts_against_the_policy_are_noticed(page: Page, script: str):
    open_page(page, "")
    page.evaluate(f"() => {{ {script} }}")
    wait_for(lambda: was_noticed(page), "the violation", 20)


@pytest.mark.parametrize(
    "script",
    [
        "fetch('/?token=1')",
        "fetch('/calls/q8x1z0n3l4k5j6h7g8f9d0s1a2p3o4i5/')",
        "new WebSocket('ws://calls.test/ws/?sessionid=1')",
    ],
)
def test_a_secret_in_an_address_is_noticed(page: Page, script: str):
    open_page(page, "")
    page.evaluate(f"() => {{ {script} }}")
    wait_for(lambda: was_noticed(page), "the address", 20)


def test_a_page_that_keeps_to_it_is_calm(page: Page):
    open_page(page, "<p>Hello</p>")
    page.evaluate("() => console.error('Something else is wrong.')")
    page.evaluate("() => fetch('/ws/0b2f6d1c-7a52-4c3e-9a57-5f0c1f4a9e11/')")
    assert not was_noticed(page)
