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

__all__ = [
    "CallPermission",
    "CallPermissionQuerySet",
    "Contact",
    "ContactId",
    "ContactWord",
    "Merge",
    "PermissionEvent",
    "words_of",
]
