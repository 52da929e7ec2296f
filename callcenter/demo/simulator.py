"""The permissions of the demo, told to the simulator that plays WhatsApp."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from callcenter.simulator.rules import Permission, PermissionKind
from callcenter.simulator.world import World
from permissions.facts import Facts, PermissionStatus
from permissions.ledger import ledger_facts
from permissions.models import CallPermission

KINDS = {
    PermissionStatus.TEMPORARY: PermissionKind.TEMPORARY,
    PermissionStatus.PERMANENT: PermissionKind.PERMANENT,
}


def tell_simulator(world: World) -> int:
    """Give the simulator what the ledger holds. Return of how many people it heard.

    It keeps nothing itself: at each start it would deny every permission of the demo.
    """
    address = f"{settings.SIMULATOR_URL}/simulator/wati"
    known = CallPermission.objects.filter(account__base_url=address)
    known = known.exclude(contact__waid=None).select_related("contact")
    for permission in known:
        assert permission.contact.waid is not None
        number, waid = permission.business_number, permission.contact.waid
        _believe(
            world.consent.of(number, waid), ledger_facts(permission, timezone.now())
        )
    return len(known)


def _believe(theirs: Permission, ours: Facts) -> None:
    theirs.kind = KINDS.get(ours.status, PermissionKind.NONE)
    if theirs.kind is PermissionKind.TEMPORARY:
        theirs.until = _seconds(ours.expires_at)
    if ours.requested_at:
        theirs.asked_until = _seconds(ours.expires_at)
    theirs.requests = [at.timestamp() for at in ours.requests]
    theirs.connected = [at.timestamp() for at in ours.connected]
    theirs.unanswered = ours.streak


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0
