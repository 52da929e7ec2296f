"""The texts in JavaScript, read as a browser reads it.

Babel's own reader loses what follows an apostrophe inside a template; the console is
made of templates within templates.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

# Which arguments of which functions are texts.
TEXTS = {
    "t": (0,),
    "marked": (0,),
    "plural": (0, 1),
    "AudioError": (1,),
    "#problem": (1,),
}
TOKEN = re.compile(
    r"""
      (?P<space>\s+|//[^\n]*|/\*.*?\*/)
    | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    | (?P<name>[#\w$]+)
    | (?P<regex>/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/\w*)
    | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
PART = re.compile(r"((?:\\.|\$(?!\{)|[^`\\$])*)(`|\$\{)", re.DOTALL)
# After one of these a slash begins a regular expression; elsewhere it divides.
BEFORE_REGEX = frozenset("(,=:[!&|?{};+-*%<>~^") | {"return", "typeof", "case", ""}


SPEAKING = ("string", "part", "end")


class NotOneText(Exception):
    """A text is put together where it is used; no translator would see it whole."""


@dataclass(frozen=True)
class Token:
    kind: str  # "string", "name", "regex", "mark"; "part" or "end" of a template
    text: str


def tokens_of(source: str) -> Iterator[Token]:
    """Yield tokens without spaces and comments; a template comes part by part."""
    at, before = 0, ""
    braces: list[str] = []
    while at < len(source):
        kind, text, end = _next(source, at, before)
        if kind == "space":
            at = end
        elif text == "`" or (text == "}" and braces and braces.pop() == "${"):
            if text == "`":
                yield Token("mark", "`")
            part, at, before = _part(source, end)
            yield part
            braces += ["${"] if before == "{" else []
        else:
            at, before = end, text
            braces += ["{"] if text == "{" else []
            yield Token(kind, text)


def _next(source: str, at: int, before: str) -> tuple[str, str, int]:
    found = TOKEN.match(source, at)
    assert found is not None  # a single mark matches anything
    kind, text = found.lastgroup or "", found[0]
    if kind == "regex" and before not in BEFORE_REGEX:
        return "mark", "/", at + 1
    return kind, text, found.end()


def _part(source: str, at: int) -> tuple[Token, int, str]:
    """Read a template up to its end, or up to the next value in it."""
    found = PART.match(source, at)
    if found is None:
        raise SyntaxError("A template has no end.")
    kind, before = ("part", "{") if found[2] == "${" else ("end", "`")
    return Token(kind, found[1]), found.end(), before


def templates_of(source: str) -> Iterator[str]:
    """Yield each template in one piece, `\0` where a value stands."""
    open_ones: list[str] = []
    for token in tokens_of(source):
        if token == Token("mark", "`"):
            open_ones.append("")
        elif token.kind == "part":
            open_ones[-1] += token.text + "\0"
        elif token.kind == "end":
            yield open_ones.pop() + token.text


def texts_of(source: str) -> Iterator[tuple[str, ...]]:
    """Yield each text for the catalogue; two where one and many differ."""
    tokens = list(tokens_of(source))
    for at, token in enumerate(tokens[:-1]):
        before = tokens[at - 1].text if at else ""
        is_method = before == "." and not token.text.startswith("#")
        if token.text in TEXTS and tokens[at + 1].text == "(" and not is_method:
            yield from _texts_of_call(token.text, tokens[at + 2 :])


def _texts_of_call(name: str, tokens: list[Token]) -> Iterator[tuple[str, ...]]:
    arguments = list(_arguments(tokens))
    if len(arguments) <= max(TEXTS[name]):
        return
    texts = [_text(name, arguments[place]) for place in TEXTS[name]]
    if all(text is not None for text in texts):
        yield tuple(text for text in texts if text is not None)


def _arguments(tokens: list[Token]) -> Iterator[list[Token]]:
    argument: list[Token] = []
    depth = 0
    for token in tokens:
        depth += (token.text in "([{") - (token.text in ")]}") if _is_mark(token) else 0
        if depth < 0:
            break
        if depth == 0 and token == Token("mark", ","):
            yield argument
            argument = []
        else:
            argument.append(token)
    if argument:
        yield argument


def _is_mark(token: Token) -> bool:
    return token.kind == "mark"


def _text(name: str, argument: list[Token]) -> str | None:
    """Return the text; None for a variable, which holds what is marked elsewhere."""
    parts = [token for token in argument if token.text != "+"]
    if all(part.kind == "string" for part in parts):
        return "".join(ast.literal_eval(part.text) for part in parts)
    if any(part.kind in SPEAKING and part.text != '""' for part in parts):
        raise NotOneText(f"{name}({' '.join(part.text for part in parts)})")
    return None
