from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.test.utils import setup_databases

from calls import inbox
from tests.cast import Cast, introduce
from tests.stack import Console, Stack


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker) -> None:
    """pytest-django's own makes no database for tests that reach it by the stack."""
    # Never torn down: the whole cluster, or the file, goes with the run.
    with django_db_blocker.unblock():
        setup_databases(verbosity=0, interactive=False)


@pytest.fixture
def cast(transactional_db: None) -> Iterator[Cast]:
    """Ana and Bruno on the Support queue, with a line at the false Wati."""
    yield introduce()
    inbox.processor.drain(30)  # its threads would hold what is emptied next


@pytest.fixture(scope="module")
def stack(django_db_setup: None, django_db_blocker) -> Iterator[Stack]:
    """The whole product as processes, on the test database, for one module."""
    with django_db_blocker.unblock():
        stack = Stack()
        try:
            yield stack.wait_until_ready()
        finally:
            stack.stop()
            stack.tell()
            call_command("flush", interactive=False, verbosity=0)
        assert stack.secrets_told() == []


@pytest.fixture
def crew(stack: Stack, django_db_blocker) -> Iterator[Cast]:
    """The cast, on a running stack; everything but the nodes is new for each test."""
    with django_db_blocker.unblock():
        stack.simulator.reset()
        yield introduce(stack.wati_url)
        stack.forget()


@pytest.fixture
def ana(stack: Stack, crew: Cast) -> Iterator[Console]:
    """Ana's console; she is available."""
    console = stack.console(crew.ana).go_available()
    yield console
    console.close()


@pytest.fixture
def bruno(stack: Stack, crew: Cast) -> Iterator[Console]:
    """Bruno's console; he is available."""
    console = stack.console(crew.bruno).go_available()
    yield console
    console.close()
