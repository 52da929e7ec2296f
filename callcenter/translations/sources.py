"""Every text in the sources, and where it stands."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation.template import templatize

from callcenter.names import OURS, names_of, our_models
from callcenter.translations import javascript, python

ROOT = Path(settings.BASE_DIR)
# The simulator is a tool for developers, and the commands speak to operators.
LEFT_OUT = re.compile(
    r"callcenter/(simulator|management|translations)/|/migrations/|/simulator/"
)
TEMPLATE = {"_": None, "gettext": None, "ngettext": (1, 2)}
SCRIPTS = (
    "static/console/**/*.js",
    "static/audio/*.js",
    "static/supervision/*.js",
    "static/board/**/*.js",
)
# What a console says by itself, and the modules whose sentences reach it.
CONSOLE = re.compile(
    r"static/(console|audio)/"
    r"|calls/(?!admin/|board/|console/views|media/|models|privacy/|reporting/)"
    r"|permissions/(basis|rules|services|numbers|written)\.py"
    r"|agents/readiness\.py"
    r"|callcenter/wati/errors\.py"
)
# The same for the live board and a call's page: stepping in, what both borrow of the
# console, and agents' reasons.
BOARD = re.compile(
    r"static/(audio|board|supervision)/"
    r"|static/console/(shell/(clock|times)|state/labels)\.js"
    r"|calls/(board/consumer|states|lifecycle/|supervision/)"
    r"|agents/readiness\.py"
)
Found = tuple[str, ...]


@dataclass
class Text:
    many: str | None = None
    files: set[str] = field(default_factory=set)


def all_texts() -> dict[str, Text]:
    """Collect all texts by the English one; `many` is set where one and many differ."""
    texts: dict[str, Text] = defaultdict(Text)
    for file, found in _found():
        text = texts[found[0]]
        text.files.add(file)
        text.many = found[1] if len(found) > 1 else text.many
    return dict(texts)


def console_texts() -> list[list[str]]:
    """List what a page of the console must carry, in order."""
    return _texts_for(CONSOLE)


def board_texts() -> list[list[str]]:
    """List what the page of the live board must carry, in order."""
    return _texts_for(BOARD)


def _texts_for(page: re.Pattern[str]) -> list[list[str]]:
    return [
        [one, *([text.many] if text.many else [])]
        for one, text in sorted(all_texts().items())
        if any(page.match(file) for file in text.files)
    ]


def files(*patterns: str) -> Iterator[tuple[str, str]]:
    """Yield each file's name from the root, and its contents."""
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            if not LEFT_OUT.search(name):
                yield name, path.read_text()


def _found() -> Iterator[tuple[str, Found]]:
    for name, source in files(*(f"{app}/**/*.py" for app in OURS)):
        yield from ((name, found) for found in python.texts_of(source))
    for name, source in files("templates/**/*.html"):
        yield from ((name, found) for found in _template(source))
    for name, source in files(*SCRIPTS):
        yield from ((name, found) for found in javascript.texts_of(source))
    for model in our_models():
        file = f"{model._meta.app_label}/models.py"
        yield from ((file, (name,)) for name in names_of(model))


def _template(source: str) -> Iterator[Found]:
    """Read a template. Django makes Python of it, but for the indentation."""
    lines = "\n".join(line.strip() for line in templatize(source).splitlines())
    for _, texts, _, _ in extract("python", BytesIO(lines.encode()), TEMPLATE):
        yield (texts,) if isinstance(texts, str) else tuple(texts)
