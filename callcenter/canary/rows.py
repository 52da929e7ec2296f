"""The canary's own rows: its account, queue and agent, and what its calls leave."""

import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.utils import timezone

from agents.models import Agent, AgentStateSpan, Membership, Queue
from callcenter.models import CanaryRun, WatiAccount
from calls.lifecycle import ending
from calls.models import Call, Line, Offer, WatiRequest, WebhookDelivery
from calls.states import Event, Result, Status
from permissions.models import Contact

logger = logging.getLogger(__name__)

NAME = "Canary"
TENANT = "canary"
# Reserved for fiction: neither is anybody's.
NUMBER, PHONE = "15550100998", "15550100999"
RUNS_KEPT = 300
SESSION_LASTS = 600  # seconds
# Longer than any run: after that its process has died.
RUN_LASTS = timedelta(minutes=3)


@dataclass(frozen=True)
class Own:
    """Keys of the canary's rows, and the secrets of this start."""

    account: int
    queue: int
    agent: int
    user: int
    token: str
    webhook_key: str


@transaction.atomic
def prepare() -> Own:
    """Create what is missing, with new secrets. Nobody else is in the queue."""
    others = Line.objects.exclude(account__tenant_id=TENANT).values("queue")
    queue = Queue.objects.filter(is_canary=True).exclude(pk__in=others).first()
    if queue is None:
        queue = Queue.objects.create(name=NAME, is_canary=True, wrap_up_seconds=0)
    # A person may have been put into the queue; they have passwords.
    members = Agent.objects.filter(queues=queue, user__username__startswith=TENANT)
    own = [one for one in members if not one.user.has_usable_password()]
    agent = own[0] if own else _hire(queue)
    queue.membership_set.exclude(agent=agent).delete()
    line = queue.lines.order_by("pk").first()
    account = line.account if line else WatiAccount(name=NAME, tenant_id=TENANT)
    account.base_url = settings.CANARY_URL
    account.api_token, account.webhook_key = (secrets.token_urlsafe(32) for _ in "ab")
    account.is_active, account.unauthorised_since = True, None
    account.save()
    if line is None:
        Line.objects.create(account=account, number=NUMBER, name=NAME, queue=queue)
    return Own(
        account.pk,
        queue.pk,
        agent.pk,
        agent.user_id,
        account.api_token,
        account.webhook_key,
    )


def _hire(queue: Queue) -> Agent:
    name = TENANT
    if User.objects.filter(username=name).exists():  # a person has taken it
        name = f"{TENANT}-{secrets.token_hex(4)}"
    user = User(username=name)
    user.set_unusable_password()
    user.save()
    agent = Agent.objects.create(user=user, name=NAME)
    Membership.objects.create(queue=queue, agent=agent)
    return agent


def session_of(user_id: int) -> str:
    """Sign the canary's agent in: it has no password. Returns the cookie's value."""
    user = User.objects.get(pk=user_id)
    session: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.set_expiry(SESSION_LASTS)
    session.create()
    return str(session.session_key)


def end_session(key: str) -> None:
    import_module(settings.SESSION_ENGINE).SessionStore(key).delete()


# --- One run --------------------------------------------------------------------------


def begin() -> CanaryRun | None:
    """Record that a run begins; None while another process is at one."""
    since = timezone.now() - RUN_LASTS
    if CanaryRun.objects.filter(finished_at=None, started_at__gt=since).exists():
        return None
    return CanaryRun.objects.create()


def finish(run: CanaryRun, problem: str, steps: dict[str, float]) -> None:
    CanaryRun.objects.filter(pk=run.pk).update(
        finished_at=timezone.now(), problem=problem[:300], steps=steps
    )
    kept = CanaryRun.objects.order_by("-pk").values("pk")[RUNS_KEPT:][:1000]
    CanaryRun.objects.filter(pk__in=[row["pk"] for row in kept]).delete()


def record_is_right(call_id: UUID, own: Own) -> bool:
    """Say whether the call's rows tell what has happened, from ring to end."""
    call = Call.objects.filter(pk=call_id, is_canary=True).first()
    if call is None or call.status != Status.ENDED:
        return False
    times = (call.created_at, call.claimed_at, call.answered_at, call.ended_at)
    known = [at for at in times if at is not None]
    rang = call.offers.filter(agent=own.agent, outcome=Offer.Outcome.ANSWERED)
    accepted = call.requests.filter(
        verb=WatiRequest.Verb.ACCEPT, status=WatiRequest.Status.OK
    )
    return (
        len(known) == len(times)
        and known == sorted(known)
        and call.result == Result.ANSWERED
        and rang.exclude(rang_at=None).exists()
        and accepted.exists()
    )


def clean_up(own: Own) -> bool:
    """End and delete the canary's calls and what they left. False: try again."""
    calls = Call.objects.filter(is_canary=True, account=own.account)
    for call_id in calls.exclude(status=Status.ENDED).values_list("pk", flat=True):
        ending.end(call_id, Event.SUPERVISOR_ENDED)
    try:
        with transaction.atomic():
            contacts = list(calls.values_list("contact", flat=True))
            Call.objects.filter(account=own.account).delete()
            WebhookDelivery.objects.filter(account=own.account).delete()
            Contact.objects.filter(
                pk__in=contacts, waid=PHONE, calls=None, plans=None
            ).delete()
            AgentStateSpan.objects.filter(agent=own.agent).exclude(
                ended_at=None
            ).delete()
    except DatabaseError as error:  # a node or a worker still writes about them
        logger.info("canary: cleaning up waits (%s)", type(error).__name__)
        return False
    return True


def retire(own: Own) -> None:
    """Let nobody in by the key of this start any more."""
    WatiAccount.objects.filter(pk=own.account).update(is_active=False)
