"""One's own password, second factor and sessions, and nobody else's."""

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.conf import settings as given
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from agents.models import Agent
from agents.sessions import Badge, Standing, end_after_call, named_by, standings
from callcenter.models import SecondFactor, SignIn
from callcenter.web import second_factor
from callcenter.web.sessions import OUTSTAYS_FOR, browser_of, prolong, row_name
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.stackless

NEW = "a-long-and-rare-one"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"
)


@pytest.fixture(autouse=True)
def quick_hashes(cast: Cast, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    User.objects.update(password=make_password(PASSWORD))


def browser(name: str = "ana", agent: str = FIREFOX) -> Client:
    client = Client(HTTP_USER_AGENT=agent, REMOTE_ADDR="203.0.113.7")
    client.post("/sign-in/", {"username": name, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/console/").status_code == 200


def do(client: Client, action: str, **fields: Any) -> str:
    form = {"action": action, **fields}
    return client.post("/profile/", form, follow=True).content.decode()


def key(client: Client) -> str:
    """Return what the row of their session is named."""
    return row_name(client.cookies[given.SESSION_COOKIE_NAME].value)


# --- Sessions ------------------------------------------------------------------------


def test_each_session_is_listed_with_when_and_where(cast: Cast):
    here, _ = browser(), browser(agent=SAFARI)
    browser("bruno", agent=EDGE)
    page = here.get("/profile/").content.decode()
    assert "Firefox, Linux" in page
    assert "Safari, iPhone" in page
    assert "Edge" not in page
    assert page.count("from 203.0.113.7") == 2
    assert page.count("This session") == 1


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (FIREFOX, "Firefox, Linux"),
        (SAFARI, "Safari, iPhone"),
        (EDGE, "Edge, Windows"),
        ("curl/8.0", ""),
        ("", ""),
        ("<script>Firefox/", "Firefox"),
    ],
)
def test_a_browser_is_named_as_people_do(header: str, name: str):
    assert browser_of(header) == name


def test_one_session_or_all_others_can_be_ended(cast: Cast):
    here, phone, desk = browser(), browser(agent=SAFARI), browser(agent=EDGE)
    do(here, "end", session=key(phone))
    assert [is_in(one) for one in (here, phone, desk)] == [True, False, True]
    do(here, "end_others")
    assert [is_in(one) for one in (here, desk)] == [True, False]
    assert SignIn.objects.count() == 1


@pytest.mark.parametrize("action", ["end", "end_others"])
def test_nobody_ends_the_session_of_another(cast: Cast, action: str):
    ana, bruno = browser(), browser("bruno")
    do(ana, action, session=key(bruno))
    assert is_in(bruno)


def test_a_session_ends_after_its_hours_however_much_it_is_used(cast: Cast):
    ana = browser()
    session = ana.session
    session["signed_in"]["at"] -= given.SESSION_HOURS * 3600 + 1
    session.save()
    assert not is_in(ana)


def test_the_use_of_a_session_keeps_it(cast: Cast):
    ana = browser()
    idle = timedelta(hours=given.SESSION_IDLE_HOURS)
    row = Session.objects.filter(pk=key(ana))
    soon = timezone.now() + timedelta(minutes=5)
    row.update(expire_date=soon)
    assert is_in(ana)
    assert row.get().expire_date > timezone.now() + idle - timedelta(minutes=1)
    row.update(expire_date=soon)
    prolong({key(ana)})  # an open console sends no requests
    assert row.get().expire_date > timezone.now() + idle - timedelta(minutes=1)
    row.update(expire_date=timezone.now() - timedelta(seconds=1))
    prolong({key(ana)})
    assert not is_in(ana)


def test_what_stands_in_the_database_is_no_cookie(cast: Cast):
    ana, thief = browser(), Client()
    cookie = ana.cookies[given.SESSION_COOKIE_NAME].value
    assert cookie not in str(
        list(Session.objects.values()) + list(SignIn.objects.values())
    )
    assert cookie not in ana.get("/profile/").content.decode()
    thief.cookies[given.SESSION_COOKIE_NAME] = Session.objects.get().pk
    assert [is_in(ana), is_in(thief)] == [True, False]


def test_a_session_of_a_version_with_plain_keys_lasts_out_its_day(cast: Cast):
    ana = browser()
    cookie = ana.cookies[given.SESSION_COOKIE_NAME].value
    rows = Session.objects.filter(pk=key(ana))
    Session.objects.create(**rows.values().get() | {"session_key": cookie})
    rows.delete()
    session = ana.session
    session["told"] = "something"
    session.save()
    assert is_in(ana)
    assert Session.objects.get().get_decoded()["told"] == "something"
    assert named_by(cookie) == (cookie, cast.ana.user_id)
    ana.post("/sign-out/")
    assert not Session.objects.exists()


def test_no_use_keeps_a_session_beyond_its_hours(cast: Cast):
    ana = browser()
    session = ana.session
    session["signed_in"]["at"] -= given.SESSION_HOURS * 3600 - 60
    session.save()
    prolong({key(ana)})
    last = timezone.now() + timedelta(seconds=61)
    assert Session.objects.get(pk=key(ana)).expire_date < last


def test_after_a_call_that_outlasts_the_session_no_call_follows(cast: Cast):
    badge = Badge(key(browser()), cast.ana.pk)
    Agent.objects.filter(pk=cast.ana.pk).update(state="in_call")
    past = timezone.now() - timedelta(seconds=1)
    Session.objects.filter(pk=badge.session).update(expire_date=past)
    found = standings([badge])
    assert found == {badge: Standing.OUTSTAYS}
    end_after_call(found)
    assert Agent.objects.get(pk=cast.ana.pk).next_state == "offline"
    call_command("clearsessions")
    assert standings([badge]) == found
    past -= OUTSTAYS_FOR
    Session.objects.filter(pk=badge.session).update(expire_date=past)
    call_command("clearsessions")
    assert not SignIn.objects.exists()


# --- Password ------------------------------------------------------------------------


def change(client: Client, old: str = PASSWORD, new: str = NEW) -> str:
    fields = {"old_password": old, "new_password1": new, "new_password2": new}
    return do(client, "password", **fields)


def test_a_new_password_ends_all_other_sessions(cast: Cast):
    here, phone = browser(), browser(agent=SAFARI)
    before = Badge(key(here), cast.ana.pk)
    assert "Your password was changed" in change(here)
    assert [is_in(here), is_in(phone)] == [True, False]
    assert standings([before]) == {before: Standing.OVER}
    assert SignIn.objects.get(user=cast.ana.user).pk == key(here)
    assert User.objects.get(pk=cast.ana.user_id).check_password(NEW)


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("wrong", NEW, "Your old password was entered incorrectly"),
        (PASSWORD, "short", "too short"),
        (PASSWORD, "password123", "too common"),
    ],
)
def test_a_password_is_changed_by_who_knows_it_to_a_good_one(old, new, word, cast):
    ana = browser()
    assert word in change(ana, old, new)
    assert User.objects.get(pk=cast.ana.user_id).check_password(PASSWORD)


