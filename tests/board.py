"""The live board as a program: hears what the page would, and takes it."""

import json
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.servers import wait_for


class BoardProgram:
    """What a supervisor's browser hears on the board's websocket."""

    def __init__(self, url: str, user: User) -> None:
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        self.board: dict[str, Any] = {}
        self.versions: list[int] = []
        self._news: queue.Queue[dict[str, Any]] = queue.Queue()
        self._socket = connect(
            f"{url.replace('http', 'ws', 1)}/ws/board/?language=en",
            additional_headers={"Cookie": f"{name}={client.cookies[name].value}"},
            origin=url,
            compression=None,
            legacy=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.until(lambda: bool(self.board), "the first snapshot")

    def _read(self) -> None:
        with suppress(ConnectionClosed):  # its node may be killed
            for text in self._socket:
                self._news.put(json.loads(text))
                self._socket.send('{"type": "took"}')

    def until(self, check: Callable[[], bool], what: str, seconds: float = 60) -> None:
        def heard() -> bool:
            while not self._news.empty():
                message = self._news.get()
                if message["type"] == "board":
                    self.board = message
                    self.versions.append(message["version"])
            return check()

        wait_for(heard, f"the live board: {what}", seconds)

    def agent(self, name: str) -> dict[str, Any]:
        return next(one for one in self.board["agents"] if one["name"] == name)

    def alerts(self) -> list[str]:
        return [one["kind"] for one in self.board["alerts"]]

    def close(self) -> None:
        self._socket.close()
        self._reader.join(10)
