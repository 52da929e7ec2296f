"""Beats of many consoles, written as one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import models, transaction
from django.db.models.functions import Cast, Concat

from agents.models import Agent


class ConsolePage(NamedTuple):
    """One load of an agent's console."""

    agent_id: int
    console: str


def note(shown: Mapping[ConsolePage, bool], at: datetime) -> None:
    """Note which consoles were there, and which of them could ring.

    Takes one statement for those that can ring and one for the others. A page that is
    not its agent's primary one counts for nothing.
    """
    ready = [page for page, can_ring in shown.items() if can_ring]
    others = [page for page, can_ring in shown.items() if not can_ring]
    with transaction.atomic():
        if ready:
            _update(ready, seen_at=at, ready_at=at)
        if others:
            _update(others, seen_at=at)


def _update(pages: list[ConsolePage], **instants: datetime) -> None:
    # Whoever is locked is being rung or served now, and beats again in two seconds.
    # Waiting for them while others are held here could lock up both sides.
    free = Agent.objects.select_for_update(skip_locked=True, no_key=True)
    if "ready_at" in instants:
        free = free.filter(unconfirmed_rings=0)
    mine = free.annotate(page=_page()).filter(
        pk__in={page.agent_id for page in pages},
        page__in=[f"{page.agent_id} {page.console}" for page in pages],
    )
    Agent.objects.filter(pk__in=mine.values("pk")).update(**instants)


def _page() -> Any:
    agent_id = Cast("pk", models.CharField())
    return Concat(
        agent_id, models.Value(" "), "console", output_field=models.CharField()
    )
