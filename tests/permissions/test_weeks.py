"""Simulated weeks: what the product says agrees with what WhatsApp believes.

After each step, once the last message or reading is ten seconds old: the console and
the admin say of everybody what is true; nobody has been called who may not be; no yes
is lost; and whoever is on the do-not-call list is reached by none of their ids.

Each story follows from its seed. One of them again: -k 'weeks[3]'. EVERY_ORDER=1 has
many more.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from callcenter import celery
from calls.errors import Refused
from calls.models import Call, Line, Plan
from calls.outbound import dialing, lookup, planned_calls
from permissions import services as permissions
from permissions.facts import REQUEST_LASTS
from permissions.models import Contact
from tests.orders import examples
from tests.permissions.weeks import Person, whatsapp
from tests.permissions.weeks_books import READ_WITHIN, Books, Wish
from tests.shift import Shift

STORIES = examples(4, thorough=60)
STEPS = examples(15, thorough=80)
MINUTE, HOUR, DAY = 60, 3600, 86400
REAL_NOW = timezone.now
SECOND_LINE = "15550100001"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with whatsapp() as address:
        yield address


class Story(Books):
    """One story: random steps, all of which follow from its seed."""

    last_word: tuple[Person, Line, str] | None = None

    def step(self) -> None:
        steps: list[tuple[int, Callable[[], None]]] = [
            (5, self.somebody_decides),
            (2, self.two_decide_at_once),
            (2, self.somebody_repeats_themselves),
            (3, self.ana_looks_up),
            (4, self.ana_asks),
            (4, self.ana_calls),
            (3, self.ana_takes_what_is_proposed),
            (3, self.somebody_calls),
            (2, self.ids_change),
            (1, self.sofia_blocks),
            (4, self.time_passes),
        ]
        self.speak()
        weights, acts = zip(*steps, strict=True)
        (act,) = self.random.choices(acts, weights)
        act()
        self.settle()
        self.hear()
        self.check()

    def somebody(self) -> Person:
        return self.random.choice(self.people)

    def line(self) -> Line:
        return self.random.choice(self.lines)

    def speak(self) -> None:
        """Let WhatsApp and Wati use another dialect from now on."""
        pick = self.random.choice
        chosen: dict[str, Any] = {
            "dialect": pick(["minimal", "full", "meta", "pascal"]),
            "ids": pick(["number", "both", "bsuid"]),
            "bsuid_field": pick(
                ["bsuid", "user_id", "userId", "from_user_id", "contact", "number"]
            ),
            "parent_bsuid": pick([False, True]),
            "username_at": pick(["nowhere", "root", "profile"]),
            "permission_form": pick(["flag", "word", "upper", "object"]),
            "twins": pick([False, False, True]),
            "batch": pick(["none", "items", "changes", "entries"]),
            "batch_wait": 0.1,
            "call_status_at": pick(["", "", "", "terminate-call", "inbound-call"]),
            "business_form": pick(["own", "other"]),
            "clock_offset": float(pick([0, 0, 31, 3600, -3600])),
            "time_form": pick(["usual", "unix", "millis", "iso", "naive"]),
            "system_messages": pick([False, True]),
            "reading_lag": float(pick([0, 0, 5, 30])),
            "newline": pick(["crlf", "lf", "literal"]),
            "sdp_form": pick(["text", "object"]),
            "answer_at": pick(["ringing", "accepted"]),
        }
        if len(self.lines) == 1:
            chosen["business_form"] = pick(["own", "other", "wrong"])
        elif chosen["dialect"] == "minimal":
            chosen["dialect"] = "full"  # which says which business number it means
        self.lag = chosen["reading_lag"]
        self.simulator.behave(**chosen)
        self.note("dialect", **{k: v for k, v in chosen.items() if v})

    def somebody_decides(self) -> None:
        replies = ["temporary", "temporary", "permanent", "reject"]
        self.decide(self.somebody(), self.line(), self.random.choice(replies))

    def two_decide_at_once(self) -> None:
        for person in self.random.sample(self.people, 2):
            reply = self.random.choice(["temporary", "permanent", "reject"])
            self.decide(person, self.lines[0], reply)

    def somebody_repeats_themselves(self) -> None:
        if self.last_word:
            self.decide(*self.last_word)

    def decide(self, person: Person, line: Line, reply: str) -> None:
        self.note("decides", who=person.name, line=line.name, reply=reply)
        pair = (person.key, line.pk)
        now = timezone.now().timestamp()
        self.untold[pair] = self.unread[pair] = now
        wish = self.wishes.get(pair)
        if reply == "reject" and wish and now >= wish.lives_until:
            del self.wishes[pair]
        self.spoil()
        self.last_word = (person, line, reply)
        self.simulator.reply(person.key, reply, line.number)

    def spoil(self) -> None:
        """Have the next webhook come twice, or not at all, or the next reading fail."""
        chance = self.random.random()
        if chance < 0.15:
            self.simulator.set_webhook_fault(kind="call-permission", copies=1)
        elif chance < 0.25:
            self.simulator.set_webhook_fault(kind="call-permission", lose=True)
            self.note("loses a webhook")
        elif chance < 0.35:
            outcome = self.random.choice(["drop", "status"])
            self.simulator.set_fault(verb="permissions", outcome=outcome)
            self.note("fails to read")

    def ana_looks_up(self) -> None:
        self.look_up(self.somebody(), self.line())

    def look_up(self, person: Person, line: Line) -> Contact:
        truth = self.truth(person, line)
        typed = f"+{self.random.choice(truth['forms'])}"
        self.note("looks up", who=person.name, line=line.name, typed=typed)
        try:
            found = lookup.look_up(self.shift.cast.ana, typed, line.pk)
        except Refused as problem:
            pytest.fail(self.story(f"{typed}: {problem}"))
        self.settle()
        self.hear()
        return Contact.objects.get(pk=found["contact"])

    def ana_asks(self) -> None:
        person, line = self.somebody(), self.line()
        contact = self.look_up(person, line)
        may_ask = lookup.describe(contact, line)["ask"]["allowed"]
        if not may_ask or (person.key, line.pk) in self.untold:
            return
        self.note("asks", who=person.name, line=line.name)
        try:
            plan = planned_calls.ask(self.shift.cast.ana, contact, line)
        except Refused as problem:
            self.note("refused", why=problem)
            return
        self.come_to_rest()
        truth = self.truth(person, line)
        if truth["is_asked"] and not truth["may_call"]:
            lasts = REQUEST_LASTS.total_seconds() - MINUTE
            wish = Wish(plan, plan.created_at.timestamp() + lasts)
            self.wishes[person.key, line.pk] = wish

    def ana_calls(self) -> None:
        person, line = self.somebody(), self.line()
        contact = self.look_up(person, line)
        outcome = self.outcome()
        self.note("calls", who=person.name, line=line.name, outcome=outcome)
        try:
            call = dialing.dial(self.shift.cast.ana, contact, line)
        except Refused as problem:
            self.note("refused", why=problem)
            return
        self.goes_out(call, outcome, person, line)

    def goes_out(self, call: Call, outcome: str, person: Person, line: Line) -> None:
        """What Ana sees may be old, and she can not know it: WhatsApp says no once."""
        pair = (person.key, line.pk)
        self.wishes.pop(pair, None)
        since = self.untold.get(pair)
        before = self.refused(person, line)
        self.place(call, outcome)
        if since is not None and self.refused(person, line) - before:
            self.excused.setdefault(pair, set()).add(since)

    def outcome(self) -> str:
        chances = ["answer", "reject", "ignore", "agent_gives_up"]
        return self.random.choice(chances)

    def ana_takes_what_is_proposed(self) -> None:
        ana = self.shift.cast.ana
        plan = Plan.objects.filter(state=Plan.State.OFFERED, agent=ana).first()
        if plan is None:
            return
        outcome = self.outcome()
        who = self.person_of(plan.contact)
        self.note("takes", who=who.name, line=plan.line.name, outcome=outcome)
        try:
            call = planned_calls.call(plan.pk, ana)
        except Refused as problem:
            self.note("refused", why=problem)
            return
        self.goes_out(call, outcome, who, plan.line)

    def person_of(self, contact: Contact) -> Person:
        return next(one for one in self.people if contact.waid in one.numbers)

    def somebody_calls(self) -> None:
        person, line = self.somebody(), self.line()
        answered = self.random.random() < 0.5
        self.note("calls us", who=person.name, line=line.name, answered=answered)
        self.call_in(person, line, answered=answered)

    def ids_change(self) -> None:
        person = self.somebody()
        if self.random.random() < 0.2:
            self.number_changes(person)
            return
        ids = self.truth(person, self.lines[0])
        stem = person.name.lower().replace("á", "a")
        change = self.random.choice(
            [
                {"username": f"{stem}.{self.random.randrange(100)}"},
                {"username": ""},
                {"hides_number": not ids["hides_number"]},
                {"in_contact_book": not ids["in_contact_book"]},
            ]
        )
        self.note("changes", who=person.name, **change)
        self.simulator.change_user(person.key, **change)

    def number_changes(self, person: Person) -> None:
        """They are somebody else to the product, unless WhatsApp has told it."""
        before = self.truth(person, self.lines[0])["waid"]
        tail = f"{self.random.randrange(10000):04}"
        self.simulator.behave(system_messages=self.random.random() < 0.5)
        ids = self.simulator.change_user(person.key, waid=before[:-4] + tail)
        self.come_to_rest()
        is_told = any("user_changed_number" in str(one) for one in self.new_letters())
        self.note("changes", who=person.name, number=ids["waid"], told=is_told)
        person.linked.clear()
        person.numbers |= set(ids["forms"])
        for line in self.lines:
            pair = (person.key, line.pk)
            self.untold[pair] = self.unread[pair] = timezone.now().timestamp()
            if not is_told:
                self.wishes.pop(pair, None)
        if not is_told:
            person.is_blocked = False

    def sofia_blocks(self) -> None:
        person = self.somebody()
        contact = self.look_up(person, self.lines[0])
        if person.is_blocked or sum(p.is_blocked for p in self.people) >= 2:
            return
        self.note("blocks", who=person.name)
        permissions.block(contact, user=self.shift.cast.sofia, reason="She asked.")
        person.is_blocked = True
        self.reached[person.key] = self.reached_so_far(person)
        for line in self.lines:
            self.wishes.pop((person.key, line.pk), None)

    def time_passes(self) -> None:
        seconds = self.random.choice(
            [MINUTE, HOUR, 20 * HOUR, DAY, 3 * DAY, 7 * DAY - HOUR, 8 * DAY]
        )
        self.note("time passes", hours=round(seconds / HOUR, 1))
        if seconds > HOUR and self.is_being_read():
            self.later(MINUTE)  # nobody sleeps through the last reading of a word
        self.later(seconds)

    def is_being_read(self) -> bool:
        now = timezone.now().timestamp()
        return any(now - since < READ_WITHIN for since in self.unread.values())


def fields_of_now() -> list[Any]:
    """Return the columns that read the machine's clock when a row is made."""
    fields = [one for model in apps.get_models() for one in model._meta.local_fields]
    return [one for one in fields if one.default is REAL_NOW]


@pytest.mark.stackless  # the other end is a process already
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(STORIES))
def test_weeks(
    shift: Shift, address: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = shift.cast.account
    account.base_url = f"{address}/simulator/wati"
    account.save()
    if seed % 2:
        queue = shift.cast.line.queue
        Line.objects.create(
            account=account, number=SECOND_LINE, name="Repairs", queue=queue
        )
    life = Story(shift, address, seed)
    for default in fields_of_now():
        monkeypatch.setattr(default, "default", shift.clock.now)
        monkeypatch.setitem(default.__dict__, "_get_default", shift.clock.now)
    monkeypatch.setattr(celery, "embedded_worker_runs", True)
    monkeypatch.setattr(celery.app, "send_task", life.take_task)
    try:
        shift.begins(shift.cast.ana)
        for _ in range(STEPS):
            life.step()
    finally:
        life.close()
