"""Which errors mean that the database is away, and what a person reads then."""

import sqlite3

import psycopg
import pytest
from django.contrib.auth import views
from django.db import (
    DataError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)
from django.test import Client

from callcenter.web.database_away import is_away
from tests.cast import Cast


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    error.__cause__ = cause
    return error


def test_only_what_may_pass_by_itself_is_the_databases_trouble():
    read_only = psycopg.errors.ReadOnlySqlTransaction()
    locked = sqlite3.OperationalError("database is locked")
    no_table = sqlite3.OperationalError("no such table: calls_call")
    assert is_away(raised(OperationalError("closed"), psycopg.OperationalError()))
    assert is_away(raised(InterfaceError(), psycopg.InterfaceError()))
    assert is_away(raised(InternalError("read-only"), read_only))
    assert is_away(raised(OperationalError("database is locked"), locked))
    assert not is_away(raised(OperationalError("no such table: x"), no_table))
    assert not is_away(raised(InternalError(), psycopg.InternalError()))
    assert not is_away(ProgrammingError())
    assert not is_away(DataError())
    assert not is_away(KeyError())
    assert not is_away(None)


@pytest.mark.parametrize("is_database", [True, False])
def test_a_page_says_so(cast: Cast, monkeypatch: pytest.MonkeyPatch, is_database: bool):
    def fails(*_: object, **__: object) -> None:
        raise (OperationalError if is_database else KeyError)("the connection closed")

    monkeypatch.setattr(views.LogoutView, "dispatch", fails)
    answer = Client(raise_request_exception=False).post("/sign-out/")
    page = answer.content.decode()
    assert answer.status_code == (503 if is_database else 500)
    assert ("Reload this page in a moment" in page) == is_database
