"""What Ana chooses for all her consoles, on whatever machine."""

import json
from typing import Any

import pytest
from django.test import Client

from agents.models import Agent
from agents.preferences import KeyMode, NoticeKind, Preferences, choose_keys
from calls.console.messages import Page
from calls.console.requests import REQUESTS
from calls.errors import Refused
from calls.snapshots import console_snapshot, preferences_snapshot
from tests.cast import Cast

EVERYTHING = ["calls", "scheduled", "trouble"]


@pytest.fixture
def ana(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.ana.user)
    return client


def ask(agent: Agent, **message: Any) -> None:
    REQUESTS["keys"](Page(agent, "page"), {"type": "keys", **message})


def test_nothing_is_chosen_at_first_and_no_row_is_needed(cast: Cast) -> None:
    chosen = console_snapshot(cast.ana.pk)["preferences"]
    assert chosen == {"keys": "modifier", "notifies": EVERYTHING}
    assert not Preferences.objects.exists()


@pytest.mark.parametrize("mode", KeyMode.values)
def test_a_choice_of_keys_reaches_every_console(
    mode: str,
    cast: Cast,
    told: list[dict[str, Any]],
    django_capture_on_commit_callbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        ask(cast.ana, keys=mode)
    (push,) = told
    content = json.loads(push["text"])
    assert (push["to"], content["type"]) == ([cast.ana.pk], "preferences")
    assert content["preferences"]["keys"] == mode
    assert preferences_snapshot(cast.bruno.pk)["keys"] == "modifier"


@pytest.mark.parametrize("wrong", ["", "SINGLE", None, 1, ["single"], {}])
def test_another_choice_is_refused_in_words(wrong: Any, cast: Cast) -> None:
    with pytest.raises(Refused, match="Unknown choice of keys."):
        ask(cast.ana, keys=wrong)
    assert not Preferences.objects.exists()


def test_the_profile_page_keeps_the_same_choice(ana: Client, cast: Cast) -> None:
    page = ana.post(
        "/profile/preferences/", {"form": "keys", "keys": "single"}, follow=True
    )
    assert "Your choice of keys was saved." in page.content.decode()
    assert preferences_snapshot(cast.ana.pk)["keys"] == "single"


def test_notifications_that_are_not_ticked_stay_away(ana: Client, cast: Cast) -> None:
    choose_keys(cast.ana.pk, KeyMode.OFF)
    ana.post("/profile/preferences/", {"form": "notices", "notify": ["calls", "spam"]})
    assert preferences_snapshot(cast.ana.pk) == {"keys": "off", "notifies": ["calls"]}
    ana.post("/profile/preferences/", {"form": "notices"})
    assert preferences_snapshot(cast.ana.pk)["notifies"] == []
    assert NoticeKind.values == EVERYTHING


@pytest.mark.parametrize("form", [{}, {"form": "other"}, {"form": "keys", "keys": "x"}])
def test_what_the_page_does_not_offer_changes_nothing_and_says_so(
    form: dict[str, str], ana: Client
) -> None:
    page = ana.post("/profile/preferences/", form, follow=True)
    assert "Nothing was changed." in page.content.decode()
    assert not Preferences.objects.exists()
