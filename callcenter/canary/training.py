"""Training calls: a recorded voice rings at the agent who asks for one."""

import asyncio
import json
import logging
import secrets
from typing import Any

from callcenter.canary import training_rows as rows
from callcenter.canary.wati import OwnWati, Server, listening
from callcenter.database import in_database
from callcenter.simulator.behaviour import Behaviour
from callcenter.simulator.calls import PhoneCall, Placed
from callcenter.simulator.world import Account, World
from calls.queueing.training import waid_for
from calls.snapshots import TRAINING

logger = logging.getLogger(__name__)

CALLER = "Training caller"
RINGS_FOR = 45.0  # seconds
LASTS = 300.0
LISTENS_WITHIN = 10.0
# A node looks once more at a call whose audio ended, three seconds later.
SETTLES = 4.0
CLEAN_UP_TRIES = 20


class TrainingWati(OwnWati):
    """The canary's Wati, which also takes the wish for a training call."""

    def __init__(self, desk: "TrainingDesk") -> None:
        super().__init__(desk.world)
        self._desk = desk

    async def _answer(
        self, scope: dict[str, Any], body: bytes
    ) -> tuple[int, dict[str, Any]]:
        if scope["path"] != "/call":
            return await super()._answer(scope, body)
        if not self._is_ours(dict(scope["headers"])):
            return 401, {"code": 401, "message": "Unauthorized"}
        try:
            agent_id = int(json.loads(body)["agent"])
        except (ValueError, KeyError, TypeError):
            return 400, {"code": 400, "message": "no agent"}
        if not await self._desk.call(agent_id):
            return 409, {"code": 409, "message": "a training call goes on"}
        return 200, {"code": 200, "message": "Success"}


class TrainingDesk:
    """Listens for wishes and places the calls, until it is closed."""

    def __init__(self, webhook_url: str) -> None:
        token, key = (secrets.token_urlsafe(32) for _ in "ab")
        self.world = World(Account(TRAINING, token, rows.NUMBER, webhook_url, key))
        self._calls: dict[int, PhoneCall] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._account = 0

    async def open(self, listen: str, url: str = "") -> None:
        """Listen at HOST:PORT; port 0 is any free one. `url`: where nodes reach it."""
        self._server = wati = listening(TrainingWati(self), listen)
        self._serving = asyncio.create_task(wati.serve(), name="training wati")
        await self._listens(wati, self._serving)
        host, port = wati.servers[0].sockets[0].getsockname()[:2]
        account = self.world.account
        self._account = await in_database(
            rows.prepare,
            url or f"http://{host}:{port}",
            account.token,
            account.webhook_key,
        )
        await in_database(rows.end_all, self._account)
        await in_database(rows.clean_up, self._account)

    async def _listens(self, wati: Server, serving: "asyncio.Task[None]") -> None:
        async with asyncio.timeout(LISTENS_WITHIN):
            while not wati.started:
                if serving.done():
                    raise OSError("the address is taken")
                await asyncio.sleep(0.05)

    async def call(self, agent_id: int) -> bool:
        """Place a call for this agent. False: the one before goes on."""
        last = self._calls.get(agent_id)
        if last is not None and not last.is_over:
            return False
        placed = Placed(
            waid=waid_for(agent_id),
            name=CALLER,
            says="voice",
            give_up_after=RINGS_FOR,
            hang_up_after=LASTS,
        )
        call = await self.world.place_call(placed, Behaviour())
        self._calls[agent_id] = call
        task = asyncio.create_task(self._follow(call), name="training call")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _follow(self, call: PhoneCall) -> None:
        """Delete what the call leaves, once it is over."""
        over = asyncio.Event()
        call.watchers.append(lambda: over.set() if call.is_over else None)
        if not call.is_over:
            await over.wait()
        for _ in range(CLEAN_UP_TRIES):
            await asyncio.sleep(SETTLES)
            if await in_database(rows.clean_up, self._account):
                return
        logger.error("training: rows of a call could not be deleted; the next tries")

    async def close(self) -> None:
        """End the calls and listen no more; may be called twice."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.world.reset()
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await asyncio.gather(self._serving, return_exceptions=True)
        if self._account:
            account, self._account = self._account, 0
            await in_database(rows.retire, account)


async def embedded(port: int) -> TrainingDesk | None:
    """Open a desk beside the server of this process; None where it does not work."""
    desk = TrainingDesk(f"http://127.0.0.1:{port}")
    try:
        await desk.open("127.0.0.1:0")
    except Exception:  # the calls of customers do not depend on it
        logger.exception("training calls are not available")
        return None
    return desk
