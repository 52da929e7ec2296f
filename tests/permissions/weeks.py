"""Weeks of a call center and of WhatsApp, lived through in seconds.

The product runs in this process, with its real webhook door, its rows and its requests
over HTTP; the other end is the simulator in a process of its own. Both clocks stand
still but when the test turns them. What WhatsApp believes is asked of the simulator
alone, so that no mistake of the product hides in what it is compared with.
"""

import json
import random
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

import httpx2
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from callcenter import celery
from callcenter.beat import has_work
from callcenter.simulator.control import SimulatorControl
from calls.lifecycle import ending, reconnect
from calls.models import Call, Line
from calls.outbound import dialing
from calls.queueing import agent_state
from calls.states import LIVE, Event, Status
from calls.webhooks.processor import processor
from permissions.models import PermissionEvent
from tests.callcenter.simulator.conftest import (
    business_answer,
    business_offer,
    simulator_process,
)
from tests.servers import wait_for
from tests.shift import Shift

WATI = f"simulator/wati/{settings.SIMULATOR_TENANT}/api/v1/openapi/whatsapp/calls"
# What is said and read is acted upon within this time, by the product's own clock.
SETTLES_WITHIN = 10
TICK = 2.0
# Nobody reacts but when the story says so.
SILENT = {"reaction": "ignore", "reply": "ignore", "media": "paper"}


