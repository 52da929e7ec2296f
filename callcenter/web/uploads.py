"""Uploads that keep the processor busy: one of a user, and few at once in all."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from callcenter import limits
from callcenter.buckets import Places

_places = Places(limits.UPLOADS_OF_A_USER, limits.UPLOADS_AT_ONCE)


@contextmanager
def upload_of(user_id: int | None) -> Iterator[None]:
    """Work on a file of this user. Raises ValidationError while another one is."""
    if not _places.take(user_id):
        raise ValidationError(
            _("Another file is still being processed. Try again when it is done.")
        )
    try:
        yield
    finally:
        _places.leave(user_id)
