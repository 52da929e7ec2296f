"""The one view of all exports: the rows of an admin's list as a file."""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth import get_permission_codename
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import (
    HttpRequest,
    HttpResponseBadRequest,
    HttpResponseBase,
    QueryDict,
    StreamingHttpResponse,
)
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from callcenter import audit
from callcenter.exporting import csv_files
from callcenter.exporting.csv_files import File
from callcenter.exporting.period import BadPeriod, read_period

logger = logging.getLogger(__name__)

# What the list reads to show a page, and a file has no use for.
ONLY_FOR_THE_SCREEN = ("p", "all", "o", "e", "_facets", "_popup", "_to_field")
OF = "of"  # whose rows are wanted, where an export belongs to several lists


class Export(NamedTuple):
    """A file, for staff who may view the rows of `model`."""

    model: type[Model]
    address: str
    name: str  # how the file's name begins
    what: str  # for the log
    file_of: Callable[[QuerySet[Any]], File[Any, Any]]
    # Where the query string names other rows than those in the model's own list.
    rows: Callable[[HttpRequest], QuerySet[Any]] | None = None

    @property
    def url_name(self) -> str:
        return f"export-{self.name}"

    def may_have(self, request: HttpRequest) -> bool:
        options = self.model._meta
        right = f"{options.app_label}.{get_permission_codename('view', options)}"
        return request.user.is_staff and request.user.has_perm(right)

    def rows_for(self, request: HttpRequest) -> QuerySet[Any]:
        return self.rows(request) if self.rows else listed(request, model=self.model)


@login_required
@never_cache
@require_safe
def download(request: HttpRequest, export: Export) -> HttpResponseBase:
    """Stream the rows that the admin's list shows for the same query string."""
    if not export.may_have(request):
        raise PermissionDenied
    wish = request.GET.dict()
    try:
        read_period(wish.get("from", ""), wish.get("to", ""))
        found = export.rows_for(request)
    except BadPeriod as problem:
        return _bad(str(problem))
    except (IncorrectLookupParameters, DisallowedModelAdminLookup):
        return _bad(_("This URL has a filter that is unknown or invalid."))
    logger.info("user %s exports the %s", request.user.pk, export.what)
    details = f"{export.name}: {found.count()} rows; {filters_of(wish)}"
    audit.record(audit.Action.EXPORTED, details=details)
    file_name = csv_files.name_of(export.name, wish)
    return StreamingHttpResponse(
        csv_files.stream(export.file_of(found), bom=wish.get("bom") == "1"),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )


def filters_of(wish: dict[str, str]) -> str:
    """Name the filters of an export, but not what was searched: that is a person."""
    shown = wish | {"q": "…"} if wish.get("q") else wish
    filters = [f"{name}={value}" for name, value in sorted(shown.items()) if value]
    return ", ".join(filters) or "no filter"


def listed(request: HttpRequest, *, model: type[Model]) -> QuerySet[Any]:
    """Return the rows that the admin's list shows for this query string.

    Raises IncorrectLookupParameters or DisallowedModelAdminLookup.
    """
    wanted = request.GET.copy()
    for name in (*ONLY_FOR_THE_SCREEN, "bom", OF):
        wanted.pop(name, None)
    request.GET = QueryDict(wanted.urlencode())
    model_admin = admin.site.get_model_admin(model)
    rows: QuerySet[Any] = model_admin.get_changelist_instance(request).queryset
    return rows


def _bad(sentence: str) -> HttpResponseBadRequest:
    return HttpResponseBadRequest(
        f"{sentence}\n", content_type="text/plain; charset=utf-8"
    )
