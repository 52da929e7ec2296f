"""Find the contact behind any ID: for webhooks, dialing, imports and the admin.

Two IDs in one message belong to one contact; two contacts that turn out to be one are
merged. A username names a contact when nothing better does: it may pass to somebody
else, so it never joins two contacts that each have an ID of their own.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Q

from callcenter.models import WatiAccount
from callcenter.wati.events import Person
from permissions import marks, merging, services
from permissions.models import Contact, ContactId, ContactWord, Merge
from permissions.numbers import key_of

logger = logging.getLogger(__name__)
T = TypeVar("T")
Kind = ContactId.Kind
# Somebody else may store the same person in the same instant: then look again. Each
# time another one has got on, and there are no more of them than threads.
ATTEMPTS = 10


def remember(account: WatiAccount, person: Person) -> Contact | None:
    """Return the contact whom a message of this account names; None for nobody.

    They are created if new. The number in the form of the message is the one to call.
    """
    ids = _ids_of(account, person)
    if not ids:
        return None
    return _joined(ids, person)


def changed(account: WatiAccount, person: Person, previous: Person) -> Contact | None:
    """Return the contact who is `person` now and was `previous`. The old IDs stay."""
    old = [one for one in _ids_of(account, previous) if one.kind != Kind.USERNAME]
    new = _ids_of(account, person)
    ids = list({one.named: one for one in old + new}.values())
    return _joined(ids, person) if ids else None


def find(account: WatiAccount, person: Person) -> Contact | None:
    """Return the contact whom a message of this account names, if they are known."""
    ids = _ids_of(account, person)
    owners = _owners(ids, _found(ids)) if ids else []
    return owners[0] if owners else None


def dialed(waid: str) -> Contact:
    """Return the contact of a number that a person typed, created if new."""
    number = ContactId.of_number(waid)
    found = _found([number])
    known = found.get(number.named)
    return known.contact if known else _settled([number], Person(waid), found)


def renumbered(contact: Contact, waid: str) -> Contact:
    """Let a contact be called by another number, that a person typed.

    Whoever had this number is the same person now, and joins them; the old IDs stay.
    Raises merging.NotNow where the two cannot be merged.
    """
    return _try(lambda: _renumber(contact, waid))


def _renumber(contact: Contact, waid: str) -> Contact:
    number = ContactId.of_number(waid)
    known = _found([number]).get(number.named)
    if known is not None and known.contact_id != contact.pk:
        reason = f"An agent gave {contact} the number {number.value}."
        merging.merge(contact, known.contact, reason=reason)
    contact = Contact.objects.get(pk=contact.pk)
    _give(contact, number, known)
    Contact.objects.filter(pk=contact.pk).update(waid=waid)
    contact.waid = waid
    ContactWord.keep([contact.pk])
    if known is None and marks.hold(marks.of_ids([number])):
        services.block(contact, user=None, reason=marks.REASON)
    return contact


def contact_with(pk: int) -> Contact | None:
    """Return the contact of this key; the one that it was merged into, if it was."""
    if contact := Contact.objects.filter(pk=pk).first():
        return contact
    merge = Merge.objects.filter(merged_id=pk, undone_at=None).first()
    return merge.contact if merge else None


def known_numbers(waids: Iterable[str]) -> dict[str, Contact]:
    """Return the contacts who have one of the numbers, by the key of the number."""
    keys = {key_of(waid) for waid in waids}
    rows = ContactId.objects.filter(account=None, kind=Kind.NUMBER, key__in=keys)
    return {row.key: row.contact for row in rows.select_related("contact")}


def add_all(contacts: Sequence[Contact]) -> None:
    """Create contacts by their numbers; a number that is known by now is left out."""

    def add() -> None:
        known = known_numbers(contact.waid or "" for contact in contacts)
        new = [one for one in contacts if key_of(one.waid or "") not in known]
        Contact.objects.bulk_create(new)
        ContactId.objects.bulk_create(
            ContactId.of_number(one.waid or "", contact=one) for one in new
        )
        ContactWord.add(new)
        for contact in marks.marked(new):
            services.block(contact, user=None, reason=marks.REASON)

    _try(add)


# --- What a message says -----------------------------------------------------------


def _ids_of(account: WatiAccount, person: Person) -> list[ContactId]:
    """Return the IDs of a message, those that prove most first; not stored."""
    ids = [ContactId.of_number(person.waid)] if person.waid else []
    ids += [ContactId.of_user_id(bsuid, account) for bsuid in person.bsuids]
    if person.username:
        ids.append(ContactId.of_username(person.username))
    return ids


def _joined(ids: list[ContactId], person: Person) -> Contact:
    """Return the contact of all these IDs; one statement if nothing is new."""
    found = _found(ids)
    contact = found[ids[0].named].contact if ids[0].named in found else None
    if contact and _is_settled(contact, ids, found):
        _note(contact, person)
        return contact
    return _settled(ids, person, found)


Found = dict[tuple[str, int | None, str], ContactId]


def _found(ids: list[ContactId]) -> Found:
    wanted = Q()
    for one in ids:
        wanted |= Q(kind=one.kind, account=one.account_id, key=one.key)
    rows = ContactId.objects.filter(wanted).select_related("contact")
    return {row.named: row for row in rows}


def _is_settled(contact: Contact, ids: list[ContactId], found: Found) -> bool:
    """Say whether every ID is known, in this form, and is this contact's."""
    return all(
        (known := found.get(one.named)) is not None
        and known.contact_id == contact.pk
        and known.value == one.value
        for one in ids
    )


