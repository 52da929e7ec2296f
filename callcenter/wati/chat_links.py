"""The address of a contact's chat in Wati, from a pattern that a supervisor sets."""

import re
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext_noop

NUMBER = "{number}"
A_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.I)
# Shown as it is, and put into a link: no blank, quote or control character.
NOT_IN_LINKS = re.compile(r"[\s\"'<>\\^`|\x00-\x20\x7f]")


class UnusablePattern(ValueError):
    """No link can be made of this pattern; the text says why."""


def check(pattern: str) -> None:
    """Raise UnusablePattern unless every link that is made of it is an https link."""
    if NOT_IN_LINKS.search(pattern):
        raise UnusablePattern(gettext_noop("A link has no spaces or quotation marks."))
    try:
        parts = urlsplit(pattern)
        host, user = parts.hostname or "", parts.username or parts.password
        _ = parts.port
    except ValueError:
        raise UnusablePattern(gettext_noop("This is not a link.")) from None
    if parts.scheme != "https" or not A_HOST.fullmatch(host):
        raise UnusablePattern(
            gettext_noop("The link must begin with https:// and a host.")
        )
    if user is not None:
        raise UnusablePattern(
            gettext_noop("The link must not hold a user name or password.")
        )
    if pattern.count(NUMBER) != 1 or NUMBER in parts.netloc:
        raise UnusablePattern(
            gettext_noop("Write {number} once, where the phone number belongs.")
        )
    if re.search(r"[{}]", pattern.replace(NUMBER, "")):
        raise UnusablePattern(gettext_noop("Only {number} can be filled in."))


def chat_link(pattern: str, waid: str) -> str:
    """Return the link of this number's chat; empty without a number or a pattern."""
    if not waid or not pattern:
        return ""
    try:
        check(pattern)
    except UnusablePattern:
        return ""
    return pattern.replace(NUMBER, quote(waid, safe=""))
