"""Numbers as people type and paste them: from links, address books, spreadsheets."""

import re
import unicodedata
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from django.utils.translation import gettext as _

LONGEST = 1000  # a link with a prepared message

WHATSAPP_LINK = re.compile(
    r"(?:https?://)?(?:www\.)?(?:wa\.me|(?:api|web)\.whatsapp\.com)/|whatsapp:", re.I
)
WHATSAPP_ID = re.compile(r"(\d+)@(?:s\.whatsapp\.net|c\.us)", re.I)
TEL = re.compile(r"(?:tel|callto|sms|smsto):(?://)?", re.I)
CONTEXT = re.compile(r";phone-context=(\+[^;]*)", re.I)  # RFC 3966, section 5.1.5

CELL_AS_TEXT = re.compile(r'="(.*)"|"(.*)"')
CELL_AS_NUMBER = re.compile(r"(\+?\d+)[.,]0{1,2}")
WITH_THOUSANDS = re.compile(r"(\d{1,3}(?:,\d{3})+)(?:\.0+)?|(\d{1,3}(?:\.\d{3})+),0+")
SCIENTIFIC = re.compile(r"(\+?\d)(?:[.,](\d+))?E\+?(\d{1,2})", re.I)

# "(+49)" and "(0151)" begin a number; a label, a bullet or an icon does not.
BEFORE = re.compile(r"^[^\d+(]*(?:\((?![\d+])[^\d+(]*)*")
AFTER = re.compile(r"[^\w]*$")
LETTER = re.compile(r"[^\W\d_]")
EXTENSION = re.compile(
    r"\d\W*(?:[,;#]+|;?\s*(?:ext|extension|x|int|anexo|ramal|poste|доб)\.?)"
    r"\s*[:=]?\s*\d{1,7}$",
    re.I,
)
ONE_NUMBER = re.compile(r"\++[\d\s.()\[\]/~-]+|[\d\s.()\[\]/~-]+")
# "030 123456 / 57" are two numbers, "0151 / 1234567" is one.
OTHER_ENDING = re.compile(r"\d\s+/\s+\d{1,4}$|/.*/|[\t\n\r\v\f]")
# "+49 (0) 151 …" and "030.12345.0": dialed by some, by others not.
DOUBTFUL_ZERO = re.compile(r"[(\[]\s*0\s*[)\]]|\.0$")


class NotANumber(ValueError):
    """The text is no phone number; the message says why."""


class Written(NamedTuple):
    """The digits of a text, and whether they begin with a country code.

    `spellings`: two when some dial a zero of the text and others do not, as in "(0)".
    `groups`: the digits as blanks, dashes and brackets part them.
    """

    spellings: tuple[str, ...]
    is_international: bool
    groups: list[str]


def read(text: str) -> Written:
    """Cut the digits out of a text. Raises NotANumber with a sentence."""
    if len(text) > LONGEST:
        raise NotANumber(_("Enter one phone number, without other characters."))
    text = _cell(_number_of_link(_plain(text).strip()))
    if not re.search(r"\d", text):
        raise NotANumber(_("Enter a phone number with its country code."))
    text = AFTER.sub("", BEFORE.sub("", text))
    _check(text)
    is_international = text.lstrip("([ ").startswith("+")
    kept = (text, DOUBTFUL_ZERO.sub("", text))
    spellings = [re.sub(r"\D", "", one) for one in kept]
    if is_international:  # "+0049" is the same twice
        spellings = [digits.removeprefix("00") for digits in spellings]
    groups = re.findall(r"\d+", text)
    return Written(tuple(dict.fromkeys(spellings)), is_international, groups)


def _check(text: str) -> None:
    if EXTENSION.search(text):
        raise NotANumber(_("An extension cannot be called. Enter the number alone."))
    if LETTER.search(text):  # the library would read them as keys
        raise NotANumber(_("A phone number cannot contain letters."))
    text = re.sub(r"^[(\[]\s*\+", "+", text)
    if not ONE_NUMBER.fullmatch(text) or OTHER_ENDING.search(text):
        raise NotANumber(_("Enter one phone number, without other characters."))


# --- Characters --------------------------------------------------------------------


def _plain(text: str) -> str:
    return text if text.isascii() else "".join(map(_plain_character, text))


def _plain_character(character: str) -> str:
    """Write digits of any script, blanks, dashes and marks as a keyboard does."""
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Cf":  # invisible: direction marks, zero widths, soft hyphens
        return ""
    if category == "Zs":
        return " "
    if category == "Pd" or character in "\u2212\u30fc":
        return "-"
    if "\uff01" <= character <= "\uff5e" or character in "\ufe62\u207a":
        return unicodedata.normalize("NFKC", character)
    return "+" if character == "\u2795" else character


# --- Links -------------------------------------------------------------------------


def _number_of_link(text: str) -> str:
    if found := WHATSAPP_ID.fullmatch(text):
        return f"+{found[1]}"
    if WHATSAPP_LINK.match(text):
        return _number_of_whatsapp_link(text)
    if found := TEL.match(text):
        return _number_of_tel(unquote(text[found.end() :]))
    return text


def _number_of_whatsapp_link(text: str) -> str:
    """Return '+49151…' of https://wa.me/49151… and its kin; the code always leads."""
    has_scheme = ":" in text.partition("/")[0]
    try:
        parts = urlsplit(text if has_scheme else f"https://{text}")
        phone = parse_qs(parts.query).get("phone", [""])[0]
    except ValueError:
        raise NotANumber(_("This link has no phone number.")) from None
    path = unquote(parts.path).strip("/").removeprefix("c/")
    number = phone or path
    if not number.lstrip("+ ")[:1].isdigit():
        raise NotANumber(_("This link has no phone number."))
    return "+" + number.lstrip("+ ")


def _number_of_tel(text: str) -> str:
    context = CONTEXT.search(text)
    text = CONTEXT.sub("", text).partition("?")[0]
    return context[1] + text if context and not text.startswith("+") else text


# --- Spreadsheets ------------------------------------------------------------------


def _cell(text: str) -> str:
    """Return the digits that a cell had before a spreadsheet took them for a number."""
    text = text.lstrip("'\u2019").strip()
    if found := CELL_AS_TEXT.fullmatch(text):
        text = (found[1] or found[2] or "").strip()
    if found := CELL_AS_NUMBER.fullmatch(text):
        return found[1]
    if found := WITH_THOUSANDS.fullmatch(text):
        return re.sub(r"\D", "", found[1] or found[2])
    if found := SCIENTIFIC.fullmatch(text):
        return _written_out(found[1], found[2] or "", int(found[3]))
    return text


def _written_out(first: str, others: str, exponent: int) -> str:
    """Return 612345678 for 6.12345678E+08; fewer decimals are a rounded number."""
    if len(others) != exponent:
        raise NotANumber(
            _("A spreadsheet cut digits off this phone number. Format it as text.")
        )
    return first + others
