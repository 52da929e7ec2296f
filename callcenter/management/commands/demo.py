from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from agents.models import Agent, Membership, Queue
from agents.routing import Strategy
from callcenter import roles
from callcenter.demo.desk import make_desk
from callcenter.demo.marks import marking
from callcenter.demo.past_calls import make_past_calls
from callcenter.demo.permissions import make_permissions
from callcenter.demo.stories import make_stories
from callcenter.demo.webhooks import make_webhooks
from callcenter.models import WatiAccount
from calls.models import Line

SUPERVISOR = "supervisor"
User = get_user_model()


class Command(BaseCommand):
    help = (
        "Create the demo data: users, queues, a simulated business number, past calls."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Demo users have a known password: DEBUG=1 only.")
        with marking():
            self.make()

    def make(self) -> None:
        agents = [
            make_agent(name) for name in settings.DEMO_USERS if name != SUPERVISOR
        ]
        make_supervisor()
        queue, _ = Queue.objects.get_or_create(
            name="Support",
            defaults={
                "strategy": Strategy.RING_ALL,
                "wrap_up_seconds": 30,
                "rewind": True,
            },
        )
        for agent in agents:
            Membership.objects.get_or_create(queue=queue, agent=agent)
        line, _ = Line.objects.get_or_create(
            account=make_account(),
            number=settings.SIMULATOR_NUMBER,
            defaults={"name": "Simulator", "queue": queue},
        )
        now = timezone.now()
        make_desk(queue, agents, now.year)
        made = make_past_calls(line, agents, now)
        made += make_permissions(line, agents, now)
        made += make_stories(line, agents, now)
        make_webhooks(line)
        if made:
            self.stdout.write(f"Demo data is ready, with {made} past calls.")


def make_agent(username: str) -> Agent:
    user = User.objects.filter(username=username).first()
    if user is None:
        user = User.objects.create_user(username, password=settings.DEMO_PASSWORD)
    roles.give(user, roles.AGENT)
    agent, _ = Agent.objects.get_or_create(
        user=user, defaults={"name": username.title()}
    )
    return agent


def make_supervisor() -> None:
    user = User.objects.filter(username=SUPERVISOR).first()
    if user is None:
        user = User.objects.create_superuser(
            SUPERVISOR, password=settings.DEMO_PASSWORD
        )
    roles.give(user, roles.SUPERVISOR, roles.ADMINISTRATOR, roles.LISTENER)


def make_account() -> WatiAccount:
    """Make the account at the simulator; its address follows this server's port."""
    wanted = {
        "base_url": f"{settings.SIMULATOR_URL}/simulator/wati",
        "tenant_id": settings.SIMULATOR_TENANT,
        "api_token": settings.SIMULATOR_TOKEN,
        "webhook_key": settings.SIMULATOR_WEBHOOK_KEY,
    }
    account, created = WatiAccount.objects.get_or_create(
        name="Simulator", defaults=wanted
    )
    if not created and any(getattr(account, name) != wanted[name] for name in wanted):
        for name, value in wanted.items():
            setattr(account, name, value)
        account.save(update_fields=list(wanted))
    return account
