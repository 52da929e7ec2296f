from django.db import migrations, models

import callcenter.wall_clock


class Migration(migrations.Migration):
    dependencies = [("permissions", "0002_add_do_not_call")]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="time_zone",
            field=models.CharField(
                blank=True,
                help_text="Such as Europe/Berlin; empty: the line's.",
                max_length=64,
                validators=[callcenter.wall_clock.validate_zone],
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="calls_from",
            field=models.TimeField(
                blank=True, null=True, verbose_name="may be called from"
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="calls_until",
            field=models.TimeField(
                blank=True, null=True, verbose_name="may be called until"
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("calls_from", None), ("calls_until", None)),
                    models.Q(
                        ("calls_from__isnull", False), ("calls_until__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="calling_hours_have_both_ends",
                violation_error_message="Give both ends of the calling hours or none.",
            ),
        ),
    ]
