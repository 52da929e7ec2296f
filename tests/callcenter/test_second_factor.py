"""A password alone is not enough, where it is not to be."""

import re
from typing import Any

import pyotp
import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from agents.sessions import Badge, is_over
from callcenter import limits
from callcenter.buckets import Buckets
from callcenter.models import AuditEntry, OneTimePassword, SecondFactor
from callcenter.web import second_factor, sign_in
from callcenter.web.sessions import row_name
from tests.cast import PASSWORD, Cast

NOW = 1_790_000_000


class Clock:
    at = float(NOW)

    def time(self) -> float:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Clock:
    """The clock of codes, which the test turns; and wrong ones are forgotten."""
    clock = Clock()
    monkeypatch.setattr(second_factor, "time", clock)
    rates = (
        limits.WRONG_FOR_A_NAME_AT_AN_ADDRESS,
        limits.WRONG_AT_AN_ADDRESS,
        limits.WRONG_FOR_A_NAME,
    )
    monkeypatch.setattr(sign_in, "_wrong", tuple(map(Buckets, rates)))
    settings.SECOND_FACTOR = "staff"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return clock


@pytest.fixture
def sofia(cast: Cast, clock: Clock) -> User:
    """A supervisor without a second factor yet."""
    User.objects.update(password=make_password(PASSWORD))
    return User.objects.get(username="supervisor")


@pytest.fixture
def app(sofia: User) -> pyotp.TOTP:
    """Sofia's phone."""
    factor = second_factor.begin(sofia)
    app = pyotp.TOTP(factor.secret)
    assert second_factor.confirm(sofia, app.at(NOW - 60)) is None  # too old
    assert second_factor.confirm(sofia, app.at(NOW - 30))
    return app


def password(client: Client, name: str = "supervisor") -> HttpResponse:
    form = {"username": name, "password": PASSWORD, "next": "/admin/calls/call/"}
    return client.post("/sign-in/", form)


def code(client: Client, typed: str) -> HttpResponse:
    return client.post("/sign-in/code/", {"code": typed})


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_a_supervisor_needs_both(app: pyotp.TOTP):
    browser = Client()
    assert password(browser)["Location"] == "/sign-in/code/"
    assert not is_in(browser)
    assert "This code is not right" in code(browser, "000000").content.decode()
    assert not is_in(browser)
    answer = code(browser, f" {app.at(NOW)[:3]} {app.at(NOW)[3:]}")
    assert answer["Location"] == "/admin/calls/call/"
    assert is_in(browser)


def test_the_admins_own_sign_in_asks_as_well(app: pyotp.TOTP):
    browser = Client()
    form = {"username": "supervisor", "password": PASSWORD}
    assert browser.post("/admin/login/", form)["Location"] == "/sign-in/code/"
    assert not is_in(browser)


def test_each_code_is_good_once(app: pyotp.TOTP, clock: Clock):
    browser = Client()
    password(browser)
    assert code(browser, app.at(NOW)).status_code == 302
    browser = Client()
    password(browser)
    assert code(browser, app.at(NOW)).status_code == 200
    assert code(browser, app.at(NOW - 30)).status_code == 200
    clock.at += 30
    assert code(browser, app.at(NOW + 30)).status_code == 302


@pytest.mark.parametrize(("late", "is_good"), [(-31, True), (31, True), (95, False)])
def test_clocks_may_differ_by_half_a_minute(
    app: pyotp.TOTP, clock: Clock, late: int, is_good: bool
):
    clock.at = NOW + 3000.0
    browser = Client()
    password(browser)
    answer = code(browser, app.at(NOW + 3000 + late))
    assert (answer.status_code == 302) == is_good


