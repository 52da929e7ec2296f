"""Contacts that stand in the database twice, from before numbers had one key."""

from collections.abc import Iterator
from dataclasses import dataclass

from permissions import merging, people
from permissions.models import Contact, ContactId
from permissions.numbers import key_of

SHORTEST_NUMBER = 7  # digits, with the country code


@dataclass(frozen=True)
class Twin:
    """A contact whose number is another form of a number that `kept` has."""

    kept: Contact
    lost: Contact

    def __str__(self) -> str:
        return (
            f"{self.lost} ({self.lost.number}) is {self.kept} ({self.kept.number}): "
            "two forms of one number."
        )


def found() -> Iterator[Twin]:
    """Yield them; each lacks the row of its number, which its twin has."""
    numbered = ContactId.objects.filter(kind=ContactId.Kind.NUMBER)
    bare = Contact.objects.exclude(waid=None).exclude(pk__in=numbered.values("contact"))
    for contact in bare.order_by("created_at", "pk"):
        waid = contact.waid or ""
        if kept := people.known_numbers([waid]).get(key_of(waid)):
            yield Twin(kept, contact)


def merge_found() -> Iterator[tuple[Twin, str]]:
    """Merge them one by one. Yields each, with the reason if it was not possible."""
    for twin in found():
        try:
            merging.merge(twin.kept, twin.lost, reason=str(twin))
        except merging.NotNow as problem:
            yield twin, str(problem)
        else:
            yield twin, ""


def impossible() -> list[Contact]:
    """Return contacts with a number that nobody can have, as read from other IDs."""
    numbered = Contact.objects.exclude(waid=None).only("waid", "name", "username")
    return [one for one in numbered if len(one.waid or "") < SHORTEST_NUMBER]
