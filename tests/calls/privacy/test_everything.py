"""The file for a person who asks what is held about them."""

import json
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.timezone import now

from callcenter.models import AuditEntry
from calls.models import Supervision
from calls.privacy import everything
from permissions import people
from tests.calls.admin.users import staff
from tests.calls.privacy.life import NAME, USER_ID, USERNAME, Life
from tests.cast import CARLA, Cast
from tests.shift import DORA, Shift
from tests.streams import get, parts_of, signed_in


@pytest.fixture
def life(shift: Shift, settings, tmp_path: Path) -> Life:
    settings.SPOOL_DIR = tmp_path
    return Life(shift)


def test_it_has_the_whole_life(life: Life):
    content = json.loads(b"".join(everything.about(life.is_lived())))
    assert content["contact"]["name"] == NAME
    assert {one["value"] for one in content["ids"]} == {CARLA, USER_ID, USERNAME}
    assert len(content["calls"]) == 3
    notes = [leg["notes"] for one in content["calls"] for leg in one["participants"]]
    assert any(NAME in text for text in notes)
    assert {one["business_number"] for one in content["permissions"]}
    assert "granted" in {one["kind"] for one in content["permission_history"]}
    assert {one["sentence"] for one in content["scheduled_calls"]}
    assert content["merges"][0]["merged_name"] == NAME
    assert any("+49 1511 2345678" in one["body"] for one in content["webhooks"])
    assert {one["wati_call_id"] for one in content["webhooks"]} >= {"wacid.out"}
    assert len(content["webhooks_set_aside"]) == 1


def test_it_has_nothing_of_others(life: Life):
    text = b"".join(everything.about(life.is_lived())).decode()
    assert DORA not in text
    assert "Her sister" not in text
    for user in ("supervisor", "ana", "bruno"):
        assert f'"{user}"' not in text


def test_it_tells_that_a_supervisor_listened_and_not_who(life: Life, cast: Cast):
    contact = life.is_lived()
    call = contact.calls.order_by("created_at").first()
    assert call is not None
    at = now()
    Supervision.objects.create(
        call=call,
        user=cast.sofia,
        mode="listen",
        was_told=True,
        started_at=at,
        ended_at=at,
    )
    text = b"".join(everything.about(contact)).decode()
    spans = [one["supervisions"] for one in json.loads(text)["calls"]]
    assert [span["mode"] for some in spans for span in some] == ["listen"]
    assert '"supervisor"' not in text


def test_it_is_taken_from_the_page_and_recorded(cast: Cast):
    carla = people.dialed(CARLA)
    staff("view_contact", "export_contact")
    client = signed_in(User.objects.get(username="rui"))
    page = get(client, f"/admin/permissions/contact/{carla.pk}/change/")
    address = f"/contacts/{carla.pk}/data.json"
    assert address in page.content.decode()
    response = get(client, address)
    assert json.loads(b"".join(parts_of(response)))["contact"]["waid"] == CARLA
    assert f"contact-{carla.pk}.json" in response["Content-Disposition"]
    entry = AuditEntry.objects.filter(action="exported").latest("pk")
    assert (entry.username, entry.object_pk) == ("rui", str(carla.pk))


def test_it_takes_a_right_of_its_own(cast: Cast):
    address = f"/contacts/{people.dialed(CARLA).pk}/data.json"
    assert Client().get(address).status_code == 302
    assert staff("view_contact", "change_contact").get(address).status_code == 403


def test_the_command_writes_the_same(cast: Cast, tmp_path: Path):
    people.dialed(CARLA)
    file = tmp_path / "carla.json"
    call_command("export_contact", f"+{CARLA}", "--output", str(file))
    assert json.loads(file.read_text())["contact"]["waid"] == CARLA
    with pytest.raises(CommandError, match="No contact has this ID"):
        call_command("export_contact", DORA)
