"""Sofia acts from the board: each order is a POST, and is answered with a sentence."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from agents.models import Agent, BreakReason, FloorMessage, Queue
from callcenter import roles
from callcenter.models import AuditEntry
from tests.calls.admin.users import staff
from tests.cast import Cast, hire
from tests.security.test_pages import person, signed_in
from tests.shift import Shift, fresh, ringing, state_of

BOARD = "/admin/board"


class Desk:
    """Somebody with the board open."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def about(self, agent: Agent, what: str, **chosen: Any) -> tuple[int, str]:
        return self.order(f"agents/{agent.pk}/{what}/", **chosen)

    def call(self, call: Any, what: str, **chosen: Any) -> tuple[int, str]:
        return self.order(f"calls/{call.pk}/{what}/", **chosen)

    def write(self, text: str, **chosen: Any) -> tuple[int, str]:
        return self.order("messages/", **{"text": text, "minutes": 60, **chosen})

    def order(self, address: str, **chosen: Any) -> tuple[int, str]:
        answer = self.client.post(f"{BOARD}/{address}", chosen)
        is_sentence = answer.headers["Content-Type"] == "application/json"
        return answer.status_code, answer.json()["text"] if is_sentence else ""


@pytest.fixture
def sofia(cast: Cast) -> Desk:
    return Desk(signed_in(person("sofia", roles.SUPERVISOR)))


@pytest.fixture
def lea(cast: Cast) -> Desk:
    """She leads Support, and no other queue."""
    lea = person("lea", roles.TEAM_LEAD)
    cast.queue.team_leads.add(lea)
    return Desk(signed_in(lea))


@pytest.fixture
def sales(cast: Cast) -> Queue:
    return Queue.objects.create(name="Sales", wrap_up_seconds=0)


def readers() -> list[str]:
    receipts = FloorMessage.objects.get().receipts.order_by("agent__name")
    return list(receipts.values_list("agent__name", flat=True))


# --- Agents ---------------------------------------------------------------------------


def test_ana_is_sent_on_a_break_and_fetched_back(cast: Cast, shift: Shift, sofia: Desk):
    lunch = BreakReason.objects.create(name="Lunch")
    shift.begins(cast.ana)
    done = sofia.about(cast.ana, "state", state="on_break", reason=lunch.pk)
    assert done == (200, "Ana: On break.")
    assert Agent.objects.get(pk=cast.ana.pk).reason == "Lunch"
    assert sofia.about(cast.ana, "state", state="available")[0] == 200
    assert state_of(cast.ana) == "available"


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"state": "in_call"},
        {"state": "on_break", "reason": "99"},
        {"state": "on_break", "reason": "x"},
    ],
)
def test_what_nobody_can_choose_is_refused_in_a_sentence(
    chosen: dict[str, str], cast: Cast, shift: Shift, sofia: Desk
):
    shift.begins(cast.ana)
    status, text = sofia.about(cast.ana, "state", **chosen)
    assert status == 409
    assert text
    assert state_of(cast.ana) == "available"


def test_why_it_cannot_be_is_a_sentence_in_sofias_language(
    cast: Cast, shift: Shift, sofia: Desk
):
    sofia.client.cookies["django_language"] = "es"
    status, text = sofia.about(cast.ana, "state", state="available")
    assert status == 409
    assert text == "Ana no tiene ninguna consola abierta."


def test_a_hand_is_lowered_and_a_stuck_agent_freed(
    cast: Cast, shift: Shift, sofia: Desk
):
    shift.begins(cast.ana)
    assert sofia.about(cast.ana, "hand")[0] == 200
    assert sofia.about(cast.ana, "release")[0] == 409
    Agent.objects.filter(pk=cast.ana.pk).update(state="in_call")
    assert sofia.about(cast.ana, "release") == (200, "Ana is free again.")


# --- Calls ----------------------------------------------------------------------------


def test_a_caller_is_moved_and_the_call_is_ended(
    cast: Cast, shift: Shift, sofia: Desk, sales: Queue
):
    shift.begins(cast.ana, hire("carlo", sales))
    call = shift.calls_in()
    done = sofia.call(call, "move", queue=sales.pk, to_front="on")
    assert done == (200, "Carla is number 1 in Sales.")
    assert ringing(call) == ["Carlo"]
    assert sofia.call(call, "end") == (200, "The call was ended.")
    assert fresh(call).end_text == "A supervisor ended the call."
    assert sofia.call(call, "end") == (409, "This call had already ended.")
    assert sofia.call(call, "move", to_front="on")[0] == 409


