"""No weakness that is known and mended comes back; new versions are looked at first.

Advisory services cannot be asked from a build without a network, and a tool that asks
them there prints that all is well. So the versions that mended something stand here.
"""

import inspect
import re
from collections.abc import Callable
from hashlib import sha256
from importlib.metadata import version
from typing import Any

import pytest
from aioice.ice import Connection, StunProtocol
from aiortc import RTCRtpReceiver, RTCRtpSender
from aiortc.rtcdtlstransport import RTCDtlsTransport
from cryptography.hazmat.backends.openssl import backend
from packaging.version import Version

from tests.paths import ROOT

pytestmark = pytest.mark.stackless

# package: the first version without its last known weakness
LEAST = {
    "aioice": "0.13",
    "aiortc": "1.16",  # hardened SCTP, no leak for each frame
    "autobahn": "26.10.1",  # decompression bombs on a websocket
    "celery": "5.7",
    "channels": "4.3.2",
    "cryptography": "50.0.2",  # its OpenSSL, see below
    "daphne": "4.2.3",  # websocket messages without a limit, headers smuggled
    "django": "5.2.19",  # bodies without a limit under ASGI, spoofed headers
    "djangorestframework": "3.18.3",  # bodies without a limit, tokens that live on
    "redis": "8",  # replies to the wrong caller after a cancelled command
    "uvicorn": "0.54",
}
# One datagram of a stranger ended a DTLS session before this one.
LEAST_OPENSSL = "4.0.3"
# What we replace, or rely on where we reach in. When one changes: read it again, ask
# whether ours still does all that it does, and then write down its new print.
READ: dict[Callable[..., Any], str] = {
    Connection.connect: "da51be461901",
    Connection.data_received: "5631b17fab71",
    Connection.gather_candidates: "d33db28d4d1e",
    StunProtocol.datagram_received: "ff4c8b910d45",
    StunProtocol.request: "97991c38f65e",
    StunProtocol.send_stun: "51a4d50a9080",
    RTCDtlsTransport._recv_next: "998076720c05",
    RTCDtlsTransport._register_rtp_receiver: "d35a385b0afb",
    RTCRtpReceiver.receive: "d6d8d8d7a0bf",
    RTCRtpReceiver._run_rtcp: "0f57daa32186",
    RTCRtpSender.send: "3969482b77a2",
}


@pytest.mark.parametrize("package", LEAST)
def test_what_is_installed_has_no_known_weakness(package: str):
    assert Version(version(package)) >= Version(LEAST[package])


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_what_will_be_installed_has_none_either(lock: str):
    pinned = re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / lock).read_text(), re.M)
    assert set(LEAST) <= {package for package, _ in pinned}
    for package, found in pinned:
        assert Version(found) >= Version(LEAST.get(package, "0")), package


def test_the_openssl_inside_is_new_enough():
    found = re.search(r"OpenSSL (\d+\.\d+\.\d+)", backend.openssl_version_text())
    assert found, backend.openssl_version_text()
    assert Version(found[1]) >= Version(LEAST_OPENSSL)


@pytest.mark.parametrize("function", READ, ids=lambda function: function.__qualname__)
def test_what_we_replace_is_what_we_have_read(function: Callable[..., Any]):
    print_of_it = sha256(inspect.getsource(function).encode()).hexdigest()[:12]
    assert print_of_it == READ[function]
