"""Sofia acts on the floor from her board, and Ana reads in her console what she did."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.board_window import PATIENCE, BoardWindow
from tests.browser.windows import ConsoleWindow
from tests.cast import Cast
from tests.stack import Stack
from tests.talking import call_in

pytestmark = pytest.mark.browser


@pytest.fixture
def sofia(board: BoardWindow) -> BoardWindow:
    return board


def actions(sofia: BoardWindow, name: str) -> Locator:
    """Open what can be done about an agent or a call."""
    sofia.press(f"Actions for {name}")
    return sofia.page.get_by_role("dialog", name=name)


def test_a_hand_a_message_a_break_and_a_caller_who_is_moved(
    stack: Stack,
    crew: Cast,
    sofia: BoardWindow,
    ana: ConsoleWindow,
):
    ana.page.get_by_placeholder("Why (optional)").fill("A refund over 500")
    ana.press("Raise hand")
    ana.shows("Your hand is raised.")
    sofia.says("Agents", "Ana", "A refund over 500")
    actions(sofia, "Ana").get_by_role("button", name="Seen").click()
    ana.shows("has seen that you raised your hand.")
    ana.offers("Raise hand")

    sofia.press("Message to agents")
    dialog = sofia.page.get_by_role("dialog", name="Message to agents")
    dialog.get_by_label("Text").fill("Refunds take two days today.")
    dialog.get_by_role("button", name="Send").click()
    sofia.shows("Sent to 2 agents.")
    ana.shows("Refunds take two days today.")
    ana.press("Mark as read")
    ana.offers("Mark as read", is_there=False)

    call_in(stack, name="Carla")
    ana.rings()
    dialog = actions(sofia, "Carla")
    dialog.get_by_label("To the front").check()
    dialog.get_by_role("button", name="Move").click()
    sofia.shows("Carla is number 1 in Support.")
    dialog = actions(sofia, "Carla")
    end = dialog.get_by_role("button", name="End the call")
    expect(end).to_be_disabled()
    dialog.get_by_label("Everybody on the call is cut off.").check()
    end.click()
    sofia.shows("The call was ended.")
    sofia.count("Calls", 0)

    dialog = actions(sofia, "Ana")
    dialog.get_by_label("New state").select_option(label="On break")
    dialog.get_by_role("button", name="Set state").click()
    ana.is_agent("On break")
    ana.shows("set your state: On break.")


def test_why_it_cannot_be_stands_in_the_dialog(
    stack: Stack,
    crew: Cast,
    sofia: BoardWindow,
):
    dialog = actions(sofia, "Bruno")
    dialog.get_by_role("button", name="Set state").click()
    problem = dialog.get_by_role("alert")
    expect(problem).to_have_text("Bruno has no console open.", timeout=PATIENCE)
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    # As every browser says of a refusal; what the person reads is above.
    assert [one for one in sofia.problems if "409" not in one] == []
    sofia.problems.clear()
