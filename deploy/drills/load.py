"""The load under every drill: agents at work, callers, and webhooks by the clock."""

import asyncio
import json
import sys
import threading
import time
from dataclasses import asdict
from itertools import count
from subprocess import PIPE, Popen
from typing import Any

import httpx2

from bench.floor.callers import Callers, number_of
from bench.floor.consoles import Habits, Seat, Seen
from callcenter.simulator.control import SimulatorControl
from deploy.stack.processes import ROOT

AGENTS = 14
TALK = 10.0  # seconds
CALLS_PER_SECOND = 0.8  # about ten at once
WEBHOOKS_PER_SECOND = 20
# Each gives permission once: a second yes may count as a copy of the first.
_users = count(4917600000000)


class Consoles:
    """All agents' consoles, in one process of their own."""

    def __init__(self, seats: list[Seat]) -> None:
        command = [sys.executable, "-m", "bench.floor.consoles"]
        self._process = Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE)
        self._seats = seats

    def open(self, queues: list[int]) -> None:
        habits = Habits(talk=TALK, transfers=0.0, queues=tuple(queues))
        self._tell(
            {"seats": [asdict(seat) for seat in self._seats]}
            | {"habits": asdict(habits)}
        )
        if (line := self._read()) != "ready":
            raise RuntimeError(f"The consoles failed: {line!r}")

    def close(self) -> Seen:
        self._tell("end")
        seen = Seen(**json.loads(self._read()))
        self._process.wait(30)
        return seen

    def _tell(self, what: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        self._process.stdin.flush()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().decode().strip()


class Load:
    """Callers and webhooks, from threads of their own, until stopped."""

    def __init__(self, control_url: str, tenant: str, queues: int) -> None:
        self._tenant = tenant
        self.callers = Callers(control_url, queues, TALK)
        self._control = SimulatorControl(control_url)
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._call, daemon=True),
            threading.Thread(target=self._write, daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)
        self._control.close()

    def _call(self) -> None:
        while not self._over.is_set():
            asyncio.run(self.callers.call_for(5 / CALLS_PER_SECOND, CALLS_PER_SECOND))

    def _write(self) -> None:
        """Send webhooks by the clock; of three, two are about calls never offered."""
        begin = time.monotonic()
        for number in count():
            due = begin + number / WEBHOOKS_PER_SECOND
            if self._over.wait(max(0.0, due - time.monotonic())):
                return
            try:
                self._write_one(number)
            except httpx2.HTTPError:
                continue  # the simulator is busy; what it did not send is not counted

    def _write_one(self, number: int) -> None:
        if number % 3 == 0:
            self._control.reply(str(next(_users)), "temporary", number_of(0))
        else:
            name = f"wacid.drill.{time.time():.6f}.{number}"
            body = {"callId": name, "tenantId": self._tenant}
            self._control.send_webhook("terminate-call", body, name)
