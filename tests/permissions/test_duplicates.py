"""Contacts from before numbers had one key, found and merged by a command."""

from io import StringIO

from django.core.management import call_command

from permissions.models import Contact, ContactId, ContactWord, Merge
from tests.cast import Cast


def twice() -> tuple[Contact, Contact]:
    """Store one person under both forms, as it was possible once."""
    old = Contact.objects.create(waid="5531988887766", name="Carla")
    twin = Contact.objects.create(waid="553188887700", name="Carla by call")
    ContactId.objects.filter(contact=twin).delete()
    Contact.objects.filter(pk=twin.pk).update(waid="553188887766")
    ContactWord.keep([twin.pk])
    return old, twin


def said(*args: str) -> str:
    out = StringIO()
    call_command("merge_contacts", *args, stdout=out)
    return out.getvalue()


def test_a_dry_run_comes_first(cast: Cast):
    twice()
    assert "To merge: 1. Run again with --apply." in said()
    assert Contact.objects.count() == 2


def test_both_forms_become_one_contact(cast: Cast):
    old, _ = twice()
    assert "Merged: 1." in said("--apply")
    assert Contact.objects.get() == old
    assert "two forms of one number" in Merge.objects.get().reason
    assert "No contact stands there twice." in said()


def test_numbers_that_nobody_can_have_are_named(cast: Cast):
    Contact.objects.create(waid="19377", name="Carla")
    assert "Carla: +19377 is no phone number." in said()
