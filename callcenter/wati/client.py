"""Wati's five requests. One seam to the network, one error type.

Protocol file, sections 1.1, 2.3 and 2.4: the path is
{base}/{tenant}/api/v1/openapi/whatsapp/calls, success is HTTP 2xx *and* body code 200.
"""

import asyncio
import ssl
from functools import lru_cache
from urllib.parse import quote

import httpx2

from callcenter.wati.addresses import UnusableAddress, root_of
from callcenter.wati.errors import Outcome, WatiError
from callcenter.wati.fields import digits_of, is_no_step
from callcenter.wati.replies import Answer, judge

__all__ = ["Answer", "WatiClient", "new_http"]

TIMEOUT = httpx2.Timeout(8.0, connect=3.0)
# Of a whole request: the above begin anew with each byte that comes.
LONGEST = 12.0  # seconds
# Servers that run on Node.js hang up after 5 s of silence. A request that is sent just
# then gets no answer, and would count as one that Wati may have carried out.
LIMITS = httpx2.Limits(max_connections=100, keepalive_expiry=4.0)
MOST_BODY = 64 * 1024
CALLS = "api/v1/openapi/whatsapp/calls"
NO_ANSWER = "No answer from Wati"
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
    """Read the certificates that we trust, once: 25 ms of CPU.

    The system's, or those of the file SSL_CERT_FILE, where all of a company's traffic
    passes a proxy with an authority of its own.
    """
    return httpx2.create_ssl_context()


class WatiClient:
    """One Wati account. Every method raises WatiError unless Wati agreed."""

    def __init__(
        self,
        base_url: str,
        tenant_id: str,
        token: str,
        http: httpx2.AsyncClient,
        *,
        allow_http: bool = False,
    ) -> None:
        try:
            self._root = root_of(base_url, tenant_id, allow_http=allow_http)
        except UnusableAddress as problem:
            raise WatiError(Outcome.REFUSED, problem.text) from None
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
                    f"{self._root}/{CALLS}/{path}",
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
        status, headers = response.status_code, response.headers
        return judge(status, content, headers, hide=(self._token,))


async def _read(response: httpx2.Response) -> bytes:
    content = b""
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MOST_BODY:
            break
    return content


def _segment(name: str) -> str:
    """Quote an ID, so that it is one step of the path and no way to another path."""
    if is_no_step(name):
        raise WatiError(Outcome.REFUSED, "This ID cannot be part of a URL.")
    # Call IDs look like wacid.… with =, + and / inside.
    return quote(name, safe="", errors="surrogatepass")


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
    return f"{NO_ANSWER} ({type(error).__name__})."
