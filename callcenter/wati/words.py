"""Wati's and WhatsApp's own words, made fit for supervisors to read. Pure."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 300
LONGEST_READ = 4000  # before anything is hidden
HIDDEN = "(hidden)"
# Hidden wherever they stand; the order counts.
SDP = re.compile(
    r"(?is)\bv\s*=\s*0\b.*|\b(?:a|m|c)=(?:candidate|fingerprint|ice|audio|IN).*"
)
SECRET = re.compile(
    r"(?i)\bbearer\s+\S+"
    r"|\b(?:token|key|authorization)\"?\s*[=:]\s*(?=\S*\d)\S{6,}"
    r"|\b[A-Z]{2}(?:\.ENT)?\.(?=\w*\d)\w{6,}"  # a user ID of WhatsApp
    r"|(?=[\w.+/=~-]*\d)(?=[\w.+/=~-]*[a-z])[\w.+/=~-]{20,}"  # long and without a word
)
# Seven digits or more, however they are grouped; an instant is none.
NUMBER = re.compile(r"(?<!\d)[+(]{0,2}\d(?:[\s().\-\u2010-\u2015/]{0,3}\d){6,}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?)?")


def redacted(text: str, hide: Iterable[str] = ()) -> str:
    """Return at most 300 characters on one line: no token, SDP, user ID or number.

    `hide`: secrets known to the caller, hidden whatever they look like.
    """
    text = _one_line(text[:LONGEST_READ])
    for secret in filter(None, hide):
        text = text.replace(secret, HIDDEN)
    text = SDP.sub("(SDP, hidden)", text)
    text = SECRET.sub(HIDDEN, text)
    text = "".join(_without_numbers(text))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _one_line(text: str) -> str:
    """Drop what is invisible or turns the direction of writing; fold white space."""
    kept = (c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join("".join(kept).replace("\\r\\n", " ").replace("\\n", " ").split())


def _without_numbers(text: str) -> Iterable[str]:
    """Yield the text in pieces; instants stay, they say when to come again."""
    last = 0
    for instant in INSTANT.finditer(text):
        yield NUMBER.sub(HIDDEN, text[last : instant.start()])
        yield instant[0]
        last = instant.end()
    yield NUMBER.sub(HIDDEN, text[last:])
