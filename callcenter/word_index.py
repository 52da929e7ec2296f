"""Rows found by how a word begins, by an index that both databases use.

A word that is longer than another and begins with it stands right behind it, if the
index is sorted by the characters' codes. SQLite's is; PostgreSQL's follows the language
of the database unless the index says otherwise (`by_word`).
"""

from collections.abc import Callable, Mapping, Sequence, Set
from functools import cached_property, reduce
from operator import and_, or_
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from callcenter import sets  # noqa: F401  (it registers the lookup __among)

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

# As many owners as are named to the database, which finds their rows by an index. If
# there are more, it goes through the list that is shown, and looks at each row: where
# many are found it soon has a page of them.
FEW = 5000
# Where as few rows of a list are found, all of them are read sooner than the list.
FEW_OF_THE_LIST = 10_000
# As many are gathered first, and each row is looked up in memory. PostgreSQL must be
# sure of the memory for them, or it would gather them anew for each row.
MOST_GATHERED = 120_000


class Way(NamedTuple):
    """One way to find rows: all of their keys, and a look whether a row is among them.

    `is_in`: the condition for the rows whose field, named by the argument, is. `words`:
    rows that are counted sooner than the keys, and of which there are not fewer.
    """

    keys: QuerySet[Any]
    is_in: Callable[[str], Q]
    words: QuerySet[Any]

    def has_more_than(self, many: int) -> bool:
        return self.words[: many + 1].count() > many


class Found:
    """All that some ways find; if it is few, by their keys."""

    def __init__(self, *ways: Way, most: int | None = None) -> None:
        most = FEW if most is None else most
        self.ways, self.few = ways, set[Any]()
        self.is_many = False
        for way in ways:
            if way.has_more_than(2 * most):  # an owner may have several such words
                self.is_many = True
            else:
                self.few.update(way.keys.all())
        self.is_many |= len(self.few) > most

    def __bool__(self) -> bool:
        return self.is_many or bool(self.few)

    @cached_property
    def is_everywhere(self) -> bool:
        return self.is_many and any(
            way.has_more_than(MOST_GATHERED) for way in self.ways
        )

    def q(self, field: str) -> Q:
        """Return the condition that this field is one of what was found."""
        if self.is_many:
            return in_order(reduce(or_, (way.is_in(field) for way in self.ways)))
        return Q(**{f"{field}__among": list(self.few)})

    def keys(self, rows: QuerySet[Any], field: str) -> list[QuerySet[Any]]:
        """Return the keys of those of these rows whose field is one of them."""
        if self.is_many and field == "pk":
            return [way.keys for way in self.ways]
        conditions = [Q(**{f"{field}__in": way.keys}) for way in self.ways]
        if not self.is_many:
            conditions = [self.q(field)] if self else []
        return [rows.filter(one).values_list("pk", flat=True) for one in conditions]


def in_order(condition: Q) -> Q:
    """Have PostgreSQL look at rows in the order of the list, up to a page of them."""
    is_so = When(condition, then=Value(True))
    return Q(Case(is_so, default=Value(False), output_field=models.BooleanField()))


def owners(model: type[models.Model], owner: str, terms: Sequence[Term]) -> Way:
    """Return the way to all who have a word for every one of the terms."""
    column = f"{owner}_id"
    first, *others = sorted(terms, key=_vagueness)
    rows = model._base_manager.filter(_condition(model, column, first))
    rows = rows.filter(*(has(model, owner, column, term) for term in others))

    def is_in(field: str) -> Q:
        return reduce(and_, (has(model, owner, field, term) for term in terms))

    keys = rows.values_list(column, flat=True)
    return Way(keys, is_in, words=keys)


def has(model: type[models.Model], owner: str, field: str, term: Term) -> Q:
    """Return the condition for rows whose field is an owner of a word for the term."""
    theirs = model._base_manager.filter(**{f"{owner}_id": OuterRef(field)})
    spellings = (
        reduce(and_, (Q(Exists(theirs.filter(word__begins=word))) for word in words))
        for words in term
    )
    return reduce(or_, spellings)


def _vagueness(term: Term) -> int:
    return -min(len("".join(words)) for words in term)


def _condition(model: type[models.Model], column: str, term: Term) -> Q:
    """Return the condition for a word: that it begins one spelling of the term."""
    owner = column.removesuffix("_id")
    found = []
    for words in term:
        first, *others = sorted(words, key=len, reverse=True)
        also = (has(model, owner, column, ((word,),)) for word in others)
        found.append(reduce(and_, also, Q(word__begins=first)))
    return reduce(or_, found)
