"""WhatsApp's users: who has which ids, and what a business gets to see of them."""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from callcenter.simulator import numbers
from callcenter.simulator.behaviour import FromJson

# For so long after a contact by number, a business is still shown a hidden one.
NUMBER_SHOWN_FOR = 30 * 24 * 3600.0
NO_LETTERS = re.compile(r"[^A-Za-z0-9]")


@dataclass(frozen=True)
class WhatsAppUser(FromJson):
    """The reactions of a user who has no phone page open.

    ``reaction`` to a call: answer, reject, ignore, or busy and unreachable, which
    WhatsApp tells the business at once. ``reply`` to a permission request:
    temporary, permanent, reject or ignore.
    """

    name: str = "Carla"
    reaction: str = "answer"
    answer_after: float = 2.0
    hang_up_after: float = 0.0
    reply: str = "temporary"
    reply_after: float = 2.0
    media: str = "sound"
    says: str = "voice"
    frequency: int = 440


@dataclass(frozen=True)
class Profile(FromJson):
    """The ids that a test or a demo orders; WhatsApp makes up what is left empty.

    ``waid`` is in the form in which WhatsApp itself writes the number.
    """

    waid: str = ""
    bsuid: str = ""
    username: str = ""
    hides_number: bool = False
    in_contact_book: bool = False


@dataclass(frozen=True)
class Ids:
    """The ids in one message: those of a user that the business may see."""

    waid: str = ""
    bsuid: str = ""
    parent_bsuid: str = ""
    username: str = ""


@dataclass
class Person:
    """One user. ``key`` names them for tests and never leaves the simulator.

    ``met`` holds when a business line last had to do with their number, by the
    line's key, in unix seconds.
    """

    key: str
    waid: str
    bsuid: str
    parent_bsuid: str
    username: str = ""
    hides_number: bool = False
    in_contact_book: bool = False
    met: dict[str, float] = field(default_factory=dict)
    habits: WhatsAppUser = field(default_factory=WhatsAppUser)
    former: list[str] = field(default_factory=list)

    def shows_number(self, line: str, now: float) -> bool:
        """Tell whether WhatsApp shows this line their number."""
        if not self.waid or not self.hides_number or self.in_contact_book:
            return bool(self.waid)
        met = self.met.get(numbers.key_of(line))
        return met is not None and now - met < NUMBER_SHOWN_FOR

    def meet(self, line: str, now: float) -> None:
        """Note that this line has had to do with their number."""
        self.met[numbers.key_of(line)] = now

    def ids_for(self, line: str, now: float) -> Ids:
        """Return the ids in a message to this line."""
        waid = self.waid if self.shows_number(line, now) else ""
        return Ids(waid, self.bsuid, self.parent_bsuid, self.username)

    def words(self) -> Iterator[str]:
        """Yield what they can be found by now: their key, and each id."""
        yield self.key
        if self.waid:
            yield numbers.key_of(self.waid)
        yield self.bsuid
        yield self.parent_bsuid
        if self.username:
            yield self.username.lower()


class Directory:
    """Everybody on WhatsApp, found by any of their ids in any form.

    A number that nobody has mentioned belongs to somebody as soon as it is used: in
    this world every number is on WhatsApp, but those that were given up.
    """

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant
        self._people: list[Person] = []
        self._found: dict[str, Person] = {}
        self._given_up: set[str] = set()

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people)

    def find(self, word: str) -> Person | None:
        """Find by number in any form, BSUID, username with or without @, or key."""
        bare = word.removeprefix("@")
        tried = (numbers.key_of(word), word, bare.lower())
        return next((self._found[one] for one in tried if one in self._found), None)

    def meet(self, word: str) -> Person:
        """Find a user, or make one who has this number in just this form."""
        return (word and self.find(word)) or self.add(Profile(waid=word))

    def look_up(self, number: str) -> Person:
        """Find whom a business names by a number; a new one has it as is usual."""
        found = self.find(number)
        if found is None:
            found = self.add(Profile(waid=numbers.usual_form(number)))
            if numbers.key_of(number) in self._given_up:
                found.habits = WhatsAppUser(reaction="unreachable")
        return found

    def add(self, profile: Profile) -> Person:
        """Add a user. Raise ValueError where one of the ids is somebody else's."""
        key = f"user-{len(self._people) + 1}"
        person = Person(
            key,
            profile.waid,
            profile.bsuid or self.new_bsuid(key, profile.waid),
            self.new_bsuid(key, profile.waid, above="ENT."),
            profile.username.removeprefix("@"),
            profile.hides_number,
            profile.in_contact_book,
        )
        self._claim(person)
        self._people.append(person)
        return person

    def change(self, person: Person, profile: Profile) -> None:
        """Give a user these ids. A new number brings a new BSUID, as at WhatsApp."""
        self._check(person, profile)
        for word in person.words():
            self._found.pop(word, None)
        moved = numbers.key_of(profile.waid) != numbers.key_of(person.waid)
        bsuid = profile.bsuid
        if moved:
            self._give_up(person)
            renewed = f"{person.key}/{len(person.former)}"
            bsuid = self.new_bsuid(renewed, profile.waid)
            person.parent_bsuid = self.new_bsuid(renewed, profile.waid, above="ENT.")
        if bsuid != person.bsuid:
            person.former.append(person.bsuid)
        person.waid, person.bsuid = profile.waid, bsuid
        person.username = profile.username.removeprefix("@")
        person.hides_number = profile.hides_number
        person.in_contact_book = profile.in_contact_book
        self._claim(person)

    def _give_up(self, person: Person) -> None:
        if person.waid:
            self._given_up.add(numbers.key_of(person.waid))
            person.former.append(person.waid)
        person.met.clear()

    def _check(self, person: Person, profile: Profile) -> None:
        for word in (profile.waid, profile.bsuid, profile.username):
            if word and self.find(word) not in (None, person):
                raise ValueError(f"{word!r} is somebody else's")

    def _claim(self, person: Person) -> None:
        words = list(person.words())
        if any(self._found.get(word, person) is not person for word in words):
            raise ValueError("one of the ids is somebody else's")
        self._found.update(dict.fromkeys(words, person))

    def new_bsuid(self, seed: str, waid: str, above: str = "") -> str:
        """Make a BSUID of this account: half of them have no letter but their CC's."""
        text = f"{self._tenant} {above}{seed}"
        digest = hashlib.sha256(text.encode()).digest()
        country = numbers.country_of(waid)
        digits = str(int.from_bytes(digest[:9]))[-19:]
        mixed = NO_LETTERS.sub("", base64.b64encode(digest).decode())[:16]
        return f"{country}.{above}{mixed if digest[-1] % 2 else digits}"

    def clear(self) -> None:
        self._people.clear()
        self._found.clear()
        self._given_up.clear()


def profile_of(person: Person) -> Profile:
    """Return the ids as they are, as the base of a change."""
    return Profile(
        person.waid,
        person.bsuid,
        person.username,
        person.hides_number,
        person.in_contact_book,
    )


def shown(person: Person) -> dict[str, Any]:
    """Return all ids of a user as JSON, whatever a business may see of them."""
    return {
        "user": person.key,
        "name": person.habits.name,
        "waid": person.waid,
        "forms": list(numbers.forms_of(person.waid)) if person.waid else [],
        "bsuid": person.bsuid,
        "parent_bsuid": person.parent_bsuid,
        "username": person.username,
        "hides_number": person.hides_number,
        "in_contact_book": person.in_contact_book,
        "former": list(person.former),
    }
