"""The way from an empty installation to the first call, as steps. Queries only.

All of them stand on the start page until a call was answered; after that only those
without which no call can be answered any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from agents.models import Agent, Queue
from callcenter.models import WatiAccount
from callcenter.wati.events import Kind
from calls.models import Call, Direction, Line, WebhookDelivery
from calls.reporting.labels import kind_name
from permissions.numbers import display

ACCOUNT = "callcenter_watiaccount"
# Without these no inbound call works.
NEEDED = (Kind.INBOUND_CALL, Kind.TERMINATE_CALL)


class Way(NamedTuple):
    """A page where a step is done; who lacks the right is not sent there."""

    link: str = ""
    text: str = ""
    right: str = ""
    posts: bool = False  # a button that sends something


@dataclass(frozen=True)
class Step:
    """One step. `parts`: what it consists of, each done or not."""

    key: str
    title: str
    is_done: bool
    text: str
    way: Way = Way()
    must_stay: bool = False  # without it no call is answered any more
    is_optional: bool = False
    parts: list[tuple[str, bool]] = field(default_factory=list)


@dataclass(frozen=True)
class Checklist:
    steps: list[Step]
    is_live: bool  # a call was answered before

    @property
    def left(self) -> int:
        return sum(not one.is_done and not one.is_optional for one in self.steps)


def checklist() -> Checklist | None:
    """Return what is to be done; None once calls come in and nothing is missing."""
    is_live = _answered().exists()
    steps = list(_steps(is_live=is_live))
    if is_live:
        steps = [one for one in steps if one.must_stay and not one.is_done]
        return Checklist(steps, is_live) if steps else None
    return Checklist(steps, is_live)


def _answered() -> Any:
    calls = Call.objects.logged().filter(direction=Direction.INBOUND)
    return calls.exclude(answered_at=None)


def _steps(*, is_live: bool) -> Iterator[Step]:
    people = Agent.objects.in_use()
    queues = _queues()
    accounts = list(WatiAccount.objects.of_people().filter(is_active=True))
    lines = list(Line.objects.filter(account__in=accounts).select_related("queue"))
    yield _people(people.exists())
    yield _queue(queues)
    yield _account(accounts)
    yield _number(lines, queues, accounts)
    yield _token(accounts)
    yield _webhooks(accounts)
    yield _hours(lines)
    if not is_live:
        yield _agent(lines)
        yield _first_call(lines)


def _queues() -> dict[int, int]:
    """Count by queue in use the agents who can sign in."""
    members = Count("membership", filter=Q(agents__user__is_active=True))
    queues = Queue.objects.of_people().in_use().annotate(members=members)
    return dict(queues.order_by("pk").values_list("pk", "members"))


def _add(model: str, text: str) -> Way:
    return Way(reverse(f"admin:{model}_add"), text, _right(model, "add"))


def _change(model: str, key: Any, text: str) -> Way:
    link = reverse(f"admin:{model}_change", args=[key])
    return Way(link, text, _right(model, "change"))


def _right(model: str, verb: str) -> str:
    app, _dot, name = model.partition("_")
    return f"{app}.{verb}_{name}"


def _people(is_done: bool) -> Step:
    return Step(
        key="people",
        title=_("Agents"),
        is_done=is_done,
        text=_("Add the people who take calls. Each gets a user and a password."),
        way=_add("agents_agent", _("Add an agent")),
        must_stay=True,
    )


def _queue(queues: dict[int, int]) -> Step:
    way = _add("agents_queue", _("Add a queue"))
    if empty := next((pk for pk, members in queues.items() if not members), None):
        way = _change("agents_queue", empty, _("Add members"))
    return Step(
        key="queue",
        title=_("A queue with members"),
        is_done=any(queues.values()),
        text=_("Callers wait in a queue, and it rings at its members."),
        way=way,
        must_stay=True,
    )


def _account(accounts: list[WatiAccount]) -> Step:
    lacking = [one for one in accounts if not (one.api_token and one.webhook_key)]
    text = _("Its base URL, tenant ID and API token are in Wati.")
    way = _add(ACCOUNT, _("Add the account"))
    if lacking:
        text = _lacks(lacking[0])
        way = _change(ACCOUNT, lacking[0].pk, _("Complete the account"))
    return Step(
        key="account",
        title=_("Wati account"),
        is_done=len(accounts) > len(lacking),
        text=text,
        way=way,
        must_stay=True,
    )


def _lacks(account: WatiAccount) -> str:
    if account.api_token:
        text = _("{account} has no webhook API key.")
    elif account.webhook_key:
        text = _("{account} has no API token.")
    else:
        text = _("{account} has no API token and no webhook API key.")
    return text.format(account=account)


def _number(
    lines: list[Line], queues: dict[int, int], accounts: list[WatiAccount]
) -> Step:
    deaf = next((one for one in lines if not queues.get(one.queue_id)), None)
    text = _("The WhatsApp number that people call, and the queue in which they wait.")
    way = Way()
    if deaf is not None:
        no_members = _("{number} rings nowhere: its queue {queue} has no members.")
        text = no_members.format(number=deaf, queue=deaf.queue)
        way = _change("agents_queue", deaf.queue_id, _("Add members"))
    elif accounts:
        way = _change(ACCOUNT, accounts[0].pk, _("Add the number"))
    return Step(
        key="number",
        title=_("Business number"),
        is_done=bool(lines) and deaf is None,
        text=text,
        way=way,
        must_stay=True,
    )


def _token(accounts: list[WatiAccount]) -> Step:
    untried = [one for one in accounts if one.api_token and not one.token_worked_at]
    way = Way()
    if untried:
        link = reverse(f"admin:{ACCOUNT}_test", args=[untried[0].pk])
        right = _right(ACCOUNT, "change")
        way = Way(link, _("Test connection"), right, posts=True)
    return Step(
        key="token",
        title=_("Connection to Wati"),
        is_done=any(one.token_worked_at for one in accounts),
        text=_("A read-only request shows whether the URL and the token are valid."),
        way=way,
    )


def _webhooks(accounts: list[WatiAccount]) -> Step:
    deliveries = WebhookDelivery.objects.filter(account__in=accounts).order_by()
    heard = set(deliveries.values_list("kind", flat=True).distinct())
    way = Way()
    if accounts:
        way = _change(ACCOUNT, accounts[0].pk, _("Show the addresses"))
    return Step(
        key="webhooks",
        title=_("Webhooks"),
        is_done=heard.issuperset(NEEDED),
        text=_(
            "Enter the five addresses and the webhook API key in Wati. Each is ticked "
            "with its first webhook."
        ),
        way=way,
        parts=[(kind_name(kind), kind in heard) for kind in Kind],
    )


def _hours(lines: list[Line]) -> Step:
    return Step(
        key="hours",
        title=_("Business hours"),
        is_done=any(one.schedule_id or one.queue.schedule_id for one in lines),
        text=_("Without them, the number is open around the clock."),
        way=_add("agents_schedule", _("Add business hours")),
        is_optional=True,
    )


def _agent(lines: list[Line]) -> Step:
    queues = [one.queue_id for one in lines]
    text = _(
        "Let an agent sign in at {address} and press “Go available”. The console says "
        "if no call can ring there."
    )
    return Step(
        key="agent",
        title=_("An agent who is available"),
        is_done=Agent.objects.ready().filter(queues__in=queues).exists(),
        text=text.format(address=f"{settings.PUBLIC_URL}{reverse('console')}"),
    )


def _first_call(lines: list[Line]) -> Step:
    numbers = ", ".join(display(one.number) for one in lines[:3])
    text = _("Call {number} with WhatsApp, and answer in the console.")
    way = Way("/simulator/", _("Open the simulated phone"))
    return Step(
        key="call",
        title=_("The first call"),
        is_done=False,
        text=text.format(number=numbers or _("the business number")),
        way=way if settings.SIMULATOR else Way(),
    )
