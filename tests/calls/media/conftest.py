import asyncio
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from calls.media.events import Flow
from calls.media.hub import Hub
from calls.media.mixing.layout import Layout
from calls.media.session import Session
from calls.media.settings import MediaSettings
from calls.media.transport.addresses import INNER
from tests.calls.media.phone import Phone

PATIENCE = 30


async def until(condition: Callable[[], Any], what: str = "the condition") -> None:
    """Wait for `condition` without a rhythm of its own to depend on."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"waited for {what}"
        await asyncio.sleep(0.01)


class Diary:
    """Session events, written down in order."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self.flows: list[Flow] = []

    def media_up(self, session: Session) -> None:
        self.entries.append("up")

    def media_quiet(self, session: Session, seconds: float) -> None:
        self.entries.append("quiet")

    def media_back(self, session: Session) -> None:
        self.entries.append("back")

    def media_lost(self, session: Session) -> None:
        self.entries.append("lost")

    def media_failed(self, session: Session, reason: str) -> None:
        self.entries.append("failed")
        self.reason = reason

    def listener_joined(self, session: Session, participant: str) -> None:
        self.entries.append("joined")

    def listener_left(self, session: Session, participant: str) -> None:
        self.entries.append("left")

    def flow_changed(self, session: Session, flow: Flow) -> None:
        self.flows.append(flow)


class Ear:
    """A listener that keeps what it is given."""

    def __init__(self) -> None:
        self.packets: list[Any] = []
        self.codes: list[int] = []

    def deliver(self, packet: Any) -> None:
        self.packets.append(packet)

    def close(self, code: int) -> None:
        self.codes.append(code)


@pytest.fixture
def settings() -> MediaSettings:
    """Patient ones; a test of a limit sets that limit."""
    return MediaSettings(allowed_networks=INNER, media_deadline=25, ice_hold_limit=25)


@pytest.fixture
async def hub(settings: MediaSettings) -> AsyncIterator[Hub]:
    """A hub that must leave no task and no socket behind."""
    tasks: set[asyncio.Task[Any] | None] = set(asyncio.all_tasks())
    files = open_files()
    hub = Hub(settings)
    yield hub
    await hub.close()
    tasks |= {asyncio.current_task()}
    await until(lambda: not asyncio.all_tasks() - tasks, "tasks to end")
    await until(lambda: open_files() <= files, "sockets to close")


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture
async def phone(hub: Hub) -> AsyncIterator[Phone]:
    phone = Phone()
    yield phone
    await phone.close()


@pytest.fixture
def diary() -> Diary:
    return Diary()


async def connect(hub: Hub, phone: Phone, diary: Diary) -> Session:
    """Bring up an inbound call, as if accept had returned at once."""
    session = hub.open("wacid.1", diary)
    session.arrange(Layout(speakers=("ana",)))
    answer = await session.answer(await phone.offer())
    await phone.accept(answer)
    session.release_ice()
    await until(lambda: "up" in diary.entries, "media to come up")
    return session
