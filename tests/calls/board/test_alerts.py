"""Each alert is raised, says what to do and where, and is over with its cause."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from callcenter.models import CanaryRun, WatiAccount
from callcenter.wati.events import Kind
from calls.board import alerts, reading
from calls.board.boards import Reader
from calls.lifecycle import reconnect
from calls.models import Call, LineHeard, Node, SweepRun
from permissions.models import CallPermission, Contact
from tests.calls.board.floor import call, ended, seconds_ago, talk
from tests.cast import Cast


@pytest.fixture(autouse=True)
def has_been_called(cast: Cast) -> None:
    """The account is not new, and its worker runs."""
    ended(cast, "answered", 3, ago=90 * 24 * 3600)
    SweepRun.objects.create(name="overdue", ran_at=timezone.now())


def found(language: str = "en") -> list[dict[str, Any]]:
    rows = reading.read()
    with override(language):
        return [
            *alerts.quick(alerts.facts(rows.now), rows.calls),
            *alerts.slow(rows.now),
        ]


def kinds() -> list[str]:
    return [one["kind"] for one in found()]


def the_only(client: Client, sofia: Any) -> dict[str, Any]:
    """The one alert; its link leads somewhere."""
    [alert] = found()
    client.force_login(sofia)
    assert client.get(alert["link"]).status_code == 200
    assert alert["advice"]
    assert alert["link_text"]
    return alert


def test_all_is_well(cast: Cast):
    assert found() == []


def test_a_token_that_wati_refuses(cast: Cast, client: Client):
    account = WatiAccount.objects.get()
    account.token_refused()
    alert = the_only(client, cast.sofia)
    assert (alert["kind"], alert["level"]) == ("token", "alarm")
    assert "Simulator" in alert["text"]
    assert alert["since"] is not None
    account.token_works()
    assert found() == []


def test_an_account_that_is_not_in_use_needs_no_token(cast: Cast):
    WatiAccount.objects.update(unauthorised_since=timezone.now(), is_active=False)
    assert found() == []


def test_a_webhook_that_is_silent(cast: Cast, client: Client):
    for _ in range(3):
        ended(cast, "answered", 3, ago=1800, accepted_at=seconds_ago(1700))
    alert = the_only(client, cast.sofia)
    assert (alert["kind"], alert["level"]) == ("webhook", "alarm")
    assert "Terminate Call" in alert["text"]
    LineHeard.objects.create(
        line=cast.line, kind=Kind.TERMINATE_CALL, at=timezone.now()
    )
    assert found() == []


def node(**fields: Any) -> Node:
    known = {"name": "node-9", "lease_until": timezone.now() - timedelta(minutes=1)}
    return Node.objects.create(**(known | fields))


def test_a_node_that_is_lost_and_comes_back(cast: Cast, client: Client):
    lost = node()
    alert = the_only(client, cast.sofia)
    assert (alert["kind"], alert["level"]) == ("node", "alarm")
    assert "node-9" in alert["text"]
    Node.objects.filter(pk=lost.pk).update(
        lease_until=timezone.now() + timedelta(seconds=8)
    )
    assert found() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"draining": True},  # it said goodbye
        {"lease_until": timezone.now() - timedelta(days=2)},  # taken away long ago
    ],
)
def test_a_node_that_was_taken_away_is_no_alert(cast: Cast, fields: Any):
    node(**fields)
    assert found() == []


@pytest.mark.parametrize(
    ("customer", "agent", "text"),
    [
        (False, True, "Clara does not hear Carla."),
        (True, False, "Carla does not hear Clara."),
        (False, False, "Clara and Carla do not hear each other."),
    ],
)
def test_a_call_in_which_one_is_not_heard(
    cast: Cast, client: Client, customer: bool, agent: bool, text: str
):
    live = talk(cast, "Clara", "Carla")
    reconnect.note_unheard(live.pk, customer_heard=customer, participant_heard=agent)
    alert = the_only(client, cast.sofia)
    assert (alert["kind"], alert["level"], alert["text"]) == ("quality", "warn", text)
    assert alert["queue"] == cast.queue.pk
    reconnect.note_unheard(live.pk, customer_heard=True, participant_heard=True)
    assert found() == []
    assert Call.objects.get(pk=live.pk).unheard_since is None


def test_a_call_that_is_over_or_on_hold_is_not_unheard(cast: Cast):
    live = talk(cast, "Clara", "Carla", unheard="customer")
    assert kinds() == ["quality"]
    Call.objects.filter(pk=live.pk).update(status="waiting", agent=None)
    assert found() == []
    Call.objects.filter(pk=live.pk).update(status="ended")
    assert found() == []


def test_streaks_at_risk(cast: Cast, client: Client):
    permissions = [
        CallPermission.objects.create(
            account=cast.account,
            business_number=cast.line.number,
            contact=Contact.objects.create(waid=f"4915112345{number}"),
            status="temporary",
            streak=number,
        )
        for number in (1, 2, 3)
    ]
    alert = the_only(client, cast.sofia)
    assert (alert["kind"], alert["level"]) == ("streak", "warn")
    assert alert["text"].startswith("2 contacts have not answered")
    for permission in permissions:
        CallPermission.objects.filter(pk=permission.pk).update(streak=0)
    assert found() == []


def test_nobody_does_the_workers_work(cast: Cast, client: Client):
    SweepRun.objects.update(runner="node-1", ran_at=timezone.now())
    alert = the_only(client, cast.sofia)
    assert alert["kind"] == "operations"
    SweepRun.objects.update(runner="")
    assert found() == []


def test_a_canary_that_failed(cast: Cast, client: Client):
    run = CanaryRun.objects.create(
        finished_at=timezone.now(), problem="The call did not ring."
    )
    assert "The call did not ring." in the_only(client, cast.sofia)["text"]
    run.delete()
    assert found() == []


def test_an_alert_is_worded_in_the_readers_language(cast: Cast):
    WatiAccount.objects.get().token_refused()
    [english], [spanish] = found("en"), found("es")
    assert english["key"] == spanish["key"]
    assert english["text"] != spanish["text"]


def test_who_sees_one_queue_sees_only_alerts_of_its_calls(cast: Cast):
    WatiAccount.objects.get().token_refused()
    talk(cast, "Clara", "Carla", unheard="customer")
    seen = alerts.seen(found(), frozenset({cast.queue.pk}))
    assert [one["kind"] for one in seen] == ["quality"]
    assert alerts.seen(found(), frozenset({0})) == []
    assert len(alerts.seen(found(), None)) == 2


def test_a_look_words_them_for_each_language_that_is_watched(cast: Cast):
    WatiAccount.objects.get().token_refused()
    call(cast, "waiting")
    look = Reader().look([cast.sofia.pk], ["en", "es"])
    assert [len(look.alerts[one]) for one in ("en", "es")] == [1, 1]
