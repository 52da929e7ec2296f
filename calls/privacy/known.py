"""The person in question: everything by which they stand in a text, and their calls."""

from typing import Any

from django.db.models import Q, QuerySet

from calls.models import Call
from permissions import numbers, people
from permissions.models import Contact, ContactId, Merge
from permissions.traces import Traces

Kind = ContactId.Kind


def traces_of(contact: Contact) -> Traces:
    """Collect the IDs and names of a contact and of those merged into them."""
    ids = list(contact.ids.all())
    rows: list[dict[str, Any]] = [vars(contact)]
    for merge in merges_of(contact):
        rows += [{"name": merge.merged_name}, *_rows_in(merge, contact.pk)]

    def all_of(kind: Kind | None, name: str) -> frozenset[str]:
        values = {one.value for one in ids if one.kind == kind}
        return frozenset({*values, *(row.get(name) or "" for row in rows)} - {""})

    return Traces(
        numbers=all_of(Kind.NUMBER, "waid"),
        user_ids=all_of(Kind.USER_ID, "bsuid"),
        usernames=all_of(Kind.USERNAME, "username"),
        names=all_of(None, "name"),
    )


def merges_of(contact: Contact) -> QuerySet[Merge]:
    """Select the merges that tell of this contact, undone ones among them."""
    return Merge.objects.filter(Q(contact=contact) | Q(merged_id=contact.pk))


def _rows_in(merge: Merge, contact_id: int) -> list[dict[str, Any]]:
    """Return the rows of a merge that are this person's: after it was undone, one."""
    rows = [merge.before[one] for one in ("kept", "merged") if one in merge.before]
    mine = [row for row in rows if merge.undone_at is None or row["pk"] == contact_id]
    return [row["fields"] for row in mine]


def calls_of(contact: Contact) -> QuerySet[Call]:
    return Call.objects.filter(contact=contact)


def contact_named(text: str, *, create: bool = False) -> Contact | None:
    """Return the contact of a number, a user ID or a @username, as people type them.

    `create`: of a number, a new one if there is none.
    """
    text = text.strip()
    if digits := numbers.with_country(text) or _digits(text):
        known = people.known_numbers([digits])
        return people.dialed(digits) if create else next(iter(known.values()), None)
    ids = ContactId.objects.exclude(kind=Kind.NUMBER)
    key = text.removeprefix("@")
    named = ids.filter(Q(kind=Kind.USERNAME, key=key.casefold()) | Q(key=key))
    found = {one.contact for one in named.select_related("contact")}
    return found.pop() if len(found) == 1 else None


def _digits(text: str) -> str:
    """Return a number without its plus, as files and the admin's addresses have it."""
    return text if text.isascii() and text.isdigit() else ""
