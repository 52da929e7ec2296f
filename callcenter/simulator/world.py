"""The simulated world: Wati's account, WhatsApp's calls and permissions, its users."""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from callcenter.simulator import sdp
from callcenter.simulator.behaviour import Behaviour, FaultList, RestFault
from callcenter.simulator.calls import PhoneCall, Placed, State
from callcenter.simulator.clock import Clock
from callcenter.simulator.consent import Consent
from callcenter.simulator.errors import ApiRefusal, NoSuchCall
from callcenter.simulator.handset import Handset, Handsets, PagePhone
from callcenter.simulator.ledger import Ledger
from callcenter.simulator.link import Link
from callcenter.simulator.notices import INBOUND, OUTBOUND, STATUS, TERMINATE
from callcenter.simulator.people import Directory, Person, WhatsAppUser
from callcenter.simulator.phone import (
    TICK,
    PaperPhone,
    Phone,
    Script,
    ScriptedPhone,
)
from callcenter.simulator.postman import Postman

logger = logging.getLogger(__name__)

CALLS_KEPT = 500
# Ended calls whose phone still tells what it heard: up to a minute of sound each.
SOUNDS_KEPT = 50
CONCURRENT_CALLS = 1_000
RINGS_AFTER = 0.1


@dataclass(frozen=True)
class Account:
    """The business's account at the simulated Wati."""

    tenant: str
    token: str
    number: str
    webhook_url: str
    webhook_key: str


