"""Texts that people and Wati write, wherever they stand; and a person out of them."""

from collections.abc import Callable, Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q, QuerySet

from calls.models import Call, CallChange, Leg, Plan, WatiRequest, WebhookDelivery
from calls.privacy.pages import pages
from permissions.models import Contact, ContactWord, Merge, PermissionEvent
from permissions.traces import Traces

# Free text: what agents and supervisors type, and errors in Wati's words.
FREE: dict[type[Model], tuple[str, ...]] = {
    Call: ("end_text",),
    CallChange: ("detail",),
    Plan: ("sentence", "kept_sentence"),
    WatiRequest: ("problem", "words"),
    WebhookDelivery: ("problem",),
    PermissionEvent: ("detail",),
    Contact: ("name", "do_not_call_reason"),
    Merge: ("merged_name", "reason"),
}


def blank(rows: QuerySet[Any], traces: Traces) -> int:
    """Empty the texts about a person that name them, by ID or by name."""
    return _rewrite(rows, traces.name_in, lambda text: "")


def remove_everywhere(traces: Traces) -> int:
    """Take their IDs out of the texts about other people."""
    count = sum(
        _rewrite(model._base_manager.all(), traces.stand_in, traces.without)
        for model in FREE
    )
    return count + _out_of_notes(traces)


def _rewrite(
    rows: QuerySet[Any], is_wanted: Callable[[str], bool], change: Callable[[str], str]
) -> int:
    count = 0
    for row in _with_text(rows):
        texts = {name: text for name, text in row.items() if name != "pk" and text}
        news = {name: change(text) for name, text in texts.items() if is_wanted(text)}
        if news:
            count += _write(rows.model, row["pk"], news)
    return count


def _with_text(rows: QuerySet[Any]) -> Iterator[dict[str, Any]]:
    names = FREE[rows.model]
    filled = reduce(or_, (Q(**{f"{name}__gt": ""}) for name in names))
    for page in pages(rows.filter(filled), "pk", *names):
        yield from page


def _write(model: type[Model], key: Any, news: dict[str, str]) -> int:
    """Write texts, which may have grown by a word, into their columns."""
    fields: dict[str, Any] = {
        name: text[: model._meta.get_field(name).max_length]  # type: ignore[union-attr]
        for name, text in news.items()
    }
    count = model._base_manager.filter(pk=key).update(**fields)
    if model is Contact:
        ContactWord.keep([key])
    if model is Merge:  # whoever was merged is found by their name
        ContactWord.keep(Merge.objects.filter(pk=key).values_list("contact", flat=True))
    return count


def _out_of_notes(traces: Traces) -> int:
    count = 0
    for page in pages(Leg.objects.exclude(notes=""), "pk", "notes"):
        for row in page:
            if traces.stand_in(row["notes"]):
                Leg(pk=row["pk"]).write(traces.without(row["notes"]))
                count += 1
    return count
