"""Lists of the admin with a million rows behind them."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property


class UpToMost(Paginator):
    """Pages of the first `most` rows that a search or a filter leaves.

    To count all of them the database would look at every row of the table.
    """

    most = 500

    @cached_property
    def found(self) -> int:
        """Return how many rows there are; any number above `most` means more."""
        rows: Any = self.object_list
        return int(rows.order_by()[: self.most + 1].count())

    @cached_property
    def count(self) -> int:
        return min(self.found, self.most)

    @property
    def has_more(self) -> bool:
        return self.found > self.most


class LongList(admin.ModelAdmin):
    """All rows are counted by an index; of those left by a search, only so many."""

    show_full_result_count = False
    # What does not make the list shorter.
    unfiltered = frozenset({"p", "all", "o", "e"})

    def get_paginator(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,
    ) -> Paginator:
        chosen = {name for name, value in request.GET.items() if value}
        kind = UpToMost if chosen - self.unfiltered else Paginator
        return kind(queryset, per_page, orphans, allow_empty_first_page)
