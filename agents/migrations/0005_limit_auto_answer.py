from django.core.validators import MaxValueValidator
from django.db import migrations, models


def shorten(apps, schema_editor):
    """A later answer was allowed before; the field is checked when it is saved next."""
    queues = apps.get_model("agents", "Queue").objects
    queues.filter(answer_after_seconds__gt=25).update(answer_after_seconds=25)


class Migration(migrations.Migration):
    dependencies = [("agents", "0004_label_fields")]

    operations = [
        migrations.RunPython(shorten, migrations.RunPython.noop),
        migrations.AlterField(
            "queue",
            "answer_after_seconds",
            models.PositiveSmallIntegerField(
                default=25,
                help_text="Seconds. WhatsApp may stop ringing after 30 seconds.",
                validators=[MaxValueValidator(25)],
                verbose_name="auto-answer after",
            ),
        ),
    ]
