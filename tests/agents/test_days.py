"""Ana's day: a bar, a sum that is her time of being signed in, and a file."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import AsyncClient, Client
from django.utils import timezone

from agents.models import Agent, AgentState, AgentStateSpan, BreakReason
from tests.calls.admin.users import staff
from tests.cast import Cast
from tests.shift import set_state
from tests.streams import get, read, signed_in

LIST = "/admin/agents/agentstatespan/"
FILE = "/agents/time.csv"
NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def sofia(cast: Cast, client: Client) -> Client:
    client.force_login(cast.sofia)
    return client


def span(agent: Agent, state: str, begins: float, ends: float | None, **more):
    """From so many minutes after nine to so many."""
    return AgentStateSpan.objects.create(
        agent=agent,
        state=state,
        started_at=NINE + timedelta(minutes=begins),
        ended_at=None if ends is None else NINE + timedelta(minutes=ends),
        **more,
    )


def a_morning(agent: Agent) -> None:
    span(agent, "available", 0, 30)
    span(agent, "ringing", 30, 30.2)
    span(agent, "in_call", 30.2, 42)
    span(agent, "wrap_up", 42, 43)
    span(agent, "on_break", 43, 73, reason="Lunch")
    # Offline for an hour, which is no span.
    span(agent, "available", 133, 143)


def day_of_ana(client: Client, cast: Cast, day: str):
    return client.get(f"{LIST}day/{cast.ana.pk}/?day={day}")


def test_the_intervals_add_up_to_the_time_of_being_signed_in(cast: Cast, sofia: Client):
    a_morning(cast.ana)
    page = day_of_ana(sofia, cast, "2026-11-20")
    context = page.context
    assert (context["in_all"], context["logged_in"]) == ("1:23:00", "1:23:00")
    assert context["adds_up"]
    assert len(context["day"].logins) == 2
    assert len(context["bar"]) == 6
    sums = {one["state"]: one["lasted"] for one in context["sums"]}
    assert sums["available"] == "0:40:00"
    assert sums["on_break"] == "0:30:00"
    assert "add up to <strong>1:23:00</strong>" in page.content.decode()


def test_intervals_that_overlap_are_reported(cast: Cast, sofia: Client):
    span(cast.ana, "available", 0, 30)
    span(cast.ana, "in_call", 20, 40)
    page = day_of_ana(sofia, cast, "2026-11-20")
    assert not page.context["adds_up"]
    assert "These differ" in page.content.decode()


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-20", 24)],
)
def test_days_on_which_the_clock_changes_have_their_own_length(
    cast: Cast, sofia: Client, settings, day: str, hours: int
):
    settings.TIME_ZONE = "Europe/Berlin"
    start = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=UTC)
    AgentStateSpan.objects.create(
        agent=cast.ana,
        state="available",
        started_at=start - timedelta(days=1),
        ended_at=start + timedelta(days=2),
    )
    context = day_of_ana(sofia, cast, day).context
    assert context["in_all"] == context["logged_in"] == f"{hours}:00:00"
    [interval] = context["bar"]
    assert (interval["x"], interval["width"]) == ("0.00", "1000.00")
    texts = [mark["text"] for mark in context["marks"]]
    assert texts[0] == "00"
    assert texts[-1] == "21"


def test_neighbouring_days_add_up_to_the_whole(cast: Cast, sofia: Client, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    span(cast.ana, "available", 0, 60 * 24 * 3)
    days = ("2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23")
    lasts = [day_of_ana(sofia, cast, day).context["day"].in_all for day in days]
    assert sum(lasts, timedelta()) == timedelta(days=3)
    assert lasts[0] == timedelta(hours=14)


def test_the_open_interval_lasts_until_now(cast: Cast, sofia: Client):
    set_state(cast.ana.pk, AgentState.AVAILABLE)
    today = f"{timezone.localdate()}"
    page = day_of_ana(sofia, cast, today)
    assert page.context["intervals"][-1]["row"].goes_on
    assert page.context["adds_up"]
    assert "now</td>" in page.content.decode()


@pytest.mark.parametrize("day", ["yesterday", "0001-01-01", "9999-12-31", "2026-02-30"])
def test_a_day_that_is_none_is_a_sentence(cast: Cast, sofia: Client, day: str):
    page = day_of_ana(sofia, cast, day)
    assert page.status_code == 200
    assert page.context["form"].errors


def test_a_day_without_a_login_says_so(cast: Cast, sofia: Client):
    page = day_of_ana(sofia, cast, "2026-11-20").content.decode()
    assert "Not signed in on this day." in page


def test_the_list_is_of_one_day_and_one_agent(cast: Cast, sofia: Client):
    a_morning(cast.ana)
    span(cast.ana, "available", 60 * 24, 60 * 24 + 5)
    span(cast.bruno, "available", 0, 5)
    query = f"?from=2026-11-20&to=2026-11-20&agent__id__exact={cast.ana.pk}"
    page = sofia.get(f"{LIST}{query}")
    assert len(page.context["cl"].queryset) == 6
    assert f'href="{FILE}{query.replace("&", "&amp;")}"' in page.content.decode()


def test_days_are_for_those_with_the_right(cast: Cast, client: Client):
    address = f"{LIST}day/{cast.ana.pk}/"
    client.force_login(cast.ana.user)
    assert client.get(address).status_code == 302
    assert client.get(FILE).status_code == 403
    rui = staff()
    assert rui.get(address).status_code == 403
    assert rui.get(FILE).status_code == 403


# --- The file ----------------------------------------------------------------------


@pytest.fixture
def reader(cast: Cast) -> AsyncClient:
    return signed_in(cast.sofia)


def test_an_interval_is_one_line(cast: Cast, reader: AsyncClient):
    span(cast.ana, "on_break", 43, 73, reason="Lunch")
    assert read(reader, FILE) == [
        {
            "agent": "Ana",
            "agent_id": str(cast.ana.pk),
            "state": "on_break",
            "reason": "Lunch",
            "kind": "break",
            "started_at": "2026-11-20 09:43:00",
            "ended_at": "2026-11-20 10:13:00",
            "timezone": "UTC",
            "duration_s": "1800",
        }
    ]


def test_every_state_counts_as_something(cast: Cast, reader: AsyncClient):
    BreakReason.objects.create(name="Training", is_work=True)
    states = [state for state in AgentState if state != AgentState.OFFLINE]
    for minute, state in enumerate(states):
        span(cast.ana, state, minute, minute + 1)
    span(cast.ana, "on_break", 50, 51, reason="Training")
    kinds = {row["state"] + row["reason"]: row["kind"] for row in read(reader, FILE)}
    assert kinds == {
        "available": "idle",
        "cannot_ring": "idle",
        "ringing": "ring",
        "in_call": "talk",
        "reconnecting": "reconnecting",
        "wrap_up": "wrap_up",
        "on_break": "break",
        "on_breakTraining": "productive",
    }


def test_the_seconds_of_a_day_add_up_without_rounding_away(
    cast: Cast, reader: AsyncClient
):
    edges = [0, 0.7, 1.4, 2.6, 3.1, 4.9, 6]
    for first, last in zip(edges, edges[1:], strict=False):
        span(cast.ana, "available", first / 60, last / 60)
    assert sum(int(row["duration_s"]) for row in read(reader, FILE)) == 6


def test_what_still_lasts_has_no_seconds_yet(cast: Cast, reader: AsyncClient):
    span(cast.ana, "available", 0, None)
    [row] = read(reader, FILE)
    assert (row["ended_at"], row["duration_s"]) == ("", "")


def test_a_break_that_is_a_formula_stays_text(cast: Cast, reader: AsyncClient):
    span(cast.ana, "on_break", 0, 1, reason="=1+1")
    assert read(reader, FILE)[0]["reason"] == "'=1+1"


def test_the_file_keeps_the_lists_filters(cast: Cast, reader: AsyncClient):
    a_morning(cast.ana)
    span(cast.bruno, "available", 0, 5)
    rows = read(reader, f"{FILE}?state=available&agent__id__exact={cast.ana.pk}&p=2")
    assert [row["started_at"][11:16] for row in rows] == ["09:00", "11:13"]
    assert get(reader, f"{FILE}?from=soon").status_code == 400


def test_pages_join_without_a_gap_or_a_double(
    cast: Cast, reader: AsyncClient, monkeypatch
):
    monkeypatch.setattr("callcenter.exporting.files.PAGE", 3)
    for number in range(10):  # many begin in the same instant
        span(cast.ana, "available", number // 4, number // 4 + 1)
    assert len(read(reader, FILE)) == 10
