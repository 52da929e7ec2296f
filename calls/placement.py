"""Which processes may hold calls, and which of them are alive.

A node lives while it renews its lease. Whoever judges that takes the shared clock, and
what it has seen itself: a lease that ran out while the database was away, or because
somebody set a clock, is no sign of a dead node. So the sweep only begins to doubt then,
and counts for how long it watches the node stay silent.

A node that is declared dead loses its epoch. From there on no clock matters: its calls
are those whose epoch nobody has, and what it still writes is refused.
"""

import logging
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_noop

from callcenter.shared_clock import WORTH_A_WARNING, SharedNow, offset, shared_now
from calls.models import Call, Node
from calls.states import ON_NODE

logger = logging.getLogger(__name__)

RENEW_EVERY = 1.5  # seconds
# Together with the watch more than a pause of eight seconds that began just before a
# renewal, and with the sweep's own period less than fifteen.
LEASE = timedelta(seconds=8)
WATCH = 3.0  # seconds of silence that the sweep has to see itself
# Of two looks so far apart the sweep was away in between, or the clock was set.
MOST_OF_A_LOOK = 1.5  # seconds
# A lease that ends later than one can was written before the clock was put back.
TOO_LATE = LEASE + timedelta(seconds=5)

FULL = gettext_noop("All servers are at their call limit. Try again soon.")
UPDATING = gettext_noop("The servers are being updated. Try again soon.")
NONE_ALIVE = gettext_noop("No server can take calls now. Tell your supervisor.")


class LeaseLost(Exception):
    """This process is not the node any more, or not of this call; it writes nothing."""


# --- The node's own side --------------------------------------------------------------


def register() -> Node:
    """Take over the name for this process; calls of an earlier epoch are lost."""
    lease = {
        "lease_until": SharedNow(LEASE),
        "url": settings.NODE_URL,
        "max_calls": settings.NODE_MAX_CALLS,
        "draining": False,
        "calls": 0,
        "has_room": True,
        "silence": 0.0,
        "doubted_at": None,
        "clock_offset": offset(),
    }
    node, _ = Node.objects.update_or_create(name=settings.NODE_NAME, defaults=lease)
    Node.objects.filter(pk=node.pk).update(epoch=F("epoch") + 1)
    node.refresh_from_db()
    return node


def renew(node: Node, *, calls: int, has_room: bool = True) -> bool:
    """Renew the lease; False when it was lost: to another process, or to the sweep.

    `has_room`: whether the process can take another call, below its limit. Also reads
    whether somebody wants the node drained.
    """
    mine = Node.objects.filter(pk=node.pk, epoch=node.epoch)
    renewed = mine.update(
        lease_until=SharedNow(LEASE),
        calls=calls,
        has_room=has_room,
        silence=0.0,
        doubted_at=None,
    )
    node.draining = bool(renewed) and mine.get().draining
    return bool(renewed)


def note_offset(node: Node) -> float:
    """Note how far this machine's clock is ahead of the shared one."""
    node.clock_offset = offset()
    mine = Node.objects.filter(pk=node.pk, epoch=node.epoch)
    mine.update(clock_offset=node.clock_offset)
    return node.clock_offset


def retire(node: Node) -> None:
    """Give the lease back: any other process may end what this one still held."""
    mine = Node.objects.filter(pk=node.pk, epoch=node.epoch)
    mine.update(lease_until=SharedNow(), draining=True, epoch=F("epoch") + 1)


def check_fence(node: Node | None, call_id: UUID) -> None:
    """Let a write pass only from the node that holds the call. Raises LeaseLost.

    To be called under the dispatch lock, which also guards what takes an epoch away.
    """
    if node is not None:
        mine = Call.objects.filter(
            _is_held(), pk=call_id, node=node.name, node_epoch=node.epoch
        )
        if mine.exists():
            return
    raise LeaseLost(str(call_id))


# --- Draining -------------------------------------------------------------------------


def set_draining(name: str, draining: bool = True) -> bool:
    """Let this node take no new calls, or take them again. False: no such node.

    To be called under the dispatch lock: who was about to choose the node has chosen.
    """
    return bool(Node.objects.filter(name=name).update(draining=draining))


def wrong_clocks() -> list[Node]:
    """Return living nodes on machines whose clock differs from the shared one."""
    return [one for one in living() if abs(one.clock_offset) > WORTH_A_WARNING]


def calls_on(name: str) -> int:
    """Count the calls that this node holds by the rows."""
    return Call.objects.filter(node=name, status__in=ON_NODE).count()


def others(name: str) -> QuerySet[Node]:
    """Select the other nodes that are there for consoles."""
    return living().filter(draining=False).exclude(name=name)


# --- Which node takes a call ----------------------------------------------------------


def living() -> QuerySet[Node]:
    """Select the nodes with a lease."""
    return Node.objects.filter(
        lease_until__gt=SharedNow(), lease_until__lte=SharedNow(TOO_LATE)
    )


def choose(near: str = "") -> Node | None:
    """Choose the least loaded living node; among equals the asking one."""
    held = Counter(
        Call.objects.filter(status__in=ON_NODE).values_list("node", flat=True)
    )
    alive = living().filter(draining=False, has_room=True)
    free = [node for node in alive if held[node.name] < node.max_calls]
    return min(free, key=lambda n: (held[n.name], n.name != near), default=None)


def why_none() -> str:
    """Return the sentence for a person for whom no node could be chosen."""
    alive = list(living())
    if not alive:
        return NONE_ALIVE
    return UPDATING if all(node.draining for node in alive) else FULL


# --- Nodes that died ------------------------------------------------------------------


def _is_held() -> Exists:
    return Exists(
        Node.objects.filter(name=OuterRef("node"), epoch=OuterRef("node_epoch"))
    )


def orphans() -> QuerySet[Call]:
    """Select calls whose node died, or was started anew since."""
    return Call.objects.filter(~_is_held(), status__in=ON_NODE)


def silent(now: Any = None) -> QuerySet[Node]:
    """Select nodes that hold calls and have no lease.

    `now`: for a statement that is made once and run ever after, as callcenter.beat has
    them.
    """
    holds = Call.objects.filter(
        node=OuterRef("name"), node_epoch=OuterRef("epoch"), status__in=ON_NODE
    )
    over, not_yet = SharedNow(local=now), SharedNow(TOO_LATE, local=now)
    no_lease = Q(lease_until__lte=over) | Q(lease_until__gt=not_yet)
    return Node.objects.filter(no_lease, Exists(holds))


def watch_silent() -> list[str]:
    """Count how long silent nodes have been watched; declare dead who is for too long.

    Returns the names of those. To be called under the dispatch lock.
    """
    dead = []
    with transaction.atomic():
        for node in silent().select_for_update(of=("self",)).order_by("pk"):
            now = shared_now()
            if node.doubted_at is not None:
                passed = (now - node.doubted_at).total_seconds()
                node.silence += min(max(passed, 0.0), MOST_OF_A_LOOK)
            node.doubted_at = now
            if node.silence >= WATCH:
                logger.critical("node %s is silent: its calls are ended", node.name)
                dead.append(node.name)
                node.epoch, node.silence, node.doubted_at = node.epoch + 1, 0.0, None
            node.save(update_fields=["epoch", "silence", "doubted_at"])
    return dead
