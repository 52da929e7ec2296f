from django.urls import path

from callcenter.wati.events import Kind
from calls import audio_door, consumers, views
from calls.webhooks import WebhookView

urlpatterns = [
    path("console/", views.console, name="console"),
    path("calls/export.csv", views.export, name="export-calls"),
    *[
        path(f"webhooks/wati/{kind}/", WebhookView.as_view(kind=kind), name=kind)
        for kind in Kind
    ],
]

websocket_urlpatterns = [
    path("ws/console/", consumers.ConsoleConsumer.as_asgi()),
    path(
        "ws/nodes/<str:node>/calls/<uuid:call_id>/audio/",
        audio_door.audio,  # type: ignore[arg-type]  # an ASGI application
    ),
    path(
        "ws/nodes/<str:node>/echo/",
        audio_door.echo,  # type: ignore[arg-type]  # an ASGI application
    ),
]
