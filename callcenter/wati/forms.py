"""Forms in which a webhook may come: what an operator compares with Wati's settings."""

from enum import StrEnum
from typing import Any

from callcenter.wati.parsing import NotJson, load


class Form(StrEnum):
    WATI = "wati"  # fields at the top, as Wati's help article shows them
    CAPITALS = "capitals"  # the same, with names that begin with a capital
    WHATSAPP = "whatsapp"  # Meta's envelope: entry, changes, value
    LIST = "list"  # several bodies in one
    OTHER = "other"


def form_of(raw: bytes) -> Form:
    """Return the form of a webhook's body, whatever it says; any body has one."""
    try:
        body = load(raw)
    except NotJson:
        return Form.OTHER
    if isinstance(body, list):
        return Form.LIST
    return _of_object(body) if isinstance(body, dict) and body else Form.OTHER


def _of_object(body: dict[str, Any]) -> Form:
    if "entry" in {name.lower() for name in body}:
        return Form.WHATSAPP
    has_capitals = all(name[:1].isupper() for name in body)
    return Form.CAPITALS if has_capitals else Form.WATI
