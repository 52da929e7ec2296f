"""Who the stories are about."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.utils import timezone

from agents.models import Agent, Membership, Queue
from callcenter.models import WatiAccount
from calls.models import Line

CARLA = "4915112345678"  # a caller
PASSWORD = "demo-demo"
HASHED = make_password(PASSWORD)  # once: it is slow on purpose


@dataclass
class Cast:
    account: WatiAccount
    line: Line
    queue: Queue
    ana: Agent
    bruno: Agent
    sofia: User  # a supervisor


def introduce(wati_url: str = "http://127.0.0.1:9/simulator/wati") -> Cast:
    queue = Queue.objects.create(name="Support", wrap_up_seconds=0)
    account = WatiAccount.objects.create(
        name="Simulator",
        base_url=wati_url,
        tenant_id=settings.SIMULATOR_TENANT,
        api_token=settings.SIMULATOR_TOKEN,
        webhook_key=settings.SIMULATOR_WEBHOOK_KEY,
    )
    line = Line.objects.create(
        account=account, number=settings.SIMULATOR_NUMBER, name="Shop", queue=queue
    )
    sofia = User.objects.create(
        username="supervisor", password=HASHED, is_staff=True, is_superuser=True
    )
    return Cast(account, line, queue, hire("ana", queue), hire("bruno", queue), sofia)


def hire(username: str, queue: Queue) -> Agent:
    user = User.objects.create(username=username, password=HASHED)
    agent = Agent.objects.create(user=user, name=username.capitalize())
    Membership.objects.create(queue=queue, agent=agent)
    return agent


def on_duty(*agents: Agent) -> None:
    """Their consoles are there and they are available."""
    for agent in agents:
        agent.seen_at = agent.ready_at = timezone.now()
        agent.state = "available"
        agent.save()
