"""Threads that ask Wati share one loop and one client."""

import asyncio
import multiprocessing
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from callcenter import wati_thread
from callcenter.wati_thread import ask_wati

FORK = multiprocessing.get_context("fork")


async def who(http: httpx2.AsyncClient) -> tuple[int, int]:
    return id(http), threading.get_ident()


@pytest.fixture
def server() -> Iterator[tuple[str, list[object]]]:
    """A server in a thread that answers all; and the connections that it was given."""
    connections: list[object] = []

    async def serve(reader, writer) -> None:
        connections.append(writer)
        while await reader.readline():
            while (await reader.readline()).strip():
                pass
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    begin = asyncio.start_server(serve, "127.0.0.1", 0)
    listening = asyncio.run_coroutine_threadsafe(begin, loop).result(30)
    host, port = listening.sockets[0].getsockname()
    yield f"http://{host}:{port}/", connections
    loop.call_soon_threadsafe(listening.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30)
    loop.close()


def test_all_threads_share_one_client_in_one_thread():
    everybody = threading.Barrier(4)

    def ask() -> tuple[int, int]:
        everybody.wait(30)
        return ask_wati(who)

    with ThreadPoolExecutor(4) as threads:
        answers = {threads.submit(ask) for _ in range(4)}
        assert len({answer.result(30) for answer in answers}) == 1


def test_connections_are_kept_from_one_request_to_the_next(server):
    address, connections = server

    async def ask(http: httpx2.AsyncClient) -> int:
        return (await http.get(address)).status_code

    assert [ask_wati(ask) for _ in range(3)] == [200, 200, 200]
    assert len(connections) == 1


def test_an_error_reaches_the_thread_that_asked():
    async def fail(http: httpx2.AsyncClient) -> None:
        raise LookupError("not ours")

    with pytest.raises(LookupError, match="not ours"):
        ask_wati(fail)


def test_what_hangs_is_given_up_and_cancelled(monkeypatch):
    monkeypatch.setattr(wati_thread, "LONGEST", 0.05)
    cancelled = threading.Event()

    async def hang(http: httpx2.AsyncClient) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(TimeoutError):
        ask_wati(hang)
    assert cancelled.wait(30)


def test_a_forked_worker_asks_in_a_thread_of_its_own():
    ask_wati(who)
    answers = FORK.SimpleQueue()
    worker = FORK.Process(target=lambda: answers.put(ask_wati(who)))
    worker.start()
    worker.join(30)
    assert worker.exitcode == 0
    assert not answers.empty()
