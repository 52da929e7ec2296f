"""Drills on a call out: the worker and beat die at each of its steps."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from agents.models import Agent
from calls.models import Call
from deploy.drills.scene import Scene, drill
from deploy.stack.waiting import wait_for
from tests.console import Console
from tests.sound import Headset

FIRST_CONTACT = 4917700000000
IN_FLIGHT = 0.5  # seconds after the request, while its reply takes its time
SLOW = 3.0
PATIENCE = 90.0
_contacts = count(FIRST_CONTACT)


class Story:
    """Olga looks somebody up, asks, calls and hangs up; the worker dies at one step."""

    def __init__(self, scene: Scene, dies_at: str) -> None:
        self.scene, self.dies_at = scene, dies_at
        self.waid = str(next(_contacts))
        scene.control.set_person(self.waid, reply="temporary", reply_after=0.5)
        self.olga = Console(scene.stack.url, Agent.objects.get(name="Olga"))
        self.olga.go_available()

    def tell(self) -> None:
        try:
            self._hang_up(*self._call(self._ask(self._look_up())))
        finally:
            self.olga.close()
        self._check()

    def _look_up(self) -> dict[str, Any]:
        with self._dying("permissions"):
            self.olga.say("look_up", number=f"+{self.waid}")
        self.olga.until(lambda: bool(self.olga.person), "the person", PATIENCE)
        return self.olga.person

    def _ask(self, person: dict[str, Any]) -> dict[str, Any]:
        with self._dying("permission_request"):
            self.olga.say("ask", contact=person["contact"], line=person["line"])
        wait_for(self._may_call, "permission", PATIENCE)
        return self.olga.person

    def _may_call(self) -> bool:
        self.scene.rest(1)
        return bool(self.olga.look_up(f"+{self.waid}")["call"]["allowed"])

    def _call(self, person: dict[str, Any]) -> tuple[str, Headset]:
        with self._dying("outbound"):
            self.olga.say("call", contact=person["contact"], line=person["line"])
            self.olga.until(self._has_reply, "the call")
            call = self.olga.dialing()
            assert call is not None, self.olga.problems
            headset = Headset(self.olga.open(call["audio_url"]), 1200)
        self.olga.until(lambda: self._status(call) != "dialing", "an answer", PATIENCE)
        return call["id"], headset

    def _has_reply(self) -> bool:
        return self.olga.dialing() is not None or bool(self.olga.problems)

    def _status(self, call: dict[str, Any]) -> str:
        return str(self.olga.calls[call["id"]]["status"])

    def _hang_up(self, call_id: str, headset: Headset) -> None:
        with self._dying("terminate"):
            self.olga.say("hang_up", call=call_id)
        self.olga.wait_for_status(call_id, "ended")
        headset.close()

    @contextmanager
    def _dying(self, step: str) -> Iterator[None]:
        """Kill worker and beat while the request of this step is without its reply."""
        if step != self.dies_at:
            yield
            return
        whose = (
            {"call": self._wati_id()} if step == "terminate" else {"waid": self.waid}
        )
        self.scene.control.set_fault(verb=step, delay_after=SLOW, **whose)
        yield
        wait_for(lambda: bool(self._requests(step)), step, 20)
        self.scene.rest(IN_FLIGHT)
        for name in ("worker", "beat"):
            self.scene.kill(name)
        self.scene.rest(2)
        for name in ("worker", "beat"):
            self.scene.start(name)

    def _requests(self, step: str) -> list[dict[str, Any]]:
        if step == "terminate":
            return self.scene.control.requests(verb=step, call_id=self._wati_id())
        return self.scene.control.requests(verb=step, waid=self.waid)

    def _wati_id(self) -> str:
        return Call.objects.get(contact__waid=self.waid).wati_call_id

    def _check(self) -> None:
        """Ask Wati: nobody was asked or called twice, and the call is over there."""
        for verb in ("permission_request", "outbound"):
            sent = len(self._requests(verb))
            if sent != 1:
                self.scene.complain(f"{verb} was sent {sent} times")

        def is_over() -> bool:
            calls = self.scene.control.calls()
            return all(
                one["state"] == "ended" for one in calls if one["waid"] == self.waid
            )

        wait_for(is_over, "the end at Wati", 30)


@drill("Worker and beat die while WhatsApp is asked what it allows")
def dies_while_reading(scene: Scene) -> None:
    Story(scene, "permissions").tell()


@drill("Worker and beat die while permission is requested")
def dies_while_asking(scene: Scene) -> None:
    Story(scene, "permission_request").tell()


@drill("Worker and beat die while a call is placed")
def dies_while_dialing(scene: Scene) -> None:
    Story(scene, "outbound").tell()


@drill("Worker and beat die while the hang-up is on its way")
def dies_while_hanging_up(scene: Scene) -> None:
    Story(scene, "terminate").tell()
