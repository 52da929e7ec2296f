"""The languages of the product: English, and each that has a catalogue."""

from pathlib import Path

from django.conf.locale import LANG_INFO
from django.utils.translation import to_language

SOURCE = "en"


def languages_in(folder: Path) -> list[tuple[str, str]]:
    """Return code and own name of each; a folder with a catalogue is all it takes."""
    catalogues = folder.glob("*/LC_MESSAGES/django.[mp]o")
    codes = {to_language(path.parent.parent.name) for path in catalogues}
    others = [(code, _own_name(code)) for code in codes - {SOURCE}]
    return [(SOURCE, _own_name(SOURCE)), *sorted(others, key=lambda one: one[1])]


def _own_name(code: str) -> str:
    """Return what its speakers call it; the code where Django does not know that."""
    known = LANG_INFO.get(code) or LANG_INFO.get(code.partition("-")[0]) or {}
    name: str = known.get("name_local", "")
    return name[:1].upper() + name[1:] or code
