"""Text as people search it: no accents, case, ligatures, width, quotes or dashes.

What is stored and what is typed are folded by the same rules, so that they meet however
each was written. Where a language has two ways to write a letter, both are kept:
"Müller" is found as "Muller" and as "Mueller", and finds both.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from typing import NamedTuple

from callcenter.word_index import Alternative, Term

LONGEST_WORD = 50
MOST_TERMS = 8

# Written in many ways, left out by many people: O'Brien, O’Brien, OBrien. Middle dots
# are part of a Catalan letter; a tatweel only stretches an Arabic word.
SQUEEZED = dict.fromkeys("'’‘‛`´ʼʻʹʽ′＇ʿʾ׳·‧\u0640", "'")

# Letters that have no decomposition, as people write them on another keyboard.
LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
        "ȷ": "j",
        "æ": "ae",
        "œ": "oe",
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "ng",
        "ə": "e",
        "ǝ": "e",
        "ɛ": "e",
        "ɔ": "o",
        "ɓ": "b",
        "ɗ": "d",
        "ƙ": "k",
        "ƴ": "y",
        "ɖ": "d",
        "ƒ": "f",
        # Letters without a shape.
        "\u3164": " ",
        "\u115f": " ",
        "\u1160": " ",
        "\u2800": " ",
    }
)
# The other way to write these, where their own language has one.
SPELLED_OUT = (
    ("a\u0308", "ae"),
    ("o\u0308", "oe"),
    ("u\u0308", "ue"),
    ("a\u030a", "aa"),
    ("ø", "oe"),
)
# Chinese, Japanese, Korean, Thai, Lao, Burmese, Khmer: words follow without a blank.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]"
)


class Chunk(NamedTuple):
    """The text between two blanks: its parts, and all of it in one."""

    parts: tuple[str, ...]
    whole: str


def words(text: str) -> set[str]:
    """Return the words by which a text is found; empty if it shows nothing."""
    found: set[str] = set()
    for chunk in _all_chunks(text):
        found.update(chunk.parts, [chunk.whole])
        for part in chunk.parts:
            found.update(_later_beginnings(part))
    return {word[:LONGEST_WORD] for word in found}


def terms(text: str) -> list[Term]:
    """Return what was typed, the first `MOST_TERMS` of it."""
    spellings = [list(_chunks(plain)) for plain in _spellings(text)]
    first = spellings[0][:MOST_TERMS]
    # A dash alone is a chunk of no spelling: all have the same chunks.
    return [
        _term(chunk[place] for chunk in spellings) for place in range(len(first))
    ] or _strange(text)


def begins(term: Term, words: Collection[str]) -> bool:
    """Say whether these words, as words() gives them, have one spelling of a term."""
    return any(
        all(any(word.startswith(one) for word in words) for one in spelling)
        for spelling in term
    )


def is_longer(text: str) -> bool:
    """Say whether terms() has left something out."""
    return len(list(_chunks(_spellings(text)[0]))) > MOST_TERMS


def _term(chunks: Iterator[Chunk]) -> Term:
    found: dict[Alternative, None] = {}
    for chunk in chunks:
        found[(chunk.whole[:LONGEST_WORD],)] = None
        found[tuple(part[:LONGEST_WORD] for part in chunk.parts)] = None
    return tuple(found)


def _all_chunks(text: str) -> list[Chunk]:
    found = [chunk for plain in _spellings(text) for chunk in _chunks(plain)]
    return found or [
        Chunk((word,), word) for term in _strange(text) for (word,) in term
    ]


def _strange(text: str) -> list[Term]:
    """Take a text of nothing but punctuation, such as "???", as one word."""
    rest = "".join(_spellings(text)[0].split())[:LONGEST_WORD]
    return [((rest,),)] if rest else []


def _later_beginnings(part: str) -> list[str]:
    if not UNSPACED.search(part):
        return []
    return [part[start:] for start in range(1, min(len(part), LONGEST_WORD))]


# --- Characters --------------------------------------------------------------------


def _spellings(text: str) -> list[str]:
    """Return the text in plain letters; and spelled out, if that differs."""
    apart = _apart(text)
    spelled = apart
    for letter, letters in SPELLED_OUT:
        spelled = spelled.replace(letter, letters)
    return list(dict.fromkeys([_plain(apart), _plain(spelled)]))


def _apart(text: str) -> str:
    """Take accents and ligatures apart, and make all of it small."""
    text = "".join(" " if character.isspace() else character for character in text)
    text = unicodedata.normalize("NFKD", _with_one_apostrophe(text)).casefold()
    return unicodedata.normalize("NFKD", text)


def _with_one_apostrophe(text: str) -> str:
    return "".join(SQUEEZED.get(character, character) for character in text)


def _plain(text: str) -> str:
    text = _with_one_apostrophe(text.translate(LETTERS))
    return "".join(map(_plain_character, text))


def _plain_character(character: str) -> str:
    match unicodedata.category(character):
        case "Mn" | "Me" | "Cc" | "Cf" | "Cs":
            return ""
        case "Nd":
            return str(unicodedata.decimal(character))
    return character


def _chunks(plain: str) -> Iterator[Chunk]:
    for chunk in plain.split():
        parts = tuple("".join(map(_part_character, chunk)).split())
        if parts:
            yield Chunk(parts, "".join(parts))


def _part_character(character: str) -> str:
    """Keep letters and digits; a symbol such as a heart is a word of its own."""
    category = unicodedata.category(character)
    if category == "So":
        return f" {character} "
    return " " if category[0] in "PSZ" else character
