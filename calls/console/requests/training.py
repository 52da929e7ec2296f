"""A training call: a recorded voice rings at the agent who asks for it."""

import httpx2
from django.utils.translation import gettext_noop

from agents.models import AgentState
from callcenter import limits
from callcenter.buckets import Buckets
from callcenter.models import WatiAccount
from calls.console.messages import Message, Page
from calls.errors import Refused
from calls.snapshots import training_account

ANSWERS_WITHIN = 5.0  # seconds
_wishes = Buckets(limits.TRAINING_CALLS)

NOT_HERE = gettext_noop("Training calls are not available right now.")
GO_AVAILABLE = gettext_noop("Go available first: a training call rings as any other.")
GOES_ON = gettext_noop("Your last training call is not over yet.")
TOO_MANY = gettext_noop("That was too many training calls. Wait a minute.")


def training_call(page: Page, message: Message) -> None:
    """Have the training phone call this agent."""
    if page.agent.state != AgentState.AVAILABLE:
        page.agent.refresh_from_db()
    if page.agent.state != AgentState.AVAILABLE:
        raise Refused(GO_AVAILABLE)
    account = training_account()
    if account is None:
        raise Refused(NOT_HERE)
    if not _wishes.take(page.agent.pk):
        raise Refused(TOO_MANY)
    status = _ask(account, page.agent.pk)
    if status == 409:
        raise Refused(GOES_ON)
    if status != 200:
        raise Refused(NOT_HERE)


def _ask(account: WatiAccount, agent_id: int) -> int:
    """Tell the training desk. Returns its status; 0 without an answer."""
    try:
        answer = httpx2.post(
            f"{account.base_url}/call",
            json={"agent": agent_id},
            headers={"Authorization": f"Bearer {account.api_token}"},
            timeout=ANSWERS_WITHIN,
            trust_env=False,
        )
    except httpx2.HTTPError:
        return 0
    return answer.status_code
