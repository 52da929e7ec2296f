"""How a body names a user, the business, a decision and an instant."""

import itertools
import json
from typing import Any

import pytest

from callcenter.simulator import meta
from callcenter.simulator.behaviour import CHOICES, BadChoice, Behaviour
from callcenter.simulator.notices import KINDS, Notice
from callcenter.simulator.payloads import (
    call_status_of,
    write,
    write_call_status,
    write_twin,
)
from callcenter.simulator.people import Ids
from tests.callcenter.simulator.test_webhooks import notice

BIA = Ids("553188887766", "BR.1A9f3C77xQ", "BR.ENT.11815799212886", "bia.souza")
HIDDEN = Ids("", BIA.bsuid, BIA.parent_bsuid, BIA.username)
NAMED = (BIA.waid, BIA.bsuid, BIA.parent_bsuid)


def from_bia(kind: str = "inbound-call", **facts: Any) -> Notice:
    return notice(kind, **{"ids": BIA, "number": "5511955550000"} | facts)


def body(told: Notice, **behaviour: Any) -> dict[str, Any]:
    return write(told, Behaviour.parse(behaviour))


def ids_in(written: dict[str, Any]) -> list[str]:
    """Which of Bia's ids the body holds as a value of its own."""
    text = json.dumps(written)
    return [found for found in NAMED if f'"{found}"' in text]


WHO = [
    dict(zip(("dialect", "ids", "bsuid_field"), chosen, strict=True))
    for chosen in itertools.product(
        CHOICES["dialect"], CHOICES["ids"], CHOICES["bsuid_field"]
    )
]


@pytest.mark.parametrize("who", WHO, ids=lambda who: "-".join(who.values()))
@pytest.mark.parametrize("kind", ["inbound-call", "call-permission"])
def test_exactly_the_chosen_ids_are_written(kind: str, who: dict[str, str]) -> None:
    written = ids_in(body(from_bia(kind), **who))
    numberless = who["dialect"] == "minimal" and kind == "inbound-call"
    wanted = {"number": BIA.waid, "both": BIA.waid}.get(who["ids"], "")
    assert (BIA.waid in written) == bool(wanted and not numberless)
    asked_twice = who["ids"] == "both"
    in_place = who["bsuid_field"] == "number" and who["ids"] == "bsuid"
    if not (numberless and in_place):
        assert (BIA.bsuid in written) == (asked_twice or who["ids"] == "bsuid")
    assert BIA.parent_bsuid not in written


@pytest.mark.parametrize("dialect", ["full", "meta", "pascal"])
@pytest.mark.parametrize("field", CHOICES["bsuid_field"])
@pytest.mark.parametrize("kind", ["inbound-call", "call-permission"])
def test_who_hides_the_number_is_named_by_the_bsuid_alone(
    dialect: str, field: str, kind: str
) -> None:
    told = from_bia(kind, ids=HIDDEN)
    assert ids_in(body(told, dialect=dialect, bsuid_field=field)) == [BIA.bsuid]


def test_a_bsuid_stands_where_it_was_seen() -> None:
    told = from_bia("call-permission")
    found = {
        field: body(told, ids="bsuid", bsuid_field=field)
        for field in CHOICES["bsuid_field"]
    }
    assert found["number"]["waid"] == BIA.bsuid
    assert found["contact"]["contact"] == {"bsuid": BIA.bsuid}
    for name in ("bsuid", "user_id", "userId", "from_user_id", "recipient_user_id"):
        assert found[name][name] == BIA.bsuid
        assert "waid" not in found[name]
    ringing = body(from_bia(), ids="bsuid", bsuid_field="number")
    assert ringing["contact"]["ContactNumber"] == BIA.bsuid


def test_the_parent_stands_beside_the_bsuid() -> None:
    both = {"ids": "both", "parent_bsuid": True}
    assert body(from_bia(), **both)["parentBsuid"] == BIA.parent_bsuid
    value = body(from_bia(), dialect="meta", **both)["entry"][0]["changes"][0]["value"]
    assert value["contacts"][0]["parent_user_id"] == BIA.parent_bsuid
    assert BIA.parent_bsuid not in ids_in(body(from_bia(), parent_bsuid=True))


def test_a_username_stands_at_the_root_or_in_the_profile() -> None:
    assert body(from_bia(), username_at="root")["username"] == "@bia.souza"
    contact = body(from_bia(), username_at="profile")["contact"]
    assert contact["profile"] == {"username": "bia.souza"}
    value = body(from_bia(), dialect="meta", username_at="profile")["entry"][0]
    profile = value["changes"][0]["value"]["contacts"][0]["profile"]
    assert profile["username"] == "bia.souza"
    assert "bia.souza" not in str(body(from_bia()))


@pytest.mark.parametrize("dialect", ["full", "meta", "pascal"])
@pytest.mark.parametrize("ids", CHOICES["ids"])
def test_a_missing_caller_has_no_id_at_all(dialect: str, ids: str) -> None:
    shown = {"ids": ids, "username_at": "profile", "parent_bsuid": True}
    written = body(from_bia(), dialect=dialect, missing_caller=True, **shown)
    assert ids_in(written) == []
    assert "bia.souza" not in str(written)


