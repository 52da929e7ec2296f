"""The log as a file tells what agents did in a call, and what they wrote."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import AsyncClient

from agents import exports as time_exports
from callcenter.exporting import audit_export
from calls.models import Call, CallChange, Disposition, Leg, Offer
from calls.reporting import call_export
from permissions import exports as permission_exports
from tests.calls.reporting.test_call_export import past_call, read_log
from tests.cast import Cast, hire
from tests.streams import signed_in

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def sofia(cast: Cast) -> AsyncClient:
    return signed_in(cast.sofia)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def leg(call: Call, agent, begins: float, ends: float, **more) -> Leg:
    fields = {"started_at": at(begins), "joined_at": at(begins + 1)}
    fields |= {"ended_at": at(ends)}
    return Leg.objects.create(call=call, agent=agent, **(fields | more))


def moved(call: Call, event: str, agent, seconds: float) -> None:
    fields = {"old": "active", "new": "active", "user": agent.user, "at": at(seconds)}
    CallChange.objects.create(call=call, event=event, **fields)


def test_the_facts_of_the_row_stand_in_the_line(cast: Cast, sofia: AsyncClient):
    past_call(
        cast,
        queue_visits=3,
        media_at=at(8),
        hold_seconds=41,
        holds=2,
        one_way_seconds=5,
        reattach_count=1,
    )
    [row] = read_log(sofia)
    assert row["queue_visits"] == "3"
    assert row["first_audio_at"] == "2026-11-20 12:00:08"
    assert (row["hold_s"], row["holds"]) == ("41", "2")
    assert (row["one_way_audio_s"], row["console_reconnects"]) == ("5", "1")


def test_what_an_agent_wrote_and_how_long_it_took(cast: Cast, sofia: AsyncClient):
    order = Disposition.objects.create(name="Order")
    change = Disposition.objects.create(name="Change", parent=order)
    call = past_call(cast, agent=cast.ana)
    wrap_up = {"wrap_up_since": at(60), "wrapped_up_at": at(85)}
    leg(call, cast.ana, 0, 60, notes="Wants blue.", disposition=change, **wrap_up)
    [row] = read_log(sofia)
    assert (row["disposition"], row["sub_disposition"]) == ("Order", "Change")
    assert row["notes"] == "Wants blue."
    assert (row["wrap_up_s"], row["wrap_up_ended_at"]) == ("25", "2026-11-20 12:01:25")
    assert (row["first_agent"], row["last_agent"]) == ("Ana", "Ana")
    assert (row["transfer_kind"], row["transferred_from"]) == ("", "")


def test_a_disposition_without_a_finer_one_is_the_coarse_one(
    cast: Cast, sofia: AsyncClient
):
    call = past_call(cast)
    leg(call, cast.ana, 0, 60, disposition=Disposition.objects.create(name="Solved"))
    [row] = read_log(sofia)
    assert (row["disposition"], row["sub_disposition"]) == ("Solved", "")


def test_a_blind_transfer_names_giver_and_taker(cast: Cast, sofia: AsyncClient):
    call = past_call(cast, agent=cast.bruno)
    leg(call, cast.ana, 0, 30, notes="To Bruno.")
    moved(call, "transferred", cast.ana, 30)
    leg(call, cast.bruno, 40, 90, notes="Done.")
    [row] = read_log(sofia)
    assert row["transfer_kind"] == "blind"
    assert (row["transferred_from"], row["transferred_to"]) == ("Ana", "Bruno")
    assert (row["first_agent"], row["last_agent"]) == ("Ana", "Bruno")
    assert row["notes"] == "To Bruno.\nDone."


def test_a_transfer_that_nobody_took_names_the_giver_alone(
    cast: Cast, sofia: AsyncClient
):
    call = past_call(cast)
    leg(call, cast.ana, 0, 30)
    moved(call, "transferred", cast.ana, 30)
    [row] = read_log(sofia)
    assert (row["transferred_from"], row["transferred_to"]) == ("Ana", "")


def test_who_was_asked_first_and_took_over_is_the_taker(cast: Cast, sofia: AsyncClient):
    call = past_call(cast, agent=cast.bruno)
    Offer.objects.create(
        call=call, agent=cast.bruno, kind="consult", outcome="answered"
    )
    leg(call, cast.ana, 0, 50)
    leg(call, cast.bruno, 30, 90)  # began as a question; became a talk
    moved(call, "handed_over", cast.ana, 50)
    [row] = read_log(sofia)
    assert (row["transfer_kind"], row["consults"]) == ("consult", "1")
    assert (row["transferred_from"], row["transferred_to"]) == ("Ana", "Bruno")


def test_a_colleague_who_was_only_asked_is_nobodys_last_agent(
    cast: Cast, sofia: AsyncClient
):
    call = past_call(cast, agent=cast.ana)
    leg(call, cast.ana, 0, 90)
    leg(call, cast.bruno, 30, 50, mode="consult")
    [row] = read_log(sofia)
    assert (row["first_agent"], row["last_agent"]) == ("Ana", "Ana")


def test_who_never_had_the_sound_did_not_talk(cast: Cast, sofia: AsyncClient):
    call = past_call(cast, agent=cast.bruno)
    leg(call, cast.ana, 0, 5, joined_at=None)
    leg(call, cast.bruno, 6, 90)
    [row] = read_log(sofia)
    assert row["first_agent"] == "Bruno"


@pytest.mark.parametrize("text", ["=1+1", "\n=cmd()", "@x"])
def test_a_note_that_is_a_formula_stays_text(cast: Cast, sofia: AsyncClient, text: str):
    leg(past_call(cast), cast.ana, 0, 60, notes=text)
    notes = read_log(sofia)[0]["notes"]
    assert notes.startswith("'")
    assert notes.replace("'", "") == text.replace("'", "")


def test_a_page_costs_as_many_queries_for_one_call_as_for_many(
    cast: Cast, django_assert_num_queries
):
    def page_of(calls: int) -> None:
        for _ in range(calls):
            call = past_call(cast, agent=cast.ana)
            leg(call, hire(f"agent-{call.pk}", cast.queue), 0, 60, notes="Yes.")
            moved(call, "transferred", cast.ana, 60)

    file = call_export.file_of(Call.objects.all())
    page_of(1)
    with django_assert_num_queries(7):
        file.cells(file.read(None))
    page_of(20)
    with django_assert_num_queries(7):
        assert len(file.cells(file.read(None))) == 21


def test_every_column_of_the_files_is_described():
    text = (Path(settings.BASE_DIR) / "docs" / "exports.md").read_text()
    _, *parts = text.split("\n## ")
    files = (call_export, time_exports, permission_exports, audit_export)
    for part, file in zip(parts, files, strict=True):
        rows = [line.split("|")[1] for line in part.splitlines() if "|" in line]
        told = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
        assert sorted(told) == sorted(name for name, _ in file.COLUMNS)
