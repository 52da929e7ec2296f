"""Lists of the admin with their rows as a file behind a button."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy

from callcenter.exporting.views import OF, Export


class ExportedList(admin.ModelAdmin):
    """A list with a title of its own, and the file that its filters make."""

    change_list_template = "admin/exported_list.html"
    list_title: Any = ""
    export: Export
    # For an export of other rows than those of this list: whose they are.
    export_of = ""
    export_button: Any = gettext_lazy("Export CSV")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            **(extra_context or {}),
            "title": str(self.list_title),
            "export_button": self.export_button,
            "export_address": self._export_address(request),
        }
        return super().changelist_view(request, context)

    def _export_address(self, request: HttpRequest) -> str:
        """Return the address of a file with the same filters; empty if not allowed."""
        if not self.export.may_have(request):
            return ""
        query = request.GET.copy()
        if self.export_of:
            query[OF] = self.export_of
        wish = query.urlencode()
        return reverse(self.export.url_name) + (f"?{wish}" if wish else "")
