"""Sets the environment before Django reads it. FULL=1: PostgreSQL and Valkey."""

import os
import shutil
import tempfile

import pytest

from tests.servers import Postgres, Valkey

var_dir = tempfile.mkdtemp(prefix="callcenter-tests")
servers: list[Postgres | Valkey] = []

os.environ.update(
    {
        "ENV_FILE": os.devnull,
        "DEBUG": "1",
        "SECRET_KEY": "only-for-tests",
        "SIMULATOR": "1",
        "MEDIA_ALLOW_PRIVATE_CANDIDATES": "1",
        "VAR_DIR": var_dir,
        "NODE_NAME": "node-1",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
)

if os.environ.get("FULL") == "1":
    servers += [Postgres(), Valkey()]
    os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = (s.url for s in servers)


def pytest_report_header() -> str:
    if servers:
        return "full mode: PostgreSQL, Valkey, two nodes, a separate worker"
    return "embedded mode: SQLite, everything in one process (FULL=1 for the other)"


def pytest_configure(config: pytest.Config) -> None:
    for marker in (
        "stackless: the same in both modes, hence left out where FULL=1; nobody "
        "needs to mark what uses neither database nor stack",
        "full: needs a worker of its own, hence only where FULL=1",
    ):
        config.addinivalue_line("markers", marker)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    left_out = [item for item in items if not _belongs_here(item)]
    config.hook.pytest_deselected(items=left_out)
    here = [item for item in items if item not in left_out]
    # Last those on the running product, which all share one and the whole database.
    items[:] = sorted(here, key=lambda item: "stack" in _fixtures(item))


def _belongs_here(item: pytest.Item) -> bool:
    if not servers:
        return item.get_closest_marker("full") is None
    return item.get_closest_marker("stackless") is None and _needs_rows(item)


def _needs_rows(item: pytest.Item) -> bool:
    """Without database and product a test says the same in both modes."""
    marked = item.get_closest_marker("django_db") is not None
    return marked or "django_db_setup" in _fixtures(item)


def _fixtures(item: pytest.Item) -> list[str]:
    return list(getattr(item, "fixturenames", ()))


def pytest_unconfigure() -> None:
    for server in servers:
        server.stop()
    shutil.rmtree(var_dir, ignore_errors=True)
