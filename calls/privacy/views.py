"""The file with everything about a contact, for who has the right to take it."""

import logging
from collections.abc import AsyncIterator, Iterator
from itertools import islice

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from callcenter import audit
from callcenter.database import in_database
from callcenter.exporting.views import Download, no_place, take_place
from calls.privacy import everything
from permissions.models import Contact

logger = logging.getLogger(__name__)


@login_required
@never_cache
@require_GET
def contact_data(request: HttpRequest, contact_id: int) -> HttpResponseBase:
    user = request.user
    if not (user.is_staff and user.has_perm("permissions.export_contact")):
        raise PermissionDenied
    contact = get_object_or_404(Contact, pk=contact_id)
    if not take_place(user.pk):
        return no_place()
    audit.record(audit.Action.EXPORTED, contact, "everything about this contact")
    name = everything.file_name(contact)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    content = _streamed(everything.about(contact))
    return Download(content, user.pk, content_type="application/json", headers=headers)


AT_ONCE = 50  # parts, each of a row


def _next(parts: Iterator[bytes]) -> bytes:
    return b"".join(islice(parts, AT_ONCE))


async def _streamed(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield them from a thread; a file that stops early is no JSON, and nobody's."""
    try:
        while some := await in_database(_next, parts):
            yield some
    except Exception:
        logger.exception("an export of a contact stopped early")
        yield b"\nThis file is incomplete: the export stopped early.\n"
