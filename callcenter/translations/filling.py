"""Lists what a catalogue lacks, for a translator, and takes their file over."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.utils.translation import to_locale

from callcenter.translations import catalogue

Forms = str | tuple[str, ...]


def missing(catalog: Catalog) -> list[Message]:
    """Return the texts that wait for a translation, or for its confirmation."""
    return [message for message in catalog if message.id and not _is_done(message)]


def _is_done(message: Message) -> bool:
    return not message.fuzzy and all(form.strip() for form in forms(message))


def forms(message: Message) -> list[str]:
    """Return the translation, or that for one and that for many."""
    text = message.string or ""
    return [text] if isinstance(text, str) else list(text)


def stub(language: str) -> bytes:
    """Return what is missing as a catalogue of its own, to be filled in."""
    lacking = catalogue.Catalogue(to_locale(language), fuzzy=False)
    for message in missing(catalogue.read(language)):
        lacking.add(message.id, locations=message.locations)
    return catalogue.po_of(lacking)


def fill(language: str, file: Path) -> int:
    """Take over from a catalogue what is missing here; returns how many texts."""
    known = catalogue.read(language)
    with file.open("rb") as opened:
        given = read_po(opened, to_locale(language))
    taken = list(_taken(known, given))
    for message, translation in taken:
        message.string = translation
        message.flags.discard("fuzzy")
    catalogue.write(catalogue.updated(known, language), language)
    return len(taken)


def _taken(known: Catalog, given: Catalog) -> Iterator[tuple[Message, Forms]]:
    for message in missing(known):
        found = given.get(message.id)
        count = len(forms(message))
        # Other tools write more forms of a number than two, and leave the rest empty.
        texts = forms(found)[:count] if found and not found.fuzzy else []
        if len(texts) == count and all(text.strip() for text in texts):
            yield message, texts[0] if count == 1 else tuple(texts)
