"""Two contacts that are one: everything of the one passes to the other.

The row of the merged contact goes, so that no list shows it and no look-up finds it;
what is needed to part them again stands in the merge's own row.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.core import serializers
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from callcenter.refusals import Refused
from permissions import ledger
from permissions.facts import ALLOWING
from permissions.ledger import Change
from permissions.models import (
    CallPermission,
    Contact,
    ContactId,
    ContactWord,
    Merge,
)

# Of both, those of the contact that is kept count where it has them.
COMPLETED = ("waid", "bsuid", "username", "name", "time_zone")
HOURS = ("calls_from", "calls_until")
DO_NOT_CALL = ("do_not_call", "do_not_call_reason", "do_not_call_by", "do_not_call_at")


class NotNow(Exception):
    """They cannot be merged while something goes on with both of them."""


class Gone(NotNow):
    """One of them has been merged or deleted meanwhile: look again."""


@dataclass(frozen=True)
class Effects:
    """The work of another package when contacts are merged or parted.

    `hold` keeps others from its rows until the commit, `before` may raise NotNow, and
    `after` hears which permissions changed.
    """

    hold: Callable[[], AbstractContextManager[None]]
    before: Callable[[Contact, Contact], None]
    after: Callable[[Contact, list[Change]], None]


_effects: list[Effects] = []


def register_effects(effects: Effects) -> None:
    _effects.append(effects)


@contextmanager
def _held() -> Iterator[None]:
    """Hold all rows that may move: other locks first, then those of contacts."""
    with ExitStack() as held:
        for effects in _effects:
            held.enter_context(effects.hold())
        held.enter_context(transaction.atomic())
        yield


def was_parted(one: Contact, other: Contact) -> bool:
    """Say whether a supervisor has undone the merge of these two."""
    either = Q(contact=one, merged_id=other.pk) | Q(contact=other, merged_id=one.pk)
    return Merge.objects.filter(either).exclude(undone_at=None).exists()


def merge(
    kept: Contact, lost: Contact, *, reason: str, user: User | None = None
) -> Merge:
    """Merge `lost` into `kept`: its row goes, and what it had belongs to `kept`.

    The stricter do-not-call holds. Without a user it is our own conclusion, which never
    repeats what a supervisor has undone. Raises NotNow.
    """
    if user is None and was_parted(kept, lost):
        raise NotNow(gettext_noop("A supervisor has undone their merge."))
    with _held():
        kept, lost = _locked(kept.pk, lost.pk)
        for effects in _effects:
            effects.before(kept, lost)
        row = Merge(
            contact=kept,
            merged_id=lost.pk,
            merged_name=str(lost)[:200],
            reason=reason[:300],
            user=user,
            before={"kept": _as_json(kept), "merged": _as_json(lost)},
        )
        twins = row.before["twins"] = _join_permissions(kept, lost)
        _move_rows(kept, lost, row)
        _complete(kept, lost)
        changes = [_as_news(change, twins) for change in _refreshed(kept)]
        lost.delete()
        row.save()
        ContactWord.keep([kept.pk])
        for effects in _effects:
            effects.after(kept, changes)
    return row


def _locked(*keys: int) -> list[Contact]:
    """Lock both, in one order everywhere."""
    rows = Contact.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    found = {row.pk: row for row in rows}
    if len(found) < len(set(keys)) or len(keys) != len(set(keys)):
        raise Gone(gettext_noop("One of them no longer exists."))
    return [found[key] for key in keys]


def _as_json(row: models.Model) -> Any:
    """Write a row for a JSON column; Django's own form would cut the microseconds."""
    return json.loads(
        json.dumps(serializers.serialize("python", [row])[0], default=str)
    )


# --- What moves --------------------------------------------------------------------


def _relations() -> list[Any]:
    """Return every foreign key to a contact, whatever package it is in."""
    return [
        relation.field
        for relation in Contact._meta.related_objects
        if isinstance(relation.field, models.ForeignKey)
    ]


def _move_rows(kept: Contact, lost: Contact, row: Merge) -> None:
    for field in _relations():
        theirs = field.model._base_manager.filter(**{field.name: lost})
        keys = [str(key) for key in theirs.values_list("pk", flat=True)]
        if keys:
            theirs.update(**{field.name: kept})
            row.moved[f"{field.model._meta.label}.{field.name}"] = keys


def _complete(kept: Contact, lost: Contact) -> None:
    for name in COMPLETED:
        setattr(kept, name, getattr(kept, name) or getattr(lost, name))
    if kept.calls_from is None:
        _take(HOURS, kept, lost)
    if lost.do_not_call and not kept.do_not_call:
        _take(DO_NOT_CALL, kept, lost)
    kept.created_at = min(kept.created_at, lost.created_at)
    kept.save()


def _take(names: tuple[str, ...], kept: Contact, lost: Contact) -> None:
    for name in names:
        setattr(kept, name, getattr(lost, name))


