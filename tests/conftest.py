from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.test.utils import setup_databases, teardown_databases

from tests.cast import Cast, introduce
from tests.stack import Stack


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker) -> Iterator[None]:
    """pytest-django's own makes no database for tests that reach it by the stack."""
    with django_db_blocker.unblock():
        databases = setup_databases(verbosity=0, interactive=False)
    yield
    with django_db_blocker.unblock():
        teardown_databases(databases, verbosity=0)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """Ana and Bruno on the Support queue, with a line at the false Wati."""
    return introduce()


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


@pytest.fixture
def crew(stack: Stack, django_db_blocker) -> Iterator[Cast]:
    """The cast, on a running stack; everything but the nodes is new for each test."""
    with django_db_blocker.unblock():
        stack.simulator.reset()
        yield introduce(stack.wati_url)
        stack.forget()
