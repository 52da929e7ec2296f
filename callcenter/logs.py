"""Log lines that name the node which wrote them and the call they are about.

The facts travel in one context variable: with the task, into the threads that asgiref
starts, and in the headers of Celery's tasks.
"""

import json
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

HEADER = "about"  # of a task
# As a proxy writes them; anything else may be an attempt to write lines of its own.
A_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

A_CALL = re.compile(r"\b[Cc]all ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")

_about: ContextVar[Mapping[str, str]] = ContextVar("about", default={})  # noqa: B039


@contextmanager
def about(**facts: Any) -> Iterator[None]:
    """Have all lines meanwhile tell these facts, such as `call` or `account`."""
    told = {name: str(value) for name, value in facts.items() if value}
    token = _about.set({**_about.get(), **told})
    try:
        yield
    finally:
        _about.reset(token)


def now_about() -> Mapping[str, str]:
    return _about.get()


def process_name() -> str:
    """Return the node's name; of a worker or the clock, what it is."""
    if name := os.environ.get("NODE_NAME"):
        return name
    program = os.path.basename(sys.argv[0])
    if program == "celery" or "celery" in sys.argv[:1]:
        kinds = [word for word in sys.argv if word in ("worker", "beat")]
        return kinds[0] if kinds else program
    return "node-1"


class Facts(logging.Filter):
    """A filter that drops nothing, and puts the facts of the moment into each record.

    A call that the message itself names counts for more: what several calls share, such
    as their sockets, was begun by one of them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._node = process_name()

    def filter(self, record: logging.LogRecord) -> bool:
        record.node = self._node
        record.about = facts = _about.get()
        if named := A_CALL.search(record.getMessage()):
            record.about = {**facts, "call": named[1]}
        return True


class TextLine(logging.Formatter):
    """A line for people, with the call's id if it does not stand in the message."""

    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s %(levelname)-7s %(node)s%(of)s %(name)s %(message)s"
        )

    def format(self, record: logging.LogRecord) -> str:
        call = getattr(record, "about", {}).get("call", "")
        record.node = getattr(record, "node", "")
        record.of = f" call {call}" if call and call not in record.getMessage() else ""
        return super().format(record)


class JsonLine(logging.Formatter):
    """A line that is one JSON object, for programs that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "node": getattr(record, "node", ""),
            **getattr(record, "about", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


FORMATS: dict[str, str] = {
    "text": f"{__name__}.TextLine",
    "json": f"{__name__}.JsonLine",
}


def request_id_of(headers: Mapping[bytes, bytes]) -> str:
    """Return the proxy's ID of a request, or a new one."""
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    return given if A_REQUEST_ID.fullmatch(given) else os.urandom(8).hex()
