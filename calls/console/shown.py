"""The versions that one console was sent, to tell whether it is behind. Pure."""

from calls.console.messages import Message
from calls.snapshots import Standing

MOST_CALLS = 200


class Shown:
    """By versions: the agent, calls and plans that this console shows or has shown."""

    def __init__(self) -> None:
        self._agent = -1
        self.window = ""  # the page that rings, as this console was told
        self._window_since = ""
        self._calls: dict[str, int] = {}
        self._plans: dict[str, int] = {}
        self._concerned: dict[str, int] = {}  # at the last look

    def hear(self, message: Message) -> None:
        """Take note of what is sent to the console."""
        kind = message["type"]
        if kind == "console":
            self._agent = message["agent"]["version"]
            self._calls = _versions(message["calls"])
            self._plans = _versions(message["plans"])
            self._hear_window(message.get("window"))
        elif kind == "window":
            self._hear_window(message["window"])
        elif kind == "agent":
            self._agent = max(self._agent, message["agent"]["version"])
        elif kind == "call":
            self._hear_call(message["call"]["id"], message["call"]["version"])
        elif kind == "plans":
            self._plans = _versions(message["plans"])

    def _hear_window(self, told: Message | None) -> None:
        """Keep the newer word, as the page does."""
        if told and told["since"] >= self._window_since:
            self.window, self._window_since = told["console"], told["since"]

    def _hear_call(self, call_id: str, version: int) -> None:
        known = self._calls.pop(call_id, -1)
        self._calls[call_id] = max(known, version)
        if len(self._calls) > MOST_CALLS:
            del self._calls[next(iter(self._calls))]

    def is_behind(self, now: Standing) -> bool:
        """Tell whether the rows say more than the console was sent.

        A call that concerned the agent and does so no more has a newer version, too.
        """
        calls = self._calls
        unheard = {
            call_id: version
            for call_id, version in self._concerned.items()
            if call_id not in now.calls and calls.get(call_id, version + 1) <= version
        }
        self._concerned = now.calls | unheard
        return (
            now.version > self._agent
            or now.console != (self.window or now.console)
            or now.plans != self._plans
            or bool(unheard)
            or any(version > calls.get(one, -1) for one, version in now.calls.items())
        )


def _versions(things: list[Message]) -> dict[str, int]:
    return {str(one["id"]): one["version"] for one in things}
