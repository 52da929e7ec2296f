"""Each HTTP request has an ID, which the lines of the log and the answer carry.

The proxy's, which `web.proxy` has taken from anybody else, or one of our own.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from callcenter.logs import about, request_id_of

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def with_request_id(app: App) -> App:
    async def door(scope: dict[str, Any], receive: Any, send: Any) -> None:
        request = request_id_of(dict(scope["headers"]))

        async def tell(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                known = [(b"x-request-id", request.encode())]
                message = {**message, "headers": [*message["headers"], *known]}
            await send(message)

        with about(request=request):
            await app(scope, receive, tell)

    return door
