"""The permission ledger as a file."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import AsyncClient, Client
from django.utils import timezone

from callcenter.exporting import files
from callcenter.wati.events import PermissionChanged, Person
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call
from permissions import services
from permissions.ledger import Pair
from permissions.models import Contact, PermissionEvent
from tests.cast import CARLA, HASHED, Cast
from tests.streams import get, read, signed_in

ADDRESS = "/permissions/export.csv"


@pytest.fixture
def sofia(cast: Cast) -> AsyncClient:
    return signed_in(cast.sofia)


def pair_with(cast: Cast, waid: str = CARLA, name: str = "Carla") -> Pair:
    contact = Contact.objects.create(waid=waid, name=name)
    return pair_of(contact, cast.line)


def grant(pair: Pair, **changes) -> None:
    now = timezone.now()
    fields = {"granted": True, "expires_at": now + timedelta(days=7)} | changes
    word = PermissionChanged(Person(pair.contact.waid or ""), **fields)
    key = f"delivery {uuid4()}"
    services.permission_webhook(pair, word, key=key, received_at=now)


def test_a_request_and_its_grant_are_two_lines(cast: Cast, sofia: AsyncClient):
    pair = pair_with(cast)
    services.ask(pair, key="plan", by=cast.ana.user)
    grant(pair)
    asked, granted = read(sofia, ADDRESS)
    assert (asked["event"], asked["by"], asked["source"]) == ("requested", "ana", "own")
    assert asked["requests_left_24h"] == "0"
    assert granted["event"] == "granted"
    assert (granted["kind"], granted["source"]) == ("temporary", "webhook")
    assert granted["expires_at"] > granted["at"]
    assert granted["contact_waid"] == CARLA
    assert granted["business_number"] == f"+{cast.line.number}"
    assert granted["timezone"] == "UTC"
    assert granted["unanswered_in_a_row"] == "0"
    assert (granted["calls_used_24h"], granted["calls_max_24h"]) == ("0", "100")


def test_do_not_call_is_a_line_without_a_number(cast: Cast, sofia: AsyncClient):
    carla = pair_with(cast).contact
    services.block(carla, user=cast.sofia, reason="=1+1")
    [row] = read(sofia, ADDRESS)
    assert (row["event"], row["business_number"]) == ("blocked", "")
    assert row["detail"] == "'=1+1"


def test_pages_join_without_a_gap_or_a_double(
    cast: Cast, sofia: AsyncClient, monkeypatch
):
    monkeypatch.setattr(files, "PAGE", 3)
    for number in range(10):
        grant(pair_with(cast, f"491511234560{number}"))
    rows = read(sofia, ADDRESS)
    events = PermissionEvent.objects.order_by("pk").values_list("pk", flat=True)
    assert [int(row["event_id"]) for row in rows] == list(events)


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("permissionevent", ""),
        ("permissionevent", "?kind__exact=requested"),
        ("permissionevent", "?line={line}&q=carla"),
        ("permissionevent", "?contact__id__exact={carla}"),
        ("permissionevent", "?from=2026-01-01&source__exact=webhook"),
        ("callpermission", "?status__exact=requested"),
        ("callpermission", "?watch=running_out"),
        ("callpermission", "?line={line}&q=carla"),
        ("contact", "?permission=allowed"),
        ("contact", "?do_not_call__exact=1"),
        ("contact", "?q=%2B49 1511 2345678"),
        ("contact", ""),
    ],
)
def test_each_lists_button_gives_the_history_of_its_rows(
    cast: Cast, sofia: AsyncClient, page: str, query: str
):
    carla, dario = pair_with(cast), pair_with(cast, "14155552671", "Dario")
    grant(carla, expires_at=timezone.now() + timedelta(hours=5))
    services.ask(dario, key="plan", by=cast.ana.user)
    services.block(dario.contact, user=cast.sofia, reason="He asked.")
    line = f"{cast.account.pk}-{cast.line.number}"
    query = query.format(line=line, carla=carla.contact.pk)
    response = get(sofia, f"/admin/permissions/{page}/{query}")
    shown = [row.pk for row in response.context["cl"].queryset]
    by = {"permissionevent": "pk", "callpermission": "permission", "contact": "contact"}
    wanted = PermissionEvent.objects.filter(**{f"{by[page]}__in": shown})
    workbook, export = [address for address, _ in response.context["export_links"]]
    assert export.replace("&", "&amp;") in response.content.decode()
    assert workbook == export.replace(".csv", ".xlsx")
    rows = read(sofia, export)
    assert {int(row["event_id"]) for row in rows} == {event.pk for event in wanted}
    assert rows


@pytest.mark.parametrize(
    "query", ["?from=yesterday", "?no_such=1", "?of=permissions&from=2026-01-01"]
)
def test_a_filter_that_cannot_be_read_is_refused(sofia: AsyncClient, query: str):
    assert get(sofia, f"{ADDRESS}{query}").status_code == 400


def test_a_call_of_the_log_names_the_permission_it_used(cast: Cast, sofia: AsyncClient):
    pair = pair_with(cast)
    grant(pair)
    fields = {"account": cast.account, "line": cast.line, "direction": "outbound"}
    call = Call.objects.create(contact=pair.contact, **fields)
    services.place_call(pair, call=call.pk, by=cast.ana.user)
    services.call_unanswered(pair, call=call.pk)
    [row] = read(sofia, "/calls/export.csv")
    assert (row["permission_source"], row["permission_kind"]) == (
        "webhook",
        "temporary",
    )
    assert row["permission_expires_at"] > row["started_at"]
    assert row["unanswered_in_a_row"] == "1"


def test_only_staff_who_may_see_the_history_get_the_file(cast: Cast, client: Client):
    assert client.get(ADDRESS).headers["Location"].startswith("/sign-in/")
    client.force_login(cast.ana.user)
    assert client.get(ADDRESS).status_code == 403
    rui = User.objects.create(username="rui", password=HASHED, is_staff=True)
    client.force_login(rui)
    assert client.get(ADDRESS).status_code == 403
    rui.user_permissions.add(Permission.objects.get(codename="view_permissionevent"))
    assert client.get(ADDRESS).status_code == 200
    assert client.post(ADDRESS).status_code == 405
