"""Every export goes through one view: the same door for each of them."""

import asyncio
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import AsyncClient, Client
from django.utils import timezone

from callcenter.exporting import files, views
from callcenter.exporting.views import SUFFIXES, Export
from callcenter.urls import EXPORTS
from calls.models import Call
from permissions.models import Contact
from tests.callcenter.exporting.test_xlsx_files import sheets
from tests.cast import CARLA, HASHED, Cast
from tests.streams import get, parts_of, read, signed_in

NAMES = {
    "calls/export": ("calls", "view_call"),
    "agents/time": ("agent_time", "view_agentstatespan"),
    "permissions/export": ("permissions", "view_permissionevent"),
    "audit/export": ("audit", "view_auditentry"),
}
EACH = pytest.mark.parametrize(
    ("export", "suffix"),
    [(export, suffix) for export in EXPORTS for suffix in SUFFIXES],
    ids=lambda value: getattr(value, "name", value),
)


@pytest.fixture
def rui(cast: Cast) -> User:
    """Staff without any right."""
    return User.objects.create(username="rui", password=HASHED, is_staff=True)


def address_of(export: Export, suffix: str) -> str:
    return f"/{export.address}.{suffix}"


def status(client: AsyncClient, address: str) -> int:
    """The answer's status; what it holds is read, for its place is taken until then."""
    response = get(client, address)
    if response.streaming:
        parts_of(response)
    return response.status_code


def test_the_exports_are_these():
    assert {export.address for export in EXPORTS} == set(NAMES)


@EACH
def test_only_the_right_to_view_its_rows_opens_a_file(
    export: Export, suffix: str, rui: User
):
    reader, address = signed_in(rui), address_of(export, suffix)
    assert status(reader, address) == 403
    right = NAMES[export.address][1]
    rui.user_permissions.add(Permission.objects.get(codename=right))
    assert status(reader, address) == 200


@EACH
def test_an_agent_with_the_right_gets_no_file(export: Export, suffix: str, cast: Cast):
    right = Permission.objects.get(codename=NAMES[export.address][1])
    cast.ana.user.user_permissions.add(right)
    assert status(signed_in(cast.ana.user), address_of(export, suffix)) == 403


@EACH
def test_who_is_not_signed_in_is_asked_to(
    export: Export, suffix: str, client: Client, cast: Cast
):
    response = client.get(address_of(export, suffix))
    assert response["Location"].startswith("/sign-in/")


@EACH
def test_a_file_is_named_for_its_rows_and_its_period(
    export: Export, suffix: str, cast: Cast
):
    reader = signed_in(cast.sofia)
    response = get(reader, f"{address_of(export, suffix)}?from=2096-11-01&bom=1")
    name = NAMES[export.address][0]
    wanted = rf'attachment; filename="{name}_from-2096-11-01_[\w-]+\.{suffix}"'
    assert re.fullmatch(wanted, response["Content-Disposition"])
    content = b"".join(parts_of(response))
    columns = [title for title, _ in export.file_of(export.model.objects).columns]
    if suffix == "xlsx":
        assert sheets(content) == [[columns]]
    else:
        quoted = ",".join(f'"{column}"' for column in columns)
        assert content.decode() == f"\N{BYTE ORDER MARK}{quoted}\r\n"


@EACH
@pytest.mark.parametrize("query", ["from=x", "no_such_filter=1"])
def test_what_cannot_be_read_is_refused(
    export: Export, suffix: str, cast: Cast, query: str
):
    reader = signed_in(cast.sofia)
    assert status(reader, f"{address_of(export, suffix)}?{query}") == 400


def test_a_workbook_has_the_rows_and_columns_of_the_csv(cast: Cast):
    carla = Contact.objects.create(waid=CARLA, name="=1+1; Carla")
    for n in range(3):
        start = timezone.now() - timedelta(days=n, seconds=9)
        about = {"account": cast.account, "line": cast.line, "contact": carla}
        Call.objects.create(**about, direction="inbound", created_at=start)
    reader = signed_in(cast.sofia)
    query = f"?from={timezone.now() - timedelta(days=2):%Y-%m-%d}"
    rows = read(reader, f"/calls/export.csv{query}")
    response = get(reader, f"/calls/export.xlsx{query}")
    [[titles, *lines]] = sheets(b"".join(parts_of(response)))
    found = [dict(zip(titles, line, strict=True)) for line in lines]
    for line in found:
        assert line["contact_name"] == "=1+1; Carla"
        assert line["contact_phone_e164"] == f"+{CARLA}"
    read_back = [
        {name: "" if value == "" else str(value) for name, value in line.items()}
        for line in found
    ]
    for row in rows:
        row["contact_name"] = "=1+1; Carla"  # where CSV needs its apostrophe
    assert rows == [
        {n: v.removesuffix(".0") for n, v in line.items()} for line in read_back
    ]


def test_european_spreadsheets_get_semicolons_and_a_mark(cast: Cast):
    response = get(signed_in(cast.sofia), "/calls/export.csv?excel=1&result=missed")
    assert b"".join(parts_of(response)).startswith(b'\xef\xbb\xbf"call_id";"wati')


def test_a_workbook_that_fails_says_so_and_can_be_opened(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    Call.objects.create(account=cast.account, direction="inbound")
    columns = [("broken", lambda entry: 1 // 0)]
    monkeypatch.setattr("calls.reporting.call_export.COLUMNS", columns)
    response = get(signed_in(cast.sofia), "/calls/export.xlsx")
    content = b"".join(parts_of(response))
    assert sheets(content) == [[["broken"], [files.INCOMPLETE]]]


# --- How many at once -----------------------------------------------------------------


def test_one_user_and_all_users_have_so_many_exports_at_once(cast: Cast, rui: User):
    rui.is_superuser = True
    rui.save()
    sofia, address = signed_in(cast.sofia), "/calls/export.csv"
    running = [get(sofia, address), get(sofia, "/agents/time.xlsx")]
    refused = get(sofia, address)
    assert refused.status_code == 429
    assert "Try again when they are done." in refused.content.decode()
    running.append(get(signed_in(rui), address))
    assert get(signed_in(rui), address).status_code == 429
    for response in running:
        parts_of(response)
    assert status(sofia, address) == 200
    assert len(views._places) == 0


def test_who_leaves_gives_the_place_back(cast: Cast):
    sofia = signed_in(cast.sofia)
    for _ in range(4):
        response = get(sofia, "/calls/export.xlsx")
        response.close()  # as the server does when the connection is gone
    for _ in range(4):
        response = get(sofia, "/calls/export.xlsx")

        async def read_the_beginning(response=response) -> None:
            content = response.streaming_content
            await anext(content)
            await content.aclose()

        asyncio.run(read_the_beginning())
    assert len(views._places) == 0


def test_who_asks_only_for_the_headings_takes_no_place(cast: Cast):
    sofia = signed_in(cast.sofia)
    for _ in range(4):
        response = asyncio.run(sofia.head("/calls/export.xlsx"))
        assert response.status_code == 200
        assert ".xlsx" in response["Content-Disposition"]
    assert len(views._places) == 0
