"""Single steps of the sweeps: each finds its own work, and may run twice."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.db import OperationalError
from django.utils import timezone

from callcenter import connection
from callcenter.celery import wake
from callcenter.logs import about
from callcenter.models import WatiAccount
from callcenter.wati_thread import ask_wati
from calls import deadlines, placement
from calls.lifecycle import nodes, reconnect
from calls.models import Call
from calls.outbound import permission_news
from calls.queueing import requeue
from calls.signaling import outbox
from permissions import checks
from permissions import services as permissions

logger = logging.getLogger(__name__)


def act_on_deadlines() -> None:
    late = Call.objects.filter(deadline__lte=timezone.now()).order_by("deadline")
    for call_id in list(late.values_list("pk", flat=True)[:200]):
        _try(deadlines.overdue, call_id)


def end_calls_of_dead_nodes() -> None:
    for call_id in placement.orphans().values_list("pk", flat=True):
        _try(nodes.end_orphan, call_id)


def requeue_abandoned() -> None:
    """Take calls from agents whose consoles stayed away."""
    for call_id in requeue.abandoned_by_console():
        _try(reconnect.console_stayed_away, call_id)


def _try(act: Callable[..., object], call_id: UUID, *rest: Any) -> None:
    """Run one call's work; its failure must not cost the others."""
    try:
        with about(call=call_id):
            act(call_id, *rest)
    except OperationalError:  # the database is away: for all of them
        raise
    except Exception:
        logger.exception("call %s", call_id)


def expire_permissions() -> None:
    for change in permissions.expire():
        permission_news.permission_changed(change)


def check_permissions() -> None:
    """Have WhatsApp asked about permissions that a webhook has left open."""
    for permission_id in checks.take():
        wake("calls.tasks.check_permission", permission_id)


def send_requests() -> None:
    """Send what is due, many at once: one slow account costs the others no time."""
    if due := outbox.due():
        ask_wati(partial(outbox.send_all, due))


def send_request(request_id: int) -> None:
    """Send one request to Wati, unless another process does."""
    try:
        ask_wati(partial(outbox.send, request_id))
    except LookupError:
        logger.debug("request %s is not ours to send now", request_id)


def probe_tokens() -> None:
    for account in outbox.to_probe(timezone.now()):
        try:
            _probe(account)
        except TimeoutError:
            logger.warning("account %s: no answer to a reading", account.pk)


def _probe(account: WatiAccount) -> None:
    """Try a token that Wati has refused by a reading, unless a request does so."""
    line = account.lines.order_by("pk").first()
    if line is not None and account.may_probe():
        connection.check(account, line.number)
