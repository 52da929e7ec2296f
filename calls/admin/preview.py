"""The form "what would happen at ..." on the pages of queues, lines and hours."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy

from callcenter.admin_parts import DetailedAdmin
from calls.models import Line
from calls.reporting.preview import what_would_happen

ASKED = "what_at"


class WhenForm(forms.Form):
    """A time on the reader's clock, and a business number."""

    what_at = forms.DateTimeField(
        label=gettext_lazy("Date and time"),
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
        error_messages={
            "required": gettext_lazy("Choose a date and time."),
            "invalid": gettext_lazy("Enter the time as 2026-11-23 09:30."),
        },
    )
    line = forms.ModelChoiceField(
        queryset=Line.objects.none(),
        label=gettext_lazy("Business number"),
        empty_label=None,
        error_messages={
            "invalid_choice": gettext_lazy("Choose one of these business numbers.")
        },
    )

    def __init__(self, lines: QuerySet[Line], data: QueryDict | None = None) -> None:
        now = timezone.localtime().replace(second=0, microsecond=0)
        super().__init__(data, initial={"what_at": now, "line": lines.first()})
        field = self.fields["line"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = lines.select_related(
            "queue__overflow_to", "queue__greeting", "queue__music", "schedule"
        )

    def clean_what_at(self) -> datetime:
        at: datetime = self.cleaned_data["what_at"]
        if not 2000 <= at.year <= 2100:
            raise forms.ValidationError(
                gettext_lazy("Choose a date between 2000 and 2100.")
            )
        return at


class PreviewAdmin(DetailedAdmin):
    """A page with that form below; the answer is in the same page."""

    change_form_template = "admin/calls/with_preview.html"

    def lines_of(self, row: Any) -> QuerySet[Line]:
        raise NotImplementedError

    def as_asked(self, line: Line, row: Any) -> Line:
        """Return the number as the preview assumes it; nothing of it is saved."""
        return line

    def details_of(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        if not self.has_view_permission(request, row):
            return {}
        return self._preview_of(row, request.GET)

    def _preview_of(self, row: Any, asked: QueryDict) -> dict[str, Any]:
        lines = self.lines_of(row).order_by("name")
        if not lines.exists():
            return {"preview_form": None, "has_preview": True}
        form = WhenForm(lines, asked if ASKED in asked else None)
        found = None
        if form.is_valid():
            line = self.as_asked(form.cleaned_data["line"], row)
            found = what_would_happen(line, form.cleaned_data["what_at"])
        return {
            "has_preview": True,
            "preview_form": form,
            "preview": found,
            "preview_zone": str(timezone.get_current_timezone()),
        }
