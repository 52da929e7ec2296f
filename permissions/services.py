from django.db import IntegrityError, transaction

from callcenter.wati.events import Caller
from permissions.models import Contact


def remember(caller: Caller) -> Contact | None:
    """The contact behind a call, created at the first sight; None for a stranger."""
    identity = {"waid": caller.waid} if caller.waid else {"bsuid": caller.bsuid}
    if not any(identity.values()):
        return None
    try:
        with transaction.atomic():
            contact, created = Contact.objects.get_or_create(
                **identity, defaults={"name": caller.name}
            )
    except IntegrityError:  # two first calls in the same millisecond
        contact, created = Contact.objects.get(**identity), False
    if caller.name and not contact.name:
        Contact.objects.filter(pk=contact.pk).update(name=caller.name)
        contact.name = caller.name
    return contact
