"""The phone page in a real browser, with a business that answers and calls."""

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import quote

import httpx2
import pytest
from playwright.async_api import Page, async_playwright, expect

from callcenter.simulator.control import SimulatorControl
from tests.callcenter.simulator.business import Business
from tests.callcenter.simulator.conftest import CALLS, CARLA, until
from tests.callcenter.simulator.receiver import Receiver

pytestmark = pytest.mark.browser
HEADERS = {"Authorization": "Bearer simulator-token"}
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
PATIENCE = 30_000


@pytest.fixture
async def business() -> AsyncIterator[Business]:
    business = Business(500)
    yield business
    await business.close()


@pytest.fixture
async def phone(address: str, control: SimulatorControl) -> AsyncIterator[Page]:
    """A phone page that is switched on under Carla's number."""
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM
        )
        page = await browser.new_page(permissions=["microphone"])
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text))
        mine = json.dumps({"waid": CARLA, "name": "Carla"})
        await page.add_init_script(f"localStorage['simulated-phone'] = '{mine}'")
        await page.goto(f"{address}/simulator/")
        await expect(page.get_by_text("The business may not call you.")).to_be_visible()
        yield page
        await browser.close()
        assert problems == []


async def reads(page: Page, word: str) -> None:
    await expect(page.get_by_role("status", name="Phone status")).to_have_text(word)


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click(timeout=PATIENCE)


async def post(address: str, path: str, body: dict[str, str] | None = None) -> None:
    async with httpx2.AsyncClient(headers=HEADERS) as client:
        reply = await client.post(f"{address}{CALLS}/{path}", json=body)
        assert reply.json()["code"] == 200, reply.text


async def told(receiver: Receiver, kind: str) -> dict[str, str]:
    return await asyncio.to_thread(receiver.wait_for, kind)


async def hears_the_business(page: Page) -> None:
    level = page.get_by_role("meter", name="Audio from the business")
    heard = 0.0
    async with asyncio.timeout(PATIENCE / 1000):
        while heard < 0.2:
            heard = float(await level.evaluate("meter => meter.value"))
            await asyncio.sleep(0.1)


async def test_a_visitor_calls_the_business_talks_and_hangs_up(
    phone: Page, address: str, desk_receiver: Receiver, business: Business
) -> None:
    await reads(phone, "Idle")
    await press(phone, "Call")
    await reads(phone, "Calling")
    ringing = await told(desk_receiver, "inbound-call")
    assert ringing["contact"] == {"ContactName": "Carla", "ContactNumber": CARLA}
    call = quote(ringing["callId"], safe="")
    answer = await business.answer(ringing["sdp"])
    await post(address, f"{call}/accept", {"Sdp": answer})
    await reads(phone, "In call")
    await hears_the_business(phone)
    # Chromium's microphone beeps.
    await until(lambda: max(business.heard, default=0) > 1000)
    await press(phone, "Mute")
    await press(phone, "Unmute")
    await press(phone, "Hang up")
    await reads(phone, "Ended")
    assert (await told(desk_receiver, "terminate-call"))["callId"] == ringing["callId"]


async def test_a_visitor_allows_a_call_and_answers_it(
    phone: Page, address: str, desk_receiver: Receiver, business: Business
) -> None:
    await reads(phone, "Idle")
    await post(address, f"call-permission-request/{CARLA}")
    await press(phone, "Allow always")
    assert (await told(desk_receiver, "call-permission"))["hasPermission"] is True
    await post(address, f"outbound-call/{CARLA}", {"Sdp": await business.offer()})
    await reads(phone, "Ringing")
    await press(phone, "Answer")
    await reads(phone, "In call")
    await business.take((await told(desk_receiver, "outbound-call"))["sdp"])
    await hears_the_business(phone)
    await until(lambda: max(business.heard, default=0) > 1000)
    call = quote(desk_receiver.bodies("outbound-call")[0]["callId"], safe="")
    await post(address, f"{call}/terminate")
    await reads(phone, "Ended")


async def test_a_visitor_declines_and_stops_the_business_from_calling(
    phone: Page, address: str, desk_receiver: Receiver, business: Business
) -> None:
    await press(phone, "Let the business call")
    await told(desk_receiver, "call-permission")
    await post(address, f"outbound-call/{CARLA}", {"Sdp": await business.offer()})
    await press(phone, "Decline")
    await reads(phone, "Ended")
    await told(desk_receiver, "terminate-call")
    statuses = [b["status"] for b in desk_receiver.bodies("outbound-call-status")]
    assert statuses == ["CALLING", "RINGING", "REJECTED"]
    await press(phone, "Stop the business from calling")
    await expect(phone.get_by_text("The business may not call you.")).to_be_visible()


async def test_a_phone_can_change_its_number_and_still_be_called(
    phone: Page, address: str, desk_receiver: Receiver
) -> None:
    other = "15550101002"
    await phone.get_by_label("Your number").fill("+1 (555) 010-1002")
    await phone.get_by_label("Your name").fill("Bruno's wife")
    async with phone.expect_response("**/page/open"):
        await phone.get_by_label("Your name").press("Tab")
    await expect(phone.get_by_label("Your name")).to_be_enabled()
    await post(address, f"call-permission-request/{other}")
    await press(phone, "Don't allow")
    assert (await told(desk_receiver, "call-permission"))["hasPermission"] is False


async def test_a_newcomer_lets_the_recorded_caller_ring(
    phone: Page, desk_receiver: Receiver
) -> None:
    await press(phone, "Let the scripted caller ring")
    ringing = await told(desk_receiver, "inbound-call")
    assert ringing["contact"]["ContactName"] == "Carla (recording)"
    await press(phone, "Stop the scripted caller")
    await expect(phone.get_by_text("has hung up")).to_be_visible()
    await reads(phone, "Idle")


async def test_a_page_that_goes_away_hangs_up(
    phone: Page, desk_receiver: Receiver
) -> None:
    await press(phone, "Call")
    await reads(phone, "Calling")
    await phone.reload()
    await told(desk_receiver, "terminate-call")
