"""A browser that is slow to answer a close still reads why it was closed."""

import socket
import struct
import time
from contextlib import suppress
from urllib.parse import urlsplit

from django.conf import settings

from agents.websocket_auth import NOT_SIGNED_IN
from tests.handshakes import BEGUN, END, to_host
from tests.stack import Stack

# Without a setting of ours, Daphne's websockets wait for one second.
AT_LEAST = 3.0  # seconds; of our five, two are left to a test that reads late
# Who has no cookie shares the limit of handshakes with all others who have none.
COOKIE = f"Cookie: {settings.SESSION_COOKIE_NAME}=of-a-slow-browser\r\n".encode()
CLOSE = 0x88  # RFC 6455 section 5.2: the last frame of a message, and opcode 8


def test_a_close_waits_for_a_slow_browser(stack: Stack, nobody: None):
    address = urlsplit(stack.nodes[0].url)
    assert address.hostname is not None
    with socket.create_connection((address.hostname, address.port), 20) as browser:
        browser.sendall(to_host(BEGUN + COOKIE + END, address.netloc))
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
