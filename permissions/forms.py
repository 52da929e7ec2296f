from typing import Any

from django import forms
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from permissions.imports import MOST_BYTES

LONGEST_REASON = 300


def reason_field(**kwargs: Any) -> forms.CharField:
    return forms.CharField(max_length=LONGEST_REASON, **kwargs)


class ReasonForm(forms.Form):
    """The reason; kept in the ledger."""

    reason = reason_field(widget=AdminTextInputWidget)


class ReasonActionForm(ActionForm):
    """An action on chosen rows, and why."""

    reason = reason_field(
        label=gettext_lazy("Reason:"),
        required=False,
        widget=forms.TextInput(
            attrs={"placeholder": gettext_lazy("required for do-not-call and merging")}
        ),
    )


class ImportForm(forms.Form):
    """People from a file."""

    file = forms.FileField(label=gettext_lazy("CSV file"), allow_empty_file=False)
    has_country = forms.BooleanField(
        label=gettext_lazy("All numbers include the country code"),
        required=False,
        help_text=gettext_lazy(
            "For files with numbers such as 4915112345678, without +. Otherwise a "
            "number without + is read as one of the country of your business numbers."
        ),
    )
    rehearse = forms.BooleanField(
        label=gettext_lazy("Check only"),
        required=False,
        help_text=gettext_lazy("Shows the result without saving anything."),
    )

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(_("The file is larger than 1 MB. Split it."))
        return bytes(file.read())
