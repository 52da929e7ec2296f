"""A client of the simulator's control desk, for tests and scripts."""

from dataclasses import dataclass
from typing import Any, Self

import httpx2


class ControlError(Exception):
    """The simulator refused; the text says why."""


@dataclass(frozen=True)
class Heard:
    """The audio at a phone: ``seconds`` since the start of the call, the rest lately.

    ``rms`` is 1.0 at full scale; ``levels`` are those of the frequencies asked for;
    ``until`` is when the last packet came, in unix seconds.
    """

    seconds: float
    rms: float
    frequency: float
    levels: tuple[float, ...]
    packets: int
    lost: int
    longest_gap: float
    until: float
    payload_types: dict[str, int]
    sources: dict[str, int]
    connected: bool


class SimulatorControl:
    """Speaks to ``{base_url}/simulator/api/``. Usable as a context manager."""

    def __init__(self, base_url: str, token: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx2.Client(
            base_url=f"{base_url.rstrip('/')}/simulator/api/",
            headers=headers,
            trust_env=False,
            timeout=30.0,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def place_call(
        self,
        *,
        tone: int | None = None,
        behaviour: dict[str, Any] | None = None,
        **placed: Any,
    ) -> str:
        """Let a scripted phone call the business (fields of Placed). Return its ID.

        With ``tone`` the phone sounds that many hertz, else it speaks.
        """
        if tone is not None:
            placed |= {"says": "tone", "frequency": tone}
        if behaviour:
            placed["behaviour"] = behaviour
        call: str = self._post("calls", placed)["call"]
        return call

    def calls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get("calls")["calls"]
        return found

    def call(self, call_id: str) -> dict[str, Any]:
        """Return state and both SDPs of one call."""
        return self._get("call", call=call_id)

    def hang_up(self, call_id: str) -> None:
        self._post("call/hang_up", {"call": call_id})

    def decide(self, call_id: str, decision: str) -> None:
        """Let the user ``answer`` or ``reject`` a call of the business."""
        self._post(f"call/{decision}", {"call": call_id})

    def ring_out(self, call_id: str) -> None:
        """Let the time run out for which WhatsApp rings at the user."""
        self._post("call/ring_out", {"call": call_id})

    def mute(self, call_id: str, how: str = "silence") -> None:
        """Mute: ``silence`` keeps packets flowing, ``stop`` does not, empty unmutes."""
        self._post("call/mute", {"call": call_id, "how": how})

    def send_dtmf(self, call_id: str, digits: str) -> None:
        self._post("call/dtmf", {"call": call_id, "digits": digits})

    def lose_network(self, call_id: str, *, lost: bool = True) -> None:
        self._post("call/network", {"call": call_id, "lost": lost})

    def heard(
        self, call_id: str, *, seconds: float = 1.0, levels_of: tuple[float, ...] = ()
    ) -> Heard:
        query = {"call": call_id, "seconds": seconds, "frequency": list(levels_of)}
        found = self._get("heard", **query)
        found["levels"] = tuple(found["levels"])
        found.pop("late")
        return Heard(**found)

    def heard_wav(self, call_id: str) -> bytes:
        return self._check(self._client.get("heard.wav", params={"call": call_id}))

    def set_person(self, waid: str, **person: Any) -> None:
        """Set how a user without a phone page reacts (fields of WhatsAppUser)."""
        self._post(f"people/{waid}", person)

    def add_user(
        self, *, habits: dict[str, Any] | None = None, **profile: Any
    ) -> dict[str, Any]:
        """Add a user (fields of Profile), who reacts as set_person() says.

        Return all their ids; ``user`` names them whatever becomes of these.
        """
        return self._post("users", profile | {"habits": habits or {}})

    def change_user(
        self, user: str, *, habits: dict[str, Any] | None = None, **profile: Any
    ) -> dict[str, Any]:
        """Change ids or habits of a user, found by any id. Return all their ids."""
        changed = profile | ({"habits": habits} if habits else {})
        return self._post(f"users/{user}", changed)

    def users(self) -> list[dict[str, Any]]:
        """Return all users with all their ids."""
        found: list[dict[str, Any]] = self._get("users")["users"]
        return found

    def belief(self, user: str, number: str = "") -> dict[str, Any]:
        """Return all that WhatsApp knows about a user and a business number."""
        return self._get(f"belief/{user}", number=number)

    def permission(self, waid: str) -> dict[str, Any]:
        return self._get(f"permissions/{waid}")

    def reply(self, waid: str, reply: str, number: str = "") -> None:
        """Reply for the user, asked or not: temporary, permanent or reject."""
        self._post(f"permissions/{waid}", {"reply": reply, "number": number})

    def behave(self, **behaviour: Any) -> None:
        """Change what the world does from now on (fields of Behaviour)."""
        self._post("behaviour", behaviour)

    def set_fault(self, **fault: Any) -> None:
        """Spoil the business's coming requests (fields of RestFault)."""
        self._post("faults/rest", fault)

    def set_webhook_fault(self, **fault: Any) -> None:
        """Spoil the coming webhooks (fields of WebhookFault)."""
        self._post("faults/webhook", fault)

    def clear_faults(self) -> None:
        self._post("faults/clear", {})

    def requests(
        self, *, verb: str = "", call_id: str = "", waid: str = ""
    ) -> list[dict[str, Any]]:
        """Return the business's requests, oldest first; empty filters match all."""
        query = {"verb": verb, "call": call_id, "waid": waid}
        found: list[dict[str, Any]] = self._get("requests", **query)["requests"]
        return found

    def webhooks(self, *, kind: str = "", call_id: str = "") -> list[dict[str, Any]]:
        """Return the webhooks sent, oldest first; empty filters match all."""
        query = {"kind": kind, "call": call_id}
        found: list[dict[str, Any]] = self._get("webhooks", **query)["webhooks"]
        return found

    def send_webhook(self, kind: str, body: dict[str, Any], call: str = "") -> None:
        """Send any body to one of the five addresses."""
        self._post("webhooks", {"kind": kind, "body": body, "call": call})

    def advance_clock(self, seconds: float) -> None:
        self._post("clock", {"advance": seconds})

    def hold_clock(self, at: float) -> None:
        """Let WhatsApp's clock stand at this instant, in unix seconds."""
        self._post("clock", {"hold": at})

    def settle(self) -> None:
        """Wait until no webhook is in flight."""
        self._post("settle", {})

    def reset(self) -> None:
        self._post("reset", {})

    def _get(self, path: str, **query: Any) -> dict[str, Any]:
        reply = self._client.get(path, params=query)
        self._check(reply)
        found: dict[str, Any] = reply.json()
        return found

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        reply = self._client.post(path, json=body)
        found: dict[str, Any] = reply.json() if self._check(reply) else {}
        return found

    def _check(self, reply: httpx2.Response) -> bytes:
        if reply.is_error:
            raise ControlError(f"{reply.status_code}: {reply.text[:300]}")
        return reply.content
