"""The pages and the board's websocket as in the product, without a node.

A node would sweep rows that are nobody's calls.
"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")
http = get_asgi_application()

# These import models, which need Django's setup above.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.sessions import SessionMiddlewareStack  # noqa: E402

from agents.websocket_auth import for_agents  # noqa: E402
from callcenter.urls import websocket_rights, websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": SessionMiddlewareStack(
            for_agents(URLRouter(websocket_urlpatterns), websocket_rights)
        ),
    }
)
