from django.db import migrations, models


def fill_in(apps, schema_editor):
    """Calls in a queue have visited that one at least."""
    Call = apps.get_model("calls", "Call")
    live = Call.objects.exclude(queue=None).exclude(status="ended")
    for call in live.only("queue").iterator():
        Call.objects.filter(pk=call.pk).update(visited_queues=[call.queue_id])


class Migration(migrations.Migration):
    dependencies = [("calls", "0006_label_fields")]

    operations = [
        migrations.AddField(
            "call", "visited_queues", models.JSONField(default=list, editable=False)
        ),
        migrations.RunPython(fill_in, migrations.RunPython.noop),
    ]
