"""Authenticate webhooks by the key of an account."""

import hmac
import logging
from hashlib import sha256
from typing import Any

from django.db import DatabaseError
from rest_framework.exceptions import APIException
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from callcenter.models import WatiAccount

logger = logging.getLogger(__name__)

LONGEST_HEADER = 4096

# The accounts as last read, for the minutes in which the database is away.
_last_known: list[WatiAccount] = []


class CannotTell(APIException):
    """The database was never there since the start: Wati should come again."""

    status_code = 503
    default_detail = "Try again."


def accounts() -> list[WatiAccount]:
    try:
        _last_known[:] = WatiAccount.objects.filter(is_active=True)
    except DatabaseError as error:
        logger.error("accounts cannot be read: %s", type(error).__name__)
        if not _last_known:
            raise CannotTell from None
    return list(_last_known)


def account_of(header: str) -> WatiAccount | None:
    """Find the account whose key stands in an Authorization header. Constant time.

    Wati writes "Bearer key"; its own code also meets keys without the word.
    """
    if len(header) > LONGEST_HEADER:
        return None
    word, _, rest = header.partition(" ")
    shown = sha256((rest if word.lower() == "bearer" else header).encode()).digest()
    found = None
    for account in accounts():
        for key in account.webhook_keys():
            if hmac.compare_digest(shown, sha256(key.encode()).digest()):
                found = account
    return found


class IsWati(BasePermission):
    """The default of every DRF view: closed to all who show no webhook key."""

    def has_permission(self, request: Request, view: Any) -> bool:
        request.auth = account_of(request.headers.get("Authorization", ""))
        return request.auth is not None
