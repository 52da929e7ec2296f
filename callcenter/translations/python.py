"""The texts in Python, from its syntax tree."""

import ast
from collections.abc import Iterator

from callcenter.translations.javascript import NotOneText

# Which arguments of which functions are texts.
TEXTS = {
    "_": (0,),
    "gettext_lazy": (0,),
    "gettext_noop": (0,),
    "ngettext": (0, 1),
    "ngettext_lazy": (0, 1),
    "when": (1,),  # the title of a column: callcenter/admin_parts.py
    "Refused": (0,),  # shown by a console, which translates it
    "fact": (1,),  # as when
    "BadSound": (0,),  # on the form for prompts
    # On the admin's pages; what names numbers of a protocol stays English.
    "Conflict": (0,),
    "RefusedSdp": (0,),
    "UnusableCandidate": (0,),
}
MAY_BE_ENGLISH = ("Conflict", "RefusedSdp")


def texts_of(source: str) -> Iterator[tuple[str, ...]]:
    """Yield each text for the catalogue; two where one and many differ."""
    for node in ast.walk(ast.parse(source)):
        name = _name(node.func) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in TEXTS:
            places = [place for place in TEXTS[name] if place < len(node.args)]
            texts = [_text(node.args[place], name) for place in places]
            found = tuple(text for text in texts if text is not None)
            if len(found) == len(TEXTS[name]):
                yield found


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _text(argument: ast.expr, name: str) -> str | None:
    """Return the text; None for a variable, which holds what is marked elsewhere."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    if isinstance(argument, ast.JoinedStr | ast.BinOp) and name not in MAY_BE_ENGLISH:
        raise NotOneText(ast.unparse(argument))
    return None
