"""The sound of many calls in sums, which only grow."""

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from calls.media.session import Session


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over calls, those that are over included."""

    packets_in: int = 0
    lost_in: int = 0
    late_in: int = 0
    packets_out: int = 0
    dropped_out: int = 0
    late_out: int = 0
    too_fast_out: int = 0
    one_way_seconds: float = 0.0

    @classmethod
    def of(cls, session: "Session") -> Self:
        """Return what one call has come to by now."""
        counters = session.counters
        return cls(*(getattr(counters, name) for name in cls.__slots__))

    def __add__(self, other: "Totals") -> "Totals":
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Totals(*(one + two for one, two in pairs))
