"""The call log as a file: what stands in it, and who may have it."""

import tracemalloc
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import AsyncClient, Client
from django.utils import timezone

from callcenter.exporting import files
from callcenter.exporting.period import BadPeriod, read_period
from calls.models import Call, Offer, Supervision
from calls.reporting import call_export
from permissions.models import Contact
from tests.cast import CARLA, HASHED, Cast
from tests.streams import get, parts_of, read, signed_in

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ADDRESS = "/calls/export.csv"


def past_call(cast: Cast, **changes) -> Call:
    fields = {
        "account": cast.account,
        "wati_call_id": f"wacid.{uuid4()}",
        "direction": "inbound",
        "line": cast.line,
        "queue": cast.queue,
        "status": "ended",
        "result": "abandoned",
        "end_reason": "customer_ended",
        "ended_by": "customer",
        "created_at": NOON,
        "ended_at": NOON + timedelta(seconds=90),
    }
    return Call.objects.create(**(fields | changes))


def read_log(client: AsyncClient, query: str = "") -> list[dict[str, str]]:
    return read(client, f"{ADDRESS}{query}")


@pytest.fixture
def sofia(cast: Cast) -> AsyncClient:
    return signed_in(cast.sofia)


def test_an_answered_call_is_one_full_line(cast: Cast, sofia: AsyncClient):
    carla = Contact.objects.create(waid=CARLA, name="Carla")
    call = past_call(
        cast,
        contact=carla,
        agent=cast.ana,
        result="answered",
        accepted_at=NOON + timedelta(seconds=9),
        answered_at=NOON + timedelta(seconds=10),
        provider_duration=81,
    )
    Offer.objects.create(
        call=call, agent=cast.bruno, outcome="declined", offered_at=NOON
    )
    Offer.objects.create(call=call, agent=cast.ana, outcome="answered")
    [row] = read_log(sofia)
    assert row == {
        "call_id": str(call.pk),
        "wati_call_id": call.wati_call_id,
        "direction": "inbound",
        "business_number": f"+{cast.line.number}",
        "contact_waid": CARLA,
        "contact_bsuid": "",
        "contact_phone_e164": f"+{CARLA}",
        "contact_name": "Carla",
        "contact_country": "DE",
        "queue": "Support",
        "queue_visits": "0",
        "agent": "Ana",
        "agent_id": str(cast.ana.pk),
        "first_agent": "",
        "last_agent": "",
        "agents_on_call": "0",
        "ring_attempts": "2",
        "ring_attempts_missed": "1",
        "rung_agents": "Bruno; Ana",
        "started_at": "2026-11-20 12:00:00",
        "accepted_at": "2026-11-20 12:00:09",
        "connected_at": "2026-11-20 12:00:10",
        "first_audio_at": "",
        "ended_at": "2026-11-20 12:01:30",
        "wrap_up_ended_at": "",
        "timezone": "UTC",
        "wait_s": "10",
        "talk_s": "80",
        "hold_s": "0",
        "holds": "0",
        "wrap_up_s": "",
        "duration_s": "90",
        "whatsapp_talk_s": "81",
        "result": "answered",
        "end_reason": "customer_ended",
        "ended_by": "customer",
        "transferred_from": "",
        "transferred_to": "",
        "transfer_kind": "",
        "consults": "0",
        "disposition": "",
        "sub_disposition": "",
        "notes": "",
        "permission_source": "",
        "permission_kind": "",
        "permission_expires_at": "",
        "unanswered_in_a_row": "",
        "one_way_audio_s": "0",
        "console_reconnects": "0",
        "error_code": "",
        "error_text": "",
        "supervisors": "",
    }


def test_supervisors_stand_there_once_for_each_mode(cast: Cast, sofia: AsyncClient):
    call, now = past_call(cast), timezone.now()
    for mode in ("listen", "whisper", "listen"):
        Supervision.objects.create(
            call=call,
            user=cast.sofia,
            mode=mode,
            was_told=True,
            started_at=now,
            ended_at=now,
        )
    [row] = read_log(sofia)
    assert row["supervisors"] == "supervisor (listen); supervisor (whisper)"


