"""Sofia's first day: a one-time password that opens one page, and only once."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from callcenter.models import OneTimePassword

pytestmark = [pytest.mark.django_db, pytest.mark.stackless]

NEW = "korrekt-pferd-batterie"
CHANGE = "/admin/password_change/"


def create_supervisor(*arguments: str) -> str:
    told = StringIO()
    call_command("create_supervisor", *arguments, stdout=told)
    [password] = re.findall(r"One-time password: (\S+)", told.getvalue())
    return str(password)


def signed_in(name: str, password: str) -> Client:
    client = Client()
    form = {"username": name, "password": password}
    assert client.post("/sign-in/", form).status_code == 302
    return client


def change(client: Client, old: str, new: str) -> str:
    form = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post(CHANGE, form, follow=True).content.decode()


def test_sofia_can_only_change_her_password_until_she_has_changed_it():
    password = create_supervisor("sofia")
    sofia = signed_in("sofia", password)
    for address in ("/", "/admin/", "/admin/calls/call/", "/console/", "/nowhere/"):
        assert sofia.get(address).headers["Location"] == CHANGE
    assert sofia.post("/admin/auth/user/add/").headers["Location"] == CHANGE

    page = sofia.get(CHANGE).content.decode()
    assert "Choose a password of your own." in page
    assert "Choose another one" in change(sofia, password, password)
    assert "Your password was changed." in change(sofia, password, NEW)
    assert sofia.get("/admin/").status_code == 200
    assert signed_in("sofia", NEW).get("/admin/").status_code == 200


def test_a_second_supervisor_of_the_name_is_refused_and_told_the_way():
    create_supervisor("sofia")
    with pytest.raises(CommandError, match="create_supervisor sofia --reset"):
        create_supervisor("sofia")


def test_a_reset_ends_the_old_password_and_every_session():
    first = create_supervisor("sofia")
    sofia = signed_in("sofia", first)
    change(sofia, first, NEW)
    second = create_supervisor("sofia", "--reset")
    assert second != first
    assert "/sign-in/" in sofia.get("/").headers["Location"]
    again = signed_in("sofia", second)
    assert again.get("/admin/calls/call/").headers["Location"] == CHANGE


def test_a_colleague_who_sets_the_password_ends_the_one_time_password():
    create_supervisor("sofia")
    sofia = User.objects.get(username="sofia")
    sofia.set_password(NEW)
    sofia.save()
    assert signed_in("sofia", NEW).get("/admin/").status_code == 200


def test_a_one_time_password_expires():
    password = create_supervisor("sofia")
    then = timezone.now() - timedelta(days=8)
    OneTimePassword.objects.update(created_at=then)
    form = {"username": "sofia", "password": password}
    answer = Client().post("/sign-in/", form)
    assert "This one-time password has expired." in answer.content.decode()


def test_who_knows_no_password_learns_nothing_of_it():
    create_supervisor("sofia")
    OneTimePassword.objects.update(created_at=timezone.now() - timedelta(days=8))
    form = {"username": "sofia", "password": "something else"}
    assert "expired" not in Client().post("/sign-in/", form).content.decode()


def test_only_those_with_all_rights_are_reset():
    with pytest.raises(CommandError, match="There is no user sofia"):
        create_supervisor("sofia", "--reset")
    User.objects.create(username="ana")
    with pytest.raises(CommandError, match="ana is no supervisor"):
        create_supervisor("ana", "--reset")
    create_supervisor("sofia")
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="sofia is deactivated"):
        create_supervisor("sofia", "--reset")


@pytest.mark.parametrize("name", ["", "sofia roth", "s" * 151, "so\nfia"])
def test_an_impossible_name_is_refused_with_a_sentence(name):
    with pytest.raises(CommandError):
        create_supervisor(name)
    assert not User.objects.exists()
