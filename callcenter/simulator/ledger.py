"""Every request received and webhook sent, for tests and demos. Bounded."""

from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

BOUND = 2_000


@dataclass
class Request:
    """One request of the business. ``status`` 0: it got no reply."""

    verb: str
    at: float
    call: str = ""
    waid: str = ""
    number: str = ""
    body: str = ""
    status: int = 0
    code: int = 0


@dataclass
class Delivery:
    """One attempt to tell the business something. ``status`` 0: it did not answer.

    ``call``: what it is about, separated by blanks where a body is about several.
    """

    kind: str
    at: float
    call: str
    body: dict[str, Any]
    attempt: int = 1
    status: int = 0
    seconds: float = 0.0
    lost: bool = False


@dataclass
class Ledger:
    """The oldest entries go first once a list is full."""

    requests: deque[Request] = field(default_factory=lambda: deque(maxlen=BOUND))
    deliveries: deque[Delivery] = field(default_factory=lambda: deque(maxlen=BOUND))

    def clear(self) -> None:
        self.requests.clear()
        self.deliveries.clear()

    def find_requests(self, **wanted: str) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self.requests if matches(entry, wanted)]

    def find_deliveries(self, **wanted: str) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self.deliveries if matches(entry, wanted)]


def matches(entry: Request | Delivery, wanted: dict[str, str]) -> bool:
    asked = {name: word for name, word in wanted.items() if word}
    return all(word in getattr(entry, name).split() for name, word in asked.items())
