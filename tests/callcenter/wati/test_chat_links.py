"""Only https links lead to a chat, with the number where the pattern has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.wati.chat_links import UnusablePattern, chat_link, check

pytestmark = pytest.mark.stackless

GOOD = [
    "https://live.wati.io/7/teamInbox?phone={number}",
    "https://wa.me/{number}",
    "https://wati.example.com:8443/#/chat/{number}/open",
]
BAD = [
    "http://live.wati.io/{number}",
    "javascript:alert({number})",
    "JavaScript://https%0aalert({number})",
    "//live.wati.io/{number}",
    "https:///{number}",
    "https://{number}.wati.io/",
    "https://live.wati.io/",
    "https://live.wati.io/{number}/{number}",
    "https://live.wati.io/{number}?to={name}",
    "https://ana:secret@live.wati.io/{number}",
    "https://live.wati.io:port/{number}",
    "https://live.wati.io/{number} x",
    'https://live.wati.io/{number}"onclick="x',
    "https://live.wati.io/\n{number}",
    "https://[::1/{number}",
    "data:text/html,{number}",
]


@pytest.mark.parametrize("pattern", GOOD)
def test_an_https_pattern_holds_the_number(pattern: str):
    check(pattern)
    assert chat_link(pattern, "4915112345678") == pattern.replace(
        "{number}", "4915112345678"
    )
    assert chat_link(pattern, "") == ""


@pytest.mark.parametrize("pattern", BAD)
def test_anything_else_is_refused_and_makes_no_link(pattern: str):
    with pytest.raises(UnusablePattern):
        check(pattern)
    assert chat_link(pattern, "4915112345678") == ""


@given(st.text(max_size=60))
def test_whatever_is_stored_makes_an_https_link_or_none(pattern: str):
    link = chat_link(pattern, "4915112345678")
    assert link == "" or link.startswith("https://")
