"""Sofia sees who has read what she wrote, and withdraws it."""

from datetime import timedelta

import pytest
from django.test import Client

from agents import messaging
from agents.models import FloorMessage
from calls.snapshots import console_snapshot
from tests.calls.admin.users import staff
from tests.cast import Cast

MESSAGES = "/admin/agents/floormessage/"


@pytest.fixture
def message(cast: Cast) -> FloorMessage:
    """Ana has read it, Bruno has not."""
    agents = [cast.ana.pk, cast.bruno.pk]
    sent = messaging.send(
        "Refunds take two days.", cast.sofia, agents, "Support", timedelta(hours=1)
    )
    messaging.read(sent.pk, cast.ana.pk)
    return sent


def withdraw(client: Client, message: FloorMessage) -> None:
    asked = {"action": "withdraw", "_selected_action": [message.pk]}
    client.post(MESSAGES, asked)


def test_the_list_counts_and_the_page_names_who_has_read_it(
    cast: Cast, client: Client, message: FloorMessage
):
    client.force_login(cast.sofia)
    assert "1 of 2" in client.get(MESSAGES).text
    page = client.get(f"{MESSAGES}{message.pk}/change/").context["adminform"]
    values = {
        field.field["name"]: field.contents() for line in page for row in line
        for field in row if field.is_readonly
    }  # fmt: skip
    assert (values["read_by"], values["not_read_by"]) == ("Ana", "Bruno")


def test_what_is_withdrawn_is_gone_from_consoles_and_stays_in_the_list(
    cast: Cast, client: Client, message: FloorMessage
):
    client.force_login(cast.sofia)
    for _again in range(2):
        withdraw(client, message)
    assert console_snapshot(cast.bruno.pk)["messages"] == []
    page = client.get(MESSAGES).text
    assert "Refunds take two days." in page
    assert "Over" in page


def test_who_only_looks_withdraws_nothing(cast: Cast, message: FloorMessage):
    withdraw(staff("view_floormessage"), message)
    assert len(console_snapshot(cast.bruno.pk)["messages"]) == 1
