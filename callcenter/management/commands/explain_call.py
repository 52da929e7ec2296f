from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from calls.models import Call, Offer
from calls.reporting.explain import Why, call_named, explained, local_zone, outcome_of


class Command(BaseCommand):
    help = (
        "Show the routing decisions of a call from the records, with the reason for "
        "each agent, and whether today's rules give the same result."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", help="The call's ID, or its Wati call ID.")

    def handle(self, *args: Any, **options: Any) -> None:
        call = call_named(options["id"])
        if call is None:
            raise CommandError("There is no call with this ID.")
        for line in story(call):
            self.stdout.write(line)


def story(call: Call) -> Iterator[str]:
    queue = call.queue.name if call.queue else "no queue"
    outcome = call.get_result_display() or call.get_status_display()
    yield f"Call {call.pk}, {moment(call.created_at)}, {queue}: {outcome}."
    decisions = explained(call, local_zone(), replayed=True)
    for why in decisions:
        yield ""
        yield from _decision(why)
    if not decisions:
        yield "No routing decisions: the call did not wait for an agent."


def _decision(why: Why) -> Iterator[str]:
    callers = (
        "1 caller" if why.callers_waiting == 1 else f"{why.callers_waiting} callers"
    )
    yield f"{moment(why.at)}  {why.queue}, {callers} waiting. {why.strategy}"
    if why.problem:
        yield f"  {why.problem}"
        return
    for name in why.rang:
        yield f"  rings at {name}"
    if not why.rang:
        yield "  rings at no agent"
    for name, reason in why.skipped:
        yield f"  not offered to {name}: {reason}"
    for offer in why.offers:
        yield f"  ring attempt at {offer.agent.name}: {_offer(offer)}"
    yield f"  {why.today}"


def _offer(offer: Offer) -> str:
    ended = f", until {moment(offer.ended_at)}" if offer.ended_at else ""
    return f"{outcome_of(offer).rstrip('.')}{ended}."


def moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"
