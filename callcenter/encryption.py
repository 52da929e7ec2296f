"""Secrets at rest: a text field that is cipher text in the database."""

import base64
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


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
