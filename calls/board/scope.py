"""The one rule of who may watch the live board, and which queues they see there."""

from collections import defaultdict
from collections.abc import Collection

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef

from callcenter import roles

WATCH = "calls.watch_board"

# The ids of queues; None: all of them, and what belongs to none.
Scope = frozenset[int] | None


def scopes_of(user_ids: Collection[int]) -> dict[int, Scope]:
    """Return what each of these users sees; who may see nothing is left out.

    One statement, however many they are. Team leads see the queues that they lead, and
    all others with the right every queue.
    """
    users = get_user_model().objects.with_perm(
        WATCH, backend="django.contrib.auth.backends.ModelBackend"
    )
    may = users.filter(pk__in=user_ids, is_staff=True)
    leads_only = Exists(roles.who_lead_only().filter(pk=OuterRef("pk")))
    rows = may.values_list("pk", leads_only, "led_queues")
    found: dict[int, Scope] = {}
    led: defaultdict[int, set[int]] = defaultdict(set)
    for user_id, has_only_theirs, queue_id in rows:
        led[user_id] |= {queue_id} - {None}
        found[user_id] = frozenset(led[user_id]) if has_only_theirs else None
    return found


def has_right(user: object) -> bool:
    """Say whether this user may open the board's page."""
    may = getattr(user, "has_perm", None)
    return bool(may and getattr(user, "is_staff", False) and may(WATCH))