def test_nobody_moves_into_a_queue_that_is_retired(
    cast: Cast, shift: Shift, sofia: Desk, sales: Queue
):
    shift.begins(cast.ana, hire("carlo", sales))
    Queue.objects.filter(pk=sales.pk).update(is_active=False)
    call = shift.calls_in()
    assert sofia.call(call, "move", queue=sales.pk)[0] == 409
    assert fresh(call).queue == cast.queue


def test_what_is_not_there_is_not_found(cast: Cast, sofia: Desk):
    assert sofia.order("agents/999999/state/", state="offline")[0] == 404
    assert sofia.order(f"calls/{uuid4()}/end/")[0] == 404


# --- Messages -------------------------------------------------------------------------


def test_all_get_a_message_or_those_of_a_queue_or_one(
    cast: Cast, sofia: Desk, sales: Queue
):
    carlo = hire("carlo", sales)
    assert sofia.write("To all") == (200, "Sent to 3 agents.")
    assert readers() == ["Ana", "Bruno", "Carlo"]
    FloorMessage.objects.all().delete()
    assert sofia.write("To Sales", queue=sales.pk) == (200, "Sent to 1 agent.")
    assert readers() == ["Carlo"]
    FloorMessage.objects.all().delete()
    assert sofia.write("To Ana", agent=cast.ana.pk)[0] == 200
    message = FloorMessage.objects.get()
    assert (message.sent_to, message.sender_name) == ("Ana", "sofia")
    assert carlo.pk not in message.receipts.values_list("agent", flat=True)


def test_who_cannot_sign_in_gets_none(cast: Cast, sofia: Desk):
    cast.bruno.user.is_active = False
    cast.bruno.user.save()
    sofia.write("To all")
    assert readers() == ["Ana"]


@pytest.mark.parametrize(
    "chosen",
    [{"text": ""}, {"text": " "}, {"text": "x" * 301}, {"minutes": 7}, {"agent": 999}],
)
def test_no_message_without_a_text_or_a_reader(
    chosen: dict[str, Any], cast: Cast, sofia: Desk
):
    status, _ = sofia.order("messages/", **{"text": "Hi", "minutes": 60, **chosen})
    assert status in (404, 409)
    assert not FloorMessage.objects.exists()


def test_the_audit_log_has_who_wrote_to_whom(cast: Cast, sofia: Desk):
    sofia.write("To all")
    entry = AuditEntry.objects.filter(object_type="agents.floormessage").latest("pk")
    assert (entry.username, entry.details) == ("sofia", "to All agents")


# --- A team lead ----------------------------------------------------------------------


def test_lea_acts_on_her_own_queue_and_on_no_other(
    cast: Cast, shift: Shift, lea: Desk, sales: Queue
):
    carlo = hire("carlo", sales)
    shift.begins(cast.ana, carlo)
    call = shift.calls_in()
    assert lea.about(cast.ana, "state", state="on_break")[0] == 200
    assert lea.about(carlo, "state", state="on_break")[0] == 404
    assert state_of(carlo) == "available"
    assert lea.call(call, "move", queue=sales.pk)[0] == 200
    assert lea.call(call, "end")[0] == 404  # it is not of her queue any more
    assert lea.write("To all")[0] == 200
    assert readers() == ["Ana", "Bruno"]
    for chosen in ({"queue": sales.pk}, {"agent": carlo.pk}):
        assert lea.write("Hi", **chosen)[0] == 404


def test_watching_the_board_is_not_acting_on_it(cast: Cast, shift: Shift):
    shift.begins(cast.ana)
    rui = Desk(staff("watch_board", "view_agent", "view_call"))
    assert rui.client.get(f"{BOARD}/").status_code == 200
    assert "data-directs" not in rui.client.get(f"{BOARD}/").text
    assert rui.about(cast.ana, "state", state="offline")[0] == 403
    assert rui.call(shift.calls_in(), "move", to_front="on")[0] == 403
    assert state_of(cast.ana) == "ringing"


def test_the_page_of_who_may_act_has_the_dialogs(cast: Cast, lea: Desk, sales: Queue):
    page = lea.client.get(f"{BOARD}/").text
    assert 'id="agent-orders"' in page
    # She may move a caller anywhere, and write to her own agents.
    assert page.count(f'<option value="{sales.pk}"') == 1
    assert page.count(f'<option value="{cast.queue.pk}"') == 2
    wall = lea.client.get(f"{BOARD}/?wall=1").text
    assert "agent-orders" not in wall
