"""The figures of the first page: they add up, and each is a list one click away."""

import html
import re
from collections.abc import Container, Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent
from callcenter.exporting.period import day_of
from callcenter.wati.errors import NEEDS_ADMIN, SENTENCES
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Line, Plan, WatiRequest
from calls.reporting import figures
from calls.states import NOT_ANSWERED, TABLE, Event, Result, Status, ending
from permissions import services
from permissions.models import CallPermission, Contact
from permissions.reading import Grant
from tests.cast import CARLA, Cast, hire, on_duty

LOG = "/admin/calls/call/"


@pytest.fixture
def sofia(cast: Cast, client: Client) -> Client:
    client.force_login(cast.sofia)
    return client


def noon() -> datetime:
    return timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)


def new_call(cast: Cast, direction: str, result: str = "", **changes) -> Call:
    at = changes.pop("created_at", noon())
    fields = {
        "account": cast.account,
        "wati_call_id": f"wacid.{uuid4()}",
        "direction": direction,
        "line": cast.line,
        "queue": cast.queue,
        "status": Status.ENDED,
        "result": result,
        "created_at": at,
        "ended_at": at if result else None,
    }
    return Call.objects.create(**(fields | changes))


def results_of(*starts: Status, never: Container[Event] = ()) -> set[Result]:
    """How a call can count that begins in one of these, by the table of its life."""
    seen: set[Status] = set()
    found: set[Result] = {Result.ANSWERED}

    def walk(status: Status) -> Iterator[Result]:
        if status in seen or status == Status.ACTIVE:
            return
        seen.add(status)
        for event, after in TABLE[status].items():
            if event in never:
                continue
            if after == Status.ENDED:
                yield ending(status, event)[1]
            else:
                yield from walk(after)

    for start in starts:
        found |= set(walk(start))
    return found


def test_every_way_a_call_can_end_has_a_group():
    inbound = {Result(name) for name in figures.INBOUND if name != "waiting"}
    outbound = {Result(name) for name in figures.OUTBOUND if name != "waiting"}
    # Only an outbound call can turn out not to have been answered.
    begins = (Status.RINGING, Status.CONNECTING)
    assert results_of(*begins, never=NOT_ANSWERED) == inbound
    assert results_of(Status.DIALING) == outbound
    assert inbound | outbound == set(Result)


def test_inbound_calls_of_a_day_add_up_to_those_offered(cast: Cast):
    at = noon()
    for number, result in enumerate(["answered", *list(figures.INBOUND)[:5]]):
        ended = at + timedelta(seconds=10 * number)
        new_call(cast, "inbound", result, ended_at=ended)
    new_call(cast, "inbound", status=Status.RINGING)
    new_call(cast, "inbound", status=Status.CONNECTING, agent=cast.ana)
    active = {"status": Status.ACTIVE, "agent": cast.bruno, "answered_at": at}
    new_call(cast, "inbound", **active)
    new_call(cast, "inbound", "failed", created_at=at - timedelta(days=1))
    new_call(cast, "", "failed")
    new_call(cast, "outbound", "no_answer")
    day = figures.tally(*day_of(at))
    assert day.offered == sum(getattr(day, name) for name in figures.INBOUND) == 9
    assert (day.answered, day.waiting, day.missed) == (3, 2, 4)
    assert day.average_wait == round((0 + 10 + 20 + 30 + 40 + 50 + 0) / 7)


def test_outbound_calls_of_a_day_add_up_to_those_placed(cast: Cast):
    for result in list(figures.OUTBOUND)[:5]:
        new_call(cast, "outbound", result)
    new_call(cast, "outbound", "answered")
    new_call(cast, "outbound", status=Status.DIALING, agent=cast.ana)
    active = {"status": Status.ACTIVE, "agent": cast.bruno, "answered_at": noon()}
    new_call(cast, "outbound", **active)
    new_call(cast, "inbound", "abandoned")
    day = figures.outbound_tally(*day_of(noon()))
    assert day.placed == sum(getattr(day, name) for name in figures.OUTBOUND) == 8
    assert (day.answered, day.no_answer, day.waiting) == (3, 1, 1)
    assert day.pickup_rate == 50  # 3 of 6: the failed one rang at nobody


