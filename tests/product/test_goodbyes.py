"""A browser that is slow to answer a close still reads why it was closed."""

import socket
import struct
import time
from contextlib import suppress
from urllib.parse import urlsplit

from agents.websocket_auth import NOT_SIGNED_IN
from tests.stack import Stack

# Without a setting of ours, Daphne's websockets wait for one second.
AT_LEAST = 3.0  # seconds; of our five, two are left to a test that reads late
CLOSE = 0x88  # RFC 6455 section 5.2: the last frame of a message, and opcode 8


def handshake(url: str) -> bytes:
    """Return RFC 6455's opening, section 1.2, of somebody who is not signed in."""
    host = urlsplit(url).netloc
    return (
        f"GET /ws/console/ HTTP/1.1\r\nHost: {host}\r\nOrigin: {url}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


def test_a_close_waits_for_a_slow_browser(stack: Stack, nobody: None):
    url = stack.nodes[0].url
    address = urlsplit(url)
    assert address.hostname is not None
    with socket.create_connection((address.hostname, address.port), 20) as browser:
        browser.sendall(handshake(url))
        reader = browser.makefile("rb")
        while reader.readline().strip():  # the headers of the reply
            pass
        opcode, size = reader.read(2)
        (code,) = struct.unpack("!H", reader.read(2))
        assert (opcode, code) == (CLOSE, NOT_SIGNED_IN)
        reader.read(size - 2)
        closed_at = time.monotonic()
        with suppress(ConnectionResetError):
            reader.read()  # until the server hangs up
        assert time.monotonic() - closed_at > AT_LEAST