def _try(act: Callable[[], T]) -> T:
    for _ in range(ATTEMPTS - 1):
        try:
            with transaction.atomic():
                return act()
        except (IntegrityError, merging.Gone):
            logger.info("somebody else has stored the same person just now")
    with transaction.atomic():
        return act()


def _settled(ids: list[ContactId], person: Person, found: Found) -> Contact:
    """Join what was found; look again if somebody else was quicker.

    Whom one look has found, the next may find merged. Only nobody is looked for once.
    """
    looks = [] if found else [found]
    return _try(lambda: _settle(ids, person, looks.pop() if looks else _found(ids)))


def _settle(ids: list[ContactId], person: Person, found: Found) -> Contact:
    contact = _one_of(_owners(ids, found), ids, found)
    new = [one for one in ids if one.named not in found]
    if contact is None:
        contact = _first_seen(person)
        ids = [one for one in ids if one.kind != Kind.NUMBER]
    given = [one for one in ids if _give(contact, one, found.get(one.named))]
    ContactWord.add_ids(contact, given)
    _note(contact, person)
    if marks.hold(marks.of_ids(new)):
        services.block(contact, user=None, reason=marks.REASON)
    return contact


def _first_seen(person: Person) -> Contact:
    """Create them; the row of the number comes with it."""
    return Contact.objects.create(
        waid=person.waid or None,
        bsuid=next(iter(person.bsuids), None),
        username=person.username,
        name=person.name,
    )


def _owners(ids: list[ContactId], found: Found) -> list[Contact]:
    """Return the contacts who have these IDs, the oldest first."""
    strong = [one for one in ids if one.kind != Kind.USERNAME]
    owners = {found[one.named].contact for one in strong if one.named in found}
    for one in ids:
        holder = found.get(one.named)
        if holder is None or one.kind != Kind.USERNAME:
            continue
        if not strong or not _has_better(holder.contact):
            owners.add(holder.contact)
    return sorted(owners, key=lambda contact: (contact.created_at, contact.pk))


def _has_better(contact: Contact) -> bool:
    return contact.ids.exclude(kind=Kind.USERNAME).exists()


def _one_of(
    owners: list[Contact], ids: list[ContactId], found: Found
) -> Contact | None:
    """Return the one contact of all these IDs; merge those that are the same person.

    Where they cannot be merged, the ID that proves most decides.
    """
    if len(owners) < 2:
        return owners[0] if owners else None
    kept, *others = owners
    try:
        for other in others:
            merging.merge(kept, other, reason=_reason(ids))
    except merging.Gone:
        raise
    except merging.NotNow as problem:
        logger.warning("contacts %s: %s", [one.pk for one in owners], problem)
        return next(found[one.named].contact for one in ids if one.named in found)
    kept.refresh_from_db()
    return kept


def _reason(ids: list[ContactId]) -> str:
    return f"One message named them by {' and '.join(one.value for one in ids)}."


def _give(contact: Contact, wanted: ContactId, known: ContactId | None) -> bool:
    """Let the contact have this ID, in the form in which it was written last.

    False if it stays with a contact that could not be merged.
    """
    if known is None:
        wanted.contact = contact
        wanted.save()
        return True
    # Merging has moved the rows of those who were merged.
    row = ContactId.objects.get(pk=known.pk)
    before = row.contact_id
    if before != contact.pk and row.kind != Kind.USERNAME:
        return False
    if (before, row.value) != (contact.pk, wanted.value):
        ContactId.objects.filter(pk=row.pk).update(contact=contact, value=wanted.value)
    if before != contact.pk:
        Contact.objects.filter(pk=before).update(username="")
        ContactWord.keep([before])
    return True


def _note(contact: Contact, person: Person) -> None:
    """Keep what WhatsApp used last, and a name if there was none."""
    said = {
        "waid": person.waid,
        "bsuid": next(iter(person.bsuids), ""),
        "username": person.username,
        "name": "" if contact.name else person.name,
    }
    news = {k: v for k, v in said.items() if v and getattr(contact, k) != v}
    if news:
        Contact.objects.filter(pk=contact.pk).update(**news)
        for name, value in news.items():
            setattr(contact, name, value)
        ContactWord.keep([contact.pk])
