"""Requests about notes, dispositions, the caller card and the wrap-up."""

from typing import Any

from calls.console import caller_card, notes
from calls.console.messages import Message, Page, call_of
from calls.errors import Refused
from calls.queueing import wrap_up


def _saved(call_id: Any) -> Message:
    return {"type": "saved", "call": str(call_id)}


def note(page: Page, message: Message) -> Message:
    call_id, text = call_of(message), str(message.get("text") or "")
    notes.write_note(call_id, page.agent, text)
    return _saved(call_id)


def disposition(page: Page, message: Message) -> Message:
    call_id, chosen = call_of(message), message.get("disposition")
    notes.set_disposition(call_id, page.agent, chosen)
    return _saved(call_id)


def finish(page: Page, message: Message) -> None:
    if not wrap_up.end_wrap_up(page.agent.pk):
        raise Refused("Choose a disposition first.")


def more_time(page: Page, message: Message) -> None:
    wrap_up.more_time(page.agent.pk)


def callback(page: Page, message: Message) -> Message:
    call_id = call_of(message)
    notes.plan_callback(
        call_id,
        page.agent,
        at=message.get("at"),
        mine=message.get("mine") is True,
        text=str(message.get("text") or ""),
    )
    return _saved(call_id)


def name_person(page: Page, message: Message) -> None:
    name = str(message.get("name") or "")
    notes.name_person(call_of(message), page.agent, name)


def card(page: Page, message: Message) -> Message:
    call_id = call_of(message)
    person = caller_card.card(call_id, page.agent)
    return {"type": "card", "call": str(call_id), "person": person}