class World:
    """Everything lives in one event loop; every task is held by the world or a call."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.clock = Clock()
        self.ledger = Ledger()
        self.postman = Postman(account.webhook_url, account.webhook_key, self.ledger)
        self.faults: FaultList[RestFault] = FaultList()
        self.behaviour = Behaviour()
        self.calls: dict[str, PhoneCall] = {}
        self.people = Directory(account.tenant)
        self.handsets = Handsets()
        self.consent = Consent(
            account.tenant,
            self.now,
            lambda notice: self.postman.tell(notice, self.behaviour),
            self.handsets,
            self.people,
        )
        self._with_sound: deque[PhoneCall] = deque()
        self._watches: set[asyncio.Task[None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def now(self) -> float:
        return self.clock.now()

    # Calls to the business.

    async def place_call(self, placed: Placed, behaviour: Behaviour) -> PhoneCall:
        """Let a scripted phone call. Raise ValueError at an unknown word."""
        call = await self.ring_business(
            waid=placed.waid,
            name=placed.name,
            number=placed.number,
            phone=self._phone(placed, behaviour),
            behaviour=behaviour,
            call_id=placed.call,
        )
        if placed.give_up_after:
            self._later(call, placed.give_up_after, State.RINGING)
        call.hang_up_after = placed.hang_up_after
        return call

    async def ring_business(
        self,
        *,
        waid: str,
        name: str,
        phone: Phone,
        behaviour: Behaviour,
        number: str = "",
        call_id: str = "",
    ) -> PhoneCall:
        user = self.people.meet(waid)
        call = self._new_call(user, name, number, "inbound", phone, behaviour)
        if user.shows_number(call.number, self.now()):
            user.meet(call.number, self.now())
        call.call_id = call_id or call.call_id
        call.offer = await phone.write_offer()
        self._remember(call)
        self._later(call, behaviour.ring_limit, State.RINGING, "whatsapp")
        self._tell(call, INBOUND)
        return call

    async def accept(self, call_id: str, answer: str) -> None:
        """Answer a ringing call for the business. Raise ApiRefusal, or NoSuchCall."""
        call = self._running(call_id)
        if call.direction != "inbound":
            raise ApiRefusal(100, "the call was placed by the business")
        if call.state is not State.RINGING:
            raise ApiRefusal(100, "the call has already been accepted")
        self._check_sdp(answer, "answer", call.behaviour)
        call.answer, call.accepted = answer, self.now()
        self._connected(call)
        told = call.notice(STATUS, self.now(), "ACCEPTED")
        self.postman.report(told, call.behaviour)
        await call.phone.take_answer(answer)

    # Calls by the business.

    async def dial(self, number: str, waid: str, offer: str) -> PhoneCall:
        """Call a user for the business. Raise ApiRefusal when WhatsApp refuses."""
        self._check_sdp(offer, "offer", self.behaviour)
        person = self.people.look_up(waid)
        habits = person.habits
        self._check_dial(number, person)
        person.meet(number, self.now())
        handset = self.handsets.by_number(person.waid)
        phone = self._phone_of(habits) if handset is None else PagePhone()
        name = habits.name if handset is None else handset.name
        call = self._new_call(person, name, number, "outbound", phone, self.behaviour)
        call.offer, call.hang_up_after = offer, habits.hang_up_after
        self._remember(call)
        if handset is not None:
            handset.attach(call)
        at_once = handset is None and call.behaviour.answer_at == "before_reply"
        if at_once:
            await self._announce(call, at_once=True)
        self._start(call, self._ring_user(call, habits, handset, at_once))
        return call

    def _check_dial(self, number: str, person: Person) -> None:
        self.consent.check_call(number, person)
        reaction = person.habits.reaction
        if reaction == "unreachable":
            raise ApiRefusal(138001, "the user can not be called")
        running = [call for call in self.calls.values() if not call.is_over]
        if len(running) >= CONCURRENT_CALLS:
            raise ApiRefusal(138002, f"{CONCURRENT_CALLS} calls are running")
        if reaction == "busy" or any(
            call.number == number and call.user is person for call in running
        ):
            raise ApiRefusal(138003, "a call with this user is running")

    async def _announce(self, call: PhoneCall, *, at_once: bool) -> None:
        self._tell(call, STATUS, "CALLING")
        if not at_once:
            await asyncio.sleep(RINGS_AFTER)
        last = self._tell(call, STATUS, "RINGING")
        if call.behaviour.answer_at != "accepted" and not isinstance(
            call.phone, PagePhone
        ):
            call.answer = await call.phone.write_answer(call.offer)
            last = self._tell(call, OUTBOUND)
        if at_once:
            await asyncio.wait([last])

    async def _ring_user(
        self,
        call: PhoneCall,
        habits: WhatsAppUser,
        handset: Handset | None,
        announced: bool,
    ) -> None:
        if not announced:
            await self._announce(call, at_once=False)
        decision = await self._decision(call, habits, is_scripted=handset is None)
        if decision == "answer":
            await self._user_answers(call)
            return
        if decision == "reject":
            self._tell(call, STATUS, "REJECTED")
        self._end(call, "user" if decision else "whatsapp")
        self.consent.count_unanswered(call.number, call.user)

    async def _decision(
        self, call: PhoneCall, habits: WhatsAppUser, *, is_scripted: bool
    ) -> str:
        """Return ``answer``, ``reject``, or nothing when it rang too long."""
        wait, reaction = call.behaviour.ring_limit, ""
        if is_scripted and habits.reaction != "ignore" and habits.answer_after < wait:
            wait, reaction = habits.answer_after, habits.reaction
        try:
            return await asyncio.wait_for(call.decision, wait)
        except TimeoutError:
            return reaction

    async def _user_answers(self, call: PhoneCall) -> None:
        if not call.answer:
            call.answer = await call.phone.write_answer(call.offer)
            self._tell(call, OUTBOUND)
        call.accepted = self.now()
        call.phone.pick_up()
        self._connected(call)
        self._tell(call, STATUS, "ACCEPTED")

    def _connected(self, call: PhoneCall) -> None:
        call.set_state(State.ACCEPTED)
        permission = self.consent.between(call.number, call.user)
        permission.call_connected(self.now(), outbound=call.direction == "outbound")
        if call.hang_up_after:
            self._later(call, call.hang_up_after, State.ACCEPTED)

    # The end of calls.

    def terminate(self, call_id: str) -> None:
        """Hang up or decline for the business. Raise NoSuchCall without a live call."""
        self._end(self._running(call_id), "business")

    def hang_up(self, call_id: str, error: int = 0) -> None:
        """Hang up for the user, or end with an error that their phone reports."""
        self._end(self._running(call_id), "user", error)

    def _end(self, call: PhoneCall, by: str, error: int = 0) -> None:
        if call.is_over:
            return
        call.ended, call.ended_by, call.error = self.now(), by, error
        call.set_state(State.ENDED)
        self._tell(call, TERMINATE)
        self._own(self._release(call))

    async def _release(self, call: PhoneCall) -> None:
        tasks = list(call.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await call.phone.close()
        self._with_sound.append(call)
        if len(self._with_sound) > SOUNDS_KEPT:
            self._with_sound.popleft().phone = PaperPhone()

    def request_permission(self, number: str, waid: str) -> None:
        """Ask the user. Raise ApiRefusal when the business may not ask now."""
        self.consent.request(number, self.people.look_up(waid))

    # Phones.

    def open_handset(self, waid: str, name: str) -> Handset:
        """Open a phone page; its call ends when the page is gone."""
        handset = self.handsets.open(waid, name)
        task = asyncio.create_task(self._watch(handset))
        self._watches.add(task)
        task.add_done_callback(self._watches.discard)
        return handset

    async def _watch(self, handset: Handset) -> None:
        while True:
            left = handset.seconds_left
            if not left:
                break
            await asyncio.sleep(left)
        self.close_handset(handset)

    def close_handset(self, handset: Handset) -> None:
        self.handsets.forget(handset)
        handset.changed()
        for call in (handset.call, handset.companion):
            if call is not None:
                self._end(call, "user")

    def _phone_of(self, habits: WhatsAppUser) -> Phone:
        placed = Placed(
            says=habits.says, frequency=habits.frequency, media=habits.media
        )
        return self._phone(placed, self.behaviour)

    def _phone(self, placed: Placed, behaviour: Behaviour) -> Phone:
        if placed.media == "paper" or placed.offer:
            return PaperPhone(placed.offer)
        script = Script(
            says=placed.says,
            frequency=placed.frequency,
            ice=placed.ice,
            pace=max(TICK, placed.pace),
            first_media_limit=behaviour.first_media_limit,
            media_gap_limit=behaviour.media_gap_limit,
            link=Link(
                behaviour.link_loss, behaviour.link_reorder, behaviour.link_jitter
            ),
        )
        return ScriptedPhone(script)

    # Housekeeping.

    def _new_call(
        self,
        user: Person,
        name: str,
        number: str,
        direction: str,
        phone: Phone,
        behaviour: Behaviour,
    ) -> PhoneCall:
        call = PhoneCall(
            user=user,
            waid=user.waid,
            name=name,
            number=number or self.account.number,
            tenant=self.account.tenant,
            direction=direction,
            phone=phone,
            behaviour=behaviour,
            created=self.now(),
        )
        if isinstance(phone, ScriptedPhone):
            phone.on_failure = partial(self._end, call, "user")
        return call

    def _remember(self, call: PhoneCall) -> None:
        self.calls[call.call_id] = call
        if len(self.calls) > CALLS_KEPT:
            oldest = next(iter(self.calls.values()))
            self._end(oldest, "whatsapp")
            del self.calls[oldest.call_id]

    def find(self, call_id: str) -> PhoneCall:
        call = self.calls.get(call_id)
        if call is None:
            raise NoSuchCall("no such call", 404)
        return call

    def _running(self, call_id: str) -> PhoneCall:
        call = self.find(call_id)
        if call.is_over:
            raise NoSuchCall("the call has ended", 400)
        return call

    def _check_sdp(self, text: str, kind: str, behaviour: Behaviour) -> None:
        found = sdp.complaint(text, kind, need_candidates=behaviour.need_candidates)
        if found:
            subcode = sdp.FINGERPRINT_SUBCODE if "SHA256" in found else 0
            raise ApiRefusal(100, f"SDP validation error: {found}", subcode)

    def _tell(self, call: PhoneCall, kind: str, status: str = "") -> asyncio.Task[None]:
        notice = call.notice(kind, self.now(), status)
        return self.postman.tell(notice, call.behaviour)

    def _later(
        self, call: PhoneCall, seconds: float, state: State, by: str = "user"
    ) -> None:
        """End the call after a while if it is still in this state."""

        async def end_then() -> None:
            await asyncio.sleep(seconds)
            if call.state is state:
                self._end(call, by)

        self._start(call, end_then())

    def _start(self, call: PhoneCall, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        call.tasks.add(task)
        task.add_done_callback(call.tasks.discard)

    def _own(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def reset(self) -> None:
        """Forget everything: calls end silently, without a webhook."""
        calls = list(self.calls.values())
        self.calls.clear()
        self._with_sound.clear()
        await asyncio.gather(*(self._release(call) for call in calls))
        watches = list(self._watches)
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, *self._tasks, return_exceptions=True)
        await self.consent.reset()
        await self.postman.close()
        self.postman.faults.clear()
        self.faults.clear()
        self.ledger.clear()
        self.people.clear()
        self.handsets.clear()
        self.behaviour = Behaviour()
        self.clock.reset()
