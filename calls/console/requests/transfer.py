"""Hold, transfer and consult."""

from calls.console.messages import Message, Page, call_of, queue_of
from calls.console.notes import agent_by_id
from calls.lifecycle import transfer as transfers


def hold(page: Page, message: Message) -> None:
    transfers.hold(call_of(message), page.agent)


def resume(page: Page, message: Message) -> None:
    transfers.resume(call_of(message), page.agent)


def targets(page: Page, message: Message) -> Message:
    return {"type": "targets", **transfers.targets(page.agent)}


def transfer(page: Page, message: Message) -> None:
    """Transfer to a queue if one is named, else to an agent."""
    call_id = call_of(message)
    if (queue_id := message.get("queue")) is not None:
        transfers.transfer_to_queue(call_id, page.agent, queue_of(queue_id))
    else:
        colleague = agent_by_id(message.get("agent"))
        transfers.transfer_to_agent(call_id, page.agent, colleague)


def consult(page: Page, message: Message) -> None:
    colleague = agent_by_id(message.get("agent"))
    transfers.consult(call_of(message), page.agent, colleague)


def cancel_consult(page: Page, message: Message) -> None:
    transfers.cancel_consult(call_of(message), page.agent)


def complete(page: Page, message: Message) -> None:
    transfers.complete(call_of(message), page.agent)
