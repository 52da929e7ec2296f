from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections, transaction
from django.test.utils import setup_databases
from django.utils import timezone, translation
from pytest_django.fixtures import Settings

from callcenter import limits, roles
from callcenter.buckets import Buckets
from callcenter.models import AuditEntry
from callcenter.shared_clock import SharedNow
from callcenter.web import sign_in
from calls import notify, placement
from calls.reporting import hearing
from calls.webhooks import processor
from tests.browser import policy
from tests.cast import Cast, introduce
from tests.orders import EVERY_ORDER
from tests.servers import Bucket
from tests.shift import Clock, Shift
from tests.sound import Headset
from tests.stack import Console, Stack
from tests.talking import (
    ANAS,
    CARLAS,
    Talk,
    Wear,
    call_in,
    hears,
    phone_hears,
    take,
)
from tests.words import forgotten

# Neither the machine's speed nor chance decides whether a run passes.
hypothesis.settings.register_profile(
    "usual",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "thorough",
    hypothesis.settings.get_profile("usual"),
    max_examples=2000,
    derandomize=False,
)
hypothesis.settings.load_profile("thorough" if EVERY_ORDER else "usual")


# What one test stores, the next look finds.
hearing.RECENT = timedelta()


@pytest.fixture(autouse=True)
def pages_keep_to_their_policy() -> Iterator[None]:
    """Whatever test opened them; set up first, so that it looks last."""
    yield
    assert policy.taken() == []


WRONG_PASSWORDS = (
    limits.WRONG_FOR_A_NAME_AT_AN_ADDRESS,
    limits.WRONG_AT_AN_ADDRESS,
    limits.WRONG_FOR_A_NAME,
)


@pytest.fixture(autouse=True)
def nobody_has_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong passwords count for no other test."""
    buckets = tuple(Buckets(rate) for rate in WRONG_PASSWORDS)
    monkeypatch.setattr(sign_in, "_wrong", buckets)


@pytest.fixture(autouse=True)
def everybody_speaks_english() -> Iterator[None]:
    """A request leaves its language in the thread until the next one."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker) -> None:
    """pytest-django's own makes no database for tests that reach it by the stack."""
    # Never torn down: the whole cluster, or the file, goes with the run.
    with django_db_blocker.unblock():
        setup_databases(verbosity=0, interactive=False)


def empty_tables() -> None:
    """Django's own way costs a quarter of a second: it makes all permissions anew."""
    rights = Group.permissions.through  # of the roles, which migrations make
    # The audit log refuses to go.
    kept = (ContentType, Permission, AuditEntry, Group, rights)
    models = apps.get_models(include_auto_created=True)
    tables = {m._meta.db_table for m in models if not issubclass(m, kept)}
    with transaction.atomic(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'DELETE FROM "{table}"')
        Group.objects.exclude(name__in=roles.ROLES).delete()


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """Real commits, and empty tables afterwards.

    Whatever a test did to contacts and notes, they are found by what they say now.
    """
    with django_db_blocker.unblock():
        yield
        wrong = forgotten()
        empty_tables()
        connections.close_all()
    assert wrong == []


@pytest.fixture
def cast(transactional_db: None) -> Iterator[Cast]:
    """Ana and Bruno on the Support queue, with a line at the false Wati."""
    yield introduce()
    processor.processor.drain(30)  # its threads would hold what is emptied next


@pytest.fixture
def shift(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Shift:
    """A shift without sound and without stack, whose clock the test turns."""
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock.now)
    monkeypatch.setattr(SharedNow, "as_postgresql", SharedNow.as_sql)
    monkeypatch.setattr(placement, "shared_now", clock.now)
    return Shift(cast, clock)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is pushed to browsers."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(
        notify, "send_group", lambda _, event: sent.extend(event.get("pushes", []))
    )
    return sent


@pytest.fixture(scope="session")
def stack(django_db_setup: None, django_db_blocker) -> Iterator[Stack]:
    """The whole product as processes, on the test database, for all tests that ask."""
    with django_db_blocker.unblock():
        stack = Stack()
        try:
            yield stack.wait_until_ready()
        finally:
            stack.stop()
            stack.tell()
            empty_tables()
        assert stack.secrets_told() == []


@pytest.fixture
def nobody(stack: Stack, django_db_blocker) -> Iterator[None]:
    """A running stack in which nothing is set up."""
    with django_db_blocker.unblock():
        stack.simulator.reset()
        yield
        try:
            stack.forget()
        finally:
            stack.tell()


@pytest.fixture
def crew(stack: Stack, nobody: None) -> Cast:
    """The cast, on a running stack; everything but the nodes is new for each test."""
    return introduce(stack.wati_url)


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


@pytest.fixture
def wear() -> Iterator[Wear]:
    """Headsets that are taken off at the end, come what may."""
    worn: list[Headset] = []

    def keep(headset: Headset) -> Headset:
        worn.append(headset)
        return headset

    yield keep
    for headset in worn:
        headset.close()


@pytest.fixture
def talk(stack: Stack, ana: Console, wear: Wear) -> Talk:
    """Ana talks with Carla: Wati's name of the call, ours, Ana's headset."""
    wati_id = call_in(stack)
    call_id = ana.wait_for_ring()
    headset = wear(take(ana, call_id, ANAS))
    hears(headset, CARLAS)
    phone_hears(stack, wati_id, ANAS)
    return wati_id, call_id, headset


@pytest.fixture(scope="module")
def bucket_server() -> Iterator[Bucket]:
    server = Bucket()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bucket(bucket_server: Bucket, settings: Settings, tmp_path: Path) -> Settings:
    """The settings of a node that keeps its files in a bucket; its disk is empty."""
    settings.VAR_DIR = tmp_path
    settings.FILES_BUCKET, settings.FILES_ENDPOINT = (
        bucket_server.bucket,
        bucket_server.url,
    )
    settings.FILES_KEY_ID = bucket_server.key_id
    settings.FILES_SECRET_KEY = bucket_server.secret_key
    return settings
