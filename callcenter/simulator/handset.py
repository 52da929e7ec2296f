"""A phone that is a page in a browser."""

import asyncio
import contextlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from callcenter.simulator import sdp
from callcenter.simulator.calls import PhoneCall, State
from callcenter.simulator.numbers import key_of

POLL_SECONDS = 15.0
GONE_AFTER = 40.0
HANDSETS_BOUND = 200


class PagePhone:
    """The far end of a call whose media lives in the browser."""

    def __init__(self, offer: str = "") -> None:
        self._offer = offer
        self.answer = ""

    async def write_offer(self) -> str:
        return sdp.from_browser(self._offer, "audio")

    async def take_answer(self, answer: str) -> None:
        """Do nothing: the page reads it from the call."""

    async def write_answer(self, offer: str) -> str:
        return sdp.from_browser(self.answer, sdp.read_remote(offer).mid)

    def pick_up(self) -> None:
        """Do nothing: the page speaks as soon as it is connected."""

    async def close(self) -> None:
        """Do nothing: the page closes its own connection when it sees the call end."""


@dataclass
class Handset:
    """One open phone page: what it shows, and when it was last heard of.

    The page gets whole snapshots with a version; a page that stops asking is gone.
    """

    waid: str
    name: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    opened: float = field(default_factory=time.monotonic)
    seen: float = field(default_factory=time.monotonic)
    version: int = 1
    call: PhoneCall | None = None
    companion: PhoneCall | None = None
    asked_by: str = ""
    nudged: bool = False
    _change: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def seconds_left(self) -> float:
        """Return how long the phone stays on if the page is not heard of again."""
        return max(0.0, self.seen + GONE_AFTER - time.monotonic())

    @property
    def is_open(self) -> bool:
        return self.seconds_left > 0

    def changed(self) -> None:
        self.version += 1
        self._change.set()

    def attach(self, call: PhoneCall) -> None:
        self.call = call
        call.watchers.append(self.changed)
        self.changed()

    def accompany(self, call: PhoneCall) -> None:
        """Show a scripted caller's call beside the phone's own."""
        self.companion = call
        call.watchers.append(self.changed)
        self.changed()

    def ask(self, number: str) -> None:
        self.asked_by, self.nudged = number, False
        self.changed()

    def nudge(self) -> None:
        self.nudged = True
        self.changed()

    async def wait_beyond(self, version: int) -> None:
        """Return when there is something newer to show, or after a while."""
        self.seen = time.monotonic()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                while self.version <= version:
                    self._change.clear()
                    await self._change.wait()
        self.seen = time.monotonic()

    def snapshot(self, now: float) -> dict[str, Any]:
        call = self.call
        shown: dict[str, Any] = {
            "version": self.version,
            "waid": self.waid,
            "name": self.name,
            "state": phone_state(call),
            "call": call.call_id if call else "",
            "business": call.number if call else "",
            "seconds": max(0.0, now - call.accepted) if call and call.accepted else 0.0,
            "ended_by": call.ended_by if call else "",
            "asked_by": self.asked_by,
            "nudged": self.nudged,
            "companion": phone_state(self.companion),
        }
        if call is not None and call.direction == "inbound":
            shown["answer"] = sdp.for_browser(call.answer) if call.answer else ""
        elif call is not None and not call.is_over:
            shown["offer"] = call.offer
        return shown


def phone_state(call: PhoneCall | None) -> str:
    """Name what the phone shows: idle, calling, ringing, in_call or ended."""
    if call is None:
        return "idle"
    if call.state is State.RINGING:
        return "calling" if call.direction == "inbound" else "ringing"
    return "in_call" if call.state is State.ACCEPTED else "ended"


class Handsets:
    """The phone pages that are open; the oldest goes when there are too many."""

    def __init__(self) -> None:
        self._by_token: dict[str, Handset] = {}

    def open(self, waid: str, name: str) -> Handset:
        for token, handset in list(self._by_token.items()):
            if not handset.is_open:
                del self._by_token[token]
        if len(self._by_token) >= HANDSETS_BOUND:
            del self._by_token[next(iter(self._by_token))]
        handset = Handset(waid=waid, name=name)
        self._by_token[handset.token] = handset
        return handset

    def by_token(self, token: str) -> Handset | None:
        return self._by_token.get(token)

    def by_number(self, waid: str) -> Handset | None:
        """Find the page open for this number, the newest if there are several."""
        wanted = key_of(waid)
        pages = [page for page in self._by_token.values() if page.is_open]
        found = [page for page in pages if key_of(page.waid) == wanted]
        return max(found, key=lambda handset: handset.opened, default=None)

    def forget(self, handset: Handset) -> None:
        self._by_token.pop(handset.token, None)

    def clear(self) -> None:
        self._by_token.clear()
