"""Any address of a list, a file or a page with a form: a page or a sentence.

Whatever stands behind the question mark, nothing fails, and a filter whose value is not
known never means "everything".
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.contrib.admin import ListFilter
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.models import Agent, Queue
from callcenter.urls import EXPORTS
from tests.security.test_pages import World, lists, pages, world  # noqa: F401
from tests.streams import parts_of

pytestmark = pytest.mark.stackless

LISTS = [f"/admin/{label.replace('.', '/')}/" for label in lists()]
FILES = [f"/{one.address}.csv" for one in EXPORTS]
OTHERS = [
    "/admin/",
    "/admin/autocomplete/",
    "/sign-in/",
    "/profile/",
    "/calls/export.xlsx",
]


def names_of_a_list(page: Any) -> Iterator[str]:
    """Yield what the address of a list may name, and what it might."""
    yield from (
        "q",
        "p",
        "o",
        "all",
        "e",
        "_facets",
        "_popup",
        "_to_field",
        "from",
        "to",
    )
    fields = [one.name for one in page.model._meta.get_fields()]
    for name in fields:
        yield from (name, f"{name}__id__exact", f"{name}__exact", f"{name}__isnull")
        yield from (f"{name}__in", f"{name}__gte", f"{name}__contains")
    if day := page.date_hierarchy:
        yield from (
            f"{day}__{part}" for part in ("year", "month", "day", "hour", "date")
        )
    for one in page.list_filter:
        if isinstance(one, type) and issubclass(one, ListFilter):
            yield str(getattr(one, "parameter_name", None) or "from")


NAMES = sorted(
    {
        *chain.from_iterable(map(names_of_a_list, admin.site._registry.values())),
        *("day", "agent", "what_at", "line", "of", "bom", "excel", "next", "term"),
        *("app_label", "model_name", "field_name", "bogus", "a__b__c", "pk", "__", ""),
    }
)
VALUES = st.one_of(
    st.sampled_from(
        [
            *("", "bogus", "0", "1", "-1", "31", "99", "9999", "10000", "0000", "1e9"),
            *(
                "True",
                "None",
                "null",
                "2026-11-23",
                "9999-12-31",
                "0001-01-01",
                "24:00",
            ),
            *("2026-02-30", "2026-11-23T09:30:00+99:00", "live", "active", "-", "1-2"),
            *(
                "9" * 30,
                "-" + "9" * 30,
                "\0",
                "a\0b",
                "\ud7ff",
                "\uffff",
                "%",
                "_",
                "'",
            ),
            *(
                "1,2,3",
                "1," * 3000,
                "x" * 5000,
                "a " * 1200,
                "ä " * 50,
                "+49 151",
                "((",
            ),
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.integers().map(str),
)
QUERIES = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), min_size=1, max_size=4)
GOOD = {200, 302, 400, 403, 404, 405}


def asked(client: Client, address: str, query: Any) -> Any:
    """Ask for a page, and read all of it."""
    answer = client.get(f"{address}?{urlencode(query)}", secure=True)
    if answer.streaming:
        vars(answer)["text_of_file"] = b"".join(parts_of(answer))
    return answer


@pytest.fixture
def sofia(world: World) -> Client:  # noqa: F811
    return world.clients["superuser"]


def test_no_query_string_breaks_a_page(world: World, sofia: Client):  # noqa: F811
    rows = [world.address(route) for route in pages() if "<" in route]
    rows += [page for label in lists() for page in world.pages_of(label)[2:]]
    addresses = [*LISTS * 3, *FILES, *OTHERS, *rows]

    @settings(deadline=None)
    @given(st.sampled_from(addresses), QUERIES)
    def holds(address: str, query: Any) -> None:
        answer = asked(sofia, address, query)
        assert answer.status_code in GOOD
        if answer.status_code == 400 and address in (*LISTS, *FILES):
            assert "filter that is unknown or invalid" in answer.text or "must be" in (
                answer.text
            )

    holds()


def filters() -> Iterator[Any]:
    """Yield each filter of each list: the address, and a parameter of it."""
    for model, page in admin.site._registry.items():
        address = f"/admin/{model._meta.label_lower.replace('.', '/')}/"
        for one in page.list_filter:
            if isinstance(one, str):
                field = model._meta.get_field(one)
                name = f"{one}__id__exact" if field.is_relation else f"{one}__exact"
            else:
                name = getattr(one, "parameter_name", None) or "from"
            yield pytest.param(address, name, id=f"{model._meta.label_lower}-{name}")


@pytest.mark.parametrize("value", ["bogus", "987654", "00x", "\0", "9" * 30, "-"])
@pytest.mark.parametrize(("address", "name"), filters())
def test_a_value_that_a_filter_does_not_know_shows_nothing(
    address: str, name: str, value: str, sofia: Client
):
    answer = asked(sofia, address, {name: value})
    if answer.status_code == 200:
        assert list(answer.context["cl"].result_list) == []
    else:
        assert answer.status_code == 400
        assert "Show the list without filters" in answer.text
    for export in EXPORTS:
        if address == f"/admin/{export.model._meta.label_lower.replace('.', '/')}/":
            file = asked(sofia, f"/{export.address}.csv", {name: value})
            has_none = file.status_code == 200 and file.text_of_file.count(b"\n") <= 1
            assert has_none or file.status_code == 400


@pytest.mark.parametrize(
    ("address", "query"),
    [
        (
            "/admin/agents/agentstatespan/",
            "started_at__year=9999&started_at__month=12&started_at__day=31",
        ),
        ("/admin/calls/plan/", "created_at__year=9999&created_at__month=12"),
        ("/admin/calls/plan/", "created_at__year=0"),
        ("/admin/calls/plan/", "created_at__month=13"),
        ("/admin/calls/call/", "result=bogus"),
        ("/admin/calls/call/", "nothing=1"),
        ("/admin/calls/call/", "agent__user__password__startswith=p"),
        ("/admin/calls/call/", "e=1"),
        ("/calls/export.csv", "result=bogus"),
        ("/calls/export.csv", "queue__id__exact=bogus"),
        ("/admin/agents/queue/", "q=%00"),
    ],
)
def test_what_is_not_known_is_refused_with_a_sentence(
    address: str, query: str, sofia: Client
):
    answer = sofia.get(f"{address}?{query}", secure=True)
    assert answer.status_code == 400
    assert "filter that is unknown or invalid" in answer.text


@pytest.mark.parametrize("address", LISTS)
def test_a_search_of_many_words_is_shortened(address: str, sofia: Client):
    answer = asked(sofia, address, {"q": "word " * 1200})
    assert answer.status_code == 200
    if answer.context["cl"].search_fields:
        assert "Only the first 8 words were searched." in answer.text


def test_a_filter_without_a_choice_is_applied_too(world: World, sofia: Client):  # noqa: F811
    """Django leaves out the filter of a list in which all have the same queue."""
    sales = Queue.objects.create(name="Sales")
    listed = asked(sofia, "/admin/agents/agent/", {"queues__id__exact": sales.pk})
    assert list(listed.context["cl"].result_list) == []
    Queue.objects.filter(pk=sales.pk).delete()
    listed = asked(sofia, "/admin/agents/agent/", {"queues__id__exact": sales.pk})
    assert list(listed.context["cl"].result_list) == []
    mine = {"queues__id__exact": world.cast.queue.pk}
    listed = asked(sofia, "/admin/agents/agent/", mine)
    assert len(listed.context["cl"].result_list) == Agent.objects.count()
