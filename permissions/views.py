"""The permission ledger as a file."""

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from callcenter.exporting import views
from callcenter.exporting.views import listed
from permissions import exports
from permissions.models import CallPermission, Contact, PermissionEvent

OF = "of"  # whose events: of the listed contacts, or of the listed permissions


@login_required
@never_cache
@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """The ledger as CSV: the query string of an admin's list gives its rows' events."""
    return views.export(
        request,
        exports.stream,
        events_listed,
        right="permissions.view_permissionevent",
        name="permissions",
        what="permission ledger",
    )


def events_listed(request: HttpRequest) -> QuerySet[PermissionEvent]:
    """As listed() in callcenter.exporting.views, for each of the three lists."""
    events = PermissionEvent.objects.all()
    match request.GET.get(OF):
        case "contacts":
            contacts = listed(request, OF, model=Contact).order_by()
            return events.filter(contact__in=contacts.values("pk"))
        case "permissions":
            permissions = listed(request, OF, model=CallPermission).order_by()
            return events.filter(permission__in=permissions.values("pk"))
    return listed(request, OF, model=PermissionEvent)
