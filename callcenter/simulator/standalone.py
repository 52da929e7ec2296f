"""The simulator as a process of its own: its urls and its ASGI application."""

from collections.abc import Mapping
from typing import IO, Any

from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http import HttpResponseBase
from django.urls import include, path

urlpatterns = [path("simulator/", include("callcenter.simulator.urls"))]


class SimulatorHandler(ASGIHandler):
    """Serves the simulator's doors and no other of the project's."""

    def create_request(
        self, scope: Mapping[str, Any], body_file: IO[bytes]
    ) -> tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]:
        made = super().create_request(scope, body_file)
        if made[0] is not None:
            made[0].urlconf = __name__
        return made
