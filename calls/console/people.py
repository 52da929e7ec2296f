"""Find a contact by name, number or handle; add one, and change one."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from agents.models import Agent
from calls.console.own_calls import chat_of, contact_fields, recent_contacts
from calls.errors import Refused
from calls.models import Call, Line
from calls.outbound import lookup
from calls.outbound.verdicts import verdicts_for
from calls.snapshots import iso
from permissions import folding, people, search
from permissions.merging import NotNow
from permissions.models import Contact
from permissions.numbers import key_of

MOST = 8  # what a list below the field can show
# Of so many that are found, those with the newest calls are shown.
MOST_READ = 60
LONGEST_NAME = 200

NO_NAME = gettext_noop("Enter a name first.")


def find(agent: Agent, text: str, line_id: Any) -> dict[str, Any]:
    """Return the contacts that a text may mean; without one, those of recent calls."""
    line = lookup.line_of(agent, line_id)
    if not text.strip():
        found = recent_contacts(agent)
    elif search.read(text, near=[line.number]):
        found = _newest(search.contacts(text, near=line.number))
    else:
        found = []
    return {"people": _described(found[:MOST], line), "more": len(found) > MOST}


def _newest(contacts: QuerySet[Contact]) -> list[Contact]:
    """Return those with the newest calls first, then the rest by name."""
    some = list(contacts.order_by("-pk")[:MOST_READ])
    newest = Call.objects.logged().filter(contact=OuterRef("pk"))
    at = newest.order_by("-created_at").values("created_at")[:1]
    rows = Contact.objects.filter(pk__in=[one.pk for one in some])
    called = dict(rows.annotate(last=Subquery(at)).values_list("pk", "last"))
    recent = [one for one in some if called[one.pk]]
    recent.sort(key=lambda one: called[one.pk], reverse=True)
    others = [one for one in some if not called[one.pk]]
    return recent + sorted(others, key=lambda one: (not one.called, one.called, one.pk))


def _described(contacts: list[Contact], line: Line) -> list[dict[str, Any]]:
    verdicts = verdicts_for([(one, line) for one in contacts])
    calls = _last_calls(contacts)
    return [
        {
            **contact_fields(one),
            "username": one.username,
            "line": line.pk,
            **verdicts[one.pk, line.pk],
            "last_call": calls.get(one.pk),
            "chat": chat_of(one, line),
        }
        for one in contacts
    ]


def _last_calls(contacts: list[Contact]) -> dict[int, dict[str, Any]]:
    """Return of each contact's last call when it was, with whom, and its result."""
    newest = Call.objects.logged().filter(contact=OuterRef("pk"))
    last = newest.order_by("-created_at", "-pk").values("pk")[:1]
    rows = Contact.objects.filter(pk__in=[one.pk for one in contacts])
    keys = dict(rows.annotate(last=Subquery(last)).values_list("pk", "last"))
    calls = Call.objects.select_related("agent").in_bulk(filter(None, keys.values()))
    return {
        contact: {
            "at": iso(call.created_at),
            "direction": call.direction,
            "agent": call.agent.name if call.agent else "",
            "result": call.get_result_display(),
        }
        for contact, key in keys.items()
        if (call := calls.get(key))
    }


# --- Adding and changing -------------------------------------------------------------


def add(agent: Agent, name: str, typed: str, line_id: Any) -> dict[str, Any]:
    """Add a contact; who has the number already, and no name, gets this one."""
    line, name = lookup.line_of(agent, line_id), _name(name)
    contact = people.dialed(lookup.number_in(typed, line))
    if contact.name and not _is_alike(contact.name, name):
        raise Refused(_taken(contact))
    if not contact.name:
        _rename(contact, name)
    return lookup.look_at(agent, contact, line)


def change(
    agent: Agent, contact_id: Any, name: str, typed: str, line_id: Any
) -> dict[str, Any]:
    """Change a contact's name, and their number if another one was typed."""
    line, name = lookup.line_of(agent, line_id), _name(name)
    contact = lookup.contact_of(contact_id)
    waid = lookup.number_in(typed, line) if typed.strip() else ""
    is_new = bool(waid) and key_of(waid) != key_of(contact.waid or "")
    if is_new:
        contact = _renumbered(contact, waid, name)
    if contact.name != name:
        _rename(contact, name)
    # What WhatsApp said was about the old number.
    return lookup.look_at(agent, contact, line, anew=is_new)


def _renumbered(contact: Contact, waid: str, name: str) -> Contact:
    owner = people.known_numbers([waid]).get(key_of(waid))
    if owner is not None and owner.pk != contact.pk and owner.name:
        names = (name, contact.name)
        if not any(_is_alike(owner.name, one) for one in names):
            raise Refused(_taken(owner))
    try:
        return people.renumbered(contact, waid)
    except NotNow as problem:
        raise Refused(str(problem)) from None


def _rename(contact: Contact, name: str) -> None:
    contact.name = name
    contact.save(update_fields=["name"])


def _name(text: str) -> str:
    """Return a name as it is stored: no half characters, no nulls, no line breaks."""
    plain = text.encode(errors="replace").decode().replace("\0", "")
    name = " ".join(plain.split())[:LONGEST_NAME]
    if not folding.words(name):
        raise Refused(NO_NAME)
    return name


def _is_alike(one: str, other: str) -> bool:
    return folding.words(one) == folding.words(other)


def _taken(owner: Contact) -> str:
    return _("{name} has this number already.").format(name=owner.name)
