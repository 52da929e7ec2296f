"""The Wati door. Store, answer 200, act: in this order."""

import logging
from ipaddress import ip_address
from typing import Any, NoReturn

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from callcenter.database import lock_wait
from callcenter.wati.events import Kind
from callcenter.wati.parsing import NotJson
from calls.signaling import deliveries
from calls.webhooks import processor, spool

logger = logging.getLogger(__name__)

# Whoever holds SQLite's lock for longer than this makes webhooks go to the spool.
LOCK_WAIT = 1.0  # seconds


class WebhookView(APIView):
    """One of the five addresses that Wati posts to."""

    kind = Kind.INBOUND_CALL  # each address has its own
    http_method_names = ["post"]

    def permission_denied(self, request: Request, *_: Any, **__: Any) -> NoReturn:
        raise NotAuthenticated("The webhook key is missing or wrong.")

    def get_authenticate_header(self, request: Request) -> str:
        return "Bearer"  # without it DRF turns 401 into 403

    def post(self, request: Request) -> Response:
        body = _body(request)
        if body is None:
            return _answer(status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, "Too large.")
        incoming = deliveries.Incoming(
            account_id=request.auth.pk,
            kind=self.kind,
            body=body,
            remote_address=_remote_address(request),
            received_at=timezone.now(),
        )
        try:
            return _keep(incoming)
        except NotJson as error:
            return _answer(status.HTTP_400_BAD_REQUEST, str(error))


def _keep(incoming: deliveries.Incoming) -> Response:
    try:
        with lock_wait(LOCK_WAIT):
            delivery = deliveries.store(incoming)
    except DatabaseError as error:
        logger.error("webhook goes to the spool: %s", type(error).__name__)
        return _keep_on_disk(incoming)
    if delivery is not None:
        processor.processor.soon(delivery)
    return _answer(status.HTTP_200_OK, "Received.")


def _keep_on_disk(incoming: deliveries.Incoming) -> Response:
    try:
        spool.append([incoming])
    except OSError:
        logger.critical("webhook refused: no database and no disk")
        return _answer(status.HTTP_503_SERVICE_UNAVAILABLE, "Try again.")
    return _answer(status.HTTP_200_OK, "Received.")


def _body(request: Request) -> bytes | None:
    """Return the raw body, or None when it is larger than a webhook can be."""
    limit = settings.WEBHOOK_MAX_BYTES
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdigit() and int(declared) > limit:
        return None
    body: bytes = request._request.read(limit + 1)
    return body if len(body) <= limit else None


def _remote_address(request: Request) -> str | None:
    try:
        return str(ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None


def _answer(code: int, message: str) -> Response:
    return Response({"message": message}, status=code)
