"""What the product may know of whom in the simulated weeks, and what must hold then.

The books follow which messages and readings have reached the product. Only of what has
reached it, it must say what is true.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.utils import timezone

from calls.lifecycle.permission_usage import pair_of
from calls.models import Line, Plan
from calls.outbound import lookup
from permissions import story
from permissions.facts import Facts
from permissions.ledger import facts_for
from permissions.models import Contact
from permissions.rules import UNANSWERED_BEFORE_BLOCK
from tests.permissions.weeks import Person, Weeks
from tests.shift import Shift

MINUTE = 60
# However a reading lags, and if one is lost, WhatsApp has been asked by then.
READ_WITHIN = 100
ASKED_WITHIN = 86400 + 3600
# The people, by the form in which WhatsApp has their number.
CROWD: dict[str, dict[str, Any]] = {
    "Carla": {"waid": "4915112345678"},
    "Bia": {"waid": "553188887766", "username": "bia.souza"},
    "Rosa": {"waid": "5215512345678"},
    "Tomás": {"waid": "5491152345678", "username": "tomas"},
    "Noor": {"waid": "4915187654321", "username": "noor", "hides_number": True},
}
READY = (Plan.State.GRANTED, Plan.State.OFFERED)


@dataclass
class Wish:
    """A call that an agent has asked for, which nothing has ended yet."""

    plan: Plan
    lives_until: float  # a yes still means it
    is_awake: bool = False


class Books(Weeks):
    """One story's people, what the product has been told, and the truth."""

    def __init__(self, shift: Shift, address: str, seed: int) -> None:
        self.people, self.lag = [], 0.0
        super().__init__(shift, address, seed)
        self.people = [self.add(name, **ids) for name, ids in CROWD.items()]
        self.lines = list(Line.objects.order_by("pk"))
        # Pairs of which WhatsApp knows what no message or reading has told, and those
        # of which it knows what no reading has told; since when.
        self.untold: dict[tuple[str, int], float] = {}
        self.unread: dict[tuple[str, int], float] = {}
        self.wishes: dict[tuple[str, int], Wish] = {}
        # Calls that WhatsApp refused because of what it had not told, once for each
        # such thing.
        self.excused: dict[tuple[str, int], set[float]] = {}
        self.reached: dict[str, tuple[int, int]] = {}  # at the block: calls, requests

    def refused(self, person: Person, line: Line) -> Counter[str]:
        return Counter(self.truth(person, line)["refused"]["call"])

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
                if not any((form, line.number) in read for form in person.numbers):
                    continue
                for unheard in (self.untold, self.unread):
                    if unheard.get(pair, known) < known:
                        del unheard[pair]

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
        excused = len(self.excused.get((person.key, line.pk), ()))
        allowed = {"138006": excused} if excused else {}
        refused = truth["refused"]
        assert refused["call"] == allowed, self.story(f"{said}: called, may not")
        assert refused["request"] == {}, self.story(f"{said}: asked, may not")
        assert truth["unanswered"] < 4, self.story(f"{said}: a permission is burnt")
        found = contacts_of(truth["forms"])
        assert len(found) <= 1, self.story(f"{person.name} is several: {found}")
        self.check_is_asked(person, line, said)
        if found and (person.key, line.pk) not in self.untold:
            age = self.age(person, line)
            facts = self.check_words(found[0], line, age, truth, said)
            self.check_term(facts, age, truth, said)
            self.check_wish(person, line, truth, facts, said)

    def age(self, person: Person, line: Line) -> float:
        """Return for how many seconds WhatsApp knows what no reading has told."""
        now = timezone.now().timestamp()
        return now - self.unread.get((person.key, line.pk), 0.0)

    def check_words(
        self,
        contact: Contact,
        line: Line,
        age: float,
        truth: dict[str, Any],
        said: str,
    ) -> Facts:
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
        is_permanent = truth["permission"] == "permanent"
        if console["ask"]["allowed"] and not (is_permanent and age < READ_WITHIN):
            assert truth["may_request"], self.story(f"{said}: we would ask in vain")
        if not holds:
            ready = Plan.objects.filter(contact=contact, line=line, state__in=READY)
            assert not ready.exists(), self.story(f"{said}: proposed, may not")
        return facts

    def check_term(
        self, facts: Facts, age: float, truth: dict[str, Any], said: str
    ) -> None:
        """Many a message does not say for how long; the readings after it do."""
        if not facts.is_allowed or age < READ_WITHIN:
            return
        told = f"{said}: WhatsApp says {truth['permission']}, we say {facts.status}"
        assert facts.status == truth["permission"], self.story(told)
        if facts.expires_at and truth["expires"]:
            off = facts.expires_at.timestamp() - truth["expires"]
            assert abs(off) < MINUTE, self.story(f"{said}: expires {off} s off")

    def check_wish(
        self,
        person: Person,
        line: Line,
        truth: dict[str, Any],
        facts: Facts,
        said: str,
    ) -> None:
        """A call that was waited for is proposed once it may be made."""
        wish = self.wishes.get((person.key, line.pk))
        if wish is None or not truth["may_call"]:
            return
        stays = truth["permission"] == "permanent" and wish.is_awake
        is_over = truth["now"] >= wish.lives_until and not stays
        if is_over or facts.streak >= UNANSWERED_BEFORE_BLOCK:
            del self.wishes[person.key, line.pk]
            return
        wish.plan.refresh_from_db()
        others = Plan.objects.filter(line=line, state__in=READY)
        revived = others.filter(contact__in=contacts_of(truth["forms"])).exists()
        wish.is_awake = revived or wish.plan.state in (*READY, Plan.State.DONE)
        assert wish.is_awake, self.story(
            f"{said}: a yes is lost, the wish is {wish.plan.state}: "
            f"{wish.plan.sentence}"
        )
        if truth["expires"] and self.age(person, line) >= READ_WITHIN:
            wish.lives_until = max(wish.lives_until, truth["expires"])

    def check_is_asked(self, person: Person, line: Line, said: str) -> None:
        """While a call waits for an answer whose webhook is lost, WhatsApp is asked."""
        pair = (person.key, line.pk)
        wish, since = self.wishes.get(pair), self.untold.get(pair)
        if wish is None or since is None:
            return
        wish.plan.refresh_from_db()
        is_late = timezone.now().timestamp() > since + ASKED_WITHIN
        if wish.plan.state == Plan.State.WAITING and is_late:
            raise AssertionError(self.story(f"{said}: nobody asks for the answer"))

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
