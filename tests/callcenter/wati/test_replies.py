"""What a reply means, in every shape in which Wati may hand on what WhatsApp said."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.wati.errors import (
    CODES,
    NEEDS_ADMIN,
    PERMISSIONS_ERROR,
    Outcome,
    WatiError,
)
from callcenter.wati.replies import Answer, judge

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DETAILS = "It was decided so."
STATUSES = (200, 201, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503)


def meta(code: Any, **more: Any) -> dict[str, Any]:
    error = {
        "message": f"(#{code}) A title",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": DETAILS},
        "fbtrace_id": "Az8or2yhqkZfEZ",
    }
    return {"error": error | more}


def in_message(inner: Any, code: Any = 400) -> dict[str, Any]:
    text = inner if isinstance(inner, str) else json.dumps(inner)
    return {"code": code, "message": text}


Shape = Callable[[int], Any]
SHAPES: dict[str, Shape] = {
    "Meta's object": meta,
    "the code as text": lambda code: meta(str(code)),
    "JSON in the message": lambda code: in_message(meta(code)),
    "JSON in a success": lambda code: in_message(meta(code), 200),
    "JSON in JSON": lambda code: in_message(json.dumps(json.dumps(meta(code)))),
    "JSON after words": lambda code: in_message(f"Meta said: {json.dumps(meta(code))}"),
    "JSON cut off": lambda code: in_message(json.dumps(meta(code))[:-30]),
    "an error beside a success": lambda code: {"code": 200, **meta(code)},
    "an error in the result": lambda code: {"code": 200, "result": meta(code)},
    "a list of errors": lambda code: {"errors": [meta(code)["error"]]},
    "details alone": lambda code: {
        "error": {"error_data": {"details": f"(#{code}) A title"}}
    },
    "Pascal case": lambda code: {
        "Code": 400,
        "Error": {"Code": code, "Message": "A title", "ErrorData": {}},
    },
    "a sentence": lambda code: in_message(f"(#{code}) A title"),
    "plain text": lambda code: f"(#{code}) A title",
}


def reply(status: int, body: Any, **headers: str) -> Answer | WatiError:
    text = body if isinstance(body, str) else json.dumps(body)
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        return judge(status, text.encode(), told, now=NOW)
    except WatiError as error:
        return error


def refusal(status: int, body: Any, **headers: str) -> WatiError:
    error = reply(status, body, **headers)
    assert isinstance(error, WatiError)
    return error


@pytest.mark.parametrize("shape", SHAPES)
def test_each_code_means_the_same_in_every_shape(shape: str):
    for code, status in product(CODES.keys() - {PERMISSIONS_ERROR}, STATUSES):
        error = refusal(status, SHAPES[shape](code))
        assert (error.code, error.outcome) == (code, CODES[code].outcome)
        assert error.needs_admin == (code in NEEDS_ADMIN)
        assert error.sentence == CODES[code].sentence


@pytest.mark.parametrize("shape", SHAPES)
def test_a_code_that_we_do_not_know_is_a_no_and_no_token_trouble(shape: str):
    for status in (200, 400, 401, 403):
        error = refusal(status, SHAPES[shape](138099))
        assert (error.code, error.outcome) == (138099, Outcome.REFUSED)
        assert error.proves_token


def test_the_graph_apis_permission_errors_are_no_success_and_no_token_trouble():
    for status, code in product((200, 400, 401, 403), (200, 210, 299)):
        error = refusal(status, meta(code))
        assert (error.code, error.outcome) == (code, Outcome.REFUSED)
        assert error.needs_admin


def test_the_token_is_to_blame_for_these_codes_and_401_and_nothing_else():
    blamed = {n for n, means in CODES.items() if means.outcome == Outcome.UNAUTHORISED}
    assert blamed == {0, 3, 10, 190}
    for status in range(200, 600):
        outcome = refusal(status, "").outcome
        assert (outcome == Outcome.UNAUTHORISED) == (status == 401)
        for envelope in range(300, 600):
            if envelope in CODES:
                continue
            outcome = refusal(status, {"code": envelope}).outcome
            assert (outcome == Outcome.UNAUTHORISED) == (401 in (status, envelope))


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (403, {"code": 403, "message": "Calling is not enabled."}, Outcome.REFUSED),
        (403, "<html>Forbidden, code 190</html>", Outcome.REFUSED),
        (200, {"code": 403}, Outcome.REFUSED),
        (200, {"code": 429}, Outcome.WAIT),
        (429, {}, Outcome.WAIT),
        (200, {"code": 500}, Outcome.REFUSED),  # Wati itself says that it failed
        (200, {"code": 504}, Outcome.UNKNOWN),  # Wati waited for WhatsApp in vain
        (408, "", Outcome.UNKNOWN),
        (500, {"code": 400}, Outcome.UNKNOWN),
        (200, {"code": 0, "message": "unset"}, Outcome.UNKNOWN),
        (200, {"success": False}, Outcome.REFUSED),
        (200, {"code": 200, "success": "false"}, Outcome.REFUSED),
        (200, {"code": 200, "error": "Not on this plan"}, Outcome.REFUSED),
        (200, {"result": False, "info": "Not on this plan"}, Outcome.REFUSED),
        (200, [], Outcome.UNKNOWN),
        (204, "", Outcome.UNKNOWN),
    ],
)
def test_replies_without_a_code_of_whatsapp(status: int, body: Any, outcome: Outcome):
    error = refusal(status, body)
    assert (error.code, error.outcome) == (None, outcome)
    assert not error.proves_token


@pytest.mark.parametrize(
    "body",
    [
        {"code": 200, "message": "Success"},
        {"Code": "200", "Message": "Success", "Result": {"callId": "wacid.7"}},
        {"code": 200, "message": "Success", "errors": [], "error": None},
        {"code": 200, "result": {"phone": "+1 380 061 3800", "price": 138006}},
        {"code": 200, "result": {"country": {"code": 10, "name": "Elsewhere"}}},
        {"code": 200, "message": "at most 100 calls, 131026 so far"},
    ],
)
def test_a_yes_is_not_spoiled_by_what_only_looks_like_a_code(body: Any):
    assert isinstance(reply(200, body), Answer)


@pytest.mark.parametrize(
    "text",
    [
        "Cannot call 138006",
        "Call +138006 1234 or 1380061234",
        "The fee is 138006.50, not 131026",
        "It takes 100 s, at most 613",
        "wacid.138006==",
    ],
)
@pytest.mark.parametrize("key", ["message", "error", "phone", "price", "waid"])
def test_a_number_in_a_sentence_is_no_code(text: str, key: str):
    assert refusal(400, {"code": 400, key: text}).code is None
    assert refusal(400, {"code": 400, key: 4915113800}).code is None


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["code", "message", "error", "errors", "result", "x"]), inner
    ),
    max_leaves=12,
), st.sampled_from(STATUSES))  # fmt: skip
def test_any_json_has_a_meaning(body: Any, status: int):
    found = reply(status, body)
    if isinstance(found, WatiError):
        assert len(found.words) <= 300
        assert found.message
    else:
        assert status < 300
        assert str(body["code"]).strip("# ()") == "200"


@given(st.binary(max_size=200), st.sampled_from(STATUSES))
def test_any_bytes_have_a_meaning(content: bytes, status: int):
    with pytest.raises(WatiError):
        judge(status, content, {})


def test_a_body_nested_too_deep_or_too_long_is_only_a_body():
    refusal(400, "[" * 30_000)
    refusal(400, json.dumps({"message": "{" * 60_000}))
    refusal(400, {"message": "a" * 60_000})


# --- The call is over ----------------------------------------------------------------


def test_only_wati_itself_says_that_a_call_is_over():
    assert refusal(404, {"code": 404, "message": "No such call"}).call_is_over
    assert refusal(410, {"code": 410}).call_is_over
    assert refusal(200, {"code": 404}).call_is_over
    assert not refusal(404, "<html>Not here</html>").call_is_over
    assert not refusal(401, "").call_is_over


# --- Times ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("90", 90),
        (format_datetime(NOW + timedelta(hours=1), usegmt=True), 3600),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 5),
        ("0", 5),
        ("soon", 5),
        ("", 5),
        ("99999999", 5),  # three years
    ],
)
def test_when_to_come_again_is_told_by_the_header(told: str, wait: int):
    error = refusal(429, "", Retry_After=told)
    assert (error.outcome, error.wait) == (Outcome.WAIT, timedelta(seconds=wait))
    assert refusal(429, "", retry_after=told).wait == error.wait


@pytest.mark.parametrize(
    "instant",
    ["2026-01-05T11:00:00Z", "2026-01-05 11:00", str(int(NOW.timestamp()) + 7200)],
)
def test_when_to_come_again_is_told_in_the_details(instant: str):
    error = refusal(400, meta(138012, error_data={"details": f"Next at {instant}."}))
    assert error.wait == timedelta(hours=2)
    late = meta(138012, error_data={"details": "The last was at 2025-12-24T11:00Z."})
    assert refusal(400, late).wait == CODES[138012].wait


def test_every_rate_limit_has_its_time():
    limits = {c for c, means in CODES.items() if means.outcome == Outcome.WAIT}
    assert limits >= {4, 613, 80007, 130429, 131048, 131056, 138002, 138005}
    assert all(CODES[code].wait for code in limits)


# --- WhatsApp's own words ------------------------------------------------------------


def test_whatsapps_own_words_are_kept_for_supervisors_and_not_said_to_agents():
    error = refusal(403, in_message(meta(368), 403))
    assert error.words == f"(#368) A title – {DETAILS}"
    assert DETAILS not in error.sentence
    error = refusal(403, {"code": 403, "message": "Calling is not enabled."})
    assert error.words == "Calling is not enabled."
    assert "Tell your administrator" in error.sentence
    assert refusal(502, "<html>Bad <b>Gateway</b></html>").words == ""


def words(text: str) -> str:
    return refusal(400, {"code": 400, "message": text}).words


@pytest.mark.parametrize(
    "secret",
    [
        "+49 1511 2345678",
        "4915112345678",
        "tel4915112345678",
        "(0151) 123-45-67",
        "٤٩١٥١١٢٣٤٥٦٧٨",
        "US.13491208655302741918",
        "BR.1A9f3C77xQ",
        "US.ENT.9a8b7c6d5e",
        "Bearer abc",
        "token=a1b2c3d4",
        "EAAGm0PX4ZCpsBAKZCZBxyz0123456789",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\na=ice-pwd:secret",
        "a=candidate:1 1 udp 1 10.0.0.1 9 typ host",
        "a=fingerprint:sha-256 AB:CD",
    ],
)
def test_nothing_secret_and_nobodys_number_is_in_the_words(secret: str):
    said = words(f"It says {secret} here")
    assert "(" in said
    assert not any(part in said for part in secret.split() if len(part) > 6)
    assert not {"1511", "ice-pwd", "AB:CD", "10.0.0.1"} & set(said.split())


def test_words_stay_readable():
    meant = "(#138006) No approved call permission; next at 2026-01-05T11:00:00Z"
    assert words(meant) == meant
    expired = "Error validating access token: Session has expired on Monday."
    assert words(expired) == expired
    assert words("one\x00two\u202ethree\r\n four\u200b") == "onetwothree four"
    assert len(words("word " * 200)) == 300
