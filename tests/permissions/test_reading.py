"""WhatsApp's answer about one person, in the spellings that Wati may use."""

from datetime import UTC, datetime, timedelta

import pytest

from permissions.reading import Action, Grant, Limit, as_json, parse

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
EXPIRY = datetime(2026, 1, 14, tzinfo=UTC)
SECONDS = int(EXPIRY.timestamp())

META = {
    "messaging_product": "whatsapp",
    "permission": {"status": "temporary", "expiration_time": SECONDS},
    "actions": [
        {
            "action_name": "send_call_permission_request",
            "can_perform_action": False,
            "limits": [
                {
                    "time_period": "PT24H",
                    "max_allowed": 1,
                    "current_usage": 1,
                    "limit_expiration_time": SECONDS,
                },
                {"time_period": "P7D", "max_allowed": 2, "current_usage": 1},
            ],
        },
        {
            "action_name": "start_call",
            "can_perform_action": True,
            "limits": [{"time_period": "P1D", "max_allowed": 100, "current_usage": 7}],
        },
    ],
}


def test_metas_answer_is_read_whole():
    reading = parse(META, NOW)
    assert (reading.grant, reading.expires_at) == (Grant.TEMPORARY, EXPIRY)
    assert reading.ask == Action(
        False, (Limit(DAY, 1, 1, EXPIRY), Limit(WEEK, 2, 1, None))
    )
    assert reading.call == Action(True, (Limit(DAY, 100, 7, None),))


@pytest.mark.parametrize(
    "permission",
    [
        {"status": "temporary", "expiration": SECONDS},
        {"status": "temporary", "expiration_time": str(SECONDS)},
        {"status": "Temporary", "expirationTime": SECONDS * 1000},
        {"Status": "TEMPORARY", "ExpirationTimestamp": EXPIRY.isoformat()},
    ],
)
def test_the_term_is_found_under_every_known_name(permission: dict):
    reading = parse({"permission": permission}, NOW)
    assert (reading.grant, reading.expires_at) == (Grant.TEMPORARY, EXPIRY)


@pytest.mark.parametrize("word", ["no_permission", "NO PERMISSION", "none"])
def test_a_plain_no_is_a_no(word: str):
    assert parse({"permission": {"status": word}}, NOW).grant == Grant.NONE


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"permission": "temporary?"},
        {"permission": {"status": "astonished"}},
        {"permission": [], "actions": {}},
        {"actions": [None, 7, {"action_name": "start_call", "limits": "many"}]},
        {"actions": [{"action_name": "start_call", "limits": [3, {}]}]},
        {"actions": [{"limits": [{"time_period": "P", "max_allowed": "x"}]}]},
    ],
)
def test_what_cannot_be_read_stays_unknown(result: dict):
    reading = parse(result, NOW)
    assert reading.grant is None
    assert (reading.ask, reading.call.limits) == (Action(), ())


def test_what_is_kept_reads_back_the_same():
    reading = parse(META, NOW)
    assert parse(as_json(reading), NOW) == reading
