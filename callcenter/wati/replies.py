"""Sort any reply of Wati into yes, no, or maybe. Pure.

Nobody has published where Wati puts WhatsApp's errors (protocol file, section 2.4), so
they are found in any shape: Meta's object itself, JSON inside a text, a list, "(#190)"
in a sentence. What is no code, such as a phone number or a price, never counts.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from callcenter.wati.errors import (
    CODES,
    LONG_CODES,
    PERMISSIONS_ERROR,
    WatiError,
    meaning_of,
)
from callcenter.wati.fields import find, flat, instant_of, plain, text_of, truth_of
from callcenter.wati.words import redacted

MOST_NESTED = 12
LONGEST_WAIT = timedelta(days=8)

CODE_KEYS = {"code", "errorcode", "statuscode"}
TEXT_KEYS = {
    *("", "message", "error", "errors", "errormessage", "errorusermsg", "title"),
    *("errorusertitle", "detail", "details", "description", "reason", "info"),
}
# What stands under these is an error, and so is what has one of Meta's own fields.
ERROR_KEYS = {"error", "errors", "innererror", "exception"}
META_KEYS = {"errordata", "errorsubcode", "errorusermsg", "fbtraceid"}

# A code in a sentence, or in JSON that was cut off.
IN_TEXT = re.compile(
    r"\(#(?P<marked>\d{1,6})\)"
    r'|code\\*"\s*:\s*\\*"?(?P<cut_off>\d{1,6})(?![\d.])'
    r"|(?i:\b(?:error|code))[\s:=#]{1,3}(?P<named>13\d{4}|80007)(?![\w]|[.,]\d)"
    r"|\A\W{0,2}(?P<first>13\d{4})(?=\W{0,2}\Z|\s?[:)\]–-])"
)
INSTANT = re.compile(
    r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\b1[6-9]\d{8}\b|\b2\d{9}\b"
)


@dataclass(frozen=True)
class Answer:
    """Wati's answer to a successful request."""

    message: str
    result: dict[str, Any]

    @property
    def call_id(self) -> str:
        """Return the new call's ID, in any known spelling; empty when there is none."""
        return text_of(find(self.result, "callId", "id", "wacid"))


@dataclass(frozen=True)
class Code:
    """A number that a reply calls a code. `sure`: it is Meta's, also in a success."""

    number: int
    sure: bool

    @property
    def is_envelope(self) -> bool:
        """Say whether it is one of HTTP's numbers, as in Wati's envelope."""
        if PERMISSIONS_ERROR <= self.number < 300:
            return not self.sure
        return 300 <= self.number < 600 and self.number not in CODES


def judge(
    status: int,
    content: bytes,
    headers: Mapping[str, str],
    *,
    now: datetime | None = None,
    hide: Iterable[str] = (),
) -> Answer:
    """Return what Wati answered. Raises WatiError unless HTTP and body say yes.

    `hide`: secrets that the reply may repeat.
    """
    body = _parsed(content)
    codes, texts = _said(body)
    is_yes, root = 200 <= status < 300, flat(body)
    if is_yes and _agrees(root, codes):
        result = root.get("result")
        shown = result if isinstance(result, dict) and result else body
        return Answer(text_of(root.get("message")), shown)
    code, envelope = _whatsapps(codes), _envelope(codes)
    if is_yes and envelope is None and _denies(root):
        envelope = 200  # a body that says no: not an empty one
    means = meaning_of(status, envelope, code)
    raise WatiError(
        outcome=means.outcome,
        message=means.sentence or _plain_answer(status, envelope),
        status=status,
        code=code,
        envelope=envelope,
        words=redacted(" – ".join(dict.fromkeys(texts)), hide),
        wait=_wait(headers, texts, now or datetime.now(UTC)) or means.wait,
    )


def _parsed(content: bytes) -> Any:
    """Return the JSON value, or the text; a page of HTML is nothing of Wati's."""
    text = content.decode("utf-8", "replace").strip()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return "" if text.startswith("<") else text


def _agrees(root: dict[str, Any], codes: list[Code]) -> bool:
    if _number(root.get("code")) != 200 or _denies(root):
        return False
    return not any(found.sure for found in codes)


def _denies(root: dict[str, Any]) -> bool:
    """Say whether a body says no without a code, as Wati's older endpoints do."""
    if truth_of(root.get("success")) is False or root.get("result") is False:
        return True
    return bool(root.get("error") or root.get("errors"))


