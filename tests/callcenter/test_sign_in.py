"""Guessing passwords is slow, and hashing them leaves the other threads alone."""

import os
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from callcenter import limits
from callcenter.buckets import Buckets
from callcenter.web import password_hashing, sign_in
from tests.cast import PASSWORD, Cast
from tests.conftest import WRONG_PASSWORDS

pytestmark = pytest.mark.stackless

TOO_MANY = "Too many failed sign-ins"
TRIES = int(limits.WRONG_FOR_A_NAME_AT_AN_ADDRESS.burst)


class Clock:
    at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """New buckets, whose clock the test turns."""
    clock = Clock()
    buckets = tuple(Buckets(rate, clock=clock) for rate in WRONG_PASSWORDS)
    monkeypatch.setattr(sign_in, "_wrong", buckets)
    return clock


def try_in(name: str, password: str, address: str = "203.0.113.7") -> HttpResponse:
    return Client(REMOTE_ADDR=address).post(
        "/sign-in/", {"username": name, "password": password}
    )


def is_refused(answer: HttpResponse) -> bool:
    return TOO_MANY in answer.content.decode()


def test_after_a_few_wrong_passwords_even_the_right_one_waits(cast: Cast, clock):
    assert not any(is_refused(try_in("ana", f"guess {n}")) for n in range(TRIES))
    assert is_refused(try_in("ana", PASSWORD))
    assert is_refused(try_in("ANA", PASSWORD))
    assert try_in("bruno", PASSWORD).status_code == 302
    clock.at += limits.WRONG_FOR_A_NAME_AT_AN_ADDRESS.seconds
    assert try_in("ana", PASSWORD).status_code == 302
    assert not is_refused(try_in("ana", "guess"))
    assert is_refused(try_in("ana", "guess"))


def test_one_address_cannot_try_all_names(cast: Cast, clock, monkeypatch):
    address = Buckets(limits.WRONG_AT_AN_ADDRESS._replace(burst=3), clock=clock)
    each, _, name = sign_in._wrong
    monkeypatch.setattr(sign_in, "_wrong", (each, address, name))
    assert not any(is_refused(try_in(f"user{n}", "guess")) for n in range(3))
    assert is_refused(try_in("ana", PASSWORD))
    assert try_in("ana", PASSWORD, "198.51.100.1").status_code == 302


def test_more_at_once_than_the_processor_has_time_for_are_told_so(cast: Cast, clock):
    for _ in range(limits.SIGN_INS_AT_ONCE):
        assert sign_in._at_once.take(None)
    try:
        answer = try_in("ana", PASSWORD).content.decode()
        assert "Many people are signing in right now" in answer
    finally:
        for _ in range(limits.SIGN_INS_AT_ONCE):
            sign_in._at_once.leave(None)
    assert try_in("ana", PASSWORD).status_code == 302


def test_an_unknown_name_takes_as_long_as_a_wrong_password(
    cast: Cast, clock, monkeypatch: pytest.MonkeyPatch
):
    """By the hashes, which are what takes long; and it reads the same."""
    made: list[str] = []
    encode = password_hashing.PasswordHasher.encode

    def counted(self, password: str, *rest):
        made.append(password)
        return encode(self, password, *rest)

    monkeypatch.setattr(password_hashing.PasswordHasher, "encode", counted)
    User.objects.filter(username="bruno").update(is_active=False)
    pages = []
    for name, typed in (("ana", "guess"), ("nobody", "guess"), ("bruno", PASSWORD)):
        made.clear()
        page = try_in(name, typed).content.decode()
        assert len(made) == 1, name
        pages.append(re.search(r'id="login-problem">(.*?)</p>', page, re.S)[1].strip())
    assert len(set(pages)) == 1


@pytest.mark.parametrize("page", ["/sign-in/", "/admin/login/"])
@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/x"])
def test_the_sign_in_leads_to_no_other_site(cast: Cast, clock, page, elsewhere: str):
    form = {"username": "supervisor", "password": PASSWORD, "next": elsewhere}
    answer = Client().post(page, form)
    assert answer.status_code == 302
    home = "/admin/" if page == "/admin/login/" else "/"
    assert answer["Location"] == (elsewhere if elsewhere == "/x" else home)


def test_an_agent_who_signs_in_for_the_admin_is_told_so(cast: Cast, clock):
    ana = Client()
    form = {"username": "ana", "password": PASSWORD}
    page = ana.post("/admin/login/?next=/admin/", form, follow=True).content.decode()
    assert "Your user does not have access to that page" in page


def test_signing_out_empties_the_browsers_memory(cast: Cast):
    ana = Client()
    ana.force_login(cast.ana.user)
    answer = ana.post("/sign-out/")
    assert answer["Clear-Site-Data"] == '"cache"'
    assert ana.get("/console/").status_code == 302


def test_hashes_are_made_on_few_threads_of_low_priority():
    with ThreadPoolExecutor(6) as callers:
        hashes = list(callers.map(make_password, ["secret"] * 6))
    assert all(check_password("secret", one) for one in hashes)
    assert not check_password("secre", hashes[0])
    threads = [thread for thread in threading.enumerate() if "passwords" in thread.name]
    assert len(threads) == limits.PASSWORD_THREADS
    if sys.platform == "linux":
        nice = [os.getpriority(os.PRIO_PROCESS, one.native_id) for one in threads]
        assert set(nice) == {password_hashing.NICE}
