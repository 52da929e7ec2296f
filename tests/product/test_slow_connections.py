"""Two hundred connections that say little or nothing keep a node from no work.

How long each of them may last is tried with a clock that the test turns, in
tests/security/test_bodies.py.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from tests.console import Console
from tests.handshakes import BEGUN, END, to_host
from tests.servers import wait_for
from tests.stack import Stack
from tests.talking import ANAS, CARLAS, Wear, call_in, hears, phone_hears, take

EACH = 40
BEGINNINGS = {
    "nothing": b"",
    "half a header": b"POST /webhooks/wati/inbound-call/ HTTP/1.1\r\nHost: %b\r\nX-A: ",
    "half a body": b"POST /webhooks/wati/inbound-call/ HTTP/1.1\r\nHost: %b\r\n"
    b"Content-Length: 60000\r\n\r\n{",
    "half a handshake": BEGUN + b"X-A: ",
    "a handshake": BEGUN + END,
}


class Crowd:
    """Many connections to one node, which never read what it says."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.opened = {
            kind: [self._open(address.netloc, begin) for _ in range(EACH)]
            for kind, begin in BEGINNINGS.items()
        }

    def _open(self, host: str, begin: bytes) -> socket.socket:
        name, port = host.split(":")
        connection = socket.create_connection((name, int(port)), 10)
        connection.sendall(to_host(begin, host))
        connection.setblocking(False)
        return connection

    def drip(self) -> None:
        """Send one more byte on each that has begun to say something."""
        for kind, connections in self.opened.items():
            for connection in connections if kind.startswith("half") else ():
                with suppress(OSError):
                    connection.send(b"a")

    def is_hung_up(self, kind: str) -> bool:
        return all(_is_over(connection) for connection in self.opened[kind])

    def close(self) -> None:
        for connections in self.opened.values():
            for connection in connections:
                connection.close()


def _is_over(connection: socket.socket) -> bool:
    try:
        while connection.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def files_of(stack: Stack, node: int) -> int:
    return len(os.listdir(f"/proc/{stack.nodes[node].pid}/fd"))


@pytest.fixture
def crowd(stack: Stack) -> Iterator[Crowd]:
    """At the node that takes the webhooks; embedded, it has the call, too."""
    crowd = Crowd(stack.nodes[0].url)
    yield crowd
    crowd.close()


def test_a_call_comes_and_is_talked_in_beside_them(
    stack: Stack, ana: Console, crowd: Crowd, wear: Wear
):
    crowd.drip()
    wati_id = call_in(stack)
    call_id = ana.wait_for_ring()
    crowd.drip()
    headset = wear(take(ana, call_id, ANAS))
    hears(headset, CARLAS)
    phone_hears(stack, wati_id, ANAS)
    # A stranger's websocket is closed by us, whether the close is answered or not.
    wait_for(lambda: crowd.is_hung_up("a handshake"), "the strangers to be cut off", 20)
    crowd.drip()
    hears(headset, CARLAS)


def test_when_they_go_nothing_of_them_is_left(stack: Stack, ana: Console):
    before = files_of(stack, 0)
    crowd = Crowd(stack.nodes[0].url)
    wait_for(lambda: files_of(stack, 0) >= before + 4 * EACH, "all of them")
    crowd.close()
    wait_for(lambda: files_of(stack, 0) <= before + 5, "the files to be closed")
