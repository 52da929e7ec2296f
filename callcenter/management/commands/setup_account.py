from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from agents.models import Queue
from callcenter.connection import host_part
from callcenter.models import WatiAccount
from calls.models import Line
from permissions.numbers import NotANumber, as_wati_writes_it

NEEDED = (
    "WATI_BASE_URL",
    "WATI_TENANT_ID",
    "WATI_API_TOKEN",
    "WATI_WEBHOOK_API_KEY",
    "WATI_BUSINESS_NUMBER",
)


class Command(BaseCommand):
    help = (
        "Create the first Wati account, its business number and a queue from the "
        "environment (WATI_BASE_URL and the others). Does nothing once that account "
        "exists."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        given = [name for name in NEEDED if getattr(settings, name)]
        if not given:
            return
        if missing := sorted(set(NEEDED) - set(given)):
            raise CommandError(f"These are missing, too: {', '.join(missing)}.")
        tenant_id = settings.WATI_TENANT_ID
        base_url = host_part(settings.WATI_BASE_URL, tenant_id)
        # The demo's account at the simulator does not stand in the way of a real one.
        known = WatiAccount.objects.exclude(tenant_id=settings.SIMULATOR_TENANT)
        if known.exists():
            return
        with transaction.atomic():
            make_account(base_url)
        self.stdout.write(f"Created the Wati account of tenant {tenant_id}.")


def make_account(base_url: str) -> None:
    account = WatiAccount(
        name="Wati",
        base_url=base_url,
        tenant_id=settings.WATI_TENANT_ID,
        api_token=settings.WATI_API_TOKEN,
        webhook_key=settings.WATI_WEBHOOK_API_KEY,
    )
    try:
        account.clean()
    except ValidationError as problem:
        [text] = problem.messages
        raise CommandError(f"WATI_BASE_URL, WATI_TENANT_ID: {text}") from None
    account.save()
    queue, _ = Queue.objects.get_or_create(name="Support")
    Line.objects.create(
        account=account,
        number=_business_number(),
        name="WhatsApp",
        queue=queue,
    )


def _business_number() -> str:
    try:
        return as_wati_writes_it(settings.WATI_BUSINESS_NUMBER)
    except NotANumber as problem:
        raise CommandError(f"WATI_BUSINESS_NUMBER: {problem}") from None
