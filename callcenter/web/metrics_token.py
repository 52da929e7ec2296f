"""The token that opens /metrics, and the check that says when there is none."""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.http import HttpRequest, HttpResponse

NO_TOKEN = (
    "Set METRICS_TOKEN to a long random text, and give the same to Prometheus as its "
    "bearer token. Without it nobody may read the metrics.\n"
)
WRONG_TOKEN = "The metrics token is missing or wrong.\n"


def refusal(request: HttpRequest) -> HttpResponse | None:
    """Return why this request may not read the metrics; None if it may.

    While developing, no token is needed.
    """
    token = settings.METRICS_TOKEN
    if not token:
        return None if settings.DEBUG else _say(403, NO_TOKEN)
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and _same(shown.strip(), token):
        return None
    response = _say(401, WRONG_TOKEN)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _say(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain")


def _same(shown: str, token: str) -> bool:
    """Compare in constant time, also where one of them is no ASCII."""
    digests = (
        sha256(text.encode("utf-8", "replace")).digest() for text in (shown, token)
    )
    return hmac.compare_digest(*digests)


@register(Tags.security, deploy=True)
def metrics_token_is_set(app_configs: Any, **_: Any) -> Sequence[CheckMessage]:
    if settings.METRICS_TOKEN or settings.DEBUG:
        return []
    return [
        Warning(
            "METRICS_TOKEN is empty: /metrics is refused, and no alert can fire.",
            hint="Set it, and see deploy/prometheus.yaml.",
            id="callcenter.W001",
        )
    ]
