"""Which processes may hold calls, and which of them are alive."""

from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from calls.models import Call, Node
from calls.states import ON_NODE

RENEW_EVERY = 3.0  # seconds
LEASE = timedelta(seconds=10)
OUTAGE_GRACE = timedelta(seconds=5)


def register() -> Node:
    """Take over the name for this process; calls of an earlier epoch are lost."""
    lease = {
        "lease_until": timezone.now() + LEASE,
        "url": settings.NODE_URL,
        "max_calls": settings.NODE_MAX_CALLS,
        "draining": False,
        "calls": 0,
    }
    node, _ = Node.objects.update_or_create(name=settings.NODE_NAME, defaults=lease)
    Node.objects.filter(pk=node.pk).update(epoch=F("epoch") + 1)
    node.refresh_from_db()
    return node


def renew(node: Node, *, calls: int, draining: bool) -> bool:
    """Renew the lease; False when another process runs under this name."""
    mine = Node.objects.filter(pk=node.pk, epoch=node.epoch)
    lease_until = timezone.now() + LEASE
    return bool(mine.update(lease_until=lease_until, calls=calls, draining=draining))


def retire(node: Node) -> None:
    """Give the lease back: any other process may end what this one still held."""
    mine = Node.objects.filter(pk=node.pk, epoch=node.epoch)
    mine.update(lease_until=timezone.now(), draining=True)


def choose(near: str = "") -> Node | None:
    """Choose the least loaded living node; among equals the asking one."""
    alive = Node.objects.filter(lease_until__gt=timezone.now(), draining=False)
    held = Counter(
        Call.objects.filter(status__in=ON_NODE).values_list("node", flat=True)
    )
    free = [node for node in alive if held[node.name] < node.max_calls]
    return min(free, key=lambda n: (held[n.name], n.name != near), default=None)


def orphans() -> list[Call]:
    """Return calls whose node died, or was started anew since.

    When not one lease is valid, the database was away rather than all nodes dead; then
    they get a moment to renew first, for their calls go on without it.
    """
    now = timezone.now()
    if not Node.objects.filter(lease_until__gt=now).exists():
        now -= OUTAGE_GRACE
    alive = Node.objects.filter(lease_until__gt=now)
    epochs = dict(alive.values_list("name", "epoch"))
    held = Call.objects.filter(status__in=ON_NODE)
    return [call for call in held if epochs.get(call.node) != call.node_epoch]
