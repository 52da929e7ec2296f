"""Whatever is typed, the token goes to the configured host and below its path."""

from contextlib import suppress
from urllib.parse import urlsplit

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as some

from callcenter.wati.addresses import UnusableAddress, root_of
from callcenter.wati.client import WatiClient
from callcenter.wati.errors import WatiError

WATI = "https://live-mt-server.wati.io"


@pytest.mark.parametrize(
    ("base_url", "tenant", "root"),
    [
        (WATI, "1031", f"{WATI}/1031"),
        (f"{WATI}/", "1031", f"{WATI}/1031"),
        (f"{WATI}/1031", "1031", f"{WATI}/1031"),
        (f"{WATI}:8443/a/b", "shop-1.x_2", f"{WATI}:8443/a/b/shop-1.x_2"),
        ("https://[2001:db8::1]:8443", "1", "https://[2001:db8::1]:8443/1"),
        ("http://127.0.0.1:8900/simulator/wati", "demo", None),
        ("http://localhost:8900", "demo", "http://localhost:8900/demo"),
        ("http://[::1]:8900", "demo", "http://[::1]:8900/demo"),
    ],
)
def test_a_good_address_is_taken(base_url: str, tenant: str, root: str | None):
    assert root_of(base_url, tenant) == (root or f"{base_url}/{tenant}")


@pytest.mark.parametrize(
    "base_url",
    [
        "http://live-mt-server.wati.io",
        "http://10.0.0.5",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://2130706433",
    ],
)
def test_without_encryption_it_goes_to_this_machine_alone(base_url: str):
    with pytest.raises(UnusableAddress, match="https"):
        root_of(base_url, "1031")
    assert root_of(base_url, "1031", allow_http=True) == f"{base_url}/1031"


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "https://",
        "ftp://wati.io",
        "//wati.io",
        "wati.io",
        "https://user@wati.io",
        "https://wati.io@evil.example",
        "https://wati.io?x=",
        "https://wati.io#",
        "https://wati.io/..",
        "https://wati.io/a/../b",
        "https://wati.io/%2e%2e",
        "https://wati.io//evil.example",
        "https://wati.io\\@evil.example",
        "https://wati.io/a\nb",
        "https://wati.io:99999",
        "https://wati.io:",
        "https://[::1",
        " https://wati.io",
    ],
)
def test_what_leads_elsewhere_is_refused(base_url: str):
    with pytest.raises(UnusableAddress):
        root_of(base_url, "1031", allow_http=True)


@pytest.mark.parametrize(
    "tenant", ["", ".", "..", "../..", "a/b", "a..b", ".a", "a.", "%2e%2e", "a b", "ñ"]
)
def test_a_tenant_is_one_plain_word(tenant: str):
    with pytest.raises(UnusableAddress, match="tenant"):
        root_of(WATI, tenant)


ODD = some.text("abc/.:@?#%\\ -_[]2e\t\n~;&=", max_size=14)

GOOD = some.just("1031")


@given(
    rest=ODD | some.sampled_from(["", "/", "/1031", "/x/y"]),
    tenant=ODD | GOOD,
    call=ODD | some.just(".."),
)
async def test_whatever_is_typed_the_token_stays_at_the_host_and_below_its_path(
    rest: str, tenant: str, call: str
):
    """Read as the HTTP client reads it, with what it makes of dots and slashes."""
    asked: list[httpx2.Request] = []

    def wati(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(302, headers={"Location": "https://evil.example/"})

    transport = httpx2.MockTransport(wati)
    async with httpx2.AsyncClient(transport=transport, follow_redirects=False) as http:
        with suppress(WatiError):  # a redirect is none of Wati's answers
            client = WatiClient(f"{WATI}/api{rest}", tenant, "token", http)
            await client.terminate(call)
    for request in asked:
        parts = urlsplit(str(request.url))
        assert f"{parts.scheme}://{parts.netloc}".startswith(WATI)
        assert parts.hostname == "live-mt-server.wati.io"
        assert parts.path.startswith("/api")
        assert f"/{tenant}/api/v1/openapi/whatsapp/calls/" in parts.path
        assert "/../" not in f"{parts.path}/"
