"""Secrets at rest: a text field that is cipher text in the database."""

import base64
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Model, Value
from django.db.models.functions import Cast


def _cipher() -> MultiFernet:
    keys = [sha256(key.encode()).digest() for key in settings.ENCRYPTION_KEYS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


class EncryptedTextField(models.TextField):
    """Readable in Python, opaque in dumps and logs of the database.

    A value that no key opens reads as empty: the admin then asks for it again.
    """

    def get_prep_value(self, value: Any) -> Any:
        return _cipher().encrypt(value.encode()).decode() if value else ""

    def from_db_value(self, value: str, *_: Any) -> str:
        if not value:
            return ""
        try:
            return _cipher().decrypt(value.encode()).decode()
        except InvalidToken:
            return ""


class Secret(NamedTuple):
    """One stored secret, and whether a key opens it."""

    name: str
    opens: bool


def stored() -> Iterator[tuple[Model, str, str, Secret]]:
    """Yield each secret that is set: its row, its field, its cipher text."""
    for model in apps.get_models():
        fields = [f for f in model._meta.fields if isinstance(f, EncryptedTextField)]
        for field in fields:
            # Past from_db_value, which tells an unreadable secret like an empty one.
            cipher_text = Cast(field.name, models.TextField())
            rows = model._default_manager.annotate(cipher_text=cipher_text)
            for row in rows.exclude(cipher_text="").order_by("pk"):
                opens = bool(getattr(row, field.name))
                name = f"{model._meta.verbose_name} {row}: {field.verbose_name}"
                yield row, field.name, vars(row)["cipher_text"], Secret(name, opens)


def rewrite() -> Iterator[Secret]:
    """Encrypt every secret by the newest key; those that no key opens stay as they are.

    A secret that somebody changes meanwhile is theirs, and new already.
    """
    for row, field, cipher_text, secret in stored():
        if secret.opens:
            new = Value(_cipher().rotate(cipher_text).decode(), models.TextField())
            rows = type(row)._default_manager.annotate(
                cipher_text=Cast(field, models.TextField())
            )
            rows.filter(pk=row.pk, cipher_text=cipher_text).update(**{field: new})
        yield secret
