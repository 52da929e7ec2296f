"""What Sofia sees on the live board: ten agents, five calls, the real product."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from agents.models import Agent, AgentState, Membership, Queue
from callcenter.models import WatiAccount
from tests.browser.board_window import PATIENCE, BoardWindow
from tests.cast import Cast, hire
from tests.console import Console
from tests.stack import Stack
from tests.talking import ANAS, Wear, call_in, take

pytestmark = pytest.mark.browser

OTHERS = ("Clara", "Dora", "Emil", "Frida", "Gustav", "Hanna", "Igor", "Kurt")


TWO_MINUTES_PASS = """
const now = performance.now.bind(performance);
performance.now = () => now() + 120_000;
"""


@pytest.fixture
def sofia(board: BoardWindow) -> BoardWindow:
    return board


@pytest.fixture
def team(stack: Stack, crew: Cast) -> Iterator[dict[str, Console]]:
    """Ten agents; five of them have consoles and are available, three take a break."""
    for name in OTHERS:
        hire(name.lower(), crew.queue)
    agents = {agent.name: agent for agent in Agent.objects.all()}
    names = ("Ana", "Bruno", "Clara", "Dora", "Emil")
    consoles = {name: stack.console(agents[name]).go_available() for name in names}
    away = [stack.console(agents[name]) for name in ("Frida", "Gustav", "Hanna")]
    for console in away:
        console.say("break", reason=None)
        console.wait_for_state("on_break")
    yield consoles
    for console in [*consoles.values(), *away]:
        console.close()


def test_ten_agents_and_five_calls(
    stack: Stack,
    crew: Cast,
    sofia: BoardWindow,
    team: dict[str, Console],
    wear: Wear,
):
    Queue.objects.filter(pk=crew.queue.pk).update(service_seconds=900)
    sofia.count("Agents", 10)
    sofia.says("Agents", "Ana", "Available")
    sofia.says("Agents", "Frida", "On break")
    sofia.says("Agents", "Kurt", "Offline")
    sofia.gauge_says("Available", "5")
    expect(sofia.page.get_by_text("No calls at the moment.")).to_be_visible()
    # Three talk, and two more wait with whoever is left.
    callers = {}
    for number, (name, console) in enumerate(list(team.items())[:3]):
        caller = f"Caller {number}"
        wati_id = call_in(stack, waid=f"49151123456{number:02}", name=caller)
        call_id = console.wait_for_ring()
        wear(take(console, call_id, ANAS))
        callers[caller] = (name, console, call_id, wati_id)
        sofia.says("Calls", caller, "In call")
        sofia.says("Calls", caller, name)
        sofia.says("Agents", name, caller)
    for number in (3, 4):
        call_in(stack, waid=f"49151123456{number:02}", name=f"Caller {number}")
    sofia.count("Calls", 5)
    sofia.says("Calls", "Caller 3", "Ringing")
    sofia.gauge_says("Waiting", "2")
    expect(sofia.gauge("Service level")).to_contain_text("3 of 3")
    support = sofia.region("Queues").get_by_role("listitem").filter(has_text="Support")
    expect(support.locator("dd").first).to_contain_text("2", timeout=PATIENCE)
    # A hold is seen, and a talk that goes on.
    _, ana, call_id, wati_id = callers["Caller 0"]
    ana.say("hold", call=call_id)
    sofia.says("Calls", "Caller 0", "On hold")
    sofia.says("Calls", "Caller 0", "Hold")
    stack.simulator.hang_up(wati_id)
    sofia.count("Calls", 4)
    expect(sofia.row("Calls", "Caller 0")).to_have_count(0)
    # Every row has its place for what a supervisor may do.
    cells = sofia.page.locator("td.call-actions[data-call-id]")
    expect(cells).to_have_count(4)
    expect(sofia.page.locator("td.agent-actions button")).to_have_count(10)


def test_it_comes_back_by_itself_and_shows_what_it_missed(
    stack: Stack, crew: Cast, sofia: BoardWindow
):
    sofia.says("Agents", "Ana", "Offline")
    sofia.ask("window.isAway = true, window.lines.at(-1).close()")
    stale = sofia.page.get_by_text("Not live: the figures below are old")
    expect(stale).to_be_visible(timeout=PATIENCE)
    console = stack.console(crew.ana).go_available()
    sofia.ask("window.isAway = false")
    sofia.is_live()
    sofia.says("Agents", "Ana", "Available")
    console.close()
    sofia.problems.clear()  # the browser tells of what it could not reach


def test_one_queue_alone_by_its_address(stack: Stack, crew: Cast, sofia: BoardWindow):
    sales = Queue.objects.create(name="Sales")
    Membership.objects.create(queue=sales, agent=crew.bruno)
    sofia.page.locator("#queue-filter").select_option("Sales", timeout=PATIENCE)
    sofia.count("Agents", 1)
    expect(sofia.page).to_have_url(re.compile(rf"\?queue={sales.pk}$"))
    sofia.page.reload()
    sofia.count("Agents", 1)
    expect(sofia.row("Agents", "Bruno")).to_be_visible()
    sofia.page.go_back()
    sofia.count("Agents", 2)


def test_the_wall_has_no_controls_and_escape_leaves_it(
    stack: Stack, crew: Cast, sofia: BoardWindow
):
    page = sofia.page
    page.get_by_role("link", name="Wall mode").click()
    cells = page.locator("#agent-cells li")
    expect(cells).to_have_count(2, timeout=PATIENCE)
    expect(page).to_have_title("Live board")
    assert page.locator("button, select, input, form").count() == 0
    expect(page.get_by_role("table")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("table", name="Agents")).to_be_visible(timeout=PATIENCE)


def test_an_alert_says_what_to_do_and_where(
    stack: Stack, crew: Cast, sofia: BoardWindow
):
    alerts = sofia.region("Alerts")
    WatiAccount.objects.get(pk=crew.account.pk).token_refused()
    expect(alerts).to_contain_text("Wati rejects the API token", timeout=PATIENCE)
    alert = alerts.get_by_role("listitem").filter(has_text="rejects the API token")
    link = alert.get_by_role("link", name="Open the account")
    expect(link).to_have_attribute("href", re.compile(r"/watiaccount/\d+/change/"))
    WatiAccount.objects.get(pk=crew.account.pk).token_works()
    expect(link).to_have_count(0, timeout=PATIENCE)


def test_a_cell_turns_colour_by_itself_and_says_so(
    stack: Stack, crew: Cast, sofia: BoardWindow
):
    """Nothing has to be pushed: the time alone makes it worse."""
    Queue.objects.filter(pk=crew.queue.pk).update(wrap_up_warn=90, wrap_up_alarm=110)
    now = timezone.now()
    Agent.objects.filter(pk=crew.ana.pk).update(
        state=AgentState.WRAP_UP, state_since=now, seen_at=now + timedelta(days=1)
    )
    row = sofia.row("Agents", "Ana")
    sofia.says("Agents", "Ana", "Wrap-up")
    expect(row).to_have_attribute("data-level", "")
    sofia.ask(f"(() => {{ {TWO_MINUTES_PASS} }})()")
    expect(row.get_by_role("img", name="Alarm")).to_be_visible(timeout=PATIENCE)
    expect(row).to_have_attribute("data-level", "alarm")


def read_table(page: Page, title: str) -> list[list[str]]:
    figure = page.locator("figure").filter(has_text=title)
    figure.get_by_text("Show as a table").click()
    rows: Any = figure.locator("tbody tr")
    return [row.locator("th, td").all_inner_texts() for row in rows.all()]


def test_the_charts_are_tables_too(stack: Stack, crew: Cast, sofia: BoardWindow):
    call_in(stack)
    sofia.count("Calls", 1)
    title = "Inbound calls by quarter of an hour"
    bars = sofia.page.locator("figure").filter(has_text=title).locator("rect.bar")
    expect(bars).to_have_count(1, timeout=PATIENCE)
    [row] = read_table(sofia.page, title)
    assert row[1:] == ["1", "0", "0", "1"]
