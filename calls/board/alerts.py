"""The alerts of now, each with what to do about it, and where."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from callcenter.models import WatiAccount
from calls.models import Call, Node, SweepRun, Unheard
from calls.reporting.alarms import alarms
from calls.reporting.hearing_words import needs_attention
from calls.snapshots import Snapshot, iso
from calls.states import TALKING
from permissions import watch
from permissions.models import CallPermission

# A node that has not come back for so long was taken away for good.
LOST_FOR = timedelta(hours=12)
# Between two renewals; a node that is late by no more than this is not lost.
GRACE = timedelta(seconds=1)


@dataclass(frozen=True)
class Alert:
    """One alert in the reader's language; `key` stays the same while it lasts."""

    key: str
    kind: str
    level: str  # "warn" or "alarm"
    text: str
    advice: str
    link: str
    link_text: str
    since: str | None = None
    queue: int | None = None  # of a call: who may not see its queue does not see this


@dataclass(frozen=True)
class Facts:
    """The rows that the quick alerts are made of: three statements."""

    refused: list[WatiAccount]
    lost_nodes: list[Node]
    at_risk: int


def facts(now: datetime) -> Facts:
    """Read them; `now` by the clock that all processes share."""
    refused = WatiAccount.objects.of_people().filter(is_active=True)
    silent = Node.objects.filter(
        lease_until__lte=now - GRACE, lease_until__gt=now - LOST_FOR, draining=False
    )
    risky = CallPermission.objects.filter(watch.AT_RISK)
    return Facts(
        refused=list(refused.exclude(unauthorised_since=None).order_by("name")),
        lost_nodes=list(silent.order_by("name")),
        at_risk=risky.count(),
    )


def quick(found: Facts, calls: Iterable[Call]) -> list[Snapshot]:
    """Word what each look finds, the worst first."""
    alerts = [
        *map(_refused, found.refused),
        *map(_lost, found.lost_nodes),
        *(_unheard(call) for call in calls if call.unheard and call.status in TALKING),
        *_at_risk(found.at_risk),
    ]
    return [asdict(one) for one in alerts]


def slow(now: datetime) -> list[Snapshot]:
    """Word what takes many statements to find out, and changes slowly."""
    alerts = [*_webhooks(now), *_operations(now)]
    return [asdict(one) for one in alerts]


def _account_page(account: WatiAccount) -> str:
    return reverse("admin:callcenter_watiaccount_change", args=[account.pk])


def _refused(account: WatiAccount) -> Alert:
    text = _("Wati rejects the API token of {account}: no call can be answered.")
    return Alert(
        key=f"token {account.pk}",
        kind="token",
        level="alarm",
        text=text.format(account=account),
        advice=_("Create a new token in Wati and enter it in the account."),
        link=_account_page(account),
        link_text=_("Open the account"),
        since=iso(account.unauthorised_since),
    )


def _lost(node: Node) -> Alert:
    text = _("The server {node} does not respond: calls that it holds have no audio.")
    return Alert(
        key=f"node {node.pk}",
        kind="node",
        level="alarm",
        text=text.format(node=node),
        advice=_("Tell your operator. New calls go to the other servers, if any."),
        link=reverse("admin:calls_node_changelist"),
        link_text=_("Open the servers"),
        since=iso(node.lease_until),
    )


def _unheard(call: Call) -> Alert:
    texts = {
        Unheard.CUSTOMER: _("{agent} does not hear {caller}."),
        Unheard.AGENT: _("{caller} does not hear {agent}."),
        Unheard.BOTH: _("{agent} and {caller} do not hear each other."),
    }
    advice = {
        Unheard.CUSTOMER: _(
            "Let the agent ask the caller, in the chat, to call again."
        ),
        Unheard.AGENT: _("Let the agent check the microphone in the console."),
        Unheard.BOTH: _("Let the agent reload the console; the call goes on."),
    }
    side = Unheard(call.unheard)
    names = {
        "agent": call.agent or _("the agent"),
        "caller": call.contact or _("the caller"),
    }
    return Alert(
        key=f"quality {call.pk}",
        kind="quality",
        level="warn",
        text=texts[side].format(**names),
        advice=advice[side],
        link=reverse("admin:calls_call_change", args=[call.pk]),
        link_text=_("Open the call"),
        since=iso(call.unheard_since),
        queue=call.queue_id,
    )


def _at_risk(count: int) -> Iterator[Alert]:
    if not count:
        return
    text = ngettext(
        "{count} contact has not answered two or more calls in a row.",
        "{count} contacts have not answered two or more calls in a row.",
        count,
    )
    advice = _("Write first: after four, WhatsApp takes the permission to call away.")
    yield Alert(
        key="streak",
        kind="streak",
        level="warn",
        text=text.format(count=count),
        advice=advice,
        link=reverse("admin:permissions_callpermission_changelist") + "?watch=at_risk",
        link_text=_("Open the permissions"),
    )


def _webhooks(now: datetime) -> Iterator[Alert]:
    for account, urgent in needs_attention(now):
        for number, fact in enumerate(urgent):
            yield Alert(
                key=f"webhook {account.pk} {number}",
                kind="webhook",
                level="alarm",
                text=fact.text,
                advice=_(
                    "Compare the five addresses in Wati with those of {account}."
                ).format(account=account),
                link=_account_page(account),
                link_text=_("Open the account"),
            )


def _operations(now: datetime) -> Iterator[Alert]:
    texts = alarms(now)
    if SweepRun.objects.stood_in():
        texts.append(_("No worker is running. The nodes do its work meanwhile."))
    for text in texts:
        yield Alert(
            key=f"operations {text}",
            kind="operations",
            level="alarm",
            text=text,
            advice=_("Tell your operator."),
            link=reverse("admin:index"),
            link_text=_("Open the start page"),
        )


def seen(alerts: Iterable[Snapshot], scope: frozenset[int] | None) -> list[Snapshot]:
    """Return the alerts of somebody who sees these queues."""
    if scope is None:
        return list(alerts)
    return [one for one in alerts if one["queue"] in scope]
