"""Do-not-call wishes of people whose data was erased, as keyed hashes of their IDs.

Whoever gets one of these IDs is put on the do-not-call list. Usernames have no mark:
they may pass to somebody else.
"""

import hmac
import logging
import secrets
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_noop

from callcenter.refusals import Refused
from permissions.models import Contact, ContactId, DoNotCallMark, HashKey
from permissions.numbers import key_of

logger = logging.getLogger(__name__)

REASON = gettext_noop("The person asked for it before their data was erased.")
UNREADABLE = gettext_noop(
    "The key of the do-not-call marks cannot be read: check ENCRYPTION_KEYS."
)
ONE = 1  # the primary key of the only row


def keep(contact: Contact) -> None:
    """Remember that this person must not be called. Raises Refused without the key."""
    key = _key(create=True)
    if key is None:
        raise Refused(UNREADABLE)
    marks = [DoNotCallMark(digest=_digest(key, name)) for name in names_of([contact])]
    DoNotCallMark.objects.bulk_create(marks, ignore_conflicts=True)


def hold(names: Sequence[str]) -> bool:
    """Say whether one of these IDs is marked."""
    return bool(names) and bool(_found(names))


def marked(contacts: Sequence[Contact]) -> list[Contact]:
    """Return those of new contacts, known by their numbers alone, who are marked."""
    found = _found([_of_number(one.waid) for one in contacts if one.waid])
    return [one for one in contacts if one.waid and _of_number(one.waid) in found]


def drop(contact: Contact) -> None:
    """Forget the marks of a person who may be called again."""
    key = _key()
    if key is not None:
        digests = [_digest(key, name) for name in names_of([contact])]
        DoNotCallMark.objects.filter(digest__in=digests).delete()


def names_of(contacts: Sequence[Contact]) -> list[str]:
    """Return what is hashed of contacts: each ID that is theirs alone."""
    ids = ContactId.objects.filter(contact__in=contacts)
    return of_ids(ids)


def of_ids(ids: Iterable[ContactId]) -> list[str]:
    kinds = ContactId.Kind
    return [
        f"{one.kind} {one.account_id or ''} {one.key}"
        for one in ids
        if one.kind != kinds.USERNAME
    ]


def _of_number(waid: str) -> str:
    return of_ids([ContactId(kind=ContactId.Kind.NUMBER, key=key_of(waid))])[0]


def _found(names: Sequence[str]) -> set[str]:
    key = _key()
    if key is None:
        return set()
    by_digest = {_digest(key, name): name for name in names}
    rows = DoNotCallMark.objects.filter(digest__in=by_digest)
    return {by_digest[one] for one in rows.values_list("digest", flat=True)}


def pseudonym(text: str) -> str:
    """Return what stands for an ID once its person is erased: always the same."""
    key = _key(create=True)
    if key is None:
        raise Refused(UNREADABLE)
    return _digest(key, text)[:32]


def _digest(key: str, name: str) -> str:
    return hmac.new(key.encode(), name.encode(), "sha256").hexdigest()


def _key(*, create: bool = False) -> str | None:
    """Return the key; None where there is none yet, or where it cannot be read."""
    row = HashKey.objects.filter(pk=ONE).first()
    if row is None and create:
        new = HashKey(pk=ONE, secret=secrets.token_urlsafe(32))
        HashKey.objects.bulk_create([new], ignore_conflicts=True)
        row = HashKey.objects.get(pk=ONE)
    if row is None:
        return None
    if not row.secret:
        logger.critical("%s", UNREADABLE)
        return None
    return row.secret
