from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("calls", "0004_add_waiting_and_parts")]

    operations = [
        migrations.RenameField("call", "parked_at", "queued_with_audio_at"),
    ]
