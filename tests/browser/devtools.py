"""A browser driven by the DevTools protocol alone.

Playwright makes every page believe that it is visible, and a visible page cannot be
frozen; so whoever wants to see a page put to sleep has to do without.
"""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx2
from websockets.sync.client import connect

from deploy.stack.ports import free_port
from tests import processes
from tests.browser import policy
from tests.browser.windows import FLAGS
from tests.servers import wait_for


class Tab:
    """One page and the commands to it."""

    def __init__(self, address: str) -> None:
        self._socket = connect(address, legacy=True, max_size=None)
        self._number = 0
        self.send("Log.enable")  # also what the policy of its pages forbids

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(command))
        while True:
            reply = json.loads(self._socket.recv(timeout=30))
            if reply.get("method") == "Log.entryAdded":
                policy.hear(reply["params"]["entry"]["text"])
            if reply.get("id") == self._number:
                assert "error" not in reply, reply
                return dict(reply["result"])

    def ask(self, expression: str) -> Any:
        """What a script says; it counts as a touch of the user's."""
        result = self.send(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def until(self, expression: str, what: str, seconds: float = 45) -> None:
        wait_for(lambda: bool(self.ask(expression)), what, seconds)

    def close(self) -> None:
        self._socket.close()


class Chromium:
    """One process with one window."""

    def __init__(self, program: Path, profile: Path, *flags: str) -> None:
        self._root = f"http://127.0.0.1:{(port := free_port())}/json"
        self._process = processes.spawn(
            [
                *(str(program), *FLAGS, *flags, f"--user-data-dir={profile}"),
                *(f"--remote-debugging-port={port}", "about:blank"),
            ],
            stderr=subprocess.DEVNULL,
        )
        wait_for(lambda: bool(self._pages()), "the browser", 60)

    def _pages(self) -> list[dict[str, Any]]:
        try:
            targets = httpx2.get(self._root, trust_env=False).json()
        except httpx2.HTTPError:
            return []
        return [target for target in targets if target["type"] == "page"]

    def first_tab(self) -> Tab:
        return Tab(self._pages()[0]["webSocketDebuggerUrl"])

    def cover(self) -> None:
        """Open another tab before the one that is seen: that one is hidden now."""
        httpx2.put(f"{self._root}/new?about:blank", trust_env=False)

    def stop(self) -> None:
        self._process.terminate()
        processes.wait(self._process, 20)


def seconds_until(check: Any, what: str, seconds: float) -> float:
    began = time.monotonic()
    wait_for(check, what, seconds)
    return time.monotonic() - began
