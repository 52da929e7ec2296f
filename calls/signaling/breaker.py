"""Stop asking a Wati that fails: what may wait does, and agents read why.

A permission request that gets no answer may have been sent, and costs the only one that
WhatsApp grants a day. Judged by the rows of the last half minute: all processes judge
alike, and once these are past a few may try again. Accepts and hang-ups always go.
"""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from callcenter.wati.client import NO_ANSWER
from calls.errors import Refused
from calls.models import WatiRequest

WINDOW = timedelta(seconds=30)
FAILURES = 5
TRY_LATER = gettext_noop("Wati is not answering properly. Try again in a minute.")

Status = WatiRequest.Status
FAILED = Q(status=Status.UNKNOWN) | Q(problem__startswith=NO_ANSWER)


def refuse_if_failing(account_id: int) -> None:
    """Raise Refused, with a sentence for the agent, while Wati fails."""
    if is_failing(account_id):
        raise Refused(TRY_LATER)


def is_failing(account_id: int) -> bool:
    """Say whether the latest requests of an account all failed, and are enough."""
    now = timezone.now()
    lately = (now - WINDOW, now + WINDOW)  # later: before the clock was put back
    mine = WatiRequest.objects.filter(account_id=account_id, sent_at__range=lately)
    if mine.filter(status=Status.OK).exists():
        return False
    return mine.filter(FAILED).count() >= FAILURES
