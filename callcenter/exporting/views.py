"""The one view of all exports: the rows of an admin's list as a file."""

import logging
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple
from weakref import finalize

from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    QueryDict,
    StreamingHttpResponse,
)
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from callcenter import audit, limits
from callcenter.buckets import Places
from callcenter.checked_lists import BadQuery
from callcenter.exporting import files
from callcenter.exporting.csv_files import CSV, FOR_SPREADSHEETS, WITH_MARK
from callcenter.exporting.files import File, Format, Writer
from callcenter.exporting.period import BadPeriod, read_period
from callcenter.exporting.xlsx_files import XLSX

logger = logging.getLogger(__name__)

# What the list reads to show a page, and a file has no use for.
ONLY_FOR_THE_SCREEN = ("p", "all", "o", "e", "_facets", "_popup", "_to_field")
OF = "of"  # whose rows are wanted, where an export belongs to several lists
# How the file is written.
MARK, EXCEL = "bom", "excel"
SUFFIXES = (CSV.suffix, XLSX.suffix)

_places = Places(limits.EXPORTS_OF_A_USER, limits.EXPORTS_AT_ONCE)


class Export(NamedTuple):
    """A file, for staff who may view the rows of `model`."""

    model: type[Model]
    address: str  # without the suffix, which is the format
    name: str  # how the file's name begins
    what: str  # for the log
    file_of: Callable[[QuerySet[Any]], File[Any, Any]]
    # Where the query string names other rows than those in the model's own list.
    rows: Callable[[HttpRequest], QuerySet[Any]] | None = None

    def url_name(self, suffix: str = CSV.suffix) -> str:
        return f"export-{self.name}-{suffix}"

    def may_have(self, request: HttpRequest) -> bool:
        options = self.model._meta
        right = f"{options.app_label}.{get_permission_codename('view', options)}"
        return request.user.is_staff and request.user.has_perm(right)

    def work(self, found: QuerySet[Any], kind: Format) -> tuple[File[Any, Any], Writer]:
        """Return what is to be written, and who writes it."""
        file = self.file_of(found)
        return file, kind.writer(self.name, file.titles)

    def rows_for(self, request: HttpRequest) -> QuerySet[Any]:
        return self.rows(request) if self.rows else listed(request, model=self.model)


class Download(StreamingHttpResponse):
    """A file on its way, and the place that it takes until it is over.

    The place is given back at the end of the file, when the reader has left, and at
    the latest when nobody knows the response any more.
    """

    def __init__(
        self, content: AsyncIterator[bytes], user_id: int | None, **kwargs: Any
    ):
        self._leave = finalize(self, _places.leave, user_id)
        super().__init__(_then(content, self._leave), **kwargs)

    def close(self) -> None:
        super().close()
        self._leave()


async def _then(
    content: AsyncIterator[bytes], leave: Callable[[], object]
) -> AsyncIterator[bytes]:
    try:
        async for part in content:
            yield part
    finally:
        leave()


@login_required
@never_cache
@require_safe
def download(request: HttpRequest, export: Export, suffix: str) -> HttpResponseBase:
    """Stream the rows that the admin's list shows for the same query string."""
    if not export.may_have(request):
        raise PermissionDenied
    wish = request.GET.dict()
    try:
        read_period(wish.get("from", ""), wish.get("to", ""))
        found = export.rows_for(request)
    except BadPeriod as problem:
        return _refusal(str(problem))
    except BadQuery:
        return _refusal(_("This URL has a filter that is unknown or invalid."))
    kind = format_of(suffix, wish)
    name = files.name_of(export.name, wish, suffix)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if request.method == "HEAD":
        return HttpResponse(content_type=kind.content_type, headers=headers)
    user_id = request.user.pk
    if not take_place(user_id):
        return no_place()
    logger.info("user %s exports the %s", user_id, export.what)
    details = f"{export.name}: {found.count()} rows; {filters_of(wish)}"
    audit.record(audit.Action.EXPORTED, details=details)
    content = files.stream(*export.work(found, kind))
    return Download(content, user_id, content_type=kind.content_type, headers=headers)


def format_of(suffix: str, wish: dict[str, str]) -> Format:
    if suffix == XLSX.suffix:
        return XLSX
    if wish.get(EXCEL) == "1":
        return FOR_SPREADSHEETS
    return WITH_MARK if wish.get(MARK) == "1" else CSV


def filters_of(wish: dict[str, str]) -> str:
    """Name the filters of an export, but not what was searched: that is a person."""
    shown = wish | {"q": "…"} if wish.get("q") else wish
    filters = [f"{name}={value}" for name, value in sorted(shown.items()) if value]
    return ", ".join(filters) or "no filter"


def listed(request: HttpRequest, *, model: type[Model]) -> QuerySet[Any]:
    """Return the rows that the admin's list shows for this query string.

    Raises BadQuery.
    """
    wanted = request.GET.copy()
    for name in (*ONLY_FOR_THE_SCREEN, MARK, EXCEL, OF):
        wanted.pop(name, None)
    request.GET = QueryDict(wanted.urlencode())
    model_admin = admin.site.get_model_admin(model)
    rows: QuerySet[Any] = model_admin.get_changelist_instance(request).queryset
    return rows


def take_place(user_id: int | None) -> bool:
    """Take a place for a Download, which gives it back. False when there is none."""
    return _places.take(user_id)


def no_place() -> HttpResponse:
    sentence = _("Other exports are still running. Try again when they are done.")
    return _refusal(sentence, status=429)


def _refusal(sentence: str, status: int = 400) -> HttpResponse:
    return HttpResponse(
        f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8"
    )
