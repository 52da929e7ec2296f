from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('calls', '0011_whatsapps_words'),
    ]

    operations = [
        migrations.AddField(
            model_name='call',
            name='answered_by',
            field=models.CharField(blank=True, choices=[('whatsapp', 'WhatsApp'), ('audio', 'Audio')], editable=False, max_length=10),
        ),
        migrations.AddField(
            model_name='call',
            name='heard_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
