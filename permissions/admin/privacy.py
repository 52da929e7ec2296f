"""The erasure of a contact's data, on the contact's page."""

from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from callcenter.celery import wake
from permissions.admin.merges import to_page_of
from permissions.models import Erasure


class WithErasure(admin.ModelAdmin):
    """A page that asks once more, and has the worker do it."""

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("permissions.erase_contact")

    def get_urls(self) -> list[URLPattern]:
        erase = self.admin_site.admin_view(self.erase)
        name = "permissions_contact_erase"
        mine = path("<int:contact_id>/erase/", erase, name=name)
        return [mine, *super().get_urls()]

    def erase(self, request: HttpRequest, contact_id: int) -> HttpResponse:
        if not self.has_erase_permission(request):
            raise PermissionDenied
        contact = get_object_or_404(self.get_queryset(request), pk=contact_id)
        if request.method == "POST":
            Erasure.ask(contact, user=cast(User, request.user))
            wake("calls.tasks.erase_contacts")
            messages.success(request, _("The data of this contact will be erased."))
            return to_page_of(contact.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": contact,
            "title": _("Erase data"),
        }
        return render(request, "admin/permissions/erase.html", context)
