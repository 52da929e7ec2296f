"""The health of webhooks in sentences for supervisors: one for each fact."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from callcenter.models import WatiAccount
from callcenter.wati.events import Kind
from calls.reporting.hearing import Hearing, LineHearing, recent_hearings
from calls.reporting.labels import kind_name

T = TypeVar("T")

# So many, and this share of an address, are more than a stray body.
NOT_UNDERSTOOD_FROM, NOT_UNDERSTOOD_SHARE = 3, 0.2
MOST_NAMED = 5  # of the same sort

MISSING = {
    Kind.TERMINATE_CALL: gettext_noop(
        "{line}: the last {count} calls ended without “{webhook}”. Consoles do not "
        "learn that a caller has hung up. Check this address in Wati."
    ),
    Kind.OUTBOUND_CALL_STATUS: gettext_noop(
        "{line}: the last {count} outbound calls had no “{webhook}”. Check this "
        "address in Wati."
    ),
    Kind.OUTBOUND_CALL: gettext_noop(
        "{line}: the last {count} answered outbound calls had no “{webhook}”, which "
        "carries the audio. Check this address in Wati."
    ),
    Kind.CALL_PERMISSION: gettext_noop(
        "{line}: {count} permission requests were sent, and no “{webhook}” has come "
        "since. Check this address in Wati."
    ),
}


@dataclass(frozen=True)
class Fact:
    """One sentence; `is_urgent` if somebody must do something about it."""

    text: str
    is_urgent: bool = True


def needs_attention(now: datetime) -> list[tuple[WatiAccount, list[Fact]]]:
    """Return the urgent facts of each account in use that has any."""
    found = [
        (hearing.account, [fact for fact in facts(hearing) if fact.is_urgent])
        for hearing in recent_hearings(now)
    ]
    return [(account, urgent) for account, urgent in found if urgent]


def facts(hearing: Hearing) -> list[Fact]:
    """Say what is wrong with the webhooks of an account, the worst first."""
    return [
        *_silence(hearing),
        *_foreign(hearing),
        *_misdirected(hearing),
        *_not_understood(hearing),
        *_late(hearing),
        *_clock(hearing),
        *_words(hearing),
    ]


def _silence(hearing: Hearing) -> Iterator[Fact]:
    if hearing.never_called:
        text = _(
            "No inbound call has ever come in. If “{webhook}” has its address in Wati, "
            "call the business number once."
        )
        yield Fact(text.format(webhook=kind_name(Kind.INBOUND_CALL)))
    for line in hearing.lines:
        yield from _missing(line)


def _missing(line: LineHearing) -> Iterator[Fact]:
    for kind, count in line.missing.items():
        text = _(MISSING[Kind(kind)])
        yield Fact(text.format(line=line.line, count=count, webhook=kind_name(kind)))


def _foreign(hearing: Hearing) -> Iterator[Fact]:
    is_one = len(hearing.lines) == 1
    for number, count in _most(hearing.foreign_numbers):
        if is_one:
            text = ngettext(
                "{count} webhook named the business number {number}, which is not in "
                "this account. It was taken for {line}, the only one here.",
                "{count} webhooks named the business number {number}, which is not in "
                "this account. They were taken for {line}, the only one here.",
                count,
            )
            line = hearing.lines[0].line
        else:
            text = ngettext(
                "{count} webhook named the business number {number}, which is not in "
                "this account. Its call did not ring: add the number here.",
                "{count} webhooks named the business number {number}, which is not in "
                "this account. Their calls did not ring: add the number here.",
                count,
            )
            line = None
        yield Fact(text.format(count=count, number=_shown(number), line=line))


def _misdirected(hearing: Hearing) -> Iterator[Fact]:
    for (address, said), count in _most(hearing.misdirected):
        text = ngettext(
            "{count} webhook of the kind “{said}” came to the address of “{address}”. "
            "Correct the address in Wati.",
            "{count} webhooks of the kind “{said}” came to the address of “{address}”. "
            "Correct the address in Wati.",
            count,
        )
        names = {"said": kind_name(said), "address": kind_name(address)}
        yield Fact(text.format(count=count, **names))


def _not_understood(hearing: Hearing) -> Iterator[Fact]:
    for address, count in _most(hearing.not_understood):
        total = hearing.received[address]
        is_urgent = (
            count >= NOT_UNDERSTOOD_FROM and count >= NOT_UNDERSTOOD_SHARE * total
        )
        text = _(
            "{count} of {total} at the address of “{address}” were not understood."
        )
        name = kind_name(address)
        yield Fact(text.format(count=count, total=total, address=name), is_urgent)


def _late(hearing: Hearing) -> Iterator[Fact]:
    if count := hearing.late_calls:
        text = ngettext(
            "{count} call did not ring, because its webhook had waited here too long.",
            "{count} calls did not ring, because their webhooks had waited here too "
            "long.",
            count,
        )
        yield Fact(text.format(count=count))


def _clock(hearing: Hearing) -> Iterator[Fact]:
    offset = hearing.clock_offset
    if offset is None:
        return
    text = (
        _("The times in Wati's webhooks are {amount} behind our clock.")
        if offset > timedelta(0)
        else _("The times in Wati's webhooks are {amount} ahead of our clock.")
    )
    yield Fact(text.format(amount=_amount(abs(offset))))


def _words(hearing: Hearing) -> Iterator[Fact]:
    for word, count in _most(hearing.unknown_words):
        text = ngettext(
            "{count} webhook has the status “{word}”, which is not known here.",
            "{count} webhooks have the status “{word}”, which is not known here.",
            count,
        )
        yield Fact(text.format(count=count, word=word), is_urgent=False)
    for code, count in _most(hearing.unknown_codes):
        text = _("WhatsApp's error {code} is not known here. It came {count} times.")
        yield Fact(text.format(count=count, code=code), is_urgent=False)


def _most(counts: Counter[T]) -> list[tuple[T, int]]:
    """Return what came most often first; of the same number in a fixed order."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return ordered[:MOST_NAMED]


def _shown(number: str) -> str:
    return f"+{number}" if number.isdigit() else f"“{number}”"


def _amount(offset: timedelta) -> str:
    seconds = round(offset.total_seconds())
    if seconds < 120:
        return _("{count} s").format(count=seconds)
    if seconds < 7200:
        return _("{count} min").format(count=round(seconds / 60))
    return _("{count} h").format(count=round(seconds / 3600))
