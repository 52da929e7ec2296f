"""Wati's five requests. One seam to the network, one error type.

Protocol file, sections 1.1, 2.3 and 2.4: the path is
{base}/{tenant}/api/v1/openapi/whatsapp/calls, success is HTTP 2xx *and* body code 200.
"""

import asyncio
import json
import re
import ssl
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import httpx2

from callcenter.wati.errors import Outcome, WatiError, sentence
from callcenter.wati.fields import digits_of, find, text_of

TIMEOUT = httpx2.Timeout(8.0, connect=3.0)
# Of a whole request: the above begin anew with each byte that comes.
LONGEST = 12.0  # seconds
# Servers that run on Node.js hang up after 5 s of silence. A request that is sent just
# then gets no answer, and would count as one that Wati may have carried out.
LIMITS = httpx2.Limits(max_connections=100, keepalive_expiry=4.0)
MOST_BODY = 64 * 1024
# WhatsApp's own code, wherever in a JSON body Wati may have put it: 138006, 131026.
# The short ones count only as the value of a code: "100" also stands in plain text.
ERROR_CODE = re.compile(
    r"(?<![\w.])(13[18]\d{3})(?![\w.])" r'|code\\*"\s*:\s*\\*"?(100|613)(?!\d)'
)
NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


def new_http() -> httpx2.AsyncClient:
    """Make an HTTP client with our limits. It follows no redirect: the token would
    leak."""
    return httpx2.AsyncClient(
        verify=_certificates(),
        timeout=TIMEOUT,
        limits=LIMITS,
        follow_redirects=False,
        trust_env=False,
        max_redirects=0,
    )


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    """Read the certificates that we trust, once: 25 ms of CPU."""
    return httpx2.create_ssl_context(trust_env=False)


@dataclass(frozen=True)
class Answer:
    """Wati's answer to a successful request."""

    message: str
    result: dict[str, Any]

    @property
    def call_id(self) -> str:
        """Return the new call's ID, in any known spelling; empty when there is none."""
        return text_of(find(self.result, "callId", "id", "wacid"))


class WatiClient:
    """One Wati account. Every method raises WatiError unless Wati agreed."""

    def __init__(
        self, base_url: str, tenant_id: str, token: str, http: httpx2.AsyncClient
    ) -> None:
        root = base_url.rstrip("/").removesuffix(f"/{tenant_id}")
        self._calls = (
            f"{root}/{quote(tenant_id, safe='')}/api/v1/openapi/whatsapp/calls"
        )
        self._token = token
        self._http = http

    async def accept(self, call_id: str, sdp: str) -> Answer:
        """Answer an inbound call with our SDP answer."""
        return await self._ask("POST", f"{_segment(call_id)}/accept", {"Sdp": sdp})

    async def terminate(self, call_id: str) -> Answer:
        """End a call, or refuse one that still rings."""
        return await self._ask("POST", f"{_segment(call_id)}/terminate")

    async def read_permission(self, waid: str, channel: str = "") -> Answer:
        """Ask WhatsApp whether this contact may be called; changes nothing."""
        return await self._ask("GET", f"permissions/{_digits(waid)}", channel=channel)

    async def request_permission(self, waid: str, channel: str = "") -> Answer:
        """Send this person WhatsApp's permission question."""
        path = f"call-permission-request/{_digits(waid)}"
        return await self._ask("POST", path, channel=channel)

    async def outbound_call(self, waid: str, sdp: str, channel: str = "") -> Answer:
        """Place a call with our SDP offer; the answer's call_id names it."""
        path = f"outbound-call/{_digits(waid)}"
        answer = await self._ask("POST", path, {"Sdp": sdp}, channel)
        if not answer.call_id:
            raise WatiError(Outcome.UNKNOWN, "Wati's reply names no call.", 200)
        return answer

    async def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, str] | None = None,
        channel: str = "",
    ) -> Answer:
        params = {"channelPhoneNumber": digits_of(channel)} if channel else None
        try:
            async with (
                asyncio.timeout(LONGEST),
                self._http.stream(
                    method,
                    f"{self._calls}/{path}",
                    json=body,
                    params=params,
                    headers={"Authorization": f"Bearer {self._token}"},
                ) as response,
            ):
                content = await _read(response)
        except NOT_SENT as error:
            raise WatiError(Outcome.UNREACHABLE, _name(error)) from None
        except TimeoutError as error:  # ours: of the whole
            raise WatiError(Outcome.UNKNOWN, _name(error)) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, ValueError) as error:
            outcome = Outcome.UNKNOWN if _was_sent(error) else Outcome.UNREACHABLE
            raise WatiError(outcome, _name(error)) from None
        return judge(response.status_code, content, response.headers)


