"""The rows of contacts and their permissions; one module for each noun."""

from permissions.models.contact import (
    Contact,
    ContactId,
    ContactWord,
    Merge,
    words_of,
)
from permissions.models.permission import (
    CallPermission,
    CallPermissionQuerySet,
    PermissionEvent,
)
from permissions.models.privacy import DoNotCallMark, Erasure, HashKey

__all__ = [
    "CallPermission",
    "CallPermissionQuerySet",
    "Contact",
    "ContactId",
    "ContactWord",
    "DoNotCallMark",
    "Erasure",
    "HashKey",
    "Merge",
    "PermissionEvent",
    "words_of",
]
