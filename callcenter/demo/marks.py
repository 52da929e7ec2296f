"""The marks of what the demo made, by which it is found again and removed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model
from django.db.models.signals import post_save

from agents.models import BreakReason, Queue, Schedule
from callcenter.models import DemoRow
from calls.models import Disposition
from permissions.models import Contact

# Calls are known by their ids, and the rest hangs on these and on the account.
MARKED: tuple[type[Model], ...] = (
    get_user_model(),
    Queue,
    BreakReason,
    Disposition,
    Schedule,
    Contact,
)


@contextmanager
def marking() -> Iterator[None]:
    """Mark the rows that are made meanwhile, and none that was there before."""

    def mark(sender: Any, instance: Model, created: bool, **_: Any) -> None:
        if created and sender in MARKED:
            DemoRow.objects.create(
                model=sender._meta.label, key=instance.pk, name=str(instance)
            )

    post_save.connect(mark)
    try:
        yield
    finally:
        post_save.disconnect(mark)


def marked(model: type[Model]) -> list[Any]:
    """Return the rows of the demo that still have their names; others are used."""
    names = dict(
        DemoRow.objects.filter(model=model._meta.label).values_list("key", "name")
    )
    rows = model._default_manager.filter(pk__in=names)
    return [row for row in rows if str(row) == names[row.pk]]
