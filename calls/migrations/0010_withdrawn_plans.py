from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0009_webhook_parts")]

    operations = [
        migrations.AddField(
            model_name="plan",
            name="withdrawn_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="plan",
            name="kept_sentence",
            field=models.CharField(blank=True, editable=False, max_length=300),
        ),
    ]
