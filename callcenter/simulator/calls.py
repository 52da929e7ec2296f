"""One simulated call, as WhatsApp sees it."""

import asyncio
import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from callcenter.simulator.behaviour import Behaviour, FromJson
from callcenter.simulator.notices import INBOUND, OUTBOUND, Notice
from callcenter.simulator.people import Person
from callcenter.simulator.phone import Phone


class State(StrEnum):
    RINGING = "ringing"
    ACCEPTED = "accepted"
    ENDED = "ended"


@dataclass(frozen=True)
class Placed(FromJson):
    """A call to the business by a scripted phone, as a test or a demo orders it.

    ``waid`` may be any id of a user. ``media`` is ``sound`` or ``paper`` (signalling
    only); ``offer`` replaces the phone's own SDP; ``call`` chooses the id. Seconds of
    0 mean never. ``pace``: seconds between two packets; more than 0.02 for load
    without audio.
    """

    waid: str = "15550101001"
    name: str = "Carla"
    number: str = ""
    call: str = ""
    media: str = "sound"
    offer: str = ""
    says: str = "voice"
    frequency: int = 440
    ice: str = "silent"
    pace: float = 0.02
    give_up_after: float = 0.0
    hang_up_after: float = 0.0


@dataclass
class PhoneCall:
    """Times are unix seconds of the simulated world; 0 means not yet."""

    user: Person
    waid: str
    name: str
    number: str
    tenant: str
    direction: str
    phone: Phone
    behaviour: Behaviour
    created: float
    call_id: str = field(default_factory=lambda: new_call_id())
    state: State = State.RINGING
    offer: str = ""
    answer: str = ""
    accepted: float = 0.0
    ended: float = 0.0
    ended_by: str = ""
    error: int = 0
    hang_up_after: float = 0.0
    decision: asyncio.Future[str] = field(default_factory=lambda: new_future())
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    watchers: list[Callable[[], None]] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return self.state is State.ENDED

    def set_state(self, state: State) -> None:
        self.state = state
        self.changed()

    def changed(self) -> None:
        for watcher in self.watchers:
            watcher()

    def decide(self, decision: str) -> None:
        """Decide for the user, while it rings: ``answer``, ``reject`` or nothing."""
        if not self.decision.done():
            self.decision.set_result(decision)

    def notice(self, kind: str, now: float, status: str = "") -> Notice:
        sdp = {INBOUND: self.offer, OUTBOUND: self.answer}
        return Notice(
            kind=kind,
            number=self.number,
            tenant=self.tenant,
            ids=self.user.ids_for(self.number, now),
            name=self.name,
            call=self.call_id,
            direction=self.direction,
            sdp=sdp.get(kind, ""),
            status=status,
            at=now,
            started=self.accepted,
            ended=self.ended,
            error=self.error,
        )

    def summary(self) -> dict[str, Any]:
        return {
            "call": self.call_id,
            "user": self.user.key,
            "direction": self.direction,
            "waid": self.waid,
            "name": self.name,
            "number": self.number,
            "state": self.state.value,
            "created": self.created,
            "accepted": self.accepted,
            "ended": self.ended,
            "ended_by": self.ended_by,
            "error": self.error,
        }


def new_call_id() -> str:
    """Make an ID like Meta's: base64 text, so it may hold ``+``, ``/`` and ``=``."""
    return f"wacid.{base64.b64encode(secrets.token_bytes(31)).decode()}"


def new_future() -> asyncio.Future[str]:
    return asyncio.get_running_loop().create_future()
