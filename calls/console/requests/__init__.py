"""The requests of a console: one function for each `type`, in one table.

A handler runs in a thread of the database pool. It says no by raising Refused; what it
returns is sent back to the page that asked.
"""

from collections.abc import Callable

from calls.console.messages import Message, Page
from calls.console.requests import (
    agent_state,
    calls,
    dialing,
    floor,
    own_calls,
    people,
    preferences,
    training,
    transfer,
    work,
)

Handler = Callable[[Page, Message], Message | None]

REQUESTS: dict[str, Handler] = {
    "available": agent_state.available,
    "offline": agent_state.offline,
    "break": agent_state.take_break,
    "next_state": agent_state.next_state,
    "answer": calls.answer,
    "decline": calls.decline,
    "hang_up": calls.hang_up,
    "mute": calls.mute,
    "rings": calls.rings,
    "test_rang": calls.test_rang,
    "quality": calls.quality,
    "hold": transfer.hold,
    "resume": transfer.resume,
    "targets": transfer.targets,
    "transfer": transfer.transfer,
    "consult": transfer.consult,
    "cancel_consult": transfer.cancel_consult,
    "complete": transfer.complete,
    "note": work.note,
    "disposition": work.disposition,
    "finish": work.finish,
    "more_time": work.more_time,
    "callback": work.callback,
    "name_person": work.name_person,
    "card": work.card,
    "look_up": dialing.look_up,
    "call": dialing.call,
    "ask": dialing.ask,
    "call_plan": dialing.call_plan,
    "drop_plan": dialing.drop_plan,
    "my_calls": own_calls.my_calls,
    "my_day": own_calls.my_day,
    "find": people.find,
    "save_contact": people.save_contact,
    "keys": preferences.keys,
    "raise_hand": floor.raise_hand,
    "lower_hand": floor.lower_hand,
    "read_message": floor.read_message,
    "training_call": training.training_call,
}
