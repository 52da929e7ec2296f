"""The proxy that breaks connections breaks them as its commands say."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.fault_proxy import FaultProxy
from tests.servers import wait_for

QUESTION, ANSWER = b"How are you?", b"Fine, thank you."


class Server:
    """Answers each question, and keeps it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=[client], daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            while heard := client.recv(100):
                self.heard.append(heard)
                client.sendall(ANSWER)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def proxy(server: Server) -> Iterator[FaultProxy]:
    with FaultProxy(server.port) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[socket.socket]:
    with socket.create_connection((proxy.host, proxy.port), timeout=10) as client:
        assert ask(client) == ANSWER
        yield client


def ask(client: socket.socket, size: int = len(ANSWER)) -> bytes:
    client.sendall(QUESTION)
    return read(client, size)


def read(client: socket.socket, size: int = len(ANSWER)) -> bytes:
    heard = b""
    while len(heard) < size and (more := client.recv(100)):
        heard += more
    return heard


def hears_nothing(client: socket.socket) -> bool:
    client.settimeout(0.2)
    try:
        return not ask(client)
    except TimeoutError:
        return True
    finally:
        client.settimeout(10)


def anew(proxy: FaultProxy) -> bytes:
    with socket.create_connection((proxy.host, proxy.port), timeout=10) as client:
        return ask(client)


def test_a_server_that_is_down_resets_and_refuses(client, proxy):
    proxy.down()
    with pytest.raises(ConnectionError):
        ask(client)
    with pytest.raises(ConnectionError):
        anew(proxy)
    proxy.heal()
    assert anew(proxy) == ANSWER


def test_a_black_hole_swallows_all_and_what_fell_in_never_comes_back(
    client, proxy, server
):
    proxy.blackhole()
    assert hears_nothing(client)
    with socket.create_connection((proxy.host, proxy.port)) as second:
        assert hears_nothing(second)
    proxy.heal()
    assert hears_nothing(client)
    assert anew(proxy) == ANSWER
    assert server.heard == [QUESTION, QUESTION]


def test_what_is_frozen_arrives_later(client, proxy):
    proxy.freeze()
    assert hears_nothing(client)
    proxy.heal()
    assert read(client) == ANSWER


def test_a_reply_is_lost_although_the_request_arrived(client, proxy, server):
    proxy.half()
    with pytest.raises(ConnectionError):
        ask(client)
    wait_for(lambda: server.heard == [QUESTION, QUESTION], "the question", 5)


def test_a_reply_is_cut_in_the_middle(proxy):
    proxy.reset_after(4)
    address = (proxy.host, proxy.port)
    with socket.create_connection(address, timeout=5) as client:
        assert ask(client, 4) == ANSWER[:4]
        with pytest.raises(ConnectionError):
            client.recv(100)


def test_a_reply_comes_byte_by_byte(client, proxy):
    proxy.trickle(0.01)
    client.sendall(QUESTION)
    assert client.recv(100) == ANSWER[:1]
    assert read(client, len(ANSWER) - 1) == ANSWER[1:]


def test_connections_are_cut_and_new_ones_are_fine(client, proxy):
    proxy.cut()
    assert client.recv(100) == b""
    with socket.create_connection((proxy.host, proxy.port), timeout=10) as second:
        assert ask(second) == ANSWER
        proxy.reset()
        with pytest.raises(ConnectionError):
            ask(second)
    with socket.create_connection((proxy.host, proxy.port), timeout=10) as third:
        assert ask(third) == ANSWER
        proxy.forget()
        assert hears_nothing(third)
    assert anew(proxy) == ANSWER
    wait_for(lambda: proxy.open_connections == 0, "nothing to stay open", 5)
