"""Remove the demo from a database, and nothing else."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Min, Q, QuerySet

from agents.models import BreakReason, Membership, Queue, Schedule
from callcenter.demo.logins import demo_users, open_accounts
from callcenter.demo.marks import marked
from callcenter.models import DemoRow, WatiAccount
from calls.models import Call, Disposition, Leg
from permissions.models import Contact

SIMULATED = "/simulator/wati"
DEMO_CALL = "wacid.demo-"


class Removal:
    """One removal: what went, and what was kept for a reason."""

    def __init__(self) -> None:
        self.removed: Counter[str] = Counter()
        self.kept: list[str] = []

    @transaction.atomic
    def run(self) -> "Removal":
        accounts = WatiAccount.objects.filter(base_url__endswith=SIMULATED)
        calls = Call.objects.filter(
            Q(account__in=accounts) | Q(wati_call_id__startswith=DEMO_CALL)
        )
        contacts = {row.pk for row in [*marked(Contact), *_made_by(calls)]}
        self._delete(calls)
        self._delete(accounts)
        self._close_accounts()
        self._remove_users()
        self._remove_settings()
        # Of these nothing is known but what the demo said.
        known = Contact.objects.filter(calls=None, plans=None, permissions=None)
        self._delete(known.filter(pk__in=contacts))
        DemoRow.objects.all().delete()
        return self

    def _delete(self, rows: "QuerySet[Any]") -> None:
        """Delete these, with what hangs on them; only these are counted."""
        model = rows.model
        _, each = model._default_manager.filter(
            pk__in=list(rows.values_list("pk", flat=True))
        ).delete()
        if count := each.get(model._meta.label, 0):
            self.removed[str(model._meta.verbose_name)] += count

    def _close_accounts(self) -> None:
        """Take the simulator's key from an account that has become a real one."""
        for account in open_accounts():
            account.webhook_key = account.old_webhook_key = ""
            account.save(update_fields=["webhook_key", "old_webhook_key"])
            self.kept.append(
                f"The Wati account “{account.name}” has an address of its own by now. "
                "The simulator's webhook key was deleted: enter a new one."
            )

    def _remove_users(self) -> None:
        """Remove who has the demo's password; who took real calls is locked instead."""
        for user in demo_users():
            if not Leg.objects.filter(agent__user=user).exists():
                user.delete()
                self.removed["user"] += 1
                continue
            user.set_unusable_password()
            user.is_active = False
            user.save()
            Membership.objects.filter(agent__user=user).delete()
            self.kept.append(
                f"The user “{user}” took real calls: now inactive, without a password."
            )

    def _remove_settings(self) -> None:
        """Remove queues, hours, breaks and dispositions that nothing real uses."""
        overflows = Queue.objects.exclude(pk__in=_marked(Queue)).exclude(
            overflow_to=None
        )
        queues = Queue.objects.filter(lines=None, membership=None, call=None)
        queues = queues.exclude(pk__in=overflows.values("overflow_to"))
        self._remove_marked(queues)
        self._remove_marked(Schedule.objects.filter(lines=None))
        self._remove_marked(BreakReason.objects.all())
        for _ in range(2):  # the inner ones first: with its parent goes what is in use
            self._remove_marked(Disposition.objects.filter(legs=None, children=None))

    def _remove_marked(self, unused: "QuerySet[Any]") -> None:
        self._delete(unused.filter(pk__in=_marked(unused.model)))


def _marked(model: Any) -> list[int]:
    return [row.pk for row in marked(model)]


def _made_by(calls: "QuerySet[Call]") -> "QuerySet[Contact]":
    """Select contacts that simulated calls made: as old as the first of them."""
    called = Contact.objects.filter(calls__in=calls)
    called = called.annotate(first=Min("calls__created_at"))
    minute = timedelta(minutes=1)
    return called.filter(created_at__range=(F("first") - minute, F("first") + minute))
