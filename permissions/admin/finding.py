"""The search box of every list about people: one way to find them for all lists."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from callcenter.word_index import Term
from permissions import folding, search


class FoundByPerson(admin.ModelAdmin):
    """Rows found by their contact, and by what else a list says of them."""

    contact_field = "contact"
    # Django shows the box where this is not empty, and asks get_search_results() alone.
    search_fields = ["pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        wanted = search.read(search_term, near=search.our_numbers())
        if not wanted:
            return queryset, False
        return queryset.filter(self.found_by(wanted)), False

    def found_by(self, wanted: search.Wanted) -> Q:
        """Return the condition for the rows that have all that was typed."""
        rows = self.model._base_manager.order_by(*self.ordering or ("pk",))
        return search.condition(wanted, rows, self.contact_field, self.elsewhere)

    def elsewhere(self, term: Term) -> search.Elsewhere:
        """Return the rows that have this word outside of their contact."""
        return search.NOWHERE

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if folding.is_longer(request.GET.get("q", "")):
            text = _("Only the first {count} words were searched.")
            messages.warning(request, text.format(count=folding.MOST_TERMS))
        return super().changelist_view(request, extra_context)
