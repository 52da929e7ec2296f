"""The catalogues: one .po for each language, its .mo, and the lists of the pages."""

import json
import re
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import to_locale

from callcenter.translations.sources import all_texts, board_texts, console_texts
from callcenter.web.language import BOARD_TEXTS, CONSOLE_TEXTS

HOLES = re.compile(r"\{\w+\}|%\(\w+\)[sd]|%[sd%]")


class Catalogue(Catalog):
    """Without a date: a file that says the same is the same."""

    num_plurals = 2  # as the texts have them, and the console's i18n.js
    plural_expr = "(n != 1)"
    header_comment = "#"

    @property  # type: ignore[misc]  # Babel has a setter, which is never called
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", str(self.locale_identifier)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=UTF-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", self.plural_forms),
        ]


def languages() -> list[str]:
    return [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def po_path(language: str) -> Path:
    folder = Path(settings.LOCALE_PATHS[0]) / to_locale(language)
    return folder / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    path = po_path(language)
    if not path.exists():
        return Catalog(to_locale(language))
    return read_po(BytesIO(path.read_bytes()), to_locale(language))


def update_all() -> None:
    for language in languages():
        write(updated(read(language), language), language)
    CONSOLE_TEXTS.write_text(json_of(console_texts()))
    BOARD_TEXTS.write_text(json_of(board_texts()))


def write(catalog: "Catalogue", language: str) -> None:
    path = po_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(po_of(catalog))
    path.with_suffix(".mo").write_bytes(mo_of(catalog))


def updated(known: Catalog, language: str) -> Catalogue:
    """Collect the texts of the sources, with the translations known already."""
    catalog = Catalogue(to_locale(language), fuzzy=False)
    for one, text in sorted(all_texts().items()):
        before = known.get(one)
        catalog.add(
            (one, text.many) if text.many else one,
            before.string if before and bool(text.many) == before.pluralizable else "",
            locations=[(file, 0) for file in sorted(text.files)],
            flags=before.flags & {"fuzzy"} if before else (),
        )
    return catalog


def po_of(catalog: Catalogue) -> bytes:
    out = BytesIO()
    write_po(out, catalog, width=88, include_lineno=False)
    return out.getvalue()


def mo_of(catalog: Catalogue) -> bytes:
    out = BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def json_of(texts: list[list[str]]) -> str:
    return json.dumps(texts, ensure_ascii=False, indent=1) + "\n"


def holes(text: str) -> list[str]:
    """List the placeholders that are filled in where the text is shown."""
    return sorted(HOLES.findall(text))
