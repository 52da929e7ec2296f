from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('permissions', '0008_check_permissions'),
    ]

    operations = [
        migrations.AlterField(
            model_name='permissionevent',
            name='kind',
            field=models.CharField(choices=[('requested', 'Requested'), ('request_refused', 'Request rejected'), ('request_not_sent', 'Request not sent'), ('granted', 'Granted'), ('declined', 'Declined'), ('revoked', 'Revoked'), ('expired', 'Expired'), ('checked', 'Checked with WhatsApp'), ('used', 'Called'), ('connected', 'Answered'), ('unanswered', 'Not answered'), ('answer_withdrawn', 'Answer withdrawn'), ('call_refused', 'Call rejected'), ('call_not_sent', 'Call not sent'), ('called_us', 'Called us'), ('overridden', 'Overridden'), ('blocked', 'Added to do-not-call'), ('unblocked', 'Removed from do-not-call')], max_length=20),
        ),
    ]
