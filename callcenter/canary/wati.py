"""The canary's own Wati: two requests, for the one phone that it has."""

import hmac
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from django.conf import settings

from callcenter.simulator.errors import ApiRefusal, NoSuchCall
from callcenter.simulator.world import World

ADDRESS = re.compile(r"/([^/]+)/api/v1/openapi/whatsapp/calls/(.+)/(accept|terminate)")
LONGEST_BODY = 64 * 1024


class OwnWati:
    """An ASGI application that answers a node or a worker as Wati would."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = await _read(receive)
        status, content = await self._answer(scope, body)
        reply = json.dumps(content).encode()
        headers = [(b"content-type", b"application/json")]
        start = {"type": "http.response.start", "status": status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": reply})

    async def _answer(
        self, scope: dict[str, Any], body: bytes
    ) -> tuple[int, dict[str, Any]]:
        asked = ADDRESS.fullmatch(scope["path"])
        if asked is None or asked[1] != self._world.account.tenant:
            return 404, {"code": 404, "message": "no such address"}
        if not self._is_ours(dict(scope["headers"])):
            return 401, {"code": 401, "message": "Unauthorized"}
        try:
            if asked[3] == "accept":
                await self._world.accept(asked[2], str(json.loads(body)["Sdp"]))
            else:
                self._world.terminate(asked[2])
        except NoSuchCall as error:
            return error.status, {"code": error.status, "message": str(error)}
        except (ApiRefusal, ValueError, KeyError, TypeError) as error:
            return 400, {"code": 400, "message": type(error).__name__}
        return 200, {"code": 200, "message": "Success"}

    def _is_ours(self, headers: dict[bytes, bytes]) -> bool:
        expected = f"Bearer {self._world.account.token}".encode()
        return hmac.compare_digest(headers.get(b"authorization", b""), expected)


async def _read(receive: Any) -> bytes:
    body, more = b"", True
    while more and len(body) <= LONGEST_BODY:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


class Server(uvicorn.Server):
    """A server that leaves the signals alone: the canary must clean up after them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server(world: World) -> Server:
    return listening(OwnWati(world), settings.CANARY_LISTEN)


def listening(app: OwnWati, address: str) -> Server:
    """Return a server of this application for HOST:PORT."""
    host, _, port = address.rpartition(":")
    config = uvicorn.Config(
        app,
        host=host,
        port=int(port),
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    return Server(config)
