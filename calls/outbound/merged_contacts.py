"""Effects of a merge of two contacts on their calls and scheduled calls."""

from django.utils.translation import gettext_noop

from calls import locking
from calls.models import Call, Direction, Plan
from calls.outbound import permission_news, planned_calls
from calls.states import LIVE
from calls.transitions import bump_versions
from permissions.ledger import Change
from permissions.merging import Effects, NotNow
from permissions.models import Contact

# Of two scheduled calls the one that is nearer to being made stays.
NEARNESS = (
    Plan.State.ASKING,
    Plan.State.WAITING,
    Plan.State.GRANTED,
    Plan.State.OFFERED,
)


def before(kept: Contact, lost: Contact) -> None:
    """Leave one scheduled call for each business number. Raises NotNow."""
    called = Call.objects.filter(direction=Direction.OUTBOUND, status__in=LIVE)
    lines = called.filter(contact=kept).values("line")
    if called.filter(contact=lost, line__in=lines).exists():
        raise NotNow(gettext_noop("Both are being called right now."))
    ours = {plan.line_id: plan for plan in Plan.objects.open().filter(contact=kept)}
    for theirs in Plan.objects.open().filter(contact=lost):
        if theirs.line_id in ours:
            _cancel_one(ours[theirs.line_id], theirs)


def _cancel_one(ours: Plan, theirs: Plan) -> None:
    farther = min(theirs, ours, key=_nearness)
    text = gettext_noop("Cancelled: another call to this person is scheduled.")
    planned_calls.cancel(farther, sentence=text)


def _nearness(plan: Plan) -> int:
    return NEARNESS.index(Plan.State(plan.state))


def after(kept: Contact, changes: list[Change]) -> None:
    """Wake or end what waited for a permission, and show live calls by their person."""
    for change in changes:
        permission_news.permission_changed(change)
    bump_versions(Call.objects.filter(contact=kept, status__in=LIVE))


EFFECTS = Effects(locking.dispatch_lock, before, after)
