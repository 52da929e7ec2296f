"""The rows of training calls: their account and queue, and what a call leaves."""

from django.db import DatabaseError, transaction

from agents.models import AgentState, AgentStateSpan, BreakReason, Queue
from callcenter.models import WatiAccount
from calls.lifecycle import ending
from calls.models import Call, Line, WebhookDelivery
from calls.queueing.training import is_trainee
from calls.snapshots import TRAINING
from calls.states import Event, Status
from permissions.models import Contact

NAME = "Training"
NUMBER = "15550100997"  # reserved for fiction: it is nobody's
REASON = "Training call"
WITH_THE_CALL = (
    AgentState.RINGING,
    AgentState.IN_CALL,
    AgentState.RECONNECTING,
    AgentState.WRAP_UP,
)


@transaction.atomic
def prepare(base_url: str, token: str, webhook_key: str) -> int:
    """Create what is missing. Returns the account; nobody is in its queue."""
    own = Line.objects.filter(account__tenant_id=TRAINING, queue__is_canary=True)
    line = own.first()
    account = line.account if line else WatiAccount(name=NAME, tenant_id=TRAINING)
    account.base_url = base_url
    account.api_token, account.webhook_key = token, webhook_key
    account.is_active, account.unauthorised_since = True, None
    account.save()
    if line is None:
        # As the canary's: in no report, file or list to choose from.
        queue = Queue.objects.create(
            name=NAME, is_canary=True, wrap_up_seconds=0, system_answers=False
        )
        Line.objects.create(account=account, number=NUMBER, name=NAME, queue=queue)
    # What agents do in it is work, and no break that anybody can choose.
    BreakReason.objects.get_or_create(
        name=REASON, defaults={"is_work": True, "is_active": False}
    )
    return account.pk


def retire(account: int) -> None:
    """Let nobody in by the key of this start any more."""
    WatiAccount.objects.filter(pk=account).update(is_active=False)


def clean_up(account: int) -> bool:
    """Delete the training calls that are over. False: try again."""
    calls = Call.objects.filter(is_canary=True, account=account)
    over = list(calls.filter(status=Status.ENDED))
    try:
        with transaction.atomic():
            for call in over:
                _call_it_training(call)
            Call.objects.filter(pk__in=[call.pk for call in over]).delete()
            if not calls.exists():
                WebhookDelivery.objects.filter(account=account).delete()
                _forget_trainees()
    except DatabaseError:  # a node or a worker still writes about them
        return False
    return True


def end_all(account: int) -> None:
    """End what goes on: the phones of an earlier start are gone."""
    calls = Call.objects.filter(is_canary=True, account=account)
    for call_id in calls.exclude(status=Status.ENDED).values_list("pk", flat=True):
        ending.end(call_id, Event.SUPERVISOR_ENDED)


def _call_it_training(call: Call) -> None:
    """Count the time of a training call as productive work, not as a call."""
    agents = call.offers.values("agent")
    spans = AgentStateSpan.objects.filter(
        agent__in=agents, state__in=WITH_THE_CALL, started_at__gte=call.created_at
    )
    spans.filter(started_at__lte=call.ended_at).exclude(ended_at=None).update(
        state=AgentState.ON_BREAK, reason=REASON
    )


def _forget_trainees() -> None:
    """Delete the callers, who are nobody."""
    nobody = Contact.objects.filter(waid__startswith="1555", calls=None, plans=None)
    for contact in nobody:
        if is_trainee(contact.waid or ""):
            contact.delete()
