"""Bring locale/ up to the sources: what is new waits there for its translation.

Without words that is all. `missing LANGUAGE` prints what one lacks as a .po of its own,
`fill LANGUAGE FILE` takes over from such a file.
"""

import argparse
import os
import sys
from pathlib import Path

import django

os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")
django.setup()

from callcenter.translations import catalogue, filling  # noqa: E402 - models come first


def main(words: list[str]) -> None:
    wanted = parsed(words)
    catalogue.update_all()
    if wanted.verb == "missing":
        sys.stdout.buffer.write(filling.stub(wanted.language))
        return
    if wanted.verb == "fill":
        count = filling.fill(wanted.language, wanted.file)
        sys.stdout.write(f"{wanted.language}: {count} texts taken over\n")
    for language in catalogue.languages():
        lacking = filling.missing(catalogue.read(language))
        sys.stdout.write(f"{language}: {len(lacking)} texts without a translation\n")


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m callcenter.translations")
    verbs = parser.add_subparsers(dest="verb")
    for verb in ("missing", "fill"):
        one = verbs.add_parser(verb)
        one.add_argument("language", choices=catalogue.languages())
    one.add_argument("file", type=Path)
    return parser.parse_args(words)


main(sys.argv[1:])
