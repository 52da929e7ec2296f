"""Old code works with the newer schema, while nodes are restarted one by one.

CONTRIBUTING.md has the rule. When a release is made, RELEASED becomes its last
migrations.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.fields import NOT_PROVIDED

RELEASED = {
    "agents": "0006_ring_tests",
    "callcenter": "0003_pause_between_token_tries",
    "calls": "0016_count_log_by_index",
    "permissions": "0011_fill_contact_words",
}
# Of columns and tables that the release before has stopped to use; with that release.
UNUSED: dict[str, str] = {}

HARMLESS = (
    migrations.CreateModel,
    migrations.AddIndex,
    migrations.RemoveIndex,
    migrations.RenameIndex,
    migrations.RemoveConstraint,
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
    migrations.AlterOrderWithRespectTo,
    migrations.RunPython,
)


def what_breaks(operation: Operation, app: str, state: ProjectState) -> str:
    """Return why code that does not know of this operation would fail; empty: not."""
    if isinstance(operation, HARMLESS):
        return ""
    if isinstance(operation, migrations.AddField):
        return _of_new(operation.field, operation.name)
    if isinstance(operation, migrations.AlterField):
        model = state.models[app, operation.model_name_lower]
        return _of_changed(model.fields[operation.name], operation.field)
    return f"{type(operation).__name__} takes away or forbids what old code uses"


def _of_new(field: Any, name: str) -> str:
    if field.many_to_many or field.null or field.db_default is not NOT_PROVIDED:
        return ""
    return f"old code inserts rows without {name}, which is NOT NULL without db_default"


def _of_changed(old: Any, new: Any) -> str:
    if _column(old) != _column(new):
        return "the type of the column changes"
    if old.null and not new.null:
        return "old code writes NULL there"
    if new.unique and not old.unique:
        return "old code writes the same value twice"
    return ""


def _column(field: Any) -> Any:
    return type(field).__mro__[-4:], field.max_length, field.get_internal_type()


def newer() -> Iterator[tuple[str, str, Operation, ProjectState]]:
    """Go through the operations since the release, each with the state before it."""
    loader = MigrationLoader(None)
    state, is_newer = ProjectState(), dict.fromkeys(RELEASED, False)
    for app, name in _in_order(loader):
        migration = loader.graph.nodes[app, name]
        if is_newer.get(app):
            for operation in migration.operations:
                yield app, name, operation, state
                operation.state_forwards(app, state)
        else:
            state = migration.mutate_state(state, preserve=False)
        if RELEASED.get(app) == name:
            is_newer[app] = True
    assert all(is_newer.values()), "RELEASED names a migration that is not there"


def _in_order(loader: MigrationLoader) -> list[tuple[str, str]]:
    ordered: dict[tuple[str, str], None] = {}
    for leaf in loader.graph.leaf_nodes():
        ordered |= dict.fromkeys(loader.graph.forwards_plan(leaf))
    return list(ordered)


def test_migrations_since_the_release_only_add():
    broken = {
        f"{app}.{name}": reason
        for app, name, operation, state in newer()
        if (reason := what_breaks(operation, app, state))
    }
    assert {name: why for name, why in broken.items() if name not in UNUSED} == {}


# --- The rule itself -----------------------------------------------------------------


def state_with(**fields: Any) -> ProjectState:
    state = ProjectState()
    state.add_model(ModelState("calls", "node", list(fields.items())))
    return state


TEXT, NUMBER = models.CharField(max_length=10), models.IntegerField(null=True)


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("node", "name"),
        migrations.RenameField("node", "name", "title"),
        migrations.DeleteModel("node"),
        migrations.RenameModel("node", "server"),
        migrations.AlterModelTable("node", "servers"),
        migrations.AddConstraint(
            "node", models.UniqueConstraint(fields=["name"], name="one")
        ),
        migrations.RunSQL("ALTER TABLE calls_node DROP COLUMN name"),
        migrations.AddField("node", "seats", models.IntegerField()),
        migrations.AddField("node", "seats", models.IntegerField(default=1)),
        migrations.AlterField("node", "calls", models.IntegerField()),
        migrations.AlterField("node", "calls", models.CharField(max_length=5)),
        migrations.AlterField("node", "name", models.CharField(max_length=5)),
        migrations.AlterField(
            "node", "name", models.CharField(max_length=10, unique=True)
        ),
    ],
    ids=lambda one: one.describe(),
)
def test_what_old_code_needs_may_not_go(operation: Operation):
    assert what_breaks(operation, "calls", state_with(name=TEXT, calls=NUMBER))


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("node", "seats", models.IntegerField(null=True)),
        migrations.AddField("node", "seats", models.IntegerField(db_default=1)),
        migrations.AlterField("node", "name", models.CharField("title", max_length=10)),
        migrations.CreateModel("seat", [("id", models.AutoField(primary_key=True))]),
        migrations.AddIndex("node", models.Index(fields=["name"], name="by_name")),
    ],
    ids=lambda one: one.describe(),
)
def test_what_only_adds_may_come(operation: Operation):
    assert not what_breaks(operation, "calls", state_with(name=TEXT, calls=NUMBER))


def test_a_row_that_the_code_of_the_release_writes_is_complete(cast: Any):
    """The node of a release that knows nothing of its newer columns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO calls_node (name, url, epoch, lease_until, calls, max_calls,"
            " draining) VALUES ('old', '', 1, '2026-01-01', 0, 1, %s)",
            [False],
        )
        cursor.execute("SELECT silence, clock_offset FROM calls_node")
        assert cursor.fetchone() == (0, 0)
