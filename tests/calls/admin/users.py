"""Sofia at the admin, and people who may do less than she."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client

from callcenter.editing.versions import VERSION_FIELD
from tests.cast import HASHED


def staff(*rights: str) -> Client:
    """Somebody with a desk in the admin and these rights, such as view_queue."""
    user = User.objects.create(username="rui", password=HASHED, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    return client


def form_of(client: Client, address: str) -> dict[str, Any]:
    """What the page's form would send as it stands, its inlines among it."""
    context = client.get(address).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    fields = {bound.html_name: bound.value() for form in forms for bound in form}
    unset = (None, False)
    return {
        name: value
        for name, value in fields.items()
        if not any(value is nothing for nothing in unset)
    }


def version_of(client: Client, address: str) -> dict[str, Any]:
    """Return what a form says of the rows that it shows."""
    form = client.get(address).context["adminform"].form
    return {VERSION_FIELD: form.initial[VERSION_FIELD]}


def errors_of(response: Any) -> str:
    """Everything that the page complains about."""
    context = response.context
    complaints = [str(context["adminform"].form.errors)]
    for inline in context["inline_admin_formsets"]:
        complaints.append(str(inline.formset.errors))
    return " ".join(complaints)
