"""The language of an answer, and the texts that a console or a board needs for it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, ngettext, override

from callcenter.languages import SOURCE

# Written by `make messages`: texts of which some have a second form, for many.
CONSOLE_TEXTS = settings.LOCALE_PATHS[0] / "console.json"
BOARD_TEXTS = settings.LOCALE_PATHS[0] / "board.json"

Catalogue = dict[str, str | list[str]]


@contextmanager
def speaking(language: Any) -> Iterator[None]:
    """Answer a websocket in the language its page names; an unknown one is English.

    Holds for this task and for what it runs by in_database(), and for no other.
    """
    known = isinstance(language, str) and language in dict(settings.LANGUAGES)
    with override(language if known else settings.LANGUAGE_CODE):
        yield


def console_catalogue(language: str) -> Catalogue:
    """Map the console's English texts to translations; English itself needs none."""
    return _catalogue(CONSOLE_TEXTS, language)


def board_catalogue(language: str) -> Catalogue:
    """Return the same for the live board."""
    return _catalogue(BOARD_TEXTS, language)


@cache
def _catalogue(file: Path, language: str) -> Catalogue:
    texts: list[list[str]] = json.loads(file.read_text())
    with override(language):
        pairs = {text[0]: _translated(text) for text in texts}
    return {one: text for one, text in pairs.items() if language != SOURCE}


def _translated(text: list[str]) -> str | list[str]:
    if len(text) == 1:
        return gettext(text[0])
    return [ngettext(text[0], text[1], 1), ngettext(text[0], text[1], 2)]