def test_a_day_without_calls_has_neither_average_nor_rate(cast: Cast):
    day = day_of(noon())
    assert (figures.tally(*day).offered, figures.tally(*day).average_wait) == (0, None)
    assert figures.outbound_tally(*day).pickup_rate is None


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_every_group_of_the_day_is_a_filter_of_the_log(
    cast: Cast, sofia: Client, direction: str
):
    groups = figures.INBOUND if direction == "inbound" else figures.OUTBOUND
    for name in groups:
        new_call(cast, direction, "" if name == "waiting" else name)
    for name in groups:
        page = sofia.get(f"{LOG}?direction__exact={direction}&result={name}")
        assert page.context["cl"].queryset.count() == 1
    missed = sofia.get(f"{LOG}?result=missed").context["cl"].queryset
    assert missed.count() == len(groups) - 2  # all but the answered and the waiting


# --- Calling out -------------------------------------------------------------------


def allowed(cast: Cast, waid: str, *, unanswered: int = 0, hours: int = 100) -> Contact:
    """A person who allowed calls, and missed some."""
    contact = Contact.objects.create(waid=waid)
    pair, now = pair_of(contact, cast.line), timezone.now()
    services.read_from_api(
        pair,
        {
            "permission": {
                "status": Grant.TEMPORARY,
                "expiration_time": int((now + timedelta(hours=hours)).timestamp()),
            }
        },
        at=now - timedelta(hours=10),
    )
    for number in range(unanswered):
        at = now - timedelta(hours=5 - number)
        services.place_call(pair, call=(call := uuid4()), at=at)
        services.call_unanswered(pair, call=call, at=at + timedelta(seconds=40))
    return contact


def test_what_is_about_to_be_lost_is_counted_and_listed(cast: Cast, sofia: Client):
    allowed(cast, "4915112345601")
    soon = allowed(cast, "4915112345602", hours=3)
    risky = allowed(cast, "4915112345603", unanswered=2)
    blocked = allowed(cast, "4915112345604", unanswered=3)
    today = figures.outbound_figures(timezone.now())
    assert (today.running_out, today.at_risk) == (1, 2)
    for watch, people in {
        "running_out": {soon},
        "at_risk": {risky, blocked},
        "blocked": {blocked},
    }.items():
        page = sofia.get(f"/admin/permissions/callpermission/?watch={watch}")
        assert {row.contact for row in page.context["cl"].queryset} == people


def test_scheduled_calls_are_counted_by_what_they_wait_for(cast: Cast, sofia: Client):
    for number, state in enumerate(Plan.State):
        contact = Contact.objects.create(waid=f"49151123456{number:02}")
        Plan.objects.create(contact=contact, line=cast.line, state=state)
    today = figures.outbound_figures(timezone.now())
    assert (today.plans_waiting, today.plans_ready) == (2, 2)
    for state, number in {"waiting": 2, "ready": 2, "open": 4, "done": 1}.items():
        page = sofia.get(f"/admin/calls/plan/?state={state}")
        assert page.context["cl"].queryset.count() == number


# --- What only an administrator can mend -------------------------------------------


def refused(cast: Cast, code: int, **changes) -> WatiRequest:
    fields = {
        "call": new_call(cast, "outbound", "failed"),
        "verb": "outbound",
        "status": "refused",
        "error_code": code,
        "needs_admin": code in NEEDS_ADMIN,
    }
    return WatiRequest.objects.create(account=cast.account, **(fields | changes))


def troubles() -> list[tuple[int | None, int]]:
    found = figures.problems(timezone.now()).troubles
    return [(trouble.code, trouble.times) for trouble in found]


