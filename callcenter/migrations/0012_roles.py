"""Make the groups of the roles.

Django makes the permissions of models after all migrations; callcenter.roles gives them
to the roles, then and each time after.
"""

from django.db import migrations

ROLES = (
    "Agent",
    "Team lead",
    "Supervisor",
    "Auditor",
    "Administrator",
    "Live listening",
)


def make(apps, schema_editor):
    groups = apps.get_model("auth", "Group").objects
    for name in ROLES:
        groups.get_or_create(name=name)


class Migration(migrations.Migration):

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("callcenter", "0011_audit_changes"),
    ]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
