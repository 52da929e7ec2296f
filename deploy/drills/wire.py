"""The other side's view: what the simulated Wati sent and what its phones heard."""

import json
import math
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import httpx2

from callcenter.simulator.control import SimulatorControl

LOOK_EVERY = 2.0  # seconds; the simulator keeps 2,000 webhooks and 50 ended phones


@dataclass(frozen=True)
class Sent:
    """One attempt to deliver a webhook. `status` 0: no answer came."""

    kind: str
    call: str
    at: float
    status: int
    seconds: float
    body: str

    @property
    def is_acknowledged(self) -> bool:
        return 200 <= self.status < 300


@dataclass
class Phone:
    """A caller's end of a call: when it ended, and the longest time without audio."""

    state: str = ""
    accepted: float = 0.0
    ended: float = 0.0
    ended_by: str = ""
    gap: float = 0.0
    until: float = 0.0

    def silence(self, ended_here: float | None = None) -> float:
        """Return the longest silence in seconds; the end without audio counts.

        ended_here: when the call ended on our side, in unix seconds. From there it is
        a matter of telling Wati.
        """
        ends = (self.ended or time.time(), ended_here or math.inf)
        return max(self.gap, min(ends) - self.until if self.until else 0.0)


@dataclass
class Wire:
    """Reads the simulator until closed, often enough that it forgets nothing."""

    control: SimulatorControl
    since: float = field(default_factory=time.time)
    sent: dict[tuple[str, str, float], Sent] = field(default_factory=dict)
    phones: dict[str, Phone] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)

    def _watch(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            self.look()

    def look(self) -> None:
        """Read once more, now."""
        with self._lock:
            for told in self.control.webhooks():
                self._take_webhook(told)
            for call in self.control.calls():
                if call["created"] >= self.since:
                    self._take_call(call)

    def _take_webhook(self, told: dict[str, Any]) -> None:
        if told["at"] >= self.since and not told["lost"]:
            key = (told["kind"], told["call"], told["at"])
            body = canonical(told["body"])
            self.sent[key] = Sent(*key, told["status"], told["seconds"], body)

    def _take_call(self, call: dict[str, Any]) -> None:
        phone = self.phones.setdefault(call["call"], Phone())
        if phone.ended:
            return
        if call["accepted"]:
            try:
                heard = self.control.heard(call["call"], seconds=0.02)
            except httpx2.HTTPError:  # a call without a phone of sound
                return
            phone.gap, phone.until = heard.longest_gap, heard.until
        phone.state, phone.accepted = call["state"], call["accepted"]
        phone.ended, phone.ended_by = call["ended"], call["ended_by"]

    # --- Questions ---

    @property
    def acknowledged(self) -> list[Sent]:
        return [one for one in self.sent.values() if one.is_acknowledged]

    @property
    def refused(self) -> list[Sent]:
        return [one for one in self.sent.values() if not one.is_acknowledged]

    @property
    def slowest(self) -> float:
        return max((one.seconds for one in self.acknowledged), default=0.0)

    def open_calls(self) -> list[str]:
        return [name for name, phone in self.phones.items() if not phone.ended]

    def lost_among(self, bodies: Iterable[str]) -> list[Sent]:
        """Return the acknowledged webhooks that are not among the stored bodies."""
        stored = set(bodies)
        return [one for one in self.acknowledged if one.body not in stored]


def canonical(body: object) -> str:
    return json.dumps(body, sort_keys=True, ensure_ascii=False)
