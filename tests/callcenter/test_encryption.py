"""Secrets at rest: read by the right keys, rewritten by a new one, never destroyed."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from callcenter.models import WatiAccount


@pytest.fixture
def account(transactional_db: None, settings: Settings) -> WatiAccount:
    settings.ENCRYPTION_KEYS = ["of old"]
    return WatiAccount.objects.create(name="Shop", api_token="t0ken", webhook_key="k3y")


def told(*options: str) -> str:
    output = StringIO()
    call_command("rewrite_secrets", *options, stdout=output)
    return output.getvalue()


def cipher_texts() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_token, webhook_key FROM callcenter_watiaccount")
        return cursor.fetchall()


def test_after_a_rewrite_the_old_key_may_go(account: WatiAccount, settings: Settings):
    settings.ENCRYPTION_KEYS = ["new", "of old"]
    assert told() == "Secrets encrypted by the first key: 2.\n"
    settings.ENCRYPTION_KEYS = ["new"]
    account.refresh_from_db()
    assert (account.api_token, account.webhook_key) == ("t0ken", "k3y")
    assert told("--check") == "Secrets can be read: 2.\n"


def test_what_no_key_opens_is_named_and_left_for_the_right_key(
    account: WatiAccount, settings: Settings
):
    before = cipher_texts()
    settings.ENCRYPTION_KEYS = ["another"]
    for options in ([], ["--check"]):
        with pytest.raises(CommandError) as said:
            told(*options)
        assert "Shop: API token" in str(said.value)
        assert "Shop: webhook API key" in str(said.value)
        assert "t0ken" not in str(said.value)
    assert cipher_texts() == before
    settings.ENCRYPTION_KEYS = ["of old"]
    assert told("--check") == "Secrets can be read: 2.\n"


def test_a_look_changes_nothing(account: WatiAccount, settings: Settings):
    before = cipher_texts()
    settings.ENCRYPTION_KEYS = ["new", "of old"]
    told("--check")
    assert cipher_texts() == before


def test_a_secret_that_is_not_set_is_none(account: WatiAccount):
    WatiAccount.objects.update(webhook_key="")
    assert told() == "Secrets encrypted by the first key: 1.\n"
