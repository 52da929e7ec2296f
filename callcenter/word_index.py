"""Rows found by how a word begins, by an index that both databases use.

A word that is longer than another and begins with it stands right behind it, if the
index is sorted by the characters' codes. SQLite's is; PostgreSQL's follows the language
of the database unless the index says otherwise (`by_word`).
"""

from collections.abc import Mapping, Sequence, Set
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet

# How words may begin that are looked for: in any of these spellings, each of which may
# be several words that must all be there.
Alternative = tuple[str, ...]
Term = tuple[Alternative, ...]

LAST_CHARACTER = "\U0010ffff"


@models.CharField.register_lookup
class Begins(models.Lookup):
    """`word__begins='jo'`: as `startswith`, case and all."""

    lookup_name = "begins"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        pattern = f"{connection.ops.prep_for_like_query(self.rhs)}%"
        return f"{column} LIKE %s", (*params, pattern)

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, params = self.process_lhs(compiler, connection)
        ends = (self.rhs, f"{self.rhs}{LAST_CHARACTER}")
        return f"({column} >= %s AND {column} < %s)", (*params, *params, *ends)


def by_word(owner: str, *, name: str) -> models.Index:
    """Return the index of a table of words, with what is looked for in it."""
    # SQLite knows no operator classes, and is not told of them.
    classes = ["varchar_pattern_ops", "int8_ops"]
    return models.Index(fields=["word", owner], opclasses=classes, name=name)


def keep(model: type[models.Model], owner: str, wanted: Mapping[int, Set[str]]) -> None:
    """Let these rows have these words and no others; write only what differs."""
    column = f"{owner}_id"
    rows = model._base_manager.filter(**{f"{column}__in": list(wanted)})
    have: dict[int, set[str]] = {key: set() for key in wanted}
    for key, word in rows.values_list(column, "word"):
        have[key].add(word)
    for key, words in wanted.items():
        if gone := have[key] - words:
            rows.filter(**{column: key, "word__in": gone}).delete()
    add(model, owner, {key: words - have[key] for key, words in wanted.items()})


def add(model: type[models.Model], owner: str, words: Mapping[int, Set[str]]) -> None:
    """Give these rows these words besides those that they have, in one statement."""
    new = [
        model(**{f"{owner}_id": key, "word": word})
        for key, some in words.items()
        for word in sorted(some)
    ]
    if new:
        model._base_manager.bulk_create(new, ignore_conflicts=True)


# --- Who has the words -------------------------------------------------------------

# As many rows as are named to the database one by one. Are there more, it goes through
# the list that is shown and looks for each row whether it is among them.
FEW = 1000


class Found:
    """The owners of words; a few of them by their keys."""

    def __init__(self, *rows: QuerySet[Any]) -> None:
        """`rows`: of one column each, the owner's key."""
        self.rows = rows
        self.few: set[Any] | None = set()
        for some in rows:
            first = list(some[: 4 * FEW])  # an owner may have several such words
            self.few = self.few | set(first) if self.few is not None else None
            if self.few is not None and (len(first) == 4 * FEW or len(self.few) > FEW):
                self.few = None

    def __bool__(self) -> bool:
        return self.few is None or bool(self.few)

    def q(self, field: str) -> Q:
        """Return the condition that this field is one of the owners."""
        if self.few is not None:
            return Q(**{f"{field}__in": self.few})
        return reduce(or_, (Q(**{f"{field}__in": some}) for some in self.rows))


def owners(
    model: type[models.Model], owner: str, terms: Sequence[Term]
) -> QuerySet[Any]:
    """Return the keys of all who have a word for every one of the terms."""
    column = f"{owner}_id"
    first, *others = sorted(terms, key=_vagueness)
    rows = model._base_manager.filter(_condition(model, column, first))
    for term in others:
        theirs = model._base_manager.filter(_condition(model, column, term))
        rows = rows.filter(**{f"{column}__in": theirs.values(column)})
    return rows.values_list(column, flat=True)


def _vagueness(term: Term) -> int:
    return -min(len("".join(words)) for words in term)


def _condition(model: type[models.Model], column: str, term: Term) -> Q:
    """Return the condition for a word: that it begins one spelling of the term."""
    found = []
    for words in term:
        first, *others = sorted(words, key=len, reverse=True)
        theirs = [
            model._base_manager.filter(word__begins=word).values(column)
            for word in others
        ]
        also = (Q(**{f"{column}__in": one}) for one in theirs)
        found.append(reduce(and_, also, Q(word__begins=first)))
    return reduce(or_, found)