def test_every_code_that_needs_an_administrator_has_its_sentence():
    assert set(SENTENCES) >= NEEDS_ADMIN
    # Whoever may not be called now, or no more, is no matter for an administrator.
    assert not NEEDS_ADMIN & {138001, 138002, 138003, 138005, 138006, 138009, 138012}


def test_a_refusal_for_the_administrator_stands_on_the_first_page(
    cast: Cast, sofia: Client
):
    refused(cast, 138013)
    refused(cast, 138013)
    refused(cast, 138006)  # the person's own no
    assert troubles() == [(138013, 2)]
    text = sofia.get("/admin/").content.decode()
    assert "Outbound calls are not available" in html.unescape(text)
    [link] = re.findall(r'href="([^"]+)">2 requests rejected', text)
    assert sofia.get(link).context["cl"].queryset.count() == 2


def test_the_first_page_says_it_in_whatsapps_own_words(cast: Cast, sofia: Client):
    at = timezone.now() - timedelta(minutes=5)
    refused(cast, 368, words="An older reason.", created_at=at)
    refused(cast, 368, words="See <our> policy.")
    text = sofia.get("/admin/").content.decode()
    assert "In its own words: “See &lt;our&gt; policy.”" in text
    assert "An older reason" not in text
    shown = sofia.get("/admin/calls/watirequest/?error_code__exact=368").content
    assert "See &lt;our&gt; policy." in shown.decode()


def test_a_no_of_watis_plan_has_no_code_and_stands_there_as_well(
    cast: Cast, sofia: Client
):
    plan = "Calling is not enabled for this plan"
    facts = {"error_code": None, "http_status": 403, "needs_admin": True}
    refused(cast, 0, problem="Wati does not permit this.", words=plan, **facts)
    assert troubles() == [(None, 1)]
    text = html.unescape(sofia.get("/admin/").content.decode())
    assert f"In its own words: “{plan}”" in text
    [link] = re.findall(r'href="([^"]+)">1 request rejected', text)
    assert sofia.get(link).context["cl"].queryset.count() == 1


def test_the_calls_page_has_whatsapps_words(cast: Cast, sofia: Client):
    request = refused(cast, 368, words="See our policy.")
    page = sofia.get(f"/admin/calls/call/{request.call_id}/change/").content.decode()
    assert "<q>See our policy.</q>" in page


def test_a_day_of_refusals_costs_no_more_queries_than_one(
    cast: Cast, django_assert_num_queries
):
    refused(cast, 368)
    with CaptureQueriesContext(connection) as once:
        assert troubles() == [(368, 1)]
    for _ in range(20):
        refused(cast, 368)
    with django_assert_num_queries(len(once)):
        assert troubles() == [(368, 21)]


def test_a_request_for_permission_counts_as_well(cast: Cast):
    carla = Contact.objects.create(waid=CARLA)
    plan = Plan.objects.create(contact=carla, line=cast.line, state="refused")
    refused(cast, 131009, call=None, plan=plan, verb="ask")
    assert troubles() == [(131009, 1)]


def test_a_trouble_is_over_once_the_same_succeeds(cast: Cast):
    refused(cast, 138000, created_at=timezone.now() - timedelta(minutes=5))
    refused(cast, 0, verb="terminate", status="ok", error_code=None)
    assert troubles() == [(138000, 1)]
    other = Line.objects.create(
        account=cast.account, number="15550100001", name="Other", queue=cast.queue
    )
    elsewhere = new_call(cast, "outbound", "answered", line=other)
    refused(cast, 0, status="ok", error_code=None, call=elsewhere)
    assert troubles() == [(138000, 1)]
    refused(cast, 0, status="ok", error_code=None)
    assert troubles() == []


def test_an_old_trouble_is_forgotten(cast: Cast):
    refused(cast, 138014, created_at=timezone.now() - timedelta(days=8))
    assert troubles() == []


