import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from callcenter.simulator import sdp, service
from callcenter.simulator.control import SimulatorControl
from callcenter.simulator.standalone import SimulatorHandler
from callcenter.simulator.world import Account, World
from deploy.stack.ports import free_port
from tests import processes
from tests.callcenter.simulator.receiver import Receiver
from tests.paths import ROOT

CARLA = "15550101001"
NUMBER = "15550100000"
CALLS = "/simulator/wati/demo/api/v1/openapi/whatsapp/calls"
ENDPOINT = sdp.Endpoint(
    addresses=(sdp.Address("127.0.0.1", 4000),),
    ufrag="business",
    password="business-password-22-chars",
    fingerprint=":".join(["B2"] * 32),
    ssrc=7,
)


def business_offer() -> str:
    """An offer of a business that is not there."""
    return sdp.write_offer(ENDPOINT).replace("a=ice-lite\r\n", "")


def business_answer() -> str:
    return business_offer().replace("a=setup:actpass", "a=setup:active")


async def until(check: Callable[[], Any], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not check():  # noqa: ASYNC110 - a test waits for any condition
            await asyncio.sleep(0.01)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def world(receiver: Receiver) -> AsyncIterator[World]:
    account = Account("demo", "token", NUMBER, receiver.url, "webhook-key")
    world = service.create(account)
    yield world
    await world.reset()


@pytest.fixture
async def web(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of this process's simulator, from this host."""
    transport = httpx2.ASGITransport(app=SimulatorHandler())
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://localhost"
    ) as client:
        yield client


Ask = Callable[..., Awaitable[httpx2.Response]]


@pytest.fixture
def ask(web: httpx2.AsyncClient) -> Ask:
    """Make one of the business's requests, with the right token."""

    async def ask(method: str, path: str, **details: Any) -> httpx2.Response:
        headers = details.pop("headers", {"Authorization": "Bearer token"})
        return await web.request(method, f"{CALLS}/{path}", headers=headers, **details)

    return ask


@pytest.fixture(scope="module")
def desk_receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def address(desk_receiver: Receiver) -> Iterator[str]:
    with simulator_process(desk_receiver.url) as address:
        yield address


@contextmanager
def simulator_process(webhooks: str) -> Iterator[str]:
    """Run the simulator as a process of its own, without a database; its address."""
    port = free_port()
    command = ["manage.py", "simulator", "--port", str(port), "--webhooks", webhooks]
    nowhere = {"DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3"}
    process = processes.spawn(
        [sys.executable, *command], cwd=ROOT, env=os.environ | nowhere
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_served(address, process)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        assert processes.wait(process, 20) == 0


def wait_until_served(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None
        try:
            httpx2.get(f"{address}/simulator/api/calls")
        except httpx2.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the simulator does not serve")


@pytest.fixture
def control(address: str, desk_receiver: Receiver) -> Iterator[SimulatorControl]:
    with SimulatorControl(address) as control:
        control.reset()
        desk_receiver.received.clear()
        yield control
        control.reset()
