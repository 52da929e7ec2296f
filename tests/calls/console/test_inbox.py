"""What comes to a console is taken at once and kept in a bounded queue."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from calls.console.inbox import MOST_WAITING, Inbox
from calls.console.messages import Message

GONE = {"type": "websocket.disconnect", "code": 1000}


class Server:
    """Has read all of this from the browser already."""

    def __init__(self, *texts: str) -> None:
        self.read: asyncio.Queue[Message] = asyncio.Queue()
        for text in texts:
            self.read.put_nowait({"type": "websocket.receive", "text": text})

    async def receive(self) -> Message:
        return await self.read.get()


async def all_are_welcome(message: Message) -> bool:
    return True


@asynccontextmanager
async def opened(server: Server, arrives=all_are_welcome) -> AsyncIterator[Inbox]:
    inbox = Inbox(server.receive, arrives)
    reader = asyncio.create_task(inbox.read())
    try:
        yield inbox
    finally:
        server.read.put_nowait(GONE)
        await reader


async def test_messages_come_in_their_order():
    async with opened(Server("a", "b")) as inbox:
        assert [(await inbox.next())["text"] for _ in range(2)] == ["a", "b"]


async def test_a_flood_is_read_but_not_kept():
    server = Server(*["x"] * 10_000)
    async with opened(server) as inbox:
        pass  # it reads to the end
    kept = [await inbox.next() for _ in range(MOST_WAITING + 1)]
    assert kept[-1] == GONE


async def test_what_does_not_arrive_is_not_kept():
    async def no_secrets(message: Message) -> bool:
        if message["text"] == "broken":
            raise ValueError
        return message["text"] != "secret"

    async with opened(Server("secret", "broken", "open"), no_secrets) as inbox:
        assert (await inbox.next())["text"] == "open"


async def test_our_own_word_comes_first_and_once():
    async with opened(Server("a")) as inbox:
        assert (await inbox.next())["text"] == "a"
        inbox.tell("warn")
        inbox.tell("warn")
        inbox.tell("cut_off")
        assert [(await inbox.next())["type"] for _ in range(2)] == ["warn", "cut_off"]
        inbox.tell("warn")
        assert (await inbox.next())["type"] == "warn"


async def test_who_waits_is_woken():
    async with opened(Server()) as inbox:
        waiting = asyncio.create_task(inbox.next())
        await asyncio.sleep(0)
        inbox.tell("catch_up")
        assert (await waiting)["type"] == "catch_up"
