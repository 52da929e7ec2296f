"""The Wati door. Store, answer 200, act: in this order."""

from dataclasses import replace
from ipaddress import ip_address
from typing import Any, NoReturn

from django.db import IntegrityError
from django.http import HttpRequest
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import NotAuthenticated
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from callcenter import limits
from callcenter.wati.events import Kind
from callcenter.wati.parsing import NotJson
from callcenter.web.webhook_auth import keys
from calls.signaling import deliveries
from calls.webhooks.batches import Full
from calls.webhooks.intake import intake

COME_AGAIN = {"Retry-After": "5"}  # seconds
TOO_MANY = "Too many webhooks at once. Try again."


class AlwaysJson(DefaultContentNegotiation):
    """No webhook is refused for what its sender would like to read."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: Any = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class WebhookView(APIView):
    """One of the five addresses that Wati posts to."""

    kind = Kind.INBOUND_CALL  # each address has its own
    http_method_names = ["post"]
    content_negotiation_class = AlwaysJson

    async def dispatch(  # type: ignore[override]  # DRF knows no asynchronous views
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> Response:
        """Do what DRF does, and wait for the key and the database in between."""
        self.args, self.kwargs = args, kwargs
        self.headers = self.default_response_headers
        self.request = drf_request = self.initialize_request(request)
        try:
            header = request.headers.get("Authorization", "")
            drf_request.auth = await keys.account_of(header)
            self.initial(drf_request)
            if request.method != "POST":
                self.http_method_not_allowed(drf_request)
            response = await self.post(drf_request)
        except Exception as error:
            response = self.handle_exception(error)
        return self.finalize_response(drf_request, response)

    def perform_authentication(self, request: Request) -> None:
        """Leave the account as it is: DRF would look for another and drop it."""

    def permission_denied(self, request: Request, *_: Any, **__: Any) -> NoReturn:
        intake.unauthorised.add("the key is missing or wrong")
        raise NotAuthenticated("The webhook key is missing or wrong.")

    def get_authenticate_header(self, request: Request) -> str:
        return "Bearer"  # without it DRF turns 401 into 403

    async def post(self, request: Request) -> Response:
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
            said = deliveries.read(incoming)
        except NotJson as error:
            return _answer(status.HTTP_400_BAD_REQUEST, str(error))
        try:
            return await _keep(said)
        except IntegrityError:
            return await self._keep_anew(request, said)

    async def _keep_anew(
        self, request: Request, said: list[deliveries.Webhook]
    ) -> Response:
        """Look for the account once more: it was deleted a moment ago, or replaced."""
        keys.forget()
        account = await keys.account_of(request.headers.get("Authorization", ""))
        if account is None:
            self.permission_denied(request)
        incoming = replace(said[0].incoming, account_id=account.pk)
        try:
            return await _keep([replace(one, incoming=incoming) for one in said])
        except IntegrityError:
            intake.refuse("its account is gone")
            return _come_again("Try again.")


async def _keep(said: list[deliveries.Webhook]) -> Response:
    try:
        await intake.keep(said)
    except Full:
        intake.refuse()
        return _come_again(TOO_MANY)
    except OSError as error:  # a time-out too
        intake.refuse(f"no database and no disk ({type(error).__name__})")
        return _come_again("Try again.")
    return _answer(status.HTTP_200_OK, "Received.")


def _come_again(message: str) -> Response:
    content = {"message": message}
    return Response(content, status=503, headers=COME_AGAIN)


def _body(request: Request) -> bytes | None:
    """Return the raw body, or None when it is larger than a webhook can be."""
    limit = limits.WEBHOOK_BODY
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