def test_a_supervisor_without_one_sets_it_up_first(sofia: User):
    browser = Client()
    assert password(browser)["Location"] == "/sign-in/set-up/"
    page = browser.get("/sign-in/set-up/").content.decode()
    assert "<svg" in page
    assert "style=" not in page  # the content policy
    secret = re.search(r'class="key">(\w+)<', page)
    assert secret
    assert secret[1] in browser.get("/sign-in/set-up/").content.decode()  # reloaded
    assert not is_in(browser)
    done = browser.post("/sign-in/set-up/", {"code": pyotp.TOTP(secret[1]).at(NOW)})
    codes = re.findall(r"<code>([a-z2-7-]{19})</code>", done.content.decode())
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    assert is_in(browser)
    # The secret is shown to nobody any more, nor are the codes.
    assert browser.get("/sign-in/set-up/")["Location"] == "/profile/"
    again = Client()
    assert password(again)["Location"] == "/sign-in/code/"
    assert code(again, codes[3].replace("-", " ").upper()).status_code == 302
    assert is_in(again)
    third = Client()
    password(third)
    assert code(third, codes[3]).status_code == 200  # each once
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM callcenter_secondfactor")
        row = str(cursor.fetchall())
    assert secret[1] not in row
    assert codes[0] not in row


def test_agents_are_not_asked_unless_all_are(cast: Cast, sofia: User, settings: Any):
    assert password(Client(), "ana")["Location"] == "/admin/calls/call/"
    settings.SECOND_FACTOR = "everyone"
    assert password(Client(), "ana")["Location"] == "/sign-in/set-up/"
    settings.SECOND_FACTOR = "optional"
    assert password(Client())["Location"] == "/admin/calls/call/"


def test_who_has_one_is_asked_where_it_is_optional(app, settings: Any):
    settings.SECOND_FACTOR = "optional"
    assert password(Client())["Location"] == "/sign-in/code/"
    settings.SECOND_FACTOR = "off"
    assert password(Client())["Location"] == "/admin/calls/call/"


def test_guessing_codes_is_slow_and_locks_no_password(app: pyotp.TOTP, clock: Clock):
    browser = Client()
    password(browser)
    tries = int(limits.WRONG_FOR_A_NAME_AT_AN_ADDRESS.burst)
    for number in range(tries):
        assert "not right" in code(browser, f"{number:06}").content.decode()
    refused = code(browser, app.at(NOW)).content.decode()
    assert "Too many failed sign-ins" in refused
    # Another address, another chance; and the code was not used up.
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert password(elsewhere).status_code == 302
    assert code(elsewhere, app.at(NOW)).status_code == 302


def test_nobody_waits_for_the_second_step_for_ever(
    app: pyotp.TOTP, monkeypatch: pytest.MonkeyPatch
):
    browser = Client()
    password(browser)
    monkeypatch.setattr("callcenter.web.sign_in_views.PENDING_LASTS", -1)
    late = Client()
    password(late)
    assert code(late, app.at(NOW))["Location"] == "/sign-in/"
    User.objects.filter(username="supervisor").update(password=make_password("new"))
    assert code(browser, app.at(NOW))["Location"] == "/sign-in/"


@pytest.mark.parametrize("page", ["/sign-in/code/", "/sign-in/set-up/"])
def test_a_step_without_the_first_one_leads_to_the_beginning(sofia, page: str):
    assert Client().get(page)["Location"] == "/sign-in/"
    assert Client().post(page, {"code": "1"})["Location"] == "/sign-in/"


def test_who_is_promoted_owes_it_on_every_way(cast: Cast, sofia: User):
    ana = Client()
    password(ana, "ana")
    badge = Badge(row_name(str(ana.session.session_key)), cast.ana.pk)
    assert ana.get("/console/").status_code == 200
    assert not is_over(badge)
    User.objects.filter(username="ana").update(is_staff=True)
    assert ana.get("/console/")["Location"] == "/sign-in/set-up/"
    assert ana.get("/calls/export.csv")["Location"] == "/sign-in/set-up/"
    assert is_over(badge)
    assert ana.get("/healthz").status_code == 200
    secret = SecondFactor.objects.filter(user=cast.ana.user)
    ana.get("/sign-in/set-up/")
    app = pyotp.TOTP(secret.get().secret)
    ana.post("/sign-in/set-up/", {"code": app.at(NOW)})
    assert ana.get("/console/").status_code == 200


