"""Names that people really have, and those of people who mean harm."""

from hypothesis import strategies as st

NASTY = [
    "Ana;=1+1",
    "x\t=1+1",
    "Ana,=1+1",
    "=1+1",
    "+49 151 1234",
    "-2",
    "@SUM(A1)",
    "＝1+1",
    '"=1+1"',
    "'=1+1",
    " =1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "first\n=1+1",
    "first\r\n+1",
    "\t=1+1",
    '=HYPERLINK("http://localhost/","x")',
    "https://localhost/",
    "mailto:ana@localhost",
    "1e5",
    "00123",
    "TRUE",
    "3/4",
    "2026-11-20",
    "12:30",
    "#N/A",
    "5%",
    "Ana 😀 👩🏽‍⚕️",
    "שלום, =1",
    "مرحبا",
    'she said "hi"; then "bye"',
    "two\nlines",
    " spaces ",
    "_x0041_ <b>&amp;</b>",
    "李" * 50,
    "x" * 10_000,
]

_pieces = st.sampled_from(
    [*",;|\t\r\n\"' =+-@＝＋－＠_x", "1+1", "\ufeff", "\u200b", "0041_"]
)
# Cs cannot be stored, and no database of ours takes a NUL.
_letters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
nasty_texts = st.one_of(
    st.sampled_from(NASTY[:-1]),
    st.lists(_pieces, max_size=8).map("".join),
    st.text(_letters, max_size=20),
)
