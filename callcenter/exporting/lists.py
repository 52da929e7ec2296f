"""Lists of the admin with their rows as a file behind buttons."""

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
    # By the suffix of the file.
    export_buttons: dict[str, Any] = {
        "xlsx": gettext_lazy("Export Excel"),
        "csv": gettext_lazy("Export CSV"),
    }

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            **(extra_context or {}),
            "title": str(self.list_title),
            "export_links": self._export_links(request),
        }
        return super().changelist_view(request, context)

    def _export_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Return the files with the same filters, and their names, if allowed."""
        if not self.export.may_have(request):
            return []
        query = request.GET.copy()
        if self.export_of:
            query[OF] = self.export_of
        wish = f"?{query.urlencode()}" if query else ""
        return [
            (reverse(self.export.url_name(suffix)) + wish, str(name))
            for suffix, name in self.export_buttons.items()
        ]
