"""The basis of a belief in words: how we know, and since when. Pure."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_noop

from permissions.facts import Facts

CHECKED = gettext_noop("Checked with WhatsApp: {when}.")
BEING_CHECKED = gettext_noop("Reported by WhatsApp, not confirmed yet: {when}.")
NOT_CONFIRMED = gettext_noop("Reported by WhatsApp, never confirmed: {when}.")
NOT_CHECKED = gettext_noop("Not checked with WhatsApp yet.")


@dataclass(frozen=True)
class Basis:
    """The page fills `{when}` in the sentence with `at`, in its own words and zone."""

    sentence: str
    at: datetime | None
    confirmed: bool
    checked_at: datetime | None


def basis_of(facts: Facts, *, is_pending: bool) -> Basis:
    """Say what the belief rests on. `is_pending`: another check is still to come."""
    reported_at, checked_at = facts.reported_at, facts.checked_at
    if reported_at:
        sentence = BEING_CHECKED if is_pending else NOT_CONFIRMED
        return Basis(sentence, reported_at, False, checked_at)
    if checked_at:
        return Basis(CHECKED, checked_at, True, checked_at)
    return Basis(NOT_CHECKED, None, False, None)
