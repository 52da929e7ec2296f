"""Lists of the admin whose address may hold anything.

A filter that is unknown, or a value that it does not know, is refused with a sentence.
It never means "everything", on the screen as little as in a file.
"""

import logging
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.admin import FieldListFilter, ModelAdmin, SimpleListFilter
from django.contrib.admin.exceptions import (
    DisallowedModelAdminLookup,
    DisallowedModelAdminToField,
)
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.core.exceptions import FieldError, ValidationError
from django.db import DatabaseError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)

MOST_WORDS = 8  # of a search
FIRST_YEAR, LAST_YEAR = 1970, 2200
# What a value in an address can bring about, in Django or in a database.
CAUSED_BY_VALUES = (
    ArithmeticError,
    DatabaseError,
    FieldError,
    TypeError,
    ValidationError,
    ValueError,
)


class BadQuery(Exception):
    """The address of a list holds a filter or a value that is not known."""


REFUSED = (
    BadQuery,
    IncorrectLookupParameters,
    DisallowedModelAdminLookup,
    DisallowedModelAdminToField,
)


class CheckedChangeList(ChangeList):
    """A list that applies its filters also where it has no room to show them."""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        for one in self._not_shown(request):
            found = one.queryset(request, rows)
            rows = rows if found is None else found
        return rows

    def _not_shown(self, request: HttpRequest) -> Iterator[Any]:
        """Yield the filters that Django leaves out because there is no choice."""
        shown = {name for one in self.filter_specs for name in names_of(one)}
        for one in self.list_filter:
            spec = self._made(one, request)
            asked = names_of(spec) & self.filter_params.keys()
            if asked and not asked & shown:
                yield spec

    def _made(self, one: Any, request: HttpRequest) -> Any:
        params = self.get_filters_params()
        if callable(one):
            return one(request, params, self.model, self.model_admin)
        path, kind = one if isinstance(one, tuple | list) else (one, None)
        field = get_fields_from_path(self.model, path)[-1]
        make: Any = kind or FieldListFilter.create
        return make(
            field, request, params, self.model, self.model_admin, field_path=path
        )

    def check_values(self) -> None:
        """Refuse values that their filter does not offer."""
        for one in self.filter_specs:
            if isinstance(one, SimpleListFilter) and one.value():
                offered = {str(value) for value, _name in one.lookup_choices}
                if str(one.value()) not in offered:
                    raise BadQuery(one.parameter_name)


class CheckedList(ModelAdmin):
    """The first of the bases of a page: looks at the address before all else."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return CheckedChangeList

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the list; BadQuery where Django would show all of it instead."""
        check(request, self.date_hierarchy)
        try:
            found: Any = super().get_changelist_instance(request)
        except REFUSED as problem:
            raise BadQuery(str(problem)) from problem
        except CAUSED_BY_VALUES as problem:
            if not request.GET:
                raise
            raise BadQuery(str(problem)) from problem
        if isinstance(found, CheckedChangeList):
            found.check_values()
        return found

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            page = super().changelist_view(request, extra_context)
            if request.GET and isinstance(page, TemplateResponse):
                page.render()  # here, where what the address causes is still caught
        except BadQuery:
            return self._refusal(request)
        except CAUSED_BY_VALUES:
            if not request.GET or request.method != "GET":
                raise
            logger.exception("a list cannot be shown for its query string")
            return self._refusal(request)
        return page

    def _refusal(self, request: HttpRequest) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("This list cannot be shown"),
        }
        return TemplateResponse(request, "admin/bad_query.html", context, status=400)


class ShortSearch(ModelAdmin):
    """The last of the bases: as many words of a search as a database can take."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = search_term.split()
        if len(words) > MOST_WORDS:
            text = _("Only the first {count} words were searched.")
            messages.warning(request, text.format(count=MOST_WORDS))
        term = " ".join(words[:MOST_WORDS])
        return super().get_search_results(request, queryset, term)


def names_of(one: Any) -> set[str]:
    return {name for name in one.expected_parameters() if name} if one else set()


def check(request: HttpRequest, hierarchy: str | None) -> None:
    """Refuse what no database takes, and days that no calendar has."""
    if ERROR_FLAG in request.GET:
        raise BadQuery(ERROR_FLAG)
    for name, values in request.GET.lists():
        if any("\0" in text for text in (name, *values)):
            raise BadQuery(repr(name))
    if hierarchy:
        _check_day(request, hierarchy)


def _check_day(request: HttpRequest, hierarchy: str) -> None:
    asked = [
        request.GET.get(f"{hierarchy}__{part}") for part in ("year", "month", "day")
    ]
    if asked == [None, None, None]:
        return
    try:
        year, month, day = (int(text or "1") for text in asked)
        date(year if asked[0] else FIRST_YEAR, month, day)
    except (ValueError, OverflowError) as problem:
        raise BadQuery(str(problem)) from problem
    if asked[0] and not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadQuery(str(year))
