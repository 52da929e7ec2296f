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
from django.db.models import Q
from django.utils import timezone

from callcenter import celery
from calls.errors import Refused
from calls.lifecycle.permission_usage import pair_of
from calls.models import Line, Plan
from calls.outbound import dialing, lookup, planned_calls
from permissions import services as permissions
from permissions import story
from permissions.ledger import facts_for
from permissions.models import Contact
from permissions.rules import UNANSWERED_BEFORE_BLOCK
from tests.orders import examples
from tests.permissions.weeks import Person, Weeks, whatsapp
from tests.shift import Shift

STORIES = examples(4, thorough=60)
STEPS = examples(20, thorough=80)
MINUTE, HOUR, DAY = 60, 3600, 86400
# The people, by the form in which WhatsApp has their number.
CROWD: dict[str, dict[str, Any]] = {
    "Carla": {"waid": "4915112345678"},
    "Bia": {"waid": "553188887766", "username": "bia.souza"},
    "Rosa": {"waid": "5215512345678"},
    "Tomás": {"waid": "5491152345678", "username": "tomas"},
    "Noor": {"waid": "4915187654321", "username": "noor", "hides_number": True},
}
REAL_NOW = timezone.now
SECOND_LINE = "15550100001"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with whatsapp() as address:
        yield address


