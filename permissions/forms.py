from typing import Any

from django import forms
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.widgets import AdminTextInputWidget

LONGEST_REASON = 300


def reason_field(**kwargs: Any) -> forms.CharField:
    return forms.CharField(max_length=LONGEST_REASON, **kwargs)


class ReasonForm(forms.Form):
    """Why; kept in the ledger."""

    reason = reason_field(widget=AdminTextInputWidget)


class ReasonActionForm(ActionForm):
    """An action on chosen rows, and why."""

    reason = reason_field(
        label="Reason:",
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "needed for do-not-call"}),
    )
