"""The application as any ASGI server runs it."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")
http = get_asgi_application()

# These import models, which need Django's setup above.
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from callcenter.urls import websocket_urlpatterns  # noqa: E402
from callcenter.web.body_limit import limit_webhook_bodies  # noqa: E402
from callcenter.web.origin import App, own_origin_only  # noqa: E402
from calls.node.process import node_process  # noqa: E402


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Start and stop with the server, where it says so (Daphne does not)."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            node_process.start()
        else:
            await node_process.stop()
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
        "http": limit_webhook_bodies(http),
        "websocket": own_origin_only(
            on_this_node(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))
        ),
        "lifespan": lifespan,
    }
)