def test_times_stand_in_the_call_centers_zone_which_is_named(
    cast: Cast, sofia: AsyncClient, settings
):
    settings.TIME_ZONE = "Asia/Kolkata"
    past_call(cast)
    [row] = read_log(sofia)
    assert row["started_at"] == "2026-11-20 17:30:00"
    assert row["timezone"] == "Asia/Kolkata"


def test_a_day_is_the_day_of_the_call_centers_zone(
    cast: Cast, sofia: AsyncClient, settings
):
    settings.TIME_ZONE = "Asia/Kolkata"
    late = past_call(cast, created_at=NOON + timedelta(hours=7), ended_at=None)
    past_call(cast, created_at=NOON + timedelta(hours=6), ended_at=None)
    rows = read_log(sofia, "?from=2026-11-21&to=2026-11-21")
    assert [row["call_id"] for row in rows] == [str(late.pk)]


def test_pages_join_without_a_gap_or_a_double(
    cast: Cast, sofia: AsyncClient, monkeypatch
):
    monkeypatch.setattr(files, "PAGE", 3)
    # Many in the same instant: the key must tell them apart.
    calls = [
        past_call(cast, created_at=NOON + timedelta(seconds=n // 5)) for n in range(17)
    ]
    rows = read_log(sofia)
    assert sorted(row["call_id"] for row in rows) == sorted(str(c.pk) for c in calls)
    starts = [row["started_at"] for row in rows]
    assert starts == sorted(starts)


def test_shadows_of_calls_that_were_never_offered_stay_out(
    cast: Cast, sofia: AsyncClient
):
    past_call(cast, direction="")
    assert read_log(sofia) == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?result=missed",
        "?result=answered&direction__exact=inbound",
        "?status=live",
        "?q=carla",
        "?q=C%C3%81RLA",
        "?q=%2B49 1511 2345678",
        "?agent__id__exact={ana}",
        "?from=2026-11-20T12:00:30Z&to=2026-11-20T12:02:00%2B00:00",
        "?created_at__year=2026&created_at__month=11&created_at__day=20",
        "?p=2&o=3&bom=0",
    ],
)
def test_the_same_query_string_gives_the_rows_of_the_admins_list(
    cast: Cast, sofia: AsyncClient, query: str
):
    carla = Contact.objects.create(waid=CARLA, name="Carla")
    answered = {"result": "answered", "agent": cast.ana}
    past_call(cast, contact=carla, **answered)
    past_call(cast, contact=carla, created_at=NOON + timedelta(minutes=1))
    past_call(cast, status="ringing", result="", ended_at=None)
    past_call(cast, created_at=NOON - timedelta(days=3), **answered)
    query = query.format(ana=cast.ana.pk)
    of_the_list = query.replace("p=2&", "").replace("&bom=0", "")
    page = get(sofia, f"/admin/calls/call/{of_the_list}", follow=True)
    shown = {str(call.pk) for call in page.context["cl"].queryset}
    rows = read_log(sofia, query)
    assert {row["call_id"] for row in rows} == shown
    assert shown


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("?from=yesterday", "yesterday"),
        ("?to=2026-13-01", "2026-13-01"),
        ("?from=2026-11-20&to=2026-11-19", "before"),
        ("?from=0001-01-01T00:00:00%2B14:00", "0001"),
        ("?no_such_field=1", "filter"),
        ("?agent__user__password__startswith=p", "filter"),
        ("?queue__id__exact=Support", "filter"),
    ],
)
def test_a_filter_that_cannot_be_read_is_said_in_a_sentence(
    sofia: AsyncClient, query: str, word: str
):
    response = get(sofia, f"{ADDRESS}{query}")
    assert response.status_code == 400
    assert word in response.content.decode()


def test_the_file_name_carries_the_range_and_the_zone(sofia: AsyncClient):
    response = get(sofia, f'{ADDRESS}?from=2026-11-01&to=2026-11-20&q="%0d%0a')
    name = response.headers["Content-Disposition"]
    assert name == (
        'attachment; filename="calls_from-2026-11-01_to-2026-11-20_UTC.csv"'
    )