@pytest.mark.parametrize("state", ["ringing", "in_call", "reconnecting", "wrap_up"])
def test_a_new_password_leaves_the_session_of_a_call_alone(state: str, cast: Cast):
    ana, phone = browser(), browser(agent=SAFARI)
    badge, other = (Badge(key(one), cast.ana.pk) for one in (ana, phone))
    Agent.objects.filter(pk=cast.ana.pk).update(state=state)
    assert "Your password was changed" in change(ana)
    assert standings([badge, other]) == {
        badge: Standing.LASTS,
        other: Standing.OVER,
    }
    assert User.objects.get(pk=cast.ana.user_id).check_password(NEW)
    assert [is_in(ana), key(ana), is_in(phone)] == [True, badge.session, False]


def test_after_the_call_the_session_gets_the_key_it_is_due(cast: Cast):
    ana = browser()
    during = key(ana)
    Agent.objects.filter(pk=cast.ana.pk).update(state="in_call")
    assert "it goes on" in ana.get("/profile/").content.decode()
    change(ana)
    Agent.objects.filter(pk=cast.ana.pk).update(state="available")
    assert is_in(ana)
    after = key(ana)
    assert after != during
    assert not Session.objects.filter(pk=during).exists()
    assert [is_in(ana), key(ana)] == [True, after]


def test_the_password_and_the_proof_of_it_are_stored_in_one_step(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    ana = browser()
    Agent.objects.filter(pk=cast.ana.pk).update(state="in_call")

    def fails(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("callcenter.web.sessions.SessionStore.save", fails)
    with pytest.raises(RuntimeError):
        change(ana)
    monkeypatch.undo()
    assert User.objects.get(pk=cast.ana.user_id).check_password(PASSWORD)
    assert is_in(ana)


def test_the_profile_is_for_who_is_signed_in():
    assert Client().get("/profile/")["Location"] == "/sign-in/?next=/profile/"


# --- Second factor -------------------------------------------------------------------


def test_a_second_factor_is_set_up_and_removed_with_a_code(cast: Cast):
    ana = browser()
    assert "/sign-in/set-up/" in ana.get("/profile/").content.decode()
    ana.get("/sign-in/set-up/")
    app = pyotp.TOTP(SecondFactor.objects.get().secret)
    code = app.now()
    page = ana.post("/sign-in/set-up/", {"code": code}).content.decode()
    assert "shown only now" in page
    assert "10 recovery codes are left" in ana.get("/profile/").content.decode()
    assert "This code is not right" in do(ana, "remove_second_factor", code=code)
    new = second_factor.new_recovery_codes(cast.ana.user)
    assert "shown only now" in do(ana, "new_codes", code=new[0])
    assert "This code is not right" in do(ana, "new_codes", code=new[1])
    newest = second_factor.new_recovery_codes(cast.ana.user)
    assert "was removed" in do(ana, "remove_second_factor", code=newest[0])
    assert not SecondFactor.objects.exists()


def test_who_must_have_one_cannot_remove_it(cast: Cast, settings: Any):
    sofia = browser("supervisor")
    second_factor.begin(cast.sofia)
    SecondFactor.objects.update(confirmed_at=timezone.now())
    codes = second_factor.new_recovery_codes(cast.sofia)
    settings.SECOND_FACTOR = "staff"
    session = sofia.session
    session[second_factor.GIVEN] = True
    session.save()
    assert "needs a second factor" in do(sofia, "remove_second_factor", code=codes[0])
    assert SecondFactor.objects.exists()
