"""What every export has in common: who may have it, and which rows it holds."""

import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
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

from callcenter.exporting import csv_files
from callcenter.exporting.period import BadPeriod, read_period

logger = logging.getLogger(__name__)

# What the list reads to show a page, and a file has no use for.
ONLY_FOR_THE_SCREEN = ("p", "all", "o", "e", "_facets", "_popup", "_to_field")


def export(
    request: HttpRequest,
    stream: Callable[..., AsyncIterator[bytes]],
    rows: Callable[[HttpRequest], QuerySet[Any]],
    *,
    right: str,
    name: str,
    what: str,
) -> HttpResponseBase:
    """The rows as a file, for staff who may view them; else PermissionDenied.

    `right`: as has_perm() wants it; `name`: how the file begins; `what`: for the log.
    """
    user = request.user
    if not (user.is_staff and user.has_perm(right)):
        raise PermissionDenied
    wish = request.GET.dict()
    try:
        read_period(wish.get("from", ""), wish.get("to", ""))
        found = rows(request)
    except BadPeriod as problem:
        return _bad(str(problem))
    except (IncorrectLookupParameters, DisallowedModelAdminLookup):
        return _bad(
            _("One of the filters in this address is not known or not readable.")
        )
    logger.info("user %s exports the %s", user.pk, what)
    file_name = csv_files.name_of(name, wish)
    return StreamingHttpResponse(
        stream(found, bom=wish.get("bom") == "1"),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )


def listed(request: HttpRequest, *ours: str, model: type[Model]) -> QuerySet[Any]:
    """The rows that the admin's list shows for this query string; `ours` are not its.

    Raises IncorrectLookupParameters or DisallowedModelAdminLookup.
    """
    wanted = request.GET.copy()
    for name in (*ONLY_FOR_THE_SCREEN, "bom", *ours):
        wanted.pop(name, None)
    request.GET = QueryDict(wanted.urlencode())
    model_admin = admin.site.get_model_admin(model)
    rows: QuerySet[Any] = model_admin.get_changelist_instance(request).queryset
    return rows


def _bad(sentence: str) -> HttpResponseBadRequest:
    return HttpResponseBadRequest(
        f"{sentence}\n", content_type="text/plain; charset=utf-8"
    )
