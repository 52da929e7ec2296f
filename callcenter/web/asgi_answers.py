"""Send Django's responses from an ASGI application that Django does not run."""

from typing import Any

from django.http import HttpResponse


async def send_response(response: HttpResponse, send: Any) -> None:
    """Render it if that is still to be done, and send it in one piece."""
    if not getattr(response, "is_rendered", True):
        response.render()  # type: ignore[attr-defined]  # of DRF
    response.headers["Content-Length"] = str(len(response.content))
    headers = [
        (name.lower().encode("ascii"), value.encode("latin-1"))
        for name, value in response.items()
    ]
    start = {"status": response.status_code, "headers": headers}
    await send({"type": "http.response.start", **start})
    await send({"type": "http.response.body", "body": response.content})
