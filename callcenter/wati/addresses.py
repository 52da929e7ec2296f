"""The address of an account at Wati: the configured host and path, and nothing beside.

The API token goes there. So nothing that was typed may lead to another host, above the
configured path, or over a network in the clear.
"""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop

TENANT = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
HOST = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\]")
PATH = re.compile(rf"(/{TENANT.pattern})*/?")

NOT_HTTPS = gettext_noop(
    "The base URL must begin with https://, or the API token could be read."
)
NOT_AN_ADDRESS = gettext_noop(
    "The base URL may hold a host, a port and a plain path, such as "
    "https://live-mt-server.wati.io, and nothing else."
)
NOT_A_TENANT = gettext_noop(
    "The tenant ID may hold letters, digits, hyphens, dots and underscores."
)


class UnusableAddress(ValueError):
    """A base URL or a tenant ID that no request may be sent to."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field, self.text = field, text


def root_of(base_url: str, tenant_id: str, *, allow_http: bool = False) -> str:
    """Return the address that all requests of this account begin with.

    Without encryption only to this machine, unless `allow_http`.
    """
    if not TENANT.fullmatch(tenant_id):
        raise UnusableAddress("tenant_id", NOT_A_TENANT)
    host, path, scheme = _parts(base_url)
    if scheme != "https" and not (allow_http or _is_this_machine(host)):
        raise UnusableAddress("base_url", NOT_HTTPS)
    path = path.rstrip("/").removesuffix(f"/{tenant_id}")
    return f"{scheme}://{host}{path}/{tenant_id}"


def _parts(base_url: str) -> tuple[str, str, str]:
    """Take an address apart, and refuse what two readers might read differently."""
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError:
        raise UnusableAddress("base_url", NOT_AN_ADDRESS) from None
    name = parts.netloc.removesuffix(f":{port}") if port else parts.netloc
    is_plain = HOST.fullmatch(name) and PATH.fullmatch(parts.path)
    rebuilt = f"{parts.scheme}://{parts.netloc}{parts.path}"
    if parts.scheme not in ("http", "https") or not is_plain or rebuilt != base_url:
        raise UnusableAddress("base_url", NOT_AN_ADDRESS)
    return parts.netloc, parts.path, parts.scheme


def _is_this_machine(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