@pytest.mark.parametrize(
    ("form", "facts", "said"),
    [
        ("flag", {"granted": True}, {"hasPermission": True, "status": "granted"}),
        ("flag", {}, {"hasPermission": False, "status": "denied"}),
        ("word", {"granted": True}, {"status": "granted"}),
        ("word", {}, {"status": "not_granted"}),
        ("upper", {"granted": True}, {"status": "GRANTED"}),
        ("upper", {}, {"status": "REJECTED"}),
        ("upper", {"revoked": True}, {"status": "REVOKED"}),
        ("object", {}, {"permission": {"status": "no_permission"}}),
        (
            "object",
            {"granted": True, "permanent": True},
            {"permission": {"status": "permanent"}},
        ),
        (
            "object",
            {"granted": True, "until": 9000.0},
            {"permission": {"status": "temporary", "expiration_time": "9000"}},
        ),
    ],
)
def test_a_decision_is_told_in_many_words(
    form: str, facts: dict[str, Any], said: dict[str, Any]
) -> None:
    written = body(from_bia("call-permission", **facts), permission_form=form)
    words = ("hasPermission", "status", "permission")
    assert {name: written[name] for name in words if name in written} == said


def test_the_business_number_comes_in_its_other_form_or_is_another() -> None:
    told = from_bia(number="5511988887766")
    shown = {
        form: body(told, business_form=form)["businessNumber"]
        for form in CHOICES["business_form"]
    }
    assert shown == {
        "own": "5511988887766",
        "other": "551188887766",
        "wrong": "5511988887767",
    }


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("usual", "4600"),
        ("unix", 4600),
        ("millis", 4600000),
        ("iso", "1970-01-01T01:16:40+00:00"),
        ("naive", "1970-01-01T01:16:40"),
    ],
)
def test_a_senders_clock_is_off_and_may_lack_its_zone(form: str, written: Any) -> None:
    told = from_bia(at=1000.0)
    off = {"clock_offset": 3600.0, "time_form": form}
    value = body(told, dialect="meta", **off)["entry"][0]["changes"][0]["value"]
    assert value["calls"][0]["timestamp"] == written
    if form != "usual":
        assert body(told, **off)["timestamp"] == written
    past = Behaviour.parse({"clock_offset": -3600.0})
    assert past.clock_offset == -3600.0
    with pytest.raises(BadChoice):
        Behaviour.parse({"latency": -1.0})


@pytest.mark.parametrize("kind", KINDS)
def test_a_twin_says_the_same_with_a_bsuid(kind: str) -> None:
    told = from_bia(kind)
    written = write_twin(told, Behaviour())
    assert written.pop("eventType").endswith("_bsuid")
    assert written.pop("bsuid") == BIA.bsuid
    assert written.pop("parentBsuid") == BIA.parent_bsuid
    assert written == body(told)


@pytest.mark.parametrize(
    ("kind", "facts", "word"),
    [
        ("inbound-call", {}, "ringing"),
        ("outbound-call-status", {"status": "CALLING"}, ""),
        ("outbound-call-status", {"status": "RINGING"}, "ringing"),
        ("outbound-call-status", {"status": "ACCEPTED"}, "in_progress"),
        ("outbound-call-status", {"status": "REJECTED"}, ""),
        ("terminate-call", {"started": 1.0, "ended": 61.0}, "completed"),
        ("terminate-call", {}, "missed"),
        ("terminate-call", {"error": 138021}, "failed"),
        ("call-permission", {}, ""),
    ],
)
def test_the_general_event_tells_each_stage_once(
    kind: str, facts: dict[str, Any], word: str
) -> None:
    told = from_bia(kind, **facts)
    assert call_status_of(told) == word
    metadata = write_call_status(told, word or "ringing")["metadata"]
    assert metadata.get("duration_seconds") == (60 if word == "completed" else None)
    assert metadata["from_number"] == f"+{BIA.waid}"


def batch(*told: Notice, how: str) -> list[list[dict[str, Any]]]:
    """The values of a body, by entry."""
    written = meta.write(list(told), Behaviour(dialect="meta", batch=how))
    return [[c["value"] for c in entry["changes"]] for entry in written["entry"]]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("inbound-call", "calls"),
        ("outbound-call-status", "statuses"),
        ("call-permission", "messages"),
    ],
)
def test_meta_puts_two_of_a_kind_into_one_body_in_three_ways(
    kind: str, name: str
) -> None:
    one, other = from_bia(kind, call="wacid.1"), from_bia(kind, call="wacid.2")
    ((value,),) = batch(one, other, how="items")
    assert len(value[name]) == 2
    (values,) = batch(one, other, how="changes")
    assert [len(value[name]) for value in values] == [1, 1]
    entries = batch(one, other, how="entries")
    assert [len(values) for values in entries] == [1, 1]


def test_two_business_numbers_never_share_a_change() -> None:
    one, other = from_bia(), from_bia(number="15550109999")
    (values,) = batch(one, other, how="items")
    assert len(values) == 2


def test_what_is_unknown_is_refused() -> None:
    for wrong in ({"ids": "all"}, {"batch": "many"}, {"time_form": "sundial"}):
        with pytest.raises(BadChoice):
            Behaviour.parse(wrong)
