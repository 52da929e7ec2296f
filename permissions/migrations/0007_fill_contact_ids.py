"""Write the IDs of the contacts that exist as rows of their own.

Of two contacts whose numbers are two forms of one, the older gets the row; the command
merge_contacts finds the other one by the row that it lacks.
"""

from django.db import migrations

from permissions.numbers import key_of

AT_ONCE = 1000


def fill(apps, schema_editor):
    Contact = apps.get_model("permissions", "Contact")
    ContactId = apps.get_model("permissions", "ContactId")
    account = only_account(apps)
    taken, rows = set(), []
    contacts = Contact.objects.order_by("created_at", "pk")
    for pk, waid, bsuid in contacts.values_list("pk", "waid", "bsuid").iterator():
        if waid and key_of(waid) not in taken:
            taken.add(key_of(waid))
            rows.append(
                ContactId(contact_id=pk, kind="number", value=waid, key=key_of(waid))
            )
        of = account(pk) if bsuid else None
        if of:
            rows.append(
                ContactId(
                    contact_id=pk,
                    kind="user_id",
                    account_id=of,
                    value=bsuid,
                    key=bsuid,
                )
            )
        if len(rows) >= AT_ONCE:
            ContactId.objects.bulk_create(rows)
            rows = []
    ContactId.objects.bulk_create(rows)


def only_account(apps):
    """Return what finds the account of a contact: that of their last call, or ours."""
    Call = apps.get_model("calls", "Call")
    first = apps.get_model("callcenter", "WatiAccount").objects.order_by("pk").first()

    def of(contact_id):
        call = Call.objects.filter(contact_id=contact_id).order_by("-created_at")
        known = call.values_list("account_id", flat=True).first()
        return known or (first and first.pk)

    return of


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0008_decision_outcome"),
        ("permissions", "0006_contact_ids"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
