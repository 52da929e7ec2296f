from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("agents", "0002_add_queues_and_breaks")]

    operations = [migrations.RenameField("agent", "proved_at", "ready_at")]
