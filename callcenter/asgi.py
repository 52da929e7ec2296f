"""The application as any ASGI server runs it."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")
http = get_asgi_application()

# These import models, which need Django's setup above.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.sessions import SessionMiddlewareStack  # noqa: E402

from agents.session_watch import session_watch  # noqa: E402
from agents.websocket_auth import for_agents  # noqa: E402
from callcenter.checks import refuse_demo  # noqa: E402
from callcenter.urls import websocket_urlpatterns  # noqa: E402
from callcenter.web.body_limit import limit_bodies  # noqa: E402
from callcenter.web.origin import App, own_origin_only  # noqa: E402
from callcenter.web.proxy import behind_proxy  # noqa: E402
from calls.console.beats import beats  # noqa: E402
from calls.console.watch import console_watch  # noqa: E402
from calls.node.process import node_process  # noqa: E402
from calls.webhooks.door import webhook_door  # noqa: E402

refuse_demo()


async def stop() -> None:
    """End the node, and what runs beside its websockets."""
    await node_process.stop()
    for rounds in (session_watch, console_watch, beats):
        await rounds.close()


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Start and stop with the server, where it says so (Daphne does not)."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            node_process.start()
        else:
            await stop()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def on_this_node(app: App) -> App:
    """Start the node with its first websocket: plain Daphne knows no lifespan."""

    async def door(scope: dict[str, Any], receive: Any, send: Any) -> None:
        node_process.start()
        await app(scope, receive, send)

    return door


application = ProtocolTypeRouter(
    {
        "http": behind_proxy(webhook_door(limit_bodies(http))),
        "websocket": own_origin_only(
            on_this_node(
                SessionMiddlewareStack(for_agents(URLRouter(websocket_urlpatterns)))
            )
        ),
        "lifespan": lifespan,
    }
)
