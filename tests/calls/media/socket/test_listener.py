"""The audio socket behind real servers, on the short way and on plain ASGI."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from calls.media.socket import wire
from deploy.stack.ports import free_port
from tests import processes
from tests.calls.media.echo_server import FLOOD_BYTES, ORDER
from tests.calls.media.phone import loudest, tone
from tests.paths import ROOT

PATIENCE = 20
WAYS = [(server, way) for server in ("daphne", "uvicorn") for way in ("fast", "asgi")]


@pytest.fixture(scope="module", params=WAYS, ids="-".join)
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, str, int]]:
    name, way = request.param
    port = free_port()
    process = processes.spawn(
        [sys.executable, "-m", "tests.calls.media.echo_server", name, way, str(port)],
        cwd=ROOT,
    )
    yield name, way, port
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        processes.wait(process, PATIENCE)


async def dial(
    port: int, query: str = "", compression: str | None = None
) -> ClientConnection:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        try:
            return await connect(
                f"ws://127.0.0.1:{port}/audio/{query}",
                compression=compression,
                max_queue=4,
                close_timeout=5,
            )
        except OSError:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.1)


@pytest.fixture
async def ana(server: tuple[str, str, int]) -> AsyncIterator[ClientConnection]:
    client = await dial(server[2])
    yield client
    await client.close()


def opus(sequence: int, payload: bytes) -> bytes:
    return wire.pack(wire.OPUS, 0, sequence & 0xFFFF, sequence * 960, payload)


def order(text: str) -> bytes:
    return opus(0, ORDER + text.encode())


async def close_code(client: ClientConnection) -> int | None:
    await asyncio.wait_for(_until_closed(client), PATIENCE)
    return client.close_code


async def _until_closed(client: ClientConnection) -> None:
    try:
        while True:
            await client.recv()
    except ConnectionClosed:
        return


async def echo(client: ClientConnection, message: bytes) -> Any:
    await client.send(message)
    return await asyncio.wait_for(client.recv(), PATIENCE)


@pytest.mark.parametrize("length", [1, 60, 117, 118, 119, 400, 1275])
async def test_a_frame_of_any_length_comes_back(
    ana: ClientConnection, length: int
) -> None:
    for sequence in range(5):
        message = opus(sequence, bytes([sequence]) * length)
        assert await echo(ana, message) == message


async def test_a_listener_that_compresses_is_understood(
    server: tuple[str, str, int],
) -> None:
    bruno = await dial(server[2], compression="deflate")
    for sequence in range(5):
        message = opus(sequence, b"voice" * 20)
        assert await echo(bruno, message) == message
    await bruno.close()


async def test_pings_and_fragments_between_frames_are_understood(
    ana: ClientConnection,
) -> None:
    for sequence in range(10):
        message = opus(sequence, b"voice" * 10)
        pong = await ana.ping()
        await ana.send([message[:20], message[20:30], message[30:]])
        assert await asyncio.wait_for(ana.recv(), PATIENCE) == message
        await asyncio.wait_for(pong, PATIENCE)
        assert await echo(ana, message) == message


async def test_frames_torn_apart_by_the_network_arrive_whole(
    ana: ClientConnection,
) -> None:
    messages = [opus(number, bytes([number]) * 80) for number in range(40)]
    pieces = b"".join(_client_frame(message) for message in messages)
    for at in range(0, len(pieces), 37):
        ana.transport.write(pieces[at : at + 37])
        await asyncio.sleep(0.001)
    for message in messages:
        assert await asyncio.wait_for(ana.recv(), PATIENCE) == message


def _client_frame(message: bytes) -> bytes:
    assert len(message) < 126
    key = b"\x01\x02\x03\x04"
    body = bytes(byte ^ key[at % 4] for at, byte in enumerate(message))
    return bytes([0x82, 0x80 | len(message)]) + key + body


async def test_many_frames_at_once_come_back_in_order(ana: ClientConnection) -> None:
    messages = [opus(number, b"voice") for number in range(60)]
    ana.transport.write(b"".join(_client_frame(message) for message in messages))
    for message in messages:
        assert await asyncio.wait_for(ana.recv(), PATIENCE) == message


async def test_a_text_message_closes_with_1008(ana: ClientConnection) -> None:
    await ana.send("hello")
    assert await close_code(ana) == 1008


async def test_a_message_over_4_kib_closes_with_1009(ana: ClientConnection) -> None:
    await ana.send(bytes(4097))
    assert await close_code(ana) == 1009


async def test_ninety_nine_bad_frames_are_forgiven_and_the_next_closes(
    ana: ClientConnection,
) -> None:
    for _ in range(99):
        await ana.send(b"\x07 no such kind")
    message = opus(1, b"voice")
    assert await echo(ana, message) == message
    await ana.send(b"\x01short"[:5])
    assert await close_code(ana) == 1008


async def test_much_faster_than_sound_closes_with_1008(ana: ClientConnection) -> None:
    frames = b"".join(_client_frame(opus(n & 0x7FFF, b"voice")) for n in range(6000))
    ana.transport.write(frames)
    assert await close_code(ana) == 1008


@pytest.mark.parametrize("code", [1000, 1001, 4001, 4401])
async def test_the_listener_learns_why_it_was_closed(
    ana: ClientConnection, code: int
) -> None:
    await ana.send(order(f"close {code}"))
    assert await close_code(ana) == code


async def test_a_listener_that_leaves_is_detached(
    server: tuple[str, str, int], ana: ClientConnection
) -> None:
    bruno = await dial(server[2])
    assert (await echo(bruno, opus(1, b"voice"))).endswith(b"voice")
    bruno.transport.abort()
    await asyncio.wait_for(_until_alone(ana), PATIENCE)


async def _until_alone(client: ClientConnection) -> None:
    count = b""
    while not count.endswith(b"1"):
        await asyncio.sleep(0.05)
        count = await echo(client, order("count"))


async def test_who_does_not_read_loses_the_oldest_sound(
    server: tuple[str, str, int],
) -> None:
    bruno = await dial(server[2])
    ana = await slow_reader(server[2])
    for _ in range(20):
        await ana.send(order("flood 1000"))
        await echo(bruno, opus(1, b"others are served meanwhile"))
    await bruno.close()
    received = await asyncio.wait_for(_read_up_to(ana, b"voice again"), PATIENCE)
    await ana.close()
    # Daphne takes whatever an application gives it; only its fast path knows better.
    assert (received == 20_000) == (server[:2] == ("daphne", "asgi"))


async def slow_reader(port: int) -> ClientConnection:
    """Connect with a receive window that cannot hide what is not read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
    return await connect(
        f"ws://127.0.0.1:{port}/audio/",
        sock=connection,
        compression=None,
        max_queue=4,
        close_timeout=5,
    )


async def _read_up_to(client: ClientConnection, words: bytes) -> int:
    """Count the frames before the echo of `words`, said again whenever it is quiet."""
    received = 0
    while True:
        try:
            message = await asyncio.wait_for(client.recv(), 0.5)
        except TimeoutError:
            await client.send(opus(1, words))
            continue
        if message == opus(1, words):
            return received
        assert len(message) == 8 + FLOOD_BYTES
        received += 1


async def test_a_listener_without_opus_hears_and_speaks_pcm(
    server: tuple[str, str, int],
) -> None:
    client = await dial(server[2], "?codec=pcm16")
    heard = []
    for number in range(60):
        sound = tone(1000, number).tobytes()
        message = wire.pack(wire.PCM, 0, number, number * 960, sound)
        kind, _, sequence, timestamp, payload = wire.unpack(await echo(client, message))
        assert (kind, sequence, timestamp) == (wire.PCM, number, number * 960)
        heard.append(np.frombuffer(payload, np.int16))
    await client.close()
    assert abs(loudest(np.concatenate(heard[10:]).astype(float)) - 1000) < 5