class Door(ThreadingHTTPServer):
    """Hands what the simulator posts to the product's own door."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Letter)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()


class Letter(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key = {"Authorization": self.headers["Authorization"]}
        reply = Client().post(
            self.path, body, content_type="application/json", headers=key
        )
        connection.close()
        self.send_response(reply.status_code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def whatsapp() -> Iterator[str]:
    """The simulator as a process that posts to a door of this one; its address."""
    door = Door()
    try:
        with simulator_process(door.url) as address:
            yield address
    finally:
        door.shutdown()
        door.server_close()


@dataclass
class Person:
    """Somebody at WhatsApp, by their key there, and what the product may know."""

    key: str
    name: str
    # BSUIDs that some message has named together with the number.
    linked: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)  # ever, in every form
    is_blocked: bool = False


class Weeks:
    """The product and WhatsApp, step by step."""

    def __init__(self, shift: Shift, address: str, seed: int) -> None:
        self.shift, self.address = shift, address
        self.random = random.Random(seed)
        self.simulator = SimulatorControl(address)
        self.simulator.reset()
        self.log: list[str] = [f"seed {seed}"]
        self._tasks: deque[tuple[Any, str, tuple[Any, ...]]] = deque()
        self.letters_read = self.readings_read = 0
        self.turn_clock(0)

    # --- Time ------------------------------------------------------------------

    def take_task(self, name: str, args: Any = (), **options: Any) -> None:
        """Stand in for the broker: the tasks run when the story comes to rest."""
        due = timezone.now() + timedelta(seconds=options.get("countdown") or 0)
        self._tasks.append((options.get("eta") or due, name, tuple(args)))

    def turn_clock(self, seconds: float) -> None:
        self.shift.clock.forward(seconds)
        self.simulator.hold_clock(self.shift.clock.at.timestamp())

    def tick(self, seconds: float = TICK) -> None:
        """Time passes: consoles beat, and all sweeps run."""
        self.turn_clock(seconds)
        self.shift.look_round()
        for name in celery.SWEEPS:
            task = f"calls.tasks.{name}"
            if name != "forget_strangers" and has_work(task):
                celery.app.tasks[task]()

    def come_to_rest(self) -> None:
        """Until nothing is on its way, on either side."""
        while True:
            self.simulator.settle()
            processor.drain(30)
            if not self._run_tasks():
                break
        self.notice_readings()

    def notice_readings(self) -> None:
        """Look at what was read of WhatsApp until now; for who keeps the books."""

    def _run_tasks(self) -> bool:
        waiting = [self._tasks.popleft() for _ in range(len(self._tasks))]
        due = [task for task in waiting if task[0] <= timezone.now()]
        self._tasks.extend(task for task in waiting if task not in due)
        for _, name, args in due:
            celery.app.tasks[name](*args)
        return bool(due)

    def settle(self) -> None:
        self.come_to_rest()
        for _ in range(round(SETTLES_WITHIN / TICK)):
            self.tick()
            self.come_to_rest()

    def later(self, seconds: float) -> None:
        """Much time at once: nobody looks meanwhile."""
        self.turn_clock(seconds)
        for agent in self.shift.consoles.values():
            self.shift.beat()
            agent_state.go_available(agent.pk)
        celery.app.tasks["calls.tasks.forget_strangers"]()
        self.settle()

    # --- WhatsApp ----------------------------------------------------------------

    def add(self, name: str, **profile: Any) -> Person:
        habits = SILENT | {"name": name}
        ids = self.simulator.add_user(habits=habits, **profile)
        return Person(ids["user"], name, numbers=set(ids["forms"]))

    def truth(self, person: Person, line: Line) -> dict[str, Any]:
        return self.simulator.belief(person.key, line.number)

    def new_letters(self) -> list[dict[str, Any]]:
        """Return what the simulator has posted since somebody looked last."""
        told = self.simulator.webhooks()
        fresh, self.letters_read = told[self.letters_read :], len(told)
        return [letter for letter in fresh if not letter["lost"]]

    def new_readings(self) -> list[dict[str, Any]]:
        """Return what the product has read since somebody looked last."""
        asked = self.simulator.requests(verb="permissions")
        fresh, self.readings_read = asked[self.readings_read :], len(asked)
        return [reading for reading in fresh if reading["status"] == 200]

    # --- Calls -------------------------------------------------------------------

    def place(self, call: Call, outcome: str) -> None:
        """Be the node and the person: the call goes out, and comes to its end."""
        agent = call.agent
        assert agent is not None
        reconnect.console_joined(call.pk, agent.pk)
        dialing.offer_made(call.pk, business_offer())
        self.come_to_rest()
        name = Call.objects.get(pk=call.pk).wati_call_id
        if name:
            wait_for(lambda: self._rings(name), "the phone to ring")
            self.come_to_rest()
            self._decide(name, call, outcome)
        self.settle()
        self._see_off(call)

    def _rings(self, name: str) -> bool:
        told = self.simulator.webhooks(kind="outbound-call-status", call_id=name)
        return any("RINGING" in str(letter["body"]) for letter in told)

    def _decide(self, name: str, call: Call, outcome: str) -> None:
        if outcome == "agent_gives_up":
            ending.end(call.pk, Event.AGENT_ENDED)
        elif outcome == "ignore":
            self.simulator.ring_out(name)
        else:
            self.simulator.decide(name, outcome)
        over = "accepted" if outcome == "answer" else "ended"
        wait_for(lambda: self._comes_to(name, over), outcome)
        if outcome == "answer":
            self.come_to_rest()
            self.tick(30)
            self.simulator.hang_up(name)

    def _comes_to(self, name: str, state: str) -> bool:
        self.come_to_rest()
        return bool(self.simulator.call(name)["state"] == state)

    def _see_off(self, call: Call) -> None:
        row = Call.objects.get(pk=call.pk)
        assert row.status not in LIVE, self.story(f"the call hangs: {row.status}")

    def call_in(self, person: Person, line: Line, *, answered: bool) -> None:
        name = self.simulator.place_call(
            waid=person.key, name=person.name, number=line.number, media="paper"
        )
        self.come_to_rest()
        self.shift.rings_are_confirmed()
        call = Call.objects.filter(wati_call_id=name).first()
        if call and answered and call.status in (Status.RINGING,):
            agent = next(iter(self.shift.consoles.values()))
            self.shift.answers(agent, call)
            self._accept(name)
            self.tick(30)
        if self.simulator.call(name)["state"] == "ended":
            call = Call.objects.get(wati_call_id=name)
            self.note("we ended it", reason=call.end_reason, text=call.end_text)
        else:
            self.simulator.hang_up(name)
        self.settle()

    def _accept(self, name: str) -> None:
        """Send what the node sends."""
        path = f"{self.address}/{WATI}/{quote(name, safe='')}/accept"
        bearer = {"Authorization": f"Bearer {settings.SIMULATOR_TOKEN}"}
        reply = httpx2.post(path, json={"Sdp": business_answer()}, headers=bearer)
        assert reply.status_code == 200, reply.text

    # --- For who reads a failure ---------------------------------------------------

    def note(self, step: str, **facts: Any) -> None:
        words = " ".join(f"{name}={value}" for name, value in facts.items())
        self.log.append(f"{self.shift.clock.at:%m-%d %H:%M:%S} {step} {words}")

    def story(self, problem: str) -> str:
        recent = [
            f"  {w['kind']} {w['status']} {json.dumps(w['body'])[:300]}"
            for w in self.simulator.webhooks()[-6:]
        ]
        facts = PermissionEvent.objects.order_by("-pk").select_related("contact")[:12]
        ledger = [
            f"  {fact.at:%m-%d %H:%M:%S} {fact.contact} {fact.kind} {fact.source} "
            f"{fact.grant} until {fact.expires_at}"
            for fact in facts
        ]
        told = ["last webhooks:", *recent, "last facts, the newest first:", *ledger]
        return "\n".join([problem, *self.log, *told])

    def close(self) -> None:
        self.simulator.reset()
        self.simulator.close()
