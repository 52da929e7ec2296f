"""Sets the environment before Django reads it, and sorts the tests by what they need.

FULL=1: PostgreSQL and Valkey. `-n 3`: three workers, each with servers, a database, a
folder and ports of its own. Each worker runs whole files: what asks for nothing first,
and last what uses the running product, which shares the database with its tests.
"""

import atexit
import os
from collections import Counter
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest

from tests import processes
from tests.browser import policy
from tests.servers import Postgres, Valkey

FULL = os.environ.get("FULL") == "1"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
KINDS = {
    "pure": "needs neither database nor stack",
    "database": "uses rows",
    "stack": "speaks to the running product",
    "browser": "drives a real Chromium",
}
RULES = {
    "stackless": "the same in both modes, hence left out where FULL=1; what is pure "
    "needs no mark",
    "distributed": "on the running product, and a second node, a broker, a worker of "
    "its own or PostgreSQL can change what it sees: runs in both modes",
    "full": "needs a worker of its own, hence only where FULL=1",
    "long": "plays a story in several browsers: `make stories` runs it, `make test` "
    "does not",
}

var_dir = processes.RUN_DIR / (WORKER or "var")
var_dir.mkdir(exist_ok=True)
if not WORKER:
    atexit.register(processes.end_run)
servers: list[Postgres | Valkey] = [Postgres(), Valkey()] if FULL else []
running: list[Postgres | Valkey] = []

os.environ.update(
    {
        "ENV_FILE": os.devnull,
        "DEBUG": "1",
        "SECRET_KEY": "only-for-tests",
        "SIMULATOR": "1",
        "TRAINING_CALLS": "0",
        "MEDIA_ALLOW_PRIVATE_CANDIDATES": "1",
        "VAR_DIR": str(var_dir),
        "NODE_NAME": "node-1",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
        "DATABASE_URL": servers[0].url if FULL else "",
        "REDIS_URL": servers[1].url if FULL else "",
        "PASSWORD_ITERATIONS": "1000",
        "DATABASE_POOL": "60",  # tests of races have so many threads
    }
)


def pytest_report_header() -> str:
    if FULL:
        return "full mode: PostgreSQL, Valkey, two nodes, a separate worker"
    return "embedded mode: SQLite, everything in one process (FULL=1 for the other)"


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    if config.option.numprocesses:
        config.option.dist = "loadfile"
        config.option.loadscopereorder = False


def pytest_configure(config: pytest.Config) -> None:
    for marker in [*KINDS.items(), *RULES.items()]:
        config.addinivalue_line("markers", ": ".join(marker))


def pytest_sessionstart(session: pytest.Session) -> None:
    if not _hands_out_work(session.config) and not session.config.option.collectonly:
        for server in servers:
            server.start()
            running.append(server)


def _hands_out_work(config: pytest.Config) -> bool:
    return bool(config.option.tx) and not WORKER


# --- Which tests, and in which order --------------------------------------------------


def pytest_itemcollected(item: pytest.Item) -> None:
    if kind := _kind(item):
        item.add_marker(kind)


def _kind(item: pytest.Item) -> str:
    """What it needs most; one that drives a browser says so itself."""
    if item.get_closest_marker("browser"):
        return ""
    if "stack" in _fixtures(item):
        return "stack"
    return "database" if _needs_rows(item) else "pure"


def _needs_rows(item: pytest.Item) -> bool:
    marked = item.get_closest_marker("django_db") is not None
    return marked or "django_db_setup" in _fixtures(item)


def _fixtures(item: pytest.Item) -> list[str]:
    return list(getattr(item, "fixturenames", ()))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    left_out = [item for item in items if not _belongs_here(item)]
    config.hook.pytest_deselected(items=left_out)
    here = [item for item in items if item not in left_out]
    items[:] = sorted(here, key=_place_among(here))


def pytest_collection_finish(session: pytest.Session) -> None:
    policy.watch_all()


def _belongs_here(item: pytest.Item) -> bool:
    has = item.get_closest_marker
    if not FULL:
        return has("full") is None
    if has("full"):
        return True
    if "stack" in _fixtures(item):
        return has("distributed") is not None
    return has("stackless") is None and _needs_rows(item)


def _place_among(
    items: list[pytest.Item],
) -> Callable[[pytest.Item], tuple[int, float]]:
    """Files stay whole. The longest begin, so that no worker ends long after others.

    Browsers work while other tests of the running product mostly wait: files of both
    are mixed, or all workers would have a browser at once.
    """
    sizes = Counter(item.path for item in items)
    browsing = {item.path for item in items if item.get_closest_marker("browser")}
    on_the_stack = {item.path for item in items if "stack" in _fixtures(item)}
    with_rows = {item.path for item in items if _needs_rows(item)} - on_the_stack
    on_the_stack |= browsing
    shares = _shares(browsing, sizes) | _shares(on_the_stack - browsing, sizes)

    def place(item: pytest.Item) -> tuple[int, float]:
        if item.path in on_the_stack:
            return 2, shares[item.path]
        return int(item.path in with_rows), -sizes[item.path]

    return place


def _shares(paths: set[Path], sizes: Counter[Path]) -> dict[Path, float]:
    """Spread these files over the whole of a step, the longest first."""
    ordered = sorted(paths, key=lambda path: (-sizes[path], path))
    return {path: place / len(ordered) for place, path in enumerate(ordered)}


# --- The end --------------------------------------------------------------------------


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what each kind of tests cost; three workers take about a third of it."""
    seconds: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    for report in chain(*terminalreporter.stats.values()):
        if isinstance(report, pytest.TestReport):
            kind = next(kind for kind in KINDS if kind in report.keywords)
            seconds[kind] += report.duration
            tests[kind] += report.when == "call"
    for kind in tests:
        terminalreporter.line(f"{kind:9}{tests[kind]:6} tests{seconds[kind]:7.0f} s")


def pytest_unconfigure() -> None:
    for server in running:
        server.stop()
