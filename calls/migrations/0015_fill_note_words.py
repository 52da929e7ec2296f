"""Let the calls that exist be found by their notes."""

from django.db import migrations

from permissions import folding

AT_ONCE = 1000


def fill(apps, schema_editor):
    NoteWord = apps.get_model("calls", "NoteWord")
    legs = apps.get_model("calls", "Leg").objects.exclude(notes="").order_by("pk")
    last = 0
    while some := list(legs.filter(pk__gt=last).values_list("pk", "notes")[:AT_ONCE]):
        NoteWord.objects.bulk_create(
            NoteWord(leg_id=key, word=word)
            for key, notes in some
            for word in folding.words(notes)
        )
        last, _ = some[-1]


class Migration(migrations.Migration):
    dependencies = [("calls", "0014_note_words")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
