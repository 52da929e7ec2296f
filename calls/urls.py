from django.urls import path

from callcenter.wati.events import Kind
from calls.board.consumer import BoardConsumer
from calls.board.scope import WATCH
from calls.console import consumer
from calls.console.preferences import preferences
from calls.console.views import console
from calls.lifecycle.stepping_in import RIGHT
from calls.node import audio_socket
from calls.privacy.views import contact_data
from calls.supervision.consumer import SupervisionConsumer
from calls.webhooks.views import WebhookView

urlpatterns = [
    path("console/", console, name="console"),
    path("profile/preferences/", preferences, name="preferences"),
    path("contacts/<int:contact_id>/data.json", contact_data, name="contact-data"),
    *[
        path(f"webhooks/wati/{kind}/", WebhookView.as_view(kind=kind), name=kind)
        for kind in Kind
    ],
    # Who leaves the last slash out would be redirected, and the webhook lost.
    *[path(f"webhooks/wati/{kind}", WebhookView.as_view(kind=kind)) for kind in Kind],
]

websocket_urlpatterns = [
    path("ws/board/", BoardConsumer.as_asgi()),
    path("ws/console/", consumer.ConsoleConsumer.as_asgi()),
    # A proxy takes it to this node, while another one drains.
    path("ws/nodes/<str:node>/console/", consumer.ConsoleConsumer.as_asgi()),
    path(
        "ws/nodes/<str:node>/calls/<uuid:call_id>/audio/",
        audio_socket.audio,  # type: ignore[arg-type]  # an ASGI application
    ),
    path("ws/supervision/", SupervisionConsumer.as_asgi()),
    path(
        "ws/nodes/<str:node>/calls/<uuid:call_id>/supervision/",
        audio_socket.supervision,  # type: ignore[arg-type]  # an ASGI application
    ),
    path(
        "ws/nodes/<str:node>/echo/",
        audio_socket.echo,  # type: ignore[arg-type]  # an ASGI application
    ),
]

# The rights that a websocket needs, in place of an agent: agents.websocket_auth.
websocket_rights = {
    r"/ws/board/": WATCH,
    r"/ws/supervision/": RIGHT,
    r"/ws/nodes/[^/]+/calls/[^/]+/supervision/": RIGHT,
}
