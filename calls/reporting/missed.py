"""Missed calls, and who has called back since: one rule for every list of them.

A missed call is an inbound one that ended without an agent. Somebody has called back
once a later call between the same contact and any agent was answered, whoever placed
it, or once a later call of ours rang at the contact, who saw it. A call of ours that
WhatsApp did not place, or that was cancelled, is no call back.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from calls.models import Call, Direction
from calls.reporting.figures import UNANSWERED
from calls.states import Result

MISSED = UNANSWERED & Q(direction=Direction.INBOUND, answered_at=None)
# Nobody can, or may, call the others.
CAN_BE_CALLED = Q(contact__waid__isnull=False, contact__do_not_call=False)
RANG_AT_CONTACT = Q(
    direction=Direction.OUTBOUND, result__in=[Result.NO_ANSWER, Result.REJECTED]
)


def not_called_back(calls: QuerySet[Call]) -> QuerySet[Call]:
    """Keep the missed calls that nobody has called back, and that somebody could."""
    return calls.filter(MISSED, CAN_BE_CALLED, ~Exists(_later()))


def called_back(calls: Iterable[Call]) -> dict[UUID, Call]:
    """Return by missed call the later one that settled it; two statements for all.

    One that was answered, if there is any, else the first that rang.
    """
    best = _later().order_by(F("answered_at").asc(nulls_last=True), "created_at")
    missed = Call.objects.filter(MISSED, pk__in=[call.pk for call in calls])
    settled = missed.annotate(by=Subquery(best.values("pk")[:1])).exclude(by=None)
    by = dict(settled.values_list("pk", "by"))
    later = Call.objects.select_related("agent").in_bulk(set(by.values()))
    return {missed_id: later[pk] for missed_id, pk in by.items() if pk in later}


def _later() -> QuerySet[Call]:
    """Select the calls that settle the one in the outer query."""
    spoken = Q(answered_at__isnull=False)
    return Call.objects.logged().filter(
        spoken | RANG_AT_CONTACT,
        contact=OuterRef("contact"),
        created_at__gt=OuterRef("created_at"),
    )