def judge(
    status: int, content: bytes, headers: httpx2.Headers | dict[str, str]
) -> Answer:
    """Sort a reply into yes, no or maybe. Raises WatiError unless HTTP and body say
    yes."""
    body = _object(content)
    code = _business_code(body)
    if 200 <= status < 300 and code == 200 and body.get("success") is not False:
        result = body.get("result")
        return Answer(text_of(body.get("message")), _as_object(result) or body)
    raise _error(status, code, content, headers)


def _error(
    status: int,
    code: int | None,
    content: bytes,
    headers: httpx2.Headers | dict[str, str],
) -> WatiError:
    reason = _reason(content)
    return WatiError(
        outcome=_outcome(status, code, reason),
        message=sentence(reason) or _plain_answer(status, code),
        status=status,
        code=reason,
        retry_after=_seconds(headers.get("Retry-After")),
    )


def _reason(content: bytes) -> int | None:
    if not _object(content):
        return None
    found = ERROR_CODE.search(content.decode("utf-8", "replace"))
    if found is None:
        return None
    digits: str = found[1] or found[2]
    return int(digits)


def _plain_answer(status: int, code: int | None) -> str:
    said = f" and code {code}" if code is not None else ""
    return f"Wati answered with HTTP {status}{said}."


def _outcome(status: int, code: int | None, reason: int | None) -> Outcome:
    # WhatsApp gives 138000 and 138006 with HTTP 401, and they are no token trouble.
    if reason is not None:
        return Outcome.REFUSED
    if {status, code} & {401, 403}:
        return Outcome.UNAUTHORISED
    if 200 <= status < 300:
        # A success without a readable body: it may well have been done.
        return Outcome.UNKNOWN if code is None else Outcome.REFUSED
    return Outcome.UNKNOWN if status >= 500 or status == 408 else Outcome.REFUSED


async def _read(response: httpx2.Response) -> bytes:
    content = b""
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MOST_BODY:
            break
    return content


def _object(content: bytes) -> dict[str, Any]:
    try:
        return _as_object(json.loads(content))
    except (ValueError, RecursionError):
        return {}


def _as_object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _business_code(body: dict[str, Any]) -> int | None:
    code = str(body.get("code"))
    return int(code) if code.isdigit() and len(code) < 9 else None


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdigit() and len(text) < 9 else None


def _segment(call_id: str) -> str:
    # Ids look like wacid.… with =, + and / inside.
    return quote(call_id, safe="")


def _digits(waid: str) -> str:
    digits = digits_of(waid)
    if not 4 <= len(digits) <= 20:
        raise WatiError(Outcome.REFUSED, "This is not a WhatsApp number.")
    return digits


def _was_sent(error: Exception) -> bool:
    return isinstance(error, httpx2.HTTPError) and not isinstance(
        error, httpx2.UnsupportedProtocol | httpx2.LocalProtocolError
    )


def _name(error: Exception) -> str:
    # Never the text: it may hold the address with the tenant, or a header.
    return f"No answer from Wati ({type(error).__name__})."