# --- Codes and texts ---------------------------------------------------------------


def _said(body: Any) -> tuple[list[Code], list[str]]:
    """Return the codes in a body, those in fields first, and what it says in words."""
    fields: list[Code] = []
    in_words: list[Code] = []
    texts: list[str] = []
    for key, value in _walk(body, "", 0):
        if isinstance(value, dict):
            fields += _codes_of(key, value)
        elif key in TEXT_KEYS and isinstance(value, str | int | float):
            text = str(value).strip()
            in_words += _codes_in(text)
            texts.append(text)
    return fields + in_words, [text for text in texts if text]


def _walk(value: Any, key: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield every object and every other value with its key, JSON in texts read."""
    if depth > MOST_NESTED:
        return
    if isinstance(value, dict):
        yield key, value
        for name, inner in value.items():
            yield from _walk(inner, plain(name), depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, key, depth + 1)
    elif isinstance(value, str):
        before, inner = _unpacked(value)
        yield key, before
        if inner is not None:
            yield from _walk(inner, "", depth + 1)
    elif not isinstance(value, bool) and value is not None:
        yield key, value


def _unpacked(text: str) -> tuple[str, Any]:
    """Return the text before an object in JSON, and the object; None without one."""
    start = text.find("{")
    if start < 0:
        return text, None
    for candidate in (text[start:], text[start:].replace('\\"', '"')):
        try:
            found, _ = json.JSONDecoder().raw_decode(candidate)
        except (ValueError, RecursionError):
            continue
        return text[:start].strip(' "[\\'), found
    return text, None


def _codes_of(key: str, value: dict[str, Any]) -> Iterator[Code]:
    names = {plain(name) for name in value}
    is_metas = key in ERROR_KEYS or bool(names & META_KEYS)
    if not (is_metas or key == "" or names & TEXT_KEYS):
        return  # a country has a code as well
    for name, inner in value.items():
        number = _number(inner) if plain(name) in CODE_KEYS else None
        if number is None:
            continue
        # 0 is also what a field holds that nobody has set.
        if number or is_metas or "auth" in text_of(value.get("message")).lower():
            yield Code(number, sure=is_metas or _is_metas_alone(number))


def _is_metas_alone(number: int) -> bool:
    """Say whether nobody else counts so: neither HTTP nor a list of a few cases."""
    is_https = PERMISSIONS_ERROR <= number < 300
    return number >= LONG_CODES or (number > 99 and number in CODES and not is_https)


def _codes_in(text: str) -> Iterator[Code]:
    for found in IN_TEXT.finditer(text):
        yield Code(int(found[found.lastgroup or 0]), sure=True)


def _number(value: Any) -> int | None:
    text = text_of(value).strip("#() ")
    fits = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if fits else None


def _whatsapps(codes: list[Code]) -> int | None:
    """Return WhatsApp's own code: one whose meaning we know, if there is one."""
    numbers = [found.number for found in codes if not found.is_envelope]
    known = (n for n in numbers if n in CODES or PERMISSIONS_ERROR <= n < 300)
    return next(known, numbers[0] if numbers else None)


def _envelope(codes: list[Code]) -> int | None:
    numbers = [found.number for found in codes if found.is_envelope]
    if 401 in numbers:
        return 401
    failures = (number for number in numbers if number >= 300)
    return next(failures, numbers[0] if numbers else None)


# --- Words and times ---------------------------------------------------------------


def _plain_answer(status: int, envelope: int | None) -> str:
    said = f" and code {envelope}" if envelope not in (None, 200) else ""
    return f"Wati answered with HTTP {status}{said}."


def _wait(
    headers: Mapping[str, str], texts: list[str], now: datetime
) -> timedelta | None:
    """Return how long to wait, as the reply says it; None if it does not."""
    told = {name.lower(): value for name, value in headers.items()}
    times = [_retry_after(told.get("retry-after", ""), now)]
    times += [
        instant_of(found[0]) for text in texts for found in INSTANT.finditer(text)
    ]
    waits = (at - now for at in times if at)
    return next((wait for wait in waits if timedelta() < wait <= LONGEST_WAIT), None)


def _retry_after(text: str, now: datetime) -> datetime | None:
    """Read seconds, or a date as HTTP writes it."""
    try:
        if text.isascii() and text.isdigit() and len(text) < 9:
            return now + timedelta(seconds=int(text))
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
