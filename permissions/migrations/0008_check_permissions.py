from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("permissions", "0007_fill_contact_ids")]

    operations = [
        migrations.AddField(
            model_name="callpermission",
            name="check_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="callpermission",
            name="failed_checks",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="permissionevent",
            name="wait_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="permissionevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("requested", "Requested"),
                    ("request_refused", "Request rejected"),
                    ("request_not_sent", "Request not sent"),
                    ("granted", "Granted"),
                    ("declined", "Declined"),
                    ("revoked", "Revoked"),
                    ("expired", "Expired"),
                    ("checked", "Checked with WhatsApp"),
                    ("used", "Called"),
                    ("connected", "Answered"),
                    ("unanswered", "Not answered"),
                    ("call_refused", "Call rejected"),
                    ("call_not_sent", "Call not sent"),
                    ("called_us", "Called us"),
                    ("overridden", "Overridden"),
                    ("blocked", "Added to do-not-call"),
                    ("unblocked", "Removed from do-not-call"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="callpermission",
            index=models.Index(
                models.F("check_at"),
                condition=models.Q(("check_at", None), _negated=True),
                name="permission_to_check",
            ),
        ),
    ]
