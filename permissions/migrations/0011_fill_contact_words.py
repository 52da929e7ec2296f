"""Let the contacts that exist be found by their words."""

from django.db import migrations

from permissions import spellings

AT_ONCE = 1000


def fill(apps, schema_editor):
    Contact = apps.get_model("permissions", "Contact")
    last = 0
    while True:
        contacts = Contact.objects.filter(pk__gt=last).order_by("pk")[:AT_ONCE]
        words = {contact.pk: words_of_row(contact) for contact in contacts}
        if not words:
            return
        add_ids(apps, words)
        ContactWord = apps.get_model("permissions", "ContactWord")
        ContactWord.objects.bulk_create(
            ContactWord(contact_id=key, word=word)
            for key, some in words.items()
            for word in some
        )
        last = max(words)


def words_of_row(contact):
    names = (contact.name, contact.username, contact.bsuid or "")
    found = {word for name in names for word in spellings.of_name(name)}
    return found | spellings.of_number(contact.waid or "")


def add_ids(apps, words):
    ids = apps.get_model("permissions", "ContactId").objects
    first, last = min(words), max(words)
    rows = ids.filter(contact__gte=first, contact__lte=last)
    for key, kind, value in rows.values_list("contact_id", "kind", "value"):
        is_number = kind == "number"
        of = spellings.of_number if is_number else spellings.of_name
        words[key] |= of(value)
    merges = apps.get_model("permissions", "Merge").objects.filter(undone_at=None)
    merges = merges.filter(contact__gte=first, contact__lte=last)
    for key, name in merges.values_list("contact_id", "merged_name"):
        words[key] |= spellings.of_name(name)


class Migration(migrations.Migration):
    dependencies = [("permissions", "0010_contact_words")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
