"""Every export goes through one view: the same door for each of them."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import AsyncClient, Client

from callcenter.exporting.views import Export
from callcenter.urls import EXPORTS
from tests.cast import HASHED, Cast
from tests.streams import get, parts_of, signed_in

NAMES = {
    "/calls/export.csv": ("calls", "view_call"),
    "/agents/time.csv": ("agent_time", "view_agentstatespan"),
    "/permissions/export.csv": ("permissions", "view_permissionevent"),
    "/audit/export.csv": ("audit", "view_auditentry"),
}
EACH = pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)


@pytest.fixture
def rui(cast: Cast) -> User:
    """Staff without any right."""
    return User.objects.create(username="rui", password=HASHED, is_staff=True)


def test_the_exports_are_these():
    assert {f"/{export.address}" for export in EXPORTS} == set(NAMES)


@EACH
def test_only_the_right_to_view_its_rows_opens_a_file(export: Export, rui: User):
    reader, address = signed_in(rui), f"/{export.address}"
    assert get(reader, address).status_code == 403
    right = NAMES[address][1]
    rui.user_permissions.add(Permission.objects.get(codename=right))
    assert get(reader, address).status_code == 200


@EACH
def test_an_agent_with_the_right_gets_no_file(export: Export, cast: Cast):
    right = Permission.objects.get(codename=NAMES[f"/{export.address}"][1])
    cast.ana.user.user_permissions.add(right)
    assert get(signed_in(cast.ana.user), f"/{export.address}").status_code == 403


@EACH
def test_who_is_not_signed_in_is_asked_to(export: Export, client: Client, cast: Cast):
    assert client.get(f"/{export.address}")["Location"].startswith("/sign-in/")


@EACH
def test_a_file_is_named_for_its_rows_and_its_period(export: Export, cast: Cast):
    reader: AsyncClient = signed_in(cast.sofia)
    response = get(reader, f"/{export.address}?from=2026-11-01&bom=1")
    name = NAMES[f"/{export.address}"][0]
    wanted = rf'attachment; filename="{name}_from-2026-11-01_[\w-]+\.csv"'
    assert re.fullmatch(wanted, response["Content-Disposition"])
    first = b"".join(parts_of(response)).decode().split("\r\n")[0]
    columns = [title for title, _ in export.file_of(export.model.objects).columns]
    assert first == "\N{BYTE ORDER MARK}" + ",".join(columns)


@EACH
@pytest.mark.parametrize("query", ["from=x", "no_such_filter=1"])
def test_what_cannot_be_read_is_refused(export: Export, cast: Cast, query: str):
    response = get(signed_in(cast.sofia), f"/{export.address}?{query}")
    assert response.status_code == 400
