"""A call center that only takes webhooks, and answers them as it is told."""

import json
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self


@dataclass
class Receiver:
    """``statuses`` are given out one by one; 200 when there are none left."""

    received: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kind = self.path.removeprefix("/webhooks/wati/").strip("/")
                bearer = self.headers.get("Authorization", "")
                receiver.received.append((kind, json.loads(body), bearer))
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        serve = self._server.serve_forever
        Thread(target=serve, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def kinds(self) -> list[str]:
        return [kind for kind, _, _ in self.received]

    def bodies(self, kind: str) -> list[dict[str, Any]]:
        return [body for found, body, _ in self.received if found == kind]

    def wait_for(self, kind: str, seconds: float = 20.0) -> dict[str, Any]:
        """The first webhook of a kind. Blocks: not for an event loop."""
        until = time.monotonic() + seconds
        while not self.bodies(kind):
            assert time.monotonic() < until, f"no {kind}, only {self.kinds()}"
            time.sleep(0.02)
        return self.bodies(kind)[0]