def _join_permissions(kept: Contact, lost: Contact) -> list[dict[str, Any]]:
    """Join the ledgers of the pairs that both have: one person has one streak."""
    twins = []
    for theirs in list(lost.permissions.select_for_update().order_by("pk")):
        ours = kept.permissions.select_for_update().filter(
            account=theirs.account_id, business_number=theirs.business_number
        )
        if twin := ours.first():
            twins.append(_join(twin, theirs))
    return twins


def _join(twin: CallPermission, theirs: CallPermission) -> dict[str, Any]:
    before = {"kept": _as_json(twin), "merged": _as_json(theirs)}
    events = {event.pk: event.about for event in theirs.events.all()}
    both = twin.events.values_list("kind", "about")
    for event in theirs.events.exclude(about=""):
        if (event.kind, event.about) in both:  # each fact counts once for a pair
            about = f"{event.about} {theirs.pk}"[-100:]
            theirs.events.filter(pk=event.pk).update(about=about)
    theirs.events.update(permission=twin)
    if theirs.read_at and (twin.read_at is None or theirs.read_at > twin.read_at):
        twin.read_at, twin.read_result = theirs.read_at, theirs.read_result
        twin.save(update_fields=["read_at", "read_result"])
    theirs.delete()
    return before | {"events": events}


# --- And back ----------------------------------------------------------------------


def undo(row: Merge, *, user: User) -> Contact:
    """Part the two again. What came since stays where it is. Raises Refused."""
    with _held():
        row = Merge.objects.select_for_update().get(pk=row.pk)
        if row.undone_at is not None:
            raise Refused(_("This merge was undone before."))
        kept = Contact.objects.select_for_update().get(pk=row.contact_id)
        merged = _restored(row.before["merged"], Contact)
        _part_permissions(row)
        for label, keys in row.moved.items():
            model, name = label.rsplit(".", 1)
            # A username may have passed to somebody else since.
            rows = apps.get_model(model)._base_manager.filter(**{name: kept})
            rows.filter(pk__in=keys).update(**{name: merged})
        _give_back(kept, row)
        row.undone_at, row.undone_by = timezone.now(), user
        row.save(update_fields=["undone_at", "undone_by"])
        ContactWord.keep([kept.pk, merged.pk])
        changes = _refreshed(kept) + _refreshed(merged)
        for effects in _effects:
            effects.after(kept, changes)
    return merged


def _restored(before: Any, model: type[models.Model]) -> Any:
    row = _read(before)
    row.save_base(raw=True)  # as it was: no default, no time of now
    return model._base_manager.get(pk=row.pk)


def _read(before: Any) -> Any:
    (one,) = serializers.deserialize("python", [before])
    return one.object


def _part_permissions(row: Merge) -> None:
    for twin in row.before["twins"]:
        theirs = _restored(twin["merged"], CallPermission)
        for key, about in twin["events"].items():
            events = apps.get_model("permissions.PermissionEvent").objects
            events.filter(pk=key).update(permission=theirs, about=about)
        ours = CallPermission.objects.filter(pk=twin["kept"]["pk"]).first()
        if ours and ours.read_at == theirs.read_at:  # theirs, taken over
            was = _read(twin["kept"])
            ours.read_at, ours.read_result = was.read_at, was.read_result
            ours.save(update_fields=["read_at", "read_result"])


def _give_back(kept: Contact, row: Merge) -> None:
    """Let what the merge filled in be empty again, unless it was changed since."""
    now = _as_json(kept)["fields"]
    before, merged = row.before["kept"]["fields"], row.before["merged"]["fields"]
    for name in (*COMPLETED, *HOURS, *DO_NOT_CALL):
        if now[name] == merged[name] and now[name] != before[name]:
            field: Any = Contact._meta.get_field(name)
            setattr(kept, field.attname, field.to_python(before[name]))
    _keep_own_ids(kept)
    kept.save()


def _keep_own_ids(kept: Contact) -> None:
    """Let nothing stand in the row that is another contact's now."""
    own = list(kept.ids.order_by("-since", "-pk"))
    for name, kind in (
        ("waid", ContactId.Kind.NUMBER),
        ("bsuid", ContactId.Kind.USER_ID),
        ("username", ContactId.Kind.USERNAME),
    ):
        values = [one.value for one in own if one.kind == kind]
        if getattr(kept, name) not in values:
            empty = "" if kind == ContactId.Kind.USERNAME else None
            setattr(kept, name, values[0] if values else empty)


def _refreshed(contact: Contact) -> list[Change]:
    rows = contact.permissions.select_for_update().order_by("pk")
    return [ledger.refresh(permission) for permission in rows]


def _as_news(change: Change, twins: list[dict[str, Any]]) -> Change:
    """Tell a permission that only one of both had as new: the other's calls waited."""
    for twin in twins:
        statuses = {twin[one]["fields"]["status"] for one in ("kept", "merged")}
        missing = statuses.difference(ALLOWING)
        if twin["kept"]["pk"] == change.permission.pk and missing:
            return replace(change, before=missing.pop())
    return change
