import base64
from typing import Any

from django import forms
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from permissions import people
from permissions.imports import MOST_BYTES, Home, waid_of
from permissions.models import Contact

LONGEST_REASON = 300
SALT = "permissions.forms.checked"


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


class NewContactForm(forms.ModelForm):
    """Somebody who has not called yet, by the number as it was written down."""

    near = ""  # a business number, in whose country one without its code is read

    number = forms.CharField(
        label=gettext_lazy("Number"),
        max_length=40,
        widget=AdminTextInputWidget(attrs={"inputmode": "tel"}),
        help_text=gettext_lazy(
            "Best with + and its country code. This does not give permission to call: "
            "the contact must grant it in WhatsApp."
        ),
    )

    class Meta:
        model = Contact
        fields = ["name", "time_zone", "calls_from", "calls_until"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True

    def clean_number(self) -> str:
        try:
            waid = waid_of(self.cleaned_data["number"], Home(near=self.near))
        except ValueError as problem:
            raise ValidationError(str(problem)) from None
        if known := list(people.known_numbers([waid]).values()):
            text = _("This number belongs to the contact {name}.")
            raise ValidationError(text.format(name=known[0]))
        self.instance.waid = waid
        return waid


class ImportForm(forms.Form):
    """People from a file, to be looked at before anything is saved."""

    file = forms.FileField(label=gettext_lazy("CSV file"), allow_empty_file=False)
    has_country = forms.BooleanField(
        label=gettext_lazy("All numbers include the country code"),
        required=False,
        help_text=gettext_lazy(
            "For files with numbers such as 4915112345678, without +. Otherwise a "
            "number without + is read as one of the country of your business numbers."
        ),
    )

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(_("The file is larger than 1 MB. Split it."))
        return bytes(file.read())


class CheckedForm(forms.Form):
    """A file that was checked, as the page of its check carries it."""

    checked = forms.CharField(widget=forms.HiddenInput)

    @classmethod
    def of(cls, file: bytes, *, has_country: bool) -> "CheckedForm":
        text = base64.b64encode(file).decode()
        checked = signing.dumps([text, has_country], salt=SALT, compress=True)
        return cls(initial={"checked": checked})

    def clean_checked(self) -> tuple[bytes, bool]:
        try:
            text, has_country = signing.loads(self.cleaned_data["checked"], salt=SALT)
        except signing.BadSignature:
            raise ValidationError(_("Choose the file again.")) from None
        return base64.b64decode(text), has_country
