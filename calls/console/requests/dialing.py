"""Calls out: who it is, call them now, or ask them first."""

from django.conf import settings
from django.utils.translation import gettext_noop

from callcenter import limits
from callcenter.buckets import Buckets
from calls.console.messages import Message, Page, uuid_of
from calls.errors import Refused
from calls.outbound import dialing, lookup, planned_calls
from permissions.numbers import Ambiguous

# Each may have WhatsApp asked, which Wati counts.
_look_ups = Buckets(limits.LOOK_UPS)


def look_up(page: Page, message: Message) -> Message:
    if not _look_ups.take(page.agent.pk):
        raise Refused(
            gettext_noop(
                "You looked up too many numbers. Wait a moment, then try again."
            )
        )
    agent, line = page.agent, message.get("line")
    if (contact_id := message.get("contact")) is not None:
        contact = lookup.contact_of(contact_id)
        person = lookup.look_at(agent, contact, lookup.line_of(agent, line))
        return {"type": "person", "person": person}
    try:
        typed = str(message.get("number") or "")
        return {"type": "person", "person": lookup.look_up(agent, typed, line)}
    except Ambiguous as question:
        readings = lookup.describe_readings(question.readings)
        return {"type": "readings", "readings": readings}


def call(page: Page, message: Message) -> None:
    contact = lookup.contact_of(message.get("contact"))
    line = lookup.line_of(page.agent, message.get("line"))
    placed = dialing.dial(page.agent, contact, line, near=settings.NODE_NAME)
    planned_calls.closed_by(placed)


def ask(page: Page, message: Message) -> None:
    contact = lookup.contact_of(message.get("contact"))
    line = lookup.line_of(page.agent, message.get("line"))
    planned_calls.ask(page.agent, contact, line)


def call_plan(page: Page, message: Message) -> None:
    plan_id, near = uuid_of(message, "plan"), settings.NODE_NAME
    planned_calls.call(plan_id, page.agent, near=near)


def drop_plan(page: Page, message: Message) -> None:
    planned_calls.drop(uuid_of(message, "plan"), page.agent)
