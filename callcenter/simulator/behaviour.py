"""Behaviour and faults of the simulated WhatsApp and Wati. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, Self, TypeVar

CHOICES = {
    "dialect": ("minimal", "full", "meta", "pascal"),
    "sdp_form": ("text", "object"),
    "newline": ("crlf", "lf", "literal"),
    "answer_at": ("ringing", "accepted", "before_reply"),
    "error_shape": ("envelope", "meta", "ok"),
    "outcome": ("normal", "drop", "hang", "status", "code", "redirect", "body", "meta"),
    "media": ("sound", "paper"),
    "says": ("voice", "tone", "silence"),
    "ice": ("silent", "stun", "eager"),
    "reaction": ("answer", "reject", "ignore", "busy", "unreachable"),
    "reply": ("temporary", "permanent", "reject", "ignore"),
    "ids": ("number", "both", "bsuid"),
    "bsuid_field": (
        "bsuid",
        "user_id",
        "userId",
        "from_user_id",
        "recipient_user_id",
        "contact",
        "number",
    ),
    "username_at": ("nowhere", "root", "profile"),
    "permission_form": ("flag", "word", "upper", "object"),
    "batch": ("none", "items", "changes", "entries"),
    "call_status_at": (
        "",
        "inbound-call",
        "terminate-call",
        "outbound-call",
        "outbound-call-status",
        "call-permission",
    ),
    "business_form": ("own", "other", "wrong"),
    "time_form": ("usual", "unix", "millis", "iso", "naive"),
}
MAY_BE_NEGATIVE = ("clock_offset",)


class BadChoice(ValueError):
    """A word or a type that the simulator does not know; the text says which."""


@dataclass(frozen=True)
class FromJson:
    """Values that a test or a demo sets over HTTP."""

    @classmethod
    def parse(cls, given: Mapping[str, Any], base: Self | None = None) -> Self:
        """Build from JSON, on top of ``base``; raise BadChoice at anything unknown."""
        start = base if base is not None else cls()
        known = {item.name: getattr(start, item.name) for item in fields(start)}
        for name, value in given.items():
            if name not in known:
                raise BadChoice(f"there is no {name!r}; known: {', '.join(known)}")
            check_value(name, value, known[name])
        return replace(start, **given)


def check_value(name: str, value: object, example: object) -> None:
    if name in CHOICES and value not in CHOICES[name]:
        raise BadChoice(f"{name} must be one of {', '.join(CHOICES[name])}")
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    fits = number if isinstance(example, float) else type(value) is type(example)
    if not fits:
        raise BadChoice(f"{name} must be of type {type(example).__name__}")
    least = -1e6 if name in MAY_BE_NEGATIVE else 0.0
    if number and not least <= float(value) <= 1e6:  # type: ignore[arg-type]  # a number
        raise BadChoice(f"{name} must be between {least:.0f} and 1000000")


@dataclass(frozen=True)
class Behaviour(FromJson):
    """Behaviour that is undocumented or varies. Seconds throughout.

    ``ids`` are those by which webhooks name a user; one who hides their number is
    always named by the BSUID. ``bsuid_field``: ``contact`` puts it into the contact,
    ``number`` where a number should stand. ``batch`` holds Meta's notices back until
    there are ``batch_size`` of a kind, or for ``batch_wait``. ``call_status_at``: the
    address to which Wati's event ``call.status`` goes besides. ``reading_lag``: for so
    long after a change a reading still tells what was before.
    """

    dialect: str = "full"
    sdp_form: str = "text"
    newline: str = "crlf"
    missing_caller: bool = False
    ids: str = "number"
    bsuid_field: str = "bsuid"
    parent_bsuid: bool = False
    username_at: str = "nowhere"
    permission_form: str = "flag"
    twins: bool = False
    batch: str = "none"
    batch_size: int = 2
    batch_wait: float = 0.3
    call_status_at: str = ""
    business_form: str = "own"
    clock_offset: float = 0.0
    time_form: str = "usual"
    system_messages: bool = False
    accepts_bsuid: bool = False
    reading_lag: float = 0.0
    webhook_retries: int = 0
    webhook_retry_delay: float = 1.0
    webhook_timeout: float = 30.0
    answer_at: str = "ringing"
    error_shape: str = "envelope"
    latency: float = 0.0
    need_candidates: bool = False
    ring_limit: float = 60.0
    first_media_limit: float = 20.0
    media_gap_limit: float = 30.0
    link_loss: float = 0.0
    link_reorder: float = 0.0
    link_jitter: float = 0.0


@dataclass(frozen=True)
class RestFault(FromJson):
    """A fault in a request of the business.

    It applies to ``times`` requests (0: until the faults are cleared) whose verb,
    call and number match; an empty word matches all. ``done`` says whether the
    request takes effect all the same, which the business can not know.

    The outcome ``body`` replies with ``status`` and the text ``body``, whatever that
    is; ``meta`` with Meta's refusal ``code`` in the shape that Wati gives it now.
    """

    verb: str = ""
    call: str = ""
    waid: str = ""
    times: int = 1
    outcome: str = "normal"
    done: bool = False
    delay_before: float = 0.0
    delay_after: float = 0.0
    status: int = 500
    code: int = 500
    retry_after: int = 0
    body: str = ""
    location: str = "http://127.0.0.1:9/elsewhere"
    hang_for: float = 35.0


@dataclass(frozen=True)
class WebhookFault(FromJson):
    """A fault in a webhook on its way to the business.

    ``copies`` are sent besides the original; ``hold`` keeps a webhook back until
    the next one of its call has been sent.
    """

    kind: str = ""
    call: str = ""
    times: int = 1
    copies: int = 0
    delay: float = 0.0
    lose: bool = False
    hold: bool = False


Fault = TypeVar("Fault", RestFault, WebhookFault)


class FaultList(Generic[Fault]):
    """The faults waiting to happen, first match first."""

    BOUND = 1000

    def __init__(self) -> None:
        self._waiting: list[tuple[Fault, int]] = []

    def add(self, fault: Fault) -> None:
        """Add one; past the bound, drop the oldest."""
        self._waiting.append((fault, fault.times))
        del self._waiting[: -self.BOUND]

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, **facts: str) -> Fault | None:
        """Return the fault for what ``facts`` describe, and use it up by one."""
        for index, (fault, left) in enumerate(self._waiting):
            if all(getattr(fault, name) in ("", facts[name]) for name in facts):
                if left == 1:
                    del self._waiting[index]
                elif left:
                    self._waiting[index] = (fault, left - 1)
                return fault
        return None
