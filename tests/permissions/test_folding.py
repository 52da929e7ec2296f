"""What is typed and what is stored meet, however each of them was written."""

import unicodedata
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from permissions import folding
from permissions.folding import LONGEST_WORD, MOST_TERMS, terms, words

FOUND = [
    ("Pérez", "Perez"),
    ("Perez", "Pérez"),
    ("José", "jose"),
    ("José", "JOSÉ"),
    ("O’Brien", "O'Brien"),
    ("O'Brien", "O’Brien"),
    ("O’Brien", "OBrien"),
    ("OBrien", "O´Brien"),
    ("O Brien", "O`Brien"),
    ("D’Angelo", "angelo"),
    ("Weiß", "weiss"),
    ("Weiss", "Weiß"),
    ("GROẞ", "gross"),
    ("İnce", "ince"),
    ("İnce", "INCE"),
    ("ince", "İnce"),
    ("Yılmaz", "yilmaz"),
    ("Yilmaz", "Yılmaz"),
    ("YILMAZ", "yılmaz"),
    ("Łukasz", "lukasz"),
    ("Lukasz", "Łukasz"),
    ("Æsa", "aesa"),
    ("Aesa", "Æsa"),
    ("Lætitia Œuvre", "laetitia oeuvre"),
    ("Müller", "Muller"),
    ("Müller", "Mueller"),
    ("Mueller", "Müller"),
    ("Søren", "Soren"),
    ("Søren", "Soeren"),
    ("Åse", "Aase"),
    ("Đorđe", "dorde"),
    ("Þóra", "thora"),
    ("Guðrún", "gudrun"),
    ("Əliyev", "eliyev"),
    ("ＡＮＡ Ｐ", "ana p"),
    ("Ana", "ＡＮＡ"),
    ("Jose\u0301", "Jos\u00e9"),
    ("ﬁona", "fiona"),
    ("Jean-Luc", "jean luc"),
    ("Jean-Luc", "jeanluc"),
    ("Jean‑Luc", "Jean-Luc"),
    ("Ruiz–Díaz", "diaz"),
    ("J.R.R. Tolkien", "jrr tolkien"),
    ("Paral·lel", "parallel"),
    ("Ana María López", "lopez ana"),
    ("Ana María López", "lop mar an"),
    ("A\u200bna\u202e", "ana"),
    ("Ana", "\u202aAna\u202c"),
    ("Ana\u00a0López", "ana lopez"),
    ("Ana", "ana\0"),
    ("bob_99", "@bob_99"),
    ("bob_99", "bob"),
    ("BR.1A9f3C77xQ", "br.1a9f3c77xq"),
    ("Αθηνά Παπαδόπουλος", "αθηνα παπαδοπουλοσ"),
    ("Алёна", "алена"),
    ("مُحَمَّد", "محمد"),
    ("محـمد", "محمد"),
    ("أحمد", "احمد"),
    ("田中太郎", "太郎"),
    ("김민준", "민준"),
    ("ｶﾞﾗｽ", "ガラス"),
    ("สมชาย ใจดี", "ใจดี"),
    ("٠١٢", "012"),
    ("Ana 🌸", "🌸"),
    ("🌸🌸", "🌸"),
    ("???", "???"),
    ("ana@example.com", "ana@example.com"),
    ("ana@example.com", "example"),
]
NOT_FOUND = [
    ("Ana", "bob"),
    ("Ana López", "ana bob"),
    ("Ana", "anab"),
    ("Muller", "mueller"),
    ("", "ana"),
    ("\u3164\u2800", "ana"),
    ("Joana", "ana"),
]

names = st.text(min_size=1, max_size=80)
letters = st.text(
    st.characters(categories=["Lu", "Ll", "Lt", "Lo"]), min_size=1, max_size=12
)
western = st.text("aáàäåæbçdðđeéèëfghiíıİjklłmnñoóöøœpqrsßtþuúüvwxyýz'’- ", min_size=1)


def is_found(name: str, typed: str) -> bool:
    wanted = terms(typed)
    return bool(wanted) and all(folding.begins(one, words(name)) for one in wanted)


@pytest.mark.parametrize(("name", "typed"), FOUND)
def test_a_name_is_found_however_it_is_typed(name: str, typed: str):
    assert is_found(name, typed)


@pytest.mark.parametrize(("name", "typed"), NOT_FOUND)
def test_another_name_is_not_found(name: str, typed: str):
    assert not is_found(name, typed)


def without_accents(text: str) -> str:
    apart = unicodedata.normalize("NFD", text)
    return "".join(one for one in apart if unicodedata.category(one) != "Mn")


def in_full_width(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)


WAYS = [
    str.upper,
    str.lower,
    str.casefold,
    str.title,
    in_full_width,
    *(
        lambda text, form=form: unicodedata.normalize(form, text)
        for form in ("NFC", "NFD", "NFKC", "NFKD")
    ),
    lambda text: text.replace("'", "’"),
    lambda text: text.replace("’", "'"),
    lambda text: f"\u202a{text}\u202c",
]


@given(names | western, st.sampled_from(WAYS))
def test_a_name_is_found_by_itself_in_any_folding(name: str, way):
    assume(terms(name))
    assert is_found(name, way(name))
    assert is_found(way(name), name)


@given(western)
def test_a_name_is_found_without_its_accents(name: str):
    assume(terms(name))
    assert is_found(name, without_accents(name))


@given(names | western, st.integers(1, LONGEST_WORD))
def test_a_name_is_found_by_the_beginning_of_any_of_its_words(name: str, many: int):
    for word in words(name):
        if terms(word[:many]):
            assert is_found(name, word[:many])


@given(st.lists(letters, min_size=1, max_size=5), st.randoms())
def test_the_order_of_the_words_does_not_matter(some: list[str], chance: Random):
    typed = list(some)
    chance.shuffle(typed)
    assume(terms(" ".join(typed)))
    assert is_found(" ".join(some), " ".join(typed))


@given(names)
def test_words_can_be_stored_and_none_is_empty(name: str):
    for word in words(name):
        assert 0 < len(word) <= LONGEST_WORD
        assert "\0" not in word
        assert word.encode()
        # Those begin the words of a number.
        if len(words(name)) > 1:
            assert word[0] not in "+-<"


def test_of_very_many_words_the_first_ones_count():
    typed = " ".join(f"word{n}" for n in range(1200))
    assert len(terms(typed)) == MOST_TERMS
    assert folding.is_longer(typed)
    assert not folding.is_longer("Ana López")
