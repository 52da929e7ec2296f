"""An agent's console as a program: says and hears what the page would."""

import json
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from agents.models import Agent
from callcenter.web.sessions import row_name
from tests.servers import wait_for
from tests.sound import cut

BEAT_SECONDS = 1.5
# What a page shows whose agent has pressed a button and whose microphone is live.
PROOF = {
    "gesture": True,
    "audio": "running",
    "microphone": "live",
    "rtt_ms": 8,
    "page_ms": 20,
}


def session_key(agent: Agent) -> str:
    """Sign the agent in once more."""
    client = Client()
    client.force_login(agent.user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def session_row(agent: Agent) -> str:
    """Sign the agent in once more; returns what the session's row is named."""
    return row_name(session_key(agent))


def session_cookie(agent: Agent) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={session_key(agent)}"


class Console:
    """What an agent's browser says and hears on the console's websocket."""

    def __init__(self, url: str, agent: Agent) -> None:
        self.agent = agent
        self.url = url
        self.headers = {"Cookie": session_cookie(agent)}
        self.calls: dict[str, dict[str, Any]] = {}
        self.problems: list[str] = []
        self.plans: list[dict[str, Any]] = []
        self.person: dict[str, Any] = {}
        self.state = self.echo_url = ""
        self.proof: dict[str, Any] = dict(PROOF)
        self.work: dict[str, Any] | None = None
        self.replies: list[dict[str, Any]] = []
        self.since = ""
        self.window: dict[str, Any] = {}  # the one that rings, as it was told
        self.why: list[str] = []
        self.moves = 0  # to other nodes
        self.page = uuid4().hex
        self._frozen = threading.Event()
        self._closed = threading.Event()
        self._news: queue.Queue[dict[str, Any]] = queue.Queue()
        self._socket = self.open("/ws/console/")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.say("hello", console=self.page, since="")
        self._pulse = threading.Thread(target=self._beat, daemon=True)
        self._pulse.start()
        self.until(lambda: self.state != "", "the first snapshot")

    def open(self, address: str, *, signed_in: bool = True) -> ClientConnection:
        """Any websocket of the site, as this agent or as nobody."""
        root = self.url.replace("http", "ws", 1)
        full = address if address.startswith("ws") else root + address
        origin = full.split("/ws/")[0].replace("ws", "http", 1)
        return connect(
            full,
            additional_headers=self.headers if signed_in else None,
            origin=origin,
            compression=None,
            legacy=True,
        )

    def _read(self) -> None:
        with suppress(ConnectionClosed):  # its node may be killed
            while address := self._read_until_sent_away():
                self._move(address)

    def _read_until_sent_away(self) -> str:
        for text in self._socket:
            message = json.loads(text)
            if message["type"] == "move":
                return str(message["address"])
            self._confirm(message)
            self._news.put(message)
        return ""

    def _move(self, address: str) -> None:
        """Open the new line before the old one is closed, as the page does."""
        old, self._socket = self._socket, self.open(address)
        self.url = address.split("/ws/")[0].replace("ws", "http", 1)
        self.say("hello", console=self.page, since=self.since)
        self.moves += 1
        old.close()

    def _confirm(self, message: dict[str, Any]) -> None:
        """Ring, and say so at once."""
        if message["type"] == "test_ring" and not self._frozen.is_set():
            self.say("test_rang")
        calls = message.get("calls") or [message.get("call")]
        for call in calls if not self._frozen.is_set() else []:
            if isinstance(call, dict) and self.agent.pk in call["offered_to"]:
                self.say("rings", call=call["id"])

    def _beat(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                if not self._frozen.is_set():
                    self.say("beat", proof=self.proof)
                self._closed.wait(BEAT_SECONDS)
                if self._closed.is_set():
                    return

    def freeze(self) -> None:
        """As a browser does with a page it puts to sleep: the socket stays open."""
        self._frozen.set()

    def thaw(self) -> None:
        self._frozen.clear()

    def say(self, kind: str, **fields: Any) -> None:
        self._socket.send(json.dumps({"type": kind, **fields}))

    def until(self, check: Callable[[], bool], what: str, seconds: float = 60) -> None:
        def heard() -> bool:
            while not self._news.empty():
                self._hear(self._news.get())
            return check()

        wait_for(heard, f"{self.agent}: {what}", seconds)

    def _hear(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "console":
            self.state = message["agent"]["state"]
            self.calls = {call["id"]: call for call in message["calls"]}
            self.plans, self.work = message["plans"], message["work"]
            self.echo_url, self.since = message["echo_url"], message["since"]
            self._hear_window(message["window"])
        elif kind == "window":
            self._hear_window(message["window"])
            self.why.append(message["why"])
        elif kind == "agent":
            self.state = message["agent"]["state"]
        elif kind == "call":
            self._take(message["call"])
        elif kind in ("plans", "person", "work"):
            setattr(self, kind, message[kind])
        elif kind == "problem":
            self.problems.append(message["text"])
        elif kind != "beat":
            self.replies.append(message)

    def _hear_window(self, window: dict[str, Any] | None) -> None:
        if window and window["since"] >= self.window.get("since", ""):
            self.window = window

    def is_rung_at(self) -> bool:
        """Say whether it is this page that rings, as far as it knows."""
        return bool(self.window.get("console") == self.page)

    def _take(self, call: dict[str, Any]) -> None:
        known = self.calls.get(call["id"], {"version": -1})
        if call["version"] > known["version"]:
            self.calls[call["id"]] = call

    def heard(self, kind: str) -> dict[str, Any] | None:
        """The last reply of this kind."""
        found = [reply for reply in self.replies if reply["type"] == kind]
        return found[-1] if found else None

    def go_available(self) -> Self:
        self.say("available")
        return self.wait_for_state("available")

    def wait_for_state(self, state: str) -> Self:
        self.until(lambda: self.state == state, state)
        return self

    def ringing(self) -> dict[str, Any] | None:
        mine = self.agent.pk
        rings = (c for c in self.calls.values() if mine in c["offered_to"])
        return next((c for c in rings if c["status"] != "ended"), None)

    def wait_for_ring(self) -> str:
        self.until(lambda: self.ringing() is not None, "a ringing call")
        call = self.ringing()
        assert call is not None
        return str(call["id"])

    def wait_for_status(
        self, call_id: str, status: str, seconds: float = 60
    ) -> dict[str, Any]:
        self.until(
            lambda: self.calls.get(call_id, {}).get("status") == status,
            f"status {status}",
            seconds,
        )
        return self.calls[call_id]

    def look_up(self, number: str) -> dict[str, Any]:
        """Type a number; returns who it is once WhatsApp has been asked, too."""
        self.person = {}
        self.say("look_up", number=number)
        self.until(
            lambda: bool(self.person) and not self.person["checking"], "the person"
        )
        return self.person

    def wait_for_plan(self, state: str) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            return next((p for p in self.plans if p["state"] == state), None)

        self.until(lambda: found() is not None, f"a plan {state}")
        plan = found()
        assert plan is not None
        return plan

    def dialing(self) -> dict[str, Any] | None:
        calls = self.calls.values()
        return next((c for c in calls if c["status"] == "dialing"), None)

    def answer(self, call_id: str) -> str:
        """Press Answer; returns the address of the sound."""
        self.say("answer", call=call_id)
        return str(self.wait_for_status(call_id, "connecting")["audio_url"])

    def cut(self) -> None:
        """The page is gone without a good-bye."""
        self._closed.set()
        cut(self._socket)

    def close(self) -> None:
        self._closed.set()
        self._socket.close()
        self._reader.join(10)
