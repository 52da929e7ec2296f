"""The process that is measured: one node, its audio sockets, one ASGI server.

`python -m bench.server passthrough|three-way|queue|transcode daphne|uvicorn PORT`
"""

import argparse
import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from django.conf import settings

settings.configure(
    SECRET_KEY="bench",
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    INSTALLED_APPS=[],
)

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.sessions import SessionMiddlewareStack  # noqa: E402
from django.urls import re_path  # noqa: E402

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class Relay(Protocol):
    """One way to carry audio between WhatsApp and the audio sockets."""

    @property
    def consumer(self) -> Any:
        """Return the ASGI application of the audio sockets."""

    async def answer(self, call_id: str, offer: str) -> str:
        """Take a call and return our answer."""


def make_relay(kind: str) -> Relay:
    if kind == "transcode":
        from bench.transcode import TranscodeRelay

        return TranscodeRelay()
    from bench.passthrough import PassthroughRelay

    return PassthroughRelay(kind)


def make_application(relay: Relay) -> ProtocolTypeRouter:
    """Route as the product does: session first, then by address."""

    async def take_call(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        call_id = scope["path"].rsplit("/", 1)[-1]
        answer = await relay.answer(call_id, body.decode())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": answer.encode()})

    path = re_path(r"^ws/nodes/bench/calls/(?P<call_id>\w+)/audio/$", relay.consumer)
    sockets = SessionMiddlewareStack(URLRouter([path]))
    return ProtocolTypeRouter({"http": take_call, "websocket": sockets})


def serve_with_daphne(application: Any, port: int) -> None:
    from daphne.endpoints import build_endpoint_description_strings
    from daphne.server import Server

    endpoints = build_endpoint_description_strings(host="127.0.0.1", port=port)
    Server(application=application, endpoints=endpoints, server_name="bench").run()


def serve_with_uvicorn(application: Any, port: int) -> None:
    import uvicorn

    uvicorn.run(
        application,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        lifespan="off",
        log_level="warning",
        ws_per_message_deflate=False,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "kind", choices=["passthrough", "three-way", "queue", "transcode"]
    )
    parser.add_argument("server", choices=["daphne", "uvicorn"])
    parser.add_argument("port", type=int)
    wanted = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    if wanted.server == "daphne":
        from twisted.internet import asyncioreactor

        asyncioreactor.install(asyncio.new_event_loop())
    application = make_application(make_relay(wanted.kind))
    serve = serve_with_daphne if wanted.server == "daphne" else serve_with_uvicorn
    serve(application, wanted.port)


if __name__ == "__main__":
    main()
