"""The erasure of a person: nothing of who they are stays, and every figure does.

Their calls, permissions and webhooks stay as rows of nobody. All steps but the last
are small transactions, and may be taken again after a crash; the last one takes the
IDs, by which the others find their way.
"""

import logging
from collections import Counter
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from callcenter import audit
from callcenter.models import DemoRow
from callcenter.refusals import Refused
from calls import locking
from calls.models import Call, CallChange, Leg, Plan, WatiRequest
from calls.models.legs import LEG_IN_WRAP_UP, OPEN_LEG
from calls.outbound import planned_calls
from calls.privacy import bodies, known, texts
from calls.privacy.pages import keys
from calls.states import LIVE
from calls.webhooks import spool_import
from permissions import marks
from permissions.models import Contact, ContactWord, Erasure, PermissionEvent
from permissions.traces import Traces

logger = logging.getLogger(__name__)

PSEUDONYM = "erased-"
AT_ONCE = 20  # contacts, by one run of the sweep
CALLS_AT_ONCE = 50  # in one transaction
AT_WATI = (WatiRequest.Status.PENDING, WatiRequest.Status.SENT)


class NotNow(Exception):
    """The person is in a call, or something about them is on its way: try again."""


def due() -> QuerySet[Erasure]:
    return Erasure.objects.filter(done_at=None).order_by("asked_at")


def is_due() -> bool:
    return due().exists()


def sweep() -> None:
    """Erase whom somebody asked to have erased; who cannot be now, later.

    One that fails keeps no other from it; then the first error is raised.
    """
    errors = []
    for erasure in due().select_related("contact", "asked_by")[:AT_ONCE]:
        try:
            run(erasure)
        except (NotNow, Refused) as reason:
            Erasure.objects.filter(pk=erasure.pk).update(problem=str(reason))
        except Exception as error:
            logger.exception("erasure %s", erasure.pk)
            problem = type(error).__name__
            Erasure.objects.filter(pk=erasure.pk).update(problem=problem)
            errors.append(error)
    if errors:
        raise errors[0]


def run(erasure: Erasure) -> Counter[str]:
    """Erase a contact. Raises NotNow. Returns how many rows of what were changed."""
    contact = erasure.contact
    _demand_rest(contact)
    spool_import.import_all()
    traces = known.traces_of(contact)
    if bodies.is_on_disk(traces):
        raise NotNow(gettext_noop("Webhooks of this contact wait on the disk."))
    done, seen = Counter[str](), bodies.newest()
    named = bodies.named(contact, traces)
    for rows in bodies.about(named):
        done["webhooks"] += _empty(rows)
    done["webhooks set aside"] += bodies.lines_about(traces).delete()[0]
    done["calls"] += _erase_calls(known.calls_of(contact), traces)
    if traces:
        done["other texts"] += texts.remove_everywhere(traces)
    _finish(erasure, named, seen, done)
    return done


def _demand_rest(contact: Contact) -> None:
    """Refuse while a call or a request still needs what is to be erased."""
    calls = known.calls_of(contact)
    if calls.filter(status__in=LIVE).exists():
        raise NotNow(gettext_noop("The contact is in a call."))
    if Leg.objects.filter(OPEN_LEG | LEG_IN_WRAP_UP, call__contact=contact).exists():
        raise NotNow(gettext_noop("An agent is in wrap-up after a call."))
    requests = WatiRequest.objects.filter(status__in=AT_WATI)
    unsent_plan = Q(plan__contact=contact, status=WatiRequest.Status.SENT)
    if requests.filter(Q(call__contact=contact) | unsent_plan).exists():
        raise NotNow(gettext_noop("A request to Wati is on its way."))


def _empty(rows: list[dict[str, Any]]) -> int:
    if any(row["status"] == bodies.Status.NEW for row in rows):
        raise NotNow(gettext_noop("A webhook about this contact is being processed."))
    return bodies.empty(rows) if rows else 0


# --- Calls -------------------------------------------------------------------------


def _unfinished(contact: Contact) -> QuerySet[Call]:
    """Select the calls that came since, or were not reached before a crash."""
    has_audio = Q(offer_sdp__gt="") | Q(answer_sdp__gt="")
    is_named = Q(wati_call_id__gt="") & ~Q(wati_call_id__startswith=PSEUDONYM)
    return known.calls_of(contact).filter(has_audio | is_named)


def _erase_calls(calls_to_erase: QuerySet[Call], traces: Traces) -> int:
    count = 0
    for some in keys(calls_to_erase, at_once=CALLS_AT_ONCE):
        with transaction.atomic():
            calls = Call.objects.filter(pk__in=some)
            _blank_texts(calls, traces)
            count += calls.update(offer_sdp="", answer_sdp="")
    return count


def _blank_texts(calls: QuerySet[Call], traces: Traces) -> None:
    for leg in Leg.objects.filter(call__in=calls).exclude(notes=""):
        leg.write("")
    texts.blank(calls, traces)
    texts.blank(CallChange.objects.filter(call__in=calls), traces)
    texts.blank(WatiRequest.objects.filter(call__in=calls), traces)
    # WhatsApp's name for a call has the number in it.
    named = calls.exclude(wati_call_id="")
    for call in named.exclude(wati_call_id__startswith=PSEUDONYM).only("wati_call_id"):
        name = f"{PSEUDONYM}{marks.pseudonym(call.wati_call_id)}"
        Call.objects.filter(pk=call.pk).update(wati_call_id=name)


# --- The person ----------------------------------------------------------------------


def _finish(
    erasure: Erasure, named: bodies.Named, seen: int, done: Counter[str]
) -> None:
    """Take the rest in one transaction: of what came meanwhile, there is little."""
    with locking.dispatch_lock():
        contact = Contact.objects.select_for_update().get(pk=erasure.contact_id)
        _demand_rest(contact)
        if known.traces_of(contact).ids != named.traces.ids:
            raise NotNow(gettext_noop("The contact has got another ID just now."))
        for rows in bodies.about(named, after=seen):
            done["webhooks"] += _empty(rows)
        _end_plans(contact)
        _erase_calls(_unfinished(contact), named.traces)
        if contact.do_not_call:
            marks.keep(contact)
        _erase_identity(contact)
        now = timezone.now()
        Erasure.objects.filter(pk=erasure.pk).update(done_at=now, problem="")
        told = ", ".join(f"{what}: {count}" for what, count in done.items() if count)
        audit.record(audit.Action.ERASED, contact, told, user=erasure.asked_by)
    logger.info("contact %s: erased (%s)", contact.pk, told)


def _end_plans(contact: Contact) -> None:
    for plan in Plan.objects.open().filter(contact=contact):
        planned_calls.cancel(plan)
    plans = Plan.objects.filter(contact=contact)
    WatiRequest.objects.filter(plan__in=plans).update(problem="", words="")
    plans.update(sentence="", kept_sentence="", withdrawn_at=None)


def _erase_identity(contact: Contact) -> None:
    """Leave the row, which the figures count, and what was allowed when."""
    PermissionEvent.objects.filter(contact=contact).update(detail="")
    contact.permissions.update(check_at=None, failed_checks=0)
    known.merges_of(contact).delete()
    contact.ids.all().delete()
    DemoRow.objects.filter(model=Contact._meta.label, key=contact.pk).delete()
    Contact.objects.filter(pk=contact.pk).update(
        waid=None,
        bsuid=None,
        username="",
        name="",
        do_not_call=False,
        do_not_call_reason="",
        do_not_call_by=None,
        do_not_call_at=None,
        time_zone="",
        calls_from=None,
        calls_until=None,
    )
    ContactWord.keep([contact.pk])
