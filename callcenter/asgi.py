"""The application as any ASGI server runs it."""

import asyncio
import gc
import os
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")
http = get_asgi_application()

# These import models, which need Django's setup above.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.sessions import SessionMiddlewareStack  # noqa: E402

from agents.session_watch import session_watch  # noqa: E402
from agents.websocket_auth import for_agents  # noqa: E402
from callcenter.checks import refuse_demo  # noqa: E402
from callcenter.health import metrics_door  # noqa: E402
from callcenter.stop_signals import drain_first  # noqa: E402
from callcenter.urls import websocket_rights, websocket_urlpatterns  # noqa: E402
from callcenter.web.body_limit import limit_bodies  # noqa: E402
from callcenter.web.origin import App, own_origin_only  # noqa: E402
from callcenter.web.proxy import behind_proxy  # noqa: E402
from callcenter.web.request_ids import with_request_id  # noqa: E402
from calls.board.boards import boards  # noqa: E402
from calls.console.beats import beats  # noqa: E402
from calls.console.floor import floor  # noqa: E402
from calls.console.moving import Moving  # noqa: E402
from calls.console.open_consoles import open_consoles  # noqa: E402
from calls.console.watch import console_watch  # noqa: E402
from calls.console.window_watch import window_watch  # noqa: E402
from calls.lifecycle import access  # noqa: E402
from calls.node.process import node_process  # noqa: E402
from calls.supervision.watch import supervision_watch  # noqa: E402
from calls.webhooks.door import webhook_door  # noqa: E402

refuse_demo()

session_watch.then = access.sessions_over
moving = Moving(lambda: node_process.is_draining)
# So long for the closes to reach the consoles, before the server cuts all off.
GOODBYE = 0.2  # seconds


def start() -> None:
    """Start the node, and what moves its consoles while it drains."""
    node_process.start()
    moving.start()


async def stop() -> None:
    """End the node, and what runs beside its websockets."""
    await node_process.stop()
    for console in open_consoles:
        console.restart()
    await supervision_watch.close()
    is_seen = len(open_consoles) + len(boards) > 0
    await boards.close()
    await asyncio.sleep(GOODBYE if is_seen else 0)
    for rounds in (session_watch, console_watch, window_watch, floor, beats, moving):
        await rounds.close()


async def drain() -> None:
    """Let the calls of this node end by themselves, for as long as settings allow."""
    if settings.NODE_DRAIN_SECONDS:
        await node_process.drain(settings.NODE_DRAIN_SECONDS)


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Start and stop with the server, where it says so (Daphne does not)."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            start()
            drain_first(drain)
        else:
            await stop()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def on_this_node(app: App) -> App:
    """Start the node with its first websocket: plain Daphne knows no lifespan."""

    async def door(scope: dict[str, Any], receive: Any, send: Any) -> None:
        start()
        await app(scope, receive, send)

    return door


application = ProtocolTypeRouter(
    {
        "http": behind_proxy(
            with_request_id(webhook_door(metrics_door(limit_bodies(http))))
        ),
        "websocket": own_origin_only(
            on_this_node(
                SessionMiddlewareStack(
                    for_agents(URLRouter(websocket_urlpatterns), websocket_rights)
                )
            )
        ),
        "lifespan": lifespan,
    }
)

# What is loaded by now stays. Otherwise the garbage collector looks through all of it
# in each full round, and audio waits for a tenth of a second.
gc.collect()
gc.freeze()
