"""The rows of the company: queues, agents with their sessions, numbers, an account."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.management import call_command

from agents.models import Agent, Membership, Queue
from agents.routing import Strategy
from bench.floor.callers import number_of
from bench.floor.consoles import Seat
from callcenter.models import WatiAccount
from calls.models import Call, Line

# Of twenty queues, so many ring everybody, one after the other, or who waits longest.
STRATEGIES = (
    *(Strategy.LONGEST_IDLE,) * 6,
    *(Strategy.ROUND_ROBIN,) * 2,
    *(Strategy.RING_ALL,) * 2,
)
ENDINGS_AS_MEANT = ("customer_ended", "agent_ended")


def found(agents: int, queues: int, wati_url: str) -> list[Queue]:
    """Make the tables and the company."""
    call_command("migrate", verbosity=0)
    made = Queue.objects.bulk_create(
        Queue(
            name=f"Queue {number:02}",
            strategy=STRATEGIES[number % len(STRATEGIES)],
            wrap_up_seconds=30,
        )
        for number in range(queues)
    )
    account = WatiAccount.objects.create(
        name="Simulator",
        base_url=f"{wati_url}/simulator/wati",
        tenant_id=settings.SIMULATOR_TENANT,
        api_token=settings.SIMULATOR_TOKEN,
        webhook_key=settings.SIMULATOR_WEBHOOK_KEY,
    )
    Line.objects.bulk_create(
        Line(account=account, number=number_of(place), name=queue.name, queue=queue)
        for place, queue in enumerate(made)
    )
    hire(agents, made)
    return made


def hire(agents: int, queues: list[Queue]) -> None:
    """Make agents, by turns members of the queues."""
    nobody_types_it = make_password(None)
    users = User.objects.bulk_create(
        User(username=f"agent{number:04}", password=nobody_types_it)
        for number in range(agents)
    )
    staff = Agent.objects.bulk_create(
        Agent(user=user, name=f"Agent {user.username[-4:]}") for user in users
    )
    Membership.objects.bulk_create(
        Membership(queue=queues[number % len(queues)], agent=agent)
        for number, agent in enumerate(staff)
    )


def seats(urls: list[str]) -> list[Seat]:
    """Sign everybody in, on the nodes by turns."""
    staff = Agent.objects.select_related("user").order_by("pk")
    return [
        Seat(agent.pk, urls[number % len(urls)], _session(agent.user))
        for number, agent in enumerate(staff)
    ]


def _session(user: User) -> str:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def live_calls() -> int:
    return Call.objects.exclude(status="ended").count()


def fates(placed: int) -> tuple[int, dict[str, int]]:
    """Count the calls that nobody answered or meant to end, and the endings by word.

    A call that has no row is lost as well.
    """
    rows = list(Call.objects.values_list("answered_at", "end_reason"))
    endings: dict[str, int] = {}
    for _, reason in rows:
        endings[reason or "not ended"] = endings.get(reason or "not ended", 0) + 1
    well = sum(1 for at, reason in rows if at and reason in ENDINGS_AS_MEANT)
    return placed - well, endings
