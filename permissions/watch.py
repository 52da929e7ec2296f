"""Permissions at risk, for lists and figures alike."""

from datetime import datetime, timedelta

from django.db.models import Q

from permissions.facts import ALLOWING, PermissionStatus
from permissions.rules import UNANSWERED_BEFORE_ADVICE, UNANSWERED_BEFORE_BLOCK

SOON = timedelta(days=1)

# One or two more unanswered calls, and WhatsApp takes the permission back.
AT_RISK = Q(status__in=ALLOWING, streak__gte=UNANSWERED_BEFORE_ADVICE)
BLOCKED = Q(status__in=ALLOWING, streak__gte=UNANSWERED_BEFORE_BLOCK)


def running_out(now: datetime) -> Q:
    """Select what is allowed now and no longer allowed a day from now."""
    return Q(
        status=PermissionStatus.TEMPORARY,
        expires_at__gt=now,
        expires_at__lte=now + SOON,
    )
