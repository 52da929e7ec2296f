"""People in webhooks: numbers, user IDs, handles and names, wherever they stand.

A person has a set of ids. What a text is decides its form, never the field that it
stands in, and nothing is ever cut out of it: digits out of a user ID would be the
number of somebody else.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from callcenter.wati.apart import Part
from callcenter.wati.display_names import clean_name
from callcenter.wati.events import Person
from callcenter.wati.fields import (
    Content,
    digits_of,
    first,
    flat,
    text_of,
    within,
    word_of,
)

FEWEST_DIGITS, MOST_DIGITS = 7, 15
BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
USERNAME = re.compile(r"@?((?=.*[A-Za-z])[A-Za-z0-9._]{1,64})")
LONGEST_ID = 200

IN_CONTACT = ("contactNumber", "phone", "phoneNumber", "waid")
ANYWHERE = ("waid", "callerNumber", "phone", "phoneNumber", "contactNumber")
CALLER = (*ANYWHERE, "from", "fromNumber", "recipientId")
CALLEE = (*ANYWHERE, "recipientId", "to", "toNumber")
USER = ("bsuid", "userId", "fromUserId", "recipientUserId", "toUserId")
PARENT = (
    *("parentBsuid", "parentUserId", "fromParentUserId"),
    *("recipientParentUserId", "toParentUserId"),
)
PREVIOUS = ("previousUserId", "previousBsuid", "oldUserId")
BUSINESS = ("businessNumber", "channelPhoneNumber", "displayPhoneNumber")
OUTBOUND = ("businessinitiated", "outbound", "outgoing")
INBOUND = ("userinitiated", "inbound", "incoming")


class IdKind(StrEnum):
    WAID = "waid"
    BSUID = "bsuid"


@dataclass(frozen=True)
class Identity:
    """One id of a person, by its form."""

    kind: IdKind
    text: str


def identity_of(value: Any) -> Identity | None:
    """Return what an id is: a number as digits, a BSUID as it is, or None."""
    if number := phone_of(value):
        return Identity(IdKind.WAID, number)
    text = text_of(value, LONGEST_ID)
    return Identity(IdKind.BSUID, text) if BSUID.fullmatch(text) else None


def phone_of(value: Any) -> str:
    """Return a phone number of 7 to 15 digits as digits; '' for anything else."""
    digits = digits_of(value)
    return digits if FEWEST_DIGITS <= len(digits) <= MOST_DIGITS else ""


def username_of(value: Any) -> str:
    """Return a handle without its @; '' for what is none."""
    handle = USERNAME.fullmatch(text_of(value, LONGEST_ID))
    return handle[1] if handle else ""


def direction_of(content: Content) -> str:
    """Return 'inbound' or 'outbound', or '' if the body does not say."""
    word = word_of(first(content, "direction"))
    if word in OUTBOUND:
        return "outbound"
    return "inbound" if word in INBOUND else ""


def business_number_of(content: Content) -> str:
    """Return our own number as digits; as it stands there if it is no number."""
    side = ("from", "fromNumber") if _is_outbound(content) else ("to", "toNumber")
    value = first(content, *BUSINESS) or first(content, *side)
    return phone_of(value) or text_of(value, 32)


def person_of(part: Part, *, is_outbound: bool = False) -> Person:
    """Return the other end with all ids that the part gives it; may be nobody.

    `is_outbound` says that the body is about a call of ours, whatever it says itself.
    """
    content = part.content
    both = "from" in content and "to" in content
    outbound = _is_outbound(content) or (is_outbound and both)
    names = CALLEE if outbound else CALLER
    own = _ids(content, *names, *USER)
    contact = _contact(part, own)
    listed = _ids(contact, *IN_CONTACT, *USER)
    if _are_two_people(own, listed):
        own = []
    parents = [*_ids(contact, *PARENT), *_ids(content, *PARENT)]
    return Person(
        waid=next(_texts(IdKind.WAID, [*listed, *own]), ""),
        name=_name(content, contact),
        bsuids=tuple(dict.fromkeys(_texts(IdKind.BSUID, [*listed, *own, *parents]))),
        username=_username(content, contact),
    )


def previous_of(content: Content) -> Person:
    """Return the ids that a person had before they changed."""
    return Person(bsuids=tuple(_texts(IdKind.BSUID, _ids(content, *PREVIOUS))))


def _is_outbound(content: Content) -> bool:
    """Say whether `from` is the business: its word, or our number, says so."""
    if direction := direction_of(content):
        return direction == "outbound"
    ours = phone_of(first(content, *BUSINESS))
    return bool(ours) and _same_number(phone_of(first(content, "from")), ours)


def _same_number(one: str, other: str) -> bool:
    # The end is the same in all forms that WhatsApp has for one number.
    return one[-8:] == other[-8:]


def _ids(content: Content, *names: str) -> list[Identity]:
    values = [first(content, name) for name in names]
    found = (identity_of(value) for value in values if value is not None)
    return [identity for identity in found if identity]


def _texts(kind: IdKind, ids: Iterable[Identity]) -> Any:
    return (identity.text for identity in ids if identity.kind is kind)


def _contact(part: Part, own: list[Identity]) -> Content:
    """Return the contact of this part: the one with an id of it, or the only one.

    With several parts in a body, the only contact may be that of another.
    """
    value = first(part.content, "contact", "contacts")
    contacts = [flat(one) for one in (value if isinstance(value, list) else [value])]
    for contact in contacts:
        if set(own) & set(_ids(contact, *IN_CONTACT, *USER, *PARENT)):
            return contact
    is_its_own = part.alone or not isinstance(value, list)
    return contacts[0] if len(contacts) == 1 and is_its_own else {}


def _are_two_people(own: list[Identity], listed: list[Identity]) -> bool:
    one, other = (next(_texts(IdKind.WAID, ids), "") for ids in (own, listed))
    return bool(one and other) and not _same_number(one, other)


def _name(content: Content, contact: Content) -> str:
    places = (
        first(contact, "contactName", "name"),
        first(within(contact, "profile"), "name"),
        first(content, "contactName", "senderName", "callerName"),
        first(within(content, "profile"), "name"),
    )
    return next((name for place in places if place and (name := clean_name(place))), "")


def _username(content: Content, contact: Content) -> str:
    profiles = (within(contact, "profile"), within(content, "profile"))
    places = (first(place, "username") for place in (contact, *profiles, content))
    return next((name for place in places if (name := username_of(place))), "")
