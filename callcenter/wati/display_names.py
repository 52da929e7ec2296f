"""Names of people as they may be shown: what cannot be seen is no name.

WhatsApp lets people choose any text. Direction controls would turn what stands beside
the name, and blank letters would leave a title without a word.
"""

import unicodedata
from typing import Any

from callcenter.wati.fields import text_of

LONGEST_NAME = 200
# Letters and symbols by their category, and yet nothing to see.
BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\U0001d159\u034f\u17b4\u17b5")
JOINERS = frozenset("\u200c\u200d")
JOINED_FROM = 0x590  # scripts below have no use for a joiner
BLACK_FLAG = "\U0001f3f4"
SEEN = frozenset("LNPS")
STANDS_WITH_JOINER = frozenset(("L", "M", "S"))


def clean_name(value: Any) -> str:
    """Return a name in NFC, without controls, of one line; '' if nothing is seen."""
    text = unicodedata.normalize("NFC", text_of(value))
    kept = "".join(_kept(text, place) for place in range(len(text)))
    name = " ".join(kept.split())[:LONGEST_NAME].rstrip(" \u200c\u200d")
    return name if any(_group(letter) in SEEN for letter in name) else ""


def _kept(text: str, place: int) -> str:
    letter = text[place]
    if letter in BLANK or letter.isspace():
        return " "
    if letter in JOINERS:
        return letter if _joins(text, place) else ""
    if _is_tag(letter):  # of the flags of England, Scotland and Wales
        return letter if BLACK_FLAG in text[max(0, place - 7) : place] else ""
    return "" if _group(letter) == "C" else letter


def _joins(text: str, place: int) -> bool:
    """Say whether it stands between two that it may join: emoji, Indic, Arabic."""
    if not 0 < place < len(text) - 1:
        return False
    before, after = text[place - 1], text[place + 1]
    return all(
        ord(letter) >= JOINED_FROM
        and letter not in BLANK
        and _group(letter) in STANDS_WITH_JOINER
        for letter in (before, after)
    )


def _is_tag(letter: str) -> bool:
    return 0xE0020 <= ord(letter) <= 0xE007F


def _group(letter: str) -> str:
    return unicodedata.category(letter)[0]
