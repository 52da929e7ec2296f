"""`make stack` as a company would meet it: from an empty database to a call, by https.

Everything goes through nginx with deploy/nginx.conf, to processes with DEBUG=0.
"""

import csv
import re
import secrets
from collections.abc import Iterator

import httpx2
import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.stack.ports import free_port
from deploy.stack.stack import SUPERVISOR, Stack
from tests import processes
from tests.browser.conftest import ANAS_TONE, CARLAS_TONE
from tests.browser.windows import ConsoleWindow, PhoneWindow

pytestmark = [pytest.mark.browser, pytest.mark.full]

ANAS_PASSWORD = secrets.token_urlsafe(12)
SOFIAS_PASSWORD = secrets.token_urlsafe(12)


@pytest.fixture(scope="module")
def production() -> Iterator[Stack]:
    """The stack with an empty database: nobody has made an account or an agent."""
    folder, ports = processes.RUN_DIR / "stack", (free_port(), free_port())
    stack = Stack(folder, ports[0], print, wati_port=ports[1], has_account=False)
    try:
        yield stack.start()
        assert stack.dead() == []
    finally:
        stack.stop()


def set_up_second_factor(page: Page) -> None:
    """Do what Sofia's phone does: read the key, show a code."""
    phone = pyotp.TOTP(page.locator(".key").inner_text())
    page.get_by_role("textbox", name="Code").fill(phone.now())
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("main code")).to_have_count(10)


@pytest.fixture(scope="module")
def sofia(production: Stack, desk: Browser) -> Iterator[Page]:
    """Sofia's admin, after her first sign-in with the password of the command."""
    [password] = re.findall(r"One-time password: (\S+)", production.first_supervisor)
    page = desk.new_context(ignore_https_errors=True).new_page()
    page.goto(production.url)
    page.get_by_label("Username").fill(SUPERVISOR)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    set_up_second_factor(page)

    page.goto(f"{production.url}/admin/calls/call/")
    expect(page).to_have_title(re.compile("Password change"))
    page.get_by_label("Old password").fill(password)
    page.get_by_label("New password:").fill(SOFIAS_PASSWORD)
    page.get_by_label("New password confirmation:").fill(SOFIAS_PASSWORD)
    page.get_by_role("button", name="Change my password").click()
    expect(page).to_have_title(re.compile("Password change successful"))
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def call_center(production: Stack, sofia: Page) -> Stack:
    """A queue, Ana, the Wati account and its number, as Sofia makes them."""
    admin = f"{production.url}/admin"
    sofia.goto(f"{admin}/agents/queue/add/")
    sofia.get_by_label("Name:").fill("Support")
    save(sofia)

    sofia.goto(f"{admin}/agents/agent/add/")
    sofia.get_by_label("Name:", exact=True).fill("Ana")
    sofia.get_by_label("New username:").fill("ana")
    sofia.get_by_label("New password:").fill(ANAS_PASSWORD)
    sofia.locator("select[name$='-0-queue']").select_option("Support")
    save(sofia)

    site = production.site
    sofia.goto(f"{admin}/callcenter/watiaccount/add/")
    sofia.get_by_label("Name:", exact=True).fill("Wati")
    sofia.get_by_label("Base URL:").fill(f"{site.wati_url}/simulator/wati")
    sofia.get_by_label("Tenant ID:").fill(site.tenant_id)
    sofia.get_by_label("API token:").fill(site.api_token)
    sofia.get_by_label("Webhook API key:").fill(site.webhook_key)
    sofia.get_by_text("Add another Business number").click()
    sofia.locator("input[name$='-0-number']").fill(f"+{site.business_number}")
    sofia.locator("input[name$='-0-name']").fill("Shop")
    sofia.locator("select[name$='-0-queue']").select_option("Support")
    save(sofia)
    return production


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()


def test_a_company_begins_with_nothing_and_talks_with_its_first_caller(
    call_center: Stack, sofia: Page, desk: Browser, pocket: Browser
) -> None:
    permissions = ["microphone", "notifications"]
    ana = ConsoleWindow(
        desk.new_context(permissions=permissions, ignore_https_errors=True)
    )
    carla = PhoneWindow(
        pocket.new_context(permissions=["microphone"], ignore_https_errors=True)
    )
    ana.sign_in(call_center.url, "ana", ANAS_PASSWORD)
    ana.go_available()
    carla.switch_on(call_center.wati_url)

    carla.call()
    ana.reads("Ringing")
    ana.press("Answer")
    ana.reads("In call")
    carla.reads("In call")
    ana.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)

    ana.page.reload()
    ana.reads("In call")
    ana.hears(CARLAS_TONE)
    carla.hears(ANAS_TONE)

    ana.press("Hang up")
    carla.reads("Ended")
    carla.shows("The business ended the call.")
    ana.reads("Wrap-up")
    assert [ana.problems, carla.problems] == [[], []]

    answer = sofia.request.get(f"{call_center.url}/calls/export.csv")
    [call] = csv.DictReader(answer.text().removeprefix("\ufeff").splitlines())
    assert call["result"] == "answered"
    assert call["ended_by"] == "agent"
    assert call["agent"] == "Ana"
    ana.close()
    carla.close()


def test_nobody_chooses_the_address_they_come_from(
    call_center: Stack, sofia: Page
) -> None:
    """Through nginx, which must overwrite one header and drop the other."""
    url = call_center.url
    mallory = httpx2.Client(base_url=url, verify=False, trust_env=False, timeout=30)
    mallory.get("/sign-in/")
    token = mallory.cookies["__Host-csrftoken"]
    form = {"csrfmiddlewaretoken": token, "username": "mallory", "password": "guess"}
    names = ("X-Forwarded-For", "X_Forwarded_For", "X_FORWARDED-FOR", "Forwarded")
    said = dict.fromkeys(names, "6.6.6.6")
    answer = mallory.post("/sign-in/", data=form, headers={"Referer": url, **said})
    assert answer.status_code == 200

    log = sofia.request.get(f"{url}/audit/export.csv").text()
    failed = [row for row in csv.DictReader(log.splitlines()) if "fail" in str(row)]
    assert "127.0.0.1" in str(failed)
    assert "6.6.6.6" not in log
