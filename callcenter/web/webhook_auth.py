"""Authenticate webhooks by the key of an account."""

import asyncio
import hmac
import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from typing import Any

from django.db import DatabaseError, close_old_connections, transaction
from django.db.models.signals import post_delete, post_save
from rest_framework.exceptions import APIException
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from callcenter.models import WatiAccount

logger = logging.getLogger(__name__)

LONGEST_HEADER = 4096
# A key that was revoked in another process still works for this long.
FRESH = 1.0  # seconds
# Between two reads that unknown keys cause.
PAUSE = 0.2  # seconds
# A request waits no longer for a read, and then goes by what was read last.
READ_WITHIN = 0.5  # seconds
# So many requests with unknown keys may wait for a read; the others are refused.
MOST_UNKNOWN = 50


class CannotTell(APIException):
    """The database was never there since the start: Wati should come again."""

    status_code = 503
    default_detail = "Try again."


class Keys:
    """The accounts as last read, for a second, or while the database is away."""

    def __init__(self) -> None:
        self._accounts: list[WatiAccount] | None = None
        self._lock = threading.Lock()
        self._reader = ThreadPoolExecutor(1, "webhook keys")
        self._read: Future[None] = Future()
        self._read.set_result(None)
        self._began = 0.0  # when this read began
        self._outdated = 0.0  # what was read before this moment is
        self._unknown = 0  # requests that wait

    async def account_of(self, header: str) -> WatiAccount | None:
        """Find the account whose key stands in an Authorization header.

        A key that was added a moment ago works at once: before a header is refused
        the accounts are read again. Raises CannotTell.
        """
        if len(header) > LONGEST_HEADER:
            return None
        arrived = time.monotonic()
        await self._read_since(max(arrived - FRESH, self._outdated))
        found = self._find(header)
        if found is None and self._unknown < MOST_UNKNOWN:
            await self._unknown_key(arrived)
            found = self._find(header)
        return found

    def forget(self) -> None:
        """Have the next request read the accounts."""
        self._outdated = time.monotonic()

    async def _unknown_key(self, arrived: float) -> None:
        self._unknown += 1
        try:
            await asyncio.sleep(self._began + PAUSE - arrived)
            await self._read_since(arrived)
        finally:
            self._unknown -= 1

    async def _read_since(self, moment: float) -> None:
        """Wait for a read that began after a moment; many wait for the same one.

        One that hangs is waited for once, and by nobody who comes later.
        """
        while self._began < moment or not self._read.done():
            read, began = self._reading(moment)
            left = began + READ_WITHIN - time.monotonic()
            if left > 0:
                await asyncio.wait({asyncio.wrap_future(read)}, timeout=left)
            if not read.done():
                return

    def _reading(self, moment: float) -> tuple[Future[None], float]:
        with self._lock:
            if self._read.done() and self._began < moment:
                self._read = self._reader.submit(self._read_accounts)
                self._began = time.monotonic()
            return self._read, self._began

    def _read_accounts(self) -> None:
        try:
            close_old_connections()
            active = WatiAccount.objects.filter(is_active=True)
            self._accounts = list(active.defer("api_token"))
        except DatabaseError as error:
            logger.error("accounts cannot be read: %s", type(error).__name__)
        finally:
            close_old_connections()

    def _find(self, header: str) -> WatiAccount | None:
        """Compare in constant time.

        Wati writes "Bearer key"; its own code also meets keys without the word.
        """
        if self._accounts is None:
            raise CannotTell
        word, _, rest = header.partition(" ")
        shown = sha256((rest if word.lower() == "bearer" else header).encode()).digest()
        found = None
        for account in self._accounts:
            for key in account.webhook_keys():
                if hmac.compare_digest(shown, sha256(key.encode()).digest()):
                    found = account
        return found


keys = Keys()


def _accounts_changed(**_: Any) -> None:
    transaction.on_commit(keys.forget)


for signal in (post_save, post_delete):
    signal.connect(_accounts_changed, WatiAccount, dispatch_uid="webhook keys")


class IsWati(BasePermission):
    """The default of every DRF view: closed until the view has found an account."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.auth is not None
