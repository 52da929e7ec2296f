"""The people who call, through the simulator, and what it saw of their calls."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx2

from bench.floor.consoles import PACKET_EVERY, caller_hangs_up

FIRST_CALLER = 4915700000000
FIRST_NUMBER = 15550200000


def number_of(queue: int) -> str:
    """Return the business number of a queue by its place."""
    return str(FIRST_NUMBER + queue)


@dataclass
class Callers:
    """Calls at a steady rate, to any queue; half of the callers hang up themselves."""

    url: str
    queues: int
    talk: float
    calls: dict[str, str] = field(default_factory=dict)  # Wati's id: the number
    failed: Counter[str] = field(default_factory=Counter)
    placed: int = 0

    async def call_for(self, seconds: float, calls_per_second: float) -> None:
        """Place calls by the clock, however long each of them takes to be placed."""
        rng, begin = random.Random(self.placed), time.monotonic()
        api = f"{self.url}/simulator/api/"
        async with (
            httpx2.AsyncClient(base_url=api, trust_env=False, timeout=30) as http,
            asyncio.TaskGroup() as calls,
        ):
            for number in range(round(seconds * calls_per_second)):
                due = begin + number / calls_per_second
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                calls.create_task(self._call(http, rng))

    async def _call(self, http: httpx2.AsyncClient, rng: random.Random) -> None:
        number, self.placed = self.placed, self.placed + 1
        waid = str(FIRST_CALLER + number)
        length = rng.uniform(0.5, 1.5) * self.talk
        placed = {
            "waid": waid,
            "name": f"Caller {number}",
            "number": number_of(rng.randrange(self.queues)),
            "says": "tone",
            "pace": PACKET_EVERY,
            "hang_up_after": length if caller_hangs_up(waid) else 0.0,
        }
        try:
            reply = await http.post("calls", json=placed)
            self.calls[reply.raise_for_status().json()["call"]] = waid
        except httpx2.HTTPError as error:
            self.failed[type(error).__name__] += 1


@dataclass
class Ledger:
    """Messages over the wire by caller, as instants in unix seconds."""

    offered: dict[str, float] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)
    accepted: dict[str, float] = field(default_factory=dict)
    answers: list[float] = field(default_factory=list)  # seconds until 200
    refused: Counter[str] = field(default_factory=Counter)

    def read(self, url: str, calls: dict[str, str]) -> None:
        """Take what the simulator still has; ask often enough that it forgets none."""
        with httpx2.Client(
            base_url=f"{url}/simulator/api/", trust_env=False, timeout=60
        ) as http:
            self.answers.clear()
            for kind, where in (
                ("inbound-call", self.offered),
                ("terminate-call", self.ended),
            ):
                query = {"kind": kind, "call": ""}
                told = http.get("webhooks", params=query).json()["webhooks"]
                for webhook in told:
                    if waid := calls.get(webhook["call"]):
                        where.setdefault(waid, webhook["at"])
                        self.answers.append(webhook["seconds"])
                    if webhook["status"] != 200:
                        self.refused[f"{kind} {webhook['status']}"] += 1
            asked = http.get("requests", params={"verb": "accept"}).json()["requests"]
            for request in asked:
                if waid := calls.get(request["call"]):
                    self.accepted.setdefault(waid, request["at"])
