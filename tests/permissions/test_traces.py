"""A person is found however their number is spelled, and nobody else is."""

import json

import pytest

from permissions.traces import GONE, Traces

CARLA = Traces(
    numbers=frozenset({"4915112345678"}),
    user_ids=frozenset({"DE.8812345678"}),
    usernames=frozenset({"carla"}),
    names=frozenset({"Carla Núñez"}),
)
BRAZILIAN = Traces(frozenset({"553188887766"}), *[frozenset()] * 3)


@pytest.mark.parametrize(
    "spelling",
    [
        "4915112345678",
        "+49 1511 2345678",
        "+49 (151) 1234-5678",
        "0049.151.12345678",
        "0151/12345678",
        "(0151) 12 34 56 78",
        "+49\u00a01511\u00a02345678",
        "DE.8812345678",
        "@carla",
        "@Carla,",
    ],
)
def test_every_spelling_is_found_and_taken_out(spelling: str):
    text = f"Call {spelling} before noon."
    assert CARLA.stand_in(text)
    left = CARLA.without(text)
    assert GONE in left
    assert not any(c.isdigit() for c in left)


@pytest.mark.parametrize(
    "text",
    [
        "14915112345678",  # a longer number
        "49151123456789",
        "151 1234567",
        "DE.88123456789",
        "carla",  # a word, and not hers alone
        "@carla_b",
        "Carla Núñez",
        "",
    ],
)
def test_nobody_else_is(text: str):
    assert not CARLA.stand_in(text)
    assert CARLA.without(text) == text


def test_in_a_text_about_them_their_name_counts_too():
    assert CARLA.name_in("Carla núñez asked.")
    assert CARLA.name_in("carla")
    assert not CARLA.name_in("Carlas Núñez")


@pytest.mark.parametrize("form", ["553188887766", "5531988887766", "031 98888-7766"])
def test_both_forms_of_a_number_are_theirs(form: str):
    assert BRAZILIAN.stand_in(form)


@pytest.mark.parametrize(
    ("body", "is_theirs"),
    [
        ({"waId": 4915112345678}, True),
        ({"entry": [{"from": "+49 1511 2345678"}]}, True),
        ({"userName": "Carla"}, True),
        ({"from": {"user_name": "@carla"}}, True),
        ({"payload": json.dumps({"username": "carla"})}, True),
        ({"bsuid": "DE.8812345678"}, True),
        ({"status": "carla"}, False),  # a word of Wati that is a username, too
        ({"name": "Carla Núñez"}, False),
        ({"timestamp": "49151123456780"}, False),
    ],
)
def test_bodies(body: dict, is_theirs: bool):
    assert CARLA.in_body(json.dumps(body).encode()) == is_theirs


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{", b"[" * 5000, b"null", b"3"])
def test_what_is_no_body_tells_of_nobody(body: bytes):
    assert not CARLA.in_body(body)


def test_who_has_no_id_is_nowhere():
    nobody = Traces(*[frozenset[str]()] * 4)
    assert not nobody
    assert not nobody.in_body(b'{"username": ""}')
    assert nobody.without("text") == "text"