class Story(Weeks):
    """One story: random steps, and what must hold after each of them."""

    def __init__(self, shift: Shift, address: str, seed: int) -> None:
        self.people, self.lag = [], 0.0
        super().__init__(shift, address, seed)
        self.people = [self.add(name, **ids) for name, ids in CROWD.items()]
        self.lines = list(Line.objects.order_by("pk"))
        # Pairs of which WhatsApp knows what no message or reading has told; since when.
        self.untold: dict[tuple[str, int], float] = {}
        # Calls that an agent has asked for, which nothing has ended yet.
        self.wishes: dict[tuple[str, int], Plan] = {}
        self.reached: dict[str, tuple[int, int]] = {}  # at the block: calls, requests
        self.last_word: tuple[Person, Line, str] | None = None

    # --- Steps --------------------------------------------------------------------

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
        self.untold[pair] = timezone.now().timestamp()
        if reply == "reject":
            self.wishes.pop(pair, None)
        if self.random.random() < 0.15:
            self.simulator.set_webhook_fault(kind="call-permission", copies=1)
        self.last_word = (person, line, reply)
        self.simulator.reply(person.key, reply, line.number)

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
            self.wishes[person.key, line.pk] = plan

    def ana_calls(self) -> None:
        person, line = self.somebody(), self.line()
        contact = self.look_up(person, line)
        outcome = self.outcome()
        if (person.key, line.pk) in self.untold:
            return  # what Ana sees may be old, and she can not know it
        self.note("calls", who=person.name, line=line.name, outcome=outcome)
        try:
            call = dialing.dial(self.shift.cast.ana, contact, line)
        except Refused as problem:
            self.note("refused", why=problem)
            return
        self.wishes.pop((person.key, line.pk), None)
        self.place(call, outcome)

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
        if (who.key, plan.line.pk) in self.untold:
            return
        try:
            call = planned_calls.call(plan.pk, ana)
        except Refused as problem:
            self.note("refused", why=problem)
            return
        self.wishes.pop((who.key, plan.line.pk), None)
        self.place(call, outcome)

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
            self.untold[person.key, line.pk] = timezone.now().timestamp()
            self.wishes.pop((person.key, line.pk), None)
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
        for pair in list(self.wishes):
            if seconds >= DAY:  # it may have run out meanwhile, or the grant has
                del self.wishes[pair]
        self.later(seconds)

    # --- What the product has been told ---------------------------------------------

    def hear(self) -> None:
        """Follow which messages have reached the product, of whom and by which id."""
        letters = self.new_letters()
        if not letters:
            return
        ids = {one["user"]: one for one in self.simulator.users()}
        for letter in letters:
            assert letter["status"] == 200, self.story(f"{letter} was not taken")
            for person in self.people:
                self.hear_of(person, ids[person.key], letter)

    def hear_of(
        self, person: Person, ids: dict[str, Any], letter: dict[str, Any]
    ) -> None:
        text = str(letter["body"])
        number, bsuid = f"'{ids['waid']}'" in text, f"'{ids['bsuid']}'" in text
        if number and bsuid:
            person.linked.add(ids["bsuid"])
        is_known = number or (bsuid and ids["bsuid"] in person.linked)
        if letter["kind"] == "call-permission" and is_known:
            for line in self.lines:
                if len(self.lines) == 1 or f"'{line.number}'" in text:
                    self.untold.pop((person.key, line.pk), None)

    def notice_readings(self) -> None:
        """A reading tells everything that is older than WhatsApp's lag."""
        read = {(one["waid"], one["number"]) for one in self.new_readings()}
        known = timezone.now().timestamp() - self.lag
        for person in self.people:
            for line in self.lines:
                pair = (person.key, line.pk)
                was_read = any((form, line.number) in read for form in person.numbers)
                if was_read and self.untold.get(pair, known) < known:
                    del self.untold[pair]

    # --- What must hold -----------------------------------------------------------

    def check(self) -> None:
        for person in self.people:
            for line in self.lines:
                self.check_pair(person, line)
            if person.is_blocked:
                self.check_blocked(person)

    def check_pair(self, person: Person, line: Line) -> None:
        truth = self.truth(person, line)
        said = f"{person.name} and {line.name}"
        assert truth["refused"]["call"] == {}, self.story(f"{said}: called, may not")
        assert truth["refused"]["request"] == {}, self.story(f"{said}: asked, may not")
        assert truth["unanswered"] < 4, self.story(f"{said}: a permission is burnt")
        found = contacts_of(truth["forms"])
        assert len(found) <= 1, self.story(f"{person.name} is several: {found}")
        if found and (person.key, line.pk) not in self.untold:
            self.check_words(found[0], line, truth, said)
            self.check_wish(person, line, truth, said)

    def check_words(
        self, contact: Contact, line: Line, truth: dict[str, Any], said: str
    ) -> None:
        console = lookup.describe(contact, line)
        (admin,) = [
            one
            for one in story.standings(contact, timezone.now())
            if one.pair.business_number == line.number
        ]
        facts = facts_for(pair_of(contact, line))
        holds = truth["permission"] != "no_permission"
        told = f"{said}: WhatsApp says {truth['permission']}"
        assert facts.is_allowed == holds, self.story(f"{told}, we say {facts.status}")
        assert console["call"]["allowed"] == admin.call.allowed, self.story(said)
        assert console["ask"]["allowed"] == admin.ask.allowed, self.story(said)
        may_call = truth["may_call"] and not contact.do_not_call
        if facts.streak >= UNANSWERED_BEFORE_BLOCK:
            may_call = False
        shown = console["call"]
        assert shown["allowed"] == may_call, self.story(f"{told}, we: {shown}")
        if console["ask"]["allowed"]:
            assert truth["may_request"], self.story(f"{said}: we would ask in vain")
        if facts.is_allowed and facts.expires_at and truth["expires"]:
            off = facts.expires_at.timestamp() - truth["expires"]
            assert abs(off) < MINUTE, self.story(f"{said}: expires {off} s off")

    def check_wish(
        self, person: Person, line: Line, truth: dict[str, Any], said: str
    ) -> None:
        """A call that was waited for is proposed once it may be made."""
        wish = self.wishes.get((person.key, line.pk))
        if wish is None or not truth["may_call"]:
            return
        wish.refresh_from_db()
        awake = (Plan.State.GRANTED, Plan.State.OFFERED, Plan.State.DONE)
        others = Plan.objects.filter(line=line, state__in=awake[:2])
        revived = others.filter(contact__in=contacts_of(truth["forms"])).exists()
        assert wish.state in awake or revived, self.story(
            f"{said}: a yes is lost, the wish is {wish.state}: {wish.sentence}"
        )

    def check_blocked(self, person: Person) -> None:
        now = self.reached_so_far(person)
        assert now == self.reached[person.key], self.story(
            f"{person.name} is on the do-not-call list and was reached"
        )
        ids = self.truth(person, self.lines[0])
        known = [*ids["forms"], *person.linked]
        for contact in contacts_of(known):
            for line in self.lines:
                told = lookup.describe(contact, line)
                assert not told["call"]["allowed"], self.story(f"{person.name}: {told}")
                assert not told["ask"]["allowed"], self.story(f"{person.name}: {told}")

    def reached_so_far(self, person: Person) -> tuple[int, int]:
        """Count calls and requests that have reached them, over all lines."""
        asked = self.simulator.requests(verb="permission_request")
        placed = [self.truth(person, line)["calls_placed"] for line in self.lines]
        theirs = [one for one in asked if one["waid"] in person.numbers]
        return sum(placed), len(theirs)


def contacts_of(ids: list[str]) -> list[Contact]:
    """Whoever the product knows by one of these ids, by its rows alone."""
    wanted = Q(waid__in=ids) | Q(bsuid__in=ids)
    names = {
        model.__name__ for model in apps.get_app_config("permissions").get_models()
    }
    if "ContactId" in names:
        wanted |= Q(ids__value__in=ids)
    return list(Contact.objects.filter(wanted).distinct())


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