def test_a_mark_for_spreadsheets_leads_the_file_when_asked(sofia: AsyncClient):
    response = get(sofia, f"{ADDRESS}?bom=1")
    content = b"".join(parts_of(response))
    assert content.startswith(b'\xef\xbb\xbf"call_id",')
    assert content.endswith(b"\r\n")


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "+49 151",
        "-2",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        '"=1"',
        " =1",
        "'=1",
        "\u00a0=1",
        "\u200b=1",
        "＝1+1",
        "＋1",
        "－1",
        "＠x",
        "“=1”",
    ],
)
def test_a_name_that_is_a_formula_stays_text(cast: Cast, sofia: AsyncClient, name: str):
    stranger = Contact.objects.create(bsuid=name, name=name)
    past_call(cast, contact=stranger)
    [row] = read_log(sofia)
    # Behind a separator a cell begins for some readers, and gets its own apostrophe.
    assert row["contact_name"].startswith("'")
    assert row["contact_name"].replace("'", "") == name.replace("'", "")
    assert row["contact_bsuid"] == row["contact_name"]


@pytest.mark.parametrize("name", ["Carla", "O’Brien, “Pat”", "Łukasz\nNowak", "李", ""])
def test_other_names_come_back_as_they_were(cast: Cast, sofia: AsyncClient, name: str):
    past_call(cast, contact=Contact.objects.create(waid=CARLA, name=name))
    [row] = read_log(sofia)
    assert row["contact_name"] == name


def test_a_stream_that_fails_says_so_and_ends(
    cast: Cast, sofia: AsyncClient, monkeypatch, caplog
):
    past_call(cast)
    monkeypatch.setitem(
        call_export.__dict__, "COLUMNS", [("broken", lambda call: 1 // 0)]
    )
    response = get(sofia, ADDRESS)
    content = b"".join(parts_of(response))
    assert content.decode().splitlines() == ['"broken"', f'"{files.INCOMPLETE}"']
    assert "stopped early" in caplog.text


def test_pages_leave_memory_again(cast: Cast, sofia: AsyncClient, monkeypatch):
    past_call(cast)
    monkeypatch.setattr(files, "PAGE", 50)
    template = Call.objects.get()
    Call.objects.bulk_create(
        [
            Call(
                account_id=template.account_id,
                wati_call_id=f"wacid.{n}",
                direction="inbound",
                status="ended",
                result="abandoned",
                created_at=NOON + timedelta(seconds=n),
                ended_at=NOON + timedelta(seconds=n + 5),
                offer_sdp="v=0\r\n" * 1000,
            )
            for n in range(1000)
        ]
    )
    response = get(sofia, ADDRESS)
    tracemalloc.start()
    try:
        parts = [len(part) for part in parts_of(response)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(parts) > 20
    assert peak < 4_000_000  # the SDPs alone would be 5 MB


def test_an_agent_may_not_have_the_log(cast: Cast, client: Client):
    client.force_login(cast.ana.user)
    assert client.get(ADDRESS).status_code == 403


def test_staff_need_the_right_to_see_calls(cast: Cast, client: Client):
    staff = User.objects.create(username="rui", password=HASHED, is_staff=True)
    client.force_login(staff)
    assert client.get(ADDRESS).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="view_call"))
    assert client.get(ADDRESS).status_code == 200


def test_who_is_not_signed_in_is_asked_to(client: Client, cast: Cast):
    assert client.get(ADDRESS).headers["Location"].startswith("/sign-in/")


def test_the_log_tells_who_took_the_file(cast: Cast, client: Client, caplog):
    client.force_login(cast.sofia)
    with caplog.at_level("INFO"):
        client.get(ADDRESS)
    assert f"user {cast.sofia.pk} exports the call log" in caplog.text


def test_the_file_is_read_only(cast: Cast, client: Client):
    client.force_login(cast.sofia)
    assert client.post(ADDRESS).status_code == 405


def test_a_date_as_the_end_includes_its_whole_day():
    with timezone.override("Europe/Berlin"):
        start, end = read_period("2026-10-25", "2026-10-25")
    assert end - start == timedelta(hours=25)  # the clock goes back that night


def test_an_open_period_has_no_ends():
    assert read_period("", "") == (None, None)


@pytest.mark.parametrize(
    "text", ["x", "2026-02-30", "12", "2026-11-20T25:00", "9" * 99]
)
def test_a_date_that_is_none_is_refused(text: str):
    with pytest.raises(BadPeriod):
        read_period(text, "")
