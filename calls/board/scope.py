"""The one rule of who may watch the live board, and which queues they see there."""

from collections.abc import Collection

from django.contrib.auth import get_user_model

WATCH = "calls.watch_board"

# The ids of queues; None: all of them, and what belongs to none.
Scope = frozenset[int] | None


def scopes_of(user_ids: Collection[int]) -> dict[int, Scope]:
    """Return what each of these users sees; who may see nothing is left out.

    One statement, however many they are. Staff with the right sees every queue.
    """
    users = get_user_model().objects.with_perm(
        WATCH, backend="django.contrib.auth.backends.ModelBackend"
    )
    may = users.filter(pk__in=user_ids, is_staff=True)
    return dict.fromkeys(may.values_list("pk", flat=True))


def has_right(user: object) -> bool:
    """Say whether this user may open the board's page."""
    may = getattr(user, "has_perm", None)
    return bool(may and getattr(user, "is_staff", False) and may(WATCH))
