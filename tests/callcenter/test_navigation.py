"""The admin's navigation has every list once, and shows each person their own."""

import re
from collections import Counter

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from callcenter.navigation import TASKS

pytestmark = pytest.mark.django_db

PLACES = [place for task in TASKS for place in task.places]


def links_for(client: Client, path: str = "/admin/") -> list[str]:
    page = client.get(path).content.decode()
    navigation = page.partition('<nav class="navigation"')[2].partition("</nav>")[0]
    return re.findall(r'<a href="([^"]+)"', navigation)


def test_every_list_has_its_place_and_none_has_two():
    """A new model in the admin has no way to it before it stands in the table."""
    listed = Counter(place.model for place in PLACES if place.model)
    assert listed == {model._meta.label_lower: 1 for model in admin.site._registry}


def test_an_administrator_finds_every_place(admin_client: Client):
    assert links_for(admin_client) == [place.url + place.query for place in PLACES]


def test_a_person_finds_what_they_may_open(client: Client):
    sofia = User.objects.create_user("sofia", is_staff=True)
    sofia.user_permissions.set(
        Permission.objects.filter(codename__in=("view_call", "change_queue"))
    )
    client.force_login(sofia)
    names = ("index", "calls_call_changelist", "agents_queue_changelist")
    assert links_for(client) == [reverse(f"admin:{name}") for name in names]
    assert all(client.get(link).status_code == 200 for link in links_for(client))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.model or "index")
def test_the_page_that_is_open_is_marked(admin_client: Client, place):
    page = admin_client.get(place.url).content.decode()
    marked = re.findall(r'<a href="([^"]+)" aria-current="page"', page)
    assert marked == [place.url + place.query]
