"""Add the audit log, and have the database itself refuse to change it."""

import django.utils.timezone
from django.db import migrations, models

YEAR = 365  # days; younger entries cannot be deleted

POSTGRESQL = [
    f"""
    CREATE FUNCTION audit_is_append_only() RETURNS trigger AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF OLD.at < now() - interval '{YEAR} days' THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION 'the audit log is append-only';
    END
    $$ LANGUAGE plpgsql
    """,
    """
    CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE
    ON callcenter_auditentry FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()
    """,
    """
    CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE
    ON callcenter_auditentry EXECUTE FUNCTION audit_is_append_only()
    """,
]
SQLITE = [
    """
    CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON callcenter_auditentry
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    f"""
    CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON callcenter_auditentry
    WHEN OLD.at >= datetime('now', '-{YEAR} days')
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
]


def guard(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in SQLITE if is_sqlite else POSTGRESQL:
        schema_editor.execute(statement)


def unguard(apps, schema_editor):
    """Drop what does not go with the table."""
    if schema_editor.connection.vendor != "sqlite":
        schema_editor.execute("DROP FUNCTION audit_is_append_only() CASCADE")


class Migration(migrations.Migration):

    dependencies = [
        ('callcenter', '0003_pause_between_token_tries'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name='time')),
                ('action', models.CharField(choices=[('sign_in', 'signed in'), ('sign_in_failed', 'failed sign-in'), ('sign_out', 'signed out'), ('password', 'password changed'), ('second_factor', 'second factor changed'), ('rights', 'rights changed'), ('added', 'added'), ('changed', 'changed'), ('deleted', 'deleted'), ('viewed', 'viewed'), ('exported', 'exported'), ('erased', 'erased'), ('submitted', 'submitted in the admin')], max_length=20)),
                ('user_pk', models.CharField(blank=True, max_length=40, verbose_name='user ID')),
                ('username', models.CharField(blank=True, db_index=True, max_length=150, verbose_name='user')),
                ('address', models.CharField(blank=True, max_length=64, verbose_name='IP address')),
                ('object_type', models.CharField(blank=True, max_length=80)),
                ('object_pk', models.CharField(blank=True, max_length=64, verbose_name='object ID')),
                ('object_name', models.CharField(blank=True, max_length=200, verbose_name='object')),
                ('details', models.TextField(blank=True)),
            ],
            options={
                'verbose_name': 'audit entry',
                'verbose_name_plural': 'audit entries',
                'indexes': [models.Index(fields=['object_type', 'object_pk'], name='audit_of')],
            },
        ),
        migrations.RunPython(guard, unguard),
    ]