def test_calls_in_that_whatsapp_ended_with_a_code_are_listed(cast: Cast, sofia: Client):
    before = timezone.now() - timedelta(minutes=1)
    new_call(cast, "inbound", "abandoned", error_code=131044, created_at=before)
    assert troubles() == [(131044, 1)]
    text = sofia.get("/admin/").content.decode()
    [link] = re.findall(r'href="([^"]+)">1 inbound call ended with this error', text)
    assert sofia.get(link).context["cl"].queryset.count() == 1
    new_call(cast, "inbound", "answered", created_at=timezone.now())
    assert troubles() == []


# --- The first page ----------------------------------------------------------------


def test_the_sum_of_the_first_page_adds_up(cast: Cast, sofia: Client):
    for result in ["", *(name for name in figures.INBOUND if name != "waiting")]:
        new_call(cast, "inbound", result, created_at=timezone.now())
    page = " ".join(sofia.get("/admin/").content.decode().split())
    [sum_] = re.findall(r"(\d+ offered = .*?) not answered yet", page)
    offered, *groups = map(int, re.findall(r"\d+", sum_))
    assert offered == sum(groups) == len(figures.INBOUND)


def test_the_floor_tells_everybody_apart(cast: Cast, sofia: Client):
    states = ("available", "cannot_ring", "wrap_up", "on_break", "reconnecting")
    for state in states:
        agent = hire(state, cast.queue)
        on_duty(agent)
        Agent.objects.filter(pk=agent.pk).update(state=state)
    new_call(cast, "inbound", status=Status.WAITING)
    new_call(cast, "inbound", status=Status.RINGING)
    new_call(cast, "inbound", status=Status.RINGING)
    live = figures.live_figures()
    assert live == figures.LiveFigures(
        available=1,
        cannot_ring=1,
        in_call=1,
        wrap_up=1,
        on_break=1,
        ringing=2,
        waiting=1,
    )


def test_every_tile_leads_to_as_many_rows_as_it_counts(cast: Cast, sofia: Client):
    at = timezone.now()
    on_duty(cast.bruno)
    for result in Result:
        directions = [
            direction
            for direction, groups in (
                ("inbound", figures.INBOUND),
                ("outbound", figures.OUTBOUND),
            )
            if result in groups
        ]
        for direction in directions:
            new_call(cast, direction, result, created_at=at)
    allowed(cast, "4915112345603", unanswered=3, hours=2)
    carla = Contact.objects.create(waid=CARLA)
    Plan.objects.create(contact=carla, line=cast.line, state="waiting")
    page = sofia.get("/admin/").content.decode()
    tiles = re.findall(
        r'<a class="tile[^"]*" href="([^"]+)">\s*<span class="figure">(\d+)<', page
    )
    assert len(tiles) == 18
    for link, figure in tiles:
        shown = sofia.get(html.unescape(link)).context["cl"].queryset
        assert shown.count() == int(figure), link
    assert sum(int(figure) > 0 for _, figure in tiles) >= 8


def test_the_log_tells_calls_in_from_calls_out(cast: Cast, sofia: Client):
    new_call(cast, "outbound", "rejected")
    text = sofia.get(LOG).content.decode()
    assert 'class="direction direction-outbound"' in text
    assert "Outbound" in text
    assert '<span class="badge badge-rejected">Rejected</span>' in text


def test_a_call_out_that_was_hung_up_early_is_told_as_such(cast: Cast, sofia: Client):
    call = new_call(cast, "outbound", "cancelled")
    for event, old in (("dialed", "unmatched"), (Event.AGENT_ENDED, "dialing")):
        call.changes.create(event=event, old=old, new="ended")
    changes = sofia.get(f"{LOG}{call.pk}/change/").context["changes"]
    assert [change["what"] for change in changes] == [
        "An agent placed the call.",
        "Cancelled before the person answered.",
    ]


def test_a_permission_row_is_only_written_by_the_ledger(cast: Cast, sofia: Client):
    allowed(cast, CARLA)
    permission = CallPermission.objects.get()
    page = f"/admin/permissions/callpermission/{permission.pk}"
    assert sofia.get(f"{page}/change/").status_code == 200
    assert sofia.post(f"{page}/change/", {"status": "permanent"}).status_code == 403
    assert sofia.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
