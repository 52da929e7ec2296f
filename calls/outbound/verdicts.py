"""The permission beside each person of a list: all verdicts with few statements."""

from collections.abc import Collection
from typing import Any

from django.utils import timezone

from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Line
from calls.outbound.lookup import verdict_fields
from calls.states import LIVE
from permissions.ledger import facts_for_all
from permissions.models import Contact
from permissions.rules import may_ask, may_call

Verdicts = dict[str, dict[str, Any]]


def verdicts_for(wanted: Collection[tuple[Contact, Line]]) -> dict[Any, Verdicts]:
    """Return `call` and `ask` by the keys of contact and business number."""
    contacts = {contact.pk for contact, _ in wanted}
    running = Call.objects.filter(contact__in=contacts, status__in=LIVE)
    busy = set(running.values_list("contact", flat=True))
    pairs = {(one.pk, line.pk): pair_of(one, line) for one, line in wanted}
    facts, now = facts_for_all(pairs.values(), in_calls=busy), timezone.now()
    return {
        key: {
            "call": verdict_fields(may_call(facts[pair], now)),
            "ask": verdict_fields(may_ask(facts[pair], now)),
        }
        for key, pair in pairs.items()
    }
