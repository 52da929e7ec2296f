"""Contacts: finding one, adding one and changing one."""

from calls.console import people
from calls.console.messages import Message, Page
from calls.console.requests.own_calls import check_rate
from calls.outbound import lookup
from permissions.numbers import Ambiguous


def find(page: Page, message: Message) -> Message:
    check_rate(page)
    text = str(message.get("text") or "")
    return {"type": "found", **people.find(page.agent, text, message.get("line"))}


def save_contact(page: Page, message: Message) -> Message:
    """Add a contact, or change the one that is named; ask if the number is unclear."""
    check_rate(page)
    name = str(message.get("name") or "")
    typed, line = str(message.get("number") or ""), message.get("line")
    contact = message.get("contact")
    try:
        if contact is None:
            person = people.add(page.agent, name, typed, line)
        else:
            person = people.change(page.agent, contact, name, typed, line)
    except Ambiguous as question:
        readings = lookup.describe_readings(question.readings)
        return {"type": "readings", "readings": readings}
    return {"type": "person", "person": person}
