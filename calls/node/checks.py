"""Warnings at start about where audio may go."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


def allowed_networks_warning() -> str:
    """Return a sentence if audio may go to private networks, else nothing."""
    networks = ", ".join(map(str, settings.MEDIA_ALLOWED_NETWORKS))
    if not networks:
        return ""
    return (
        f"Audio may go to private addresses in {networks}: whoever can send an SDP can "
        "make this server send packets there."
    )


@register
def check_allowed_networks(**_rest: Any) -> Iterable[CheckMessage]:
    if warning := allowed_networks_warning():
        hint = "Name only networks of your own relays in MEDIA_ALLOWED_NETWORKS."
        yield Warning(warning, hint=hint, id="calls.W001")