def test_another_superuser_resets_it_and_it_is_noted(app, sofia: User):
    boss = User.objects.create(username="boss", is_staff=True, is_superuser=True)
    mine = second_factor.begin(boss)
    admin = Client()
    admin.force_login(boss)
    session = admin.session
    session[second_factor.GIVEN] = True
    session.save()
    page = "/admin/callcenter/secondfactor/"
    listed = admin.get(page).content.decode()
    assert "supervisor" in listed
    assert mine.secret not in listed
    assert admin.post(f"{page}{mine.pk}/delete/", {"post": "yes"}).status_code == 403
    theirs = SecondFactor.objects.get(user=sofia)
    admin.post(f"{page}{theirs.pk}/delete/", {"post": "yes"})
    assert not SecondFactor.objects.filter(user=sofia).exists()
    history = boss.logentry_set.get()
    assert history.object_repr == "supervisor"
    assert password(Client())["Location"] == "/sign-in/set-up/"


def test_only_superusers_see_who_has_one(cast: Cast, app, settings: Any):
    settings.SECOND_FACTOR = "optional"
    User.objects.filter(username="bruno").update(is_staff=True)
    lead = Client()
    lead.force_login(User.objects.get(username="bruno"))
    assert lead.get("/admin/callcenter/secondfactor/").status_code == 403


def entries_since(newest: int) -> list[tuple[str, str, str]]:
    entries = AuditEntry.objects.filter(pk__gt=newest).order_by("pk")
    return [(entry.username, entry.action, entry.details) for entry in entries]


def test_the_audit_log_tells_what_became_of_it(sofia: User, clock: Clock):
    newest = AuditEntry.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    browser = Client()
    password(browser)
    browser.get("/sign-in/set-up/")
    app = pyotp.TOTP(SecondFactor.objects.get(user=sofia).secret)
    browser.post("/sign-in/set-up/", {"code": "000000"})
    done = browser.post("/sign-in/set-up/", {"code": app.at(NOW)}).content.decode()
    recovery = re.findall(r"<code>([a-z2-7-]{19})</code>", done)
    again = Client()
    password(again)
    code(again, recovery[0])
    told = entries_since(newest)
    assert told == [
        ("supervisor", "sign_in_failed", "second factor"),
        ("supervisor", "second_factor", "set up"),
        ("supervisor", "second_factor", "new recovery codes"),
        ("supervisor", "sign_in", ""),
        ("supervisor", "second_factor", "recovery code used"),
        ("supervisor", "sign_in", ""),
    ]
    assert not any(secret in str(told) for secret in [app.secret, *recovery])


def test_with_a_one_time_password_the_factor_comes_first(sofia: User, clock: Clock):
    OneTimePassword.objects.create(user=sofia)
    browser = Client()
    assert password(browser)["Location"] == "/sign-in/set-up/"
    browser.get("/sign-in/set-up/")
    app = pyotp.TOTP(SecondFactor.objects.get(user=sofia).secret)
    assert browser.post("/sign-in/set-up/", {"code": app.at(NOW)}).status_code == 200
    assert browser.get("/admin/")["Location"] == "/admin/password_change/"
    assert browser.get("/admin/password_change/").status_code == 200


def test_who_is_promoted_with_a_one_time_password_is_not_sent_in_a_circle(
    cast: Cast, sofia: User
):
    OneTimePassword.objects.create(user=cast.ana.user)
    ana = Client()
    password(ana, "ana")
    User.objects.filter(username="ana").update(is_staff=True)
    page = ana.get("/admin/password_change/", follow=True)
    assert page.request["PATH_INFO"] == "/sign-in/set-up/"
    assert page.status_code == 200
