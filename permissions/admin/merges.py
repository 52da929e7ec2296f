"""Merging contacts by hand, and undoing a merge, on the pages of contacts."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from callcenter.refusals import Refused
from permissions import merging, people
from permissions.forms import LONGEST_REASON
from permissions.models import Contact, Merge


class WithMerges(admin.ModelAdmin):
    """An action that merges contacts, and a view that undoes a merge."""

    @admin.action(
        description=gettext_lazy("Merge into one contact"), permissions=["change"]
    )
    def merge(self, request: HttpRequest, contacts: QuerySet[Contact]) -> None:
        reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
        chosen = list(contacts.order_by("created_at", "pk"))
        if problem := _problem(chosen, reason):
            messages.error(request, problem)
            return
        kept, *others = chosen
        user = cast(User, request.user)
        try:
            for other in others:
                merging.merge(kept, other, reason=reason, user=user)
        except merging.NotNow as problem:
            messages.error(
                request, _("Not merged: {text}").format(text=_(str(problem)))
            )
            return
        text = _("Merged into {person}. It can be undone on the contact's page.")
        messages.success(request, text.format(person=kept))

    def get_urls(self) -> list[URLPattern]:
        undo = self.admin_site.admin_view(require_POST(self.undo_merge))
        mine = path(
            "undo-merge/<int:merge_id>/", undo, name="permissions_contact_undo_merge"
        )
        return [mine, *super().get_urls()]

    def undo_merge(self, request: HttpRequest, merge_id: int) -> HttpResponse:
        row = get_object_or_404(Merge.objects.select_related("contact"), pk=merge_id)
        if not self.has_change_permission(request, row.contact):
            raise PermissionDenied
        try:
            parted = merging.undo(row, user=cast(User, request.user))
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            text = _("{person} is a contact of its own again.")
            messages.success(request, text.format(person=parted))
        return to_page_of(row.contact_id)

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Lead from a contact that was merged to the one that it is now."""
        key = int(object_id) if object_id.isdecimal() and len(object_id) < 19 else 0
        now = people.contact_with(key)
        if now is not None and now.pk != key:
            return to_page_of(now.pk)
        return super().change_view(request, object_id, *args, **kwargs)


def _problem(chosen: list[Contact], reason: str) -> str:
    if len(chosen) < 2:
        return _("Select the contacts that are one person.")
    if len(chosen) > 10:
        return _("Select at most 10 contacts.")
    return "" if reason else _("Enter a reason. It is saved with the contact.")


def to_page_of(contact_id: int) -> HttpResponseRedirect:
    page = reverse("admin:permissions_contact_change", args=[contact_id])
    return HttpResponseRedirect(page)
