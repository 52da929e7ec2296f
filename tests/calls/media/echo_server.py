"""A real server with one audio socket whose call says back what it hears.

`python -m tests.calls.media.echo_server daphne|uvicorn fast|asgi PORT`
"""

import asyncio
import sys
from typing import Any
from urllib.parse import parse_qs

from calls.media.events import ListenerPort
from calls.media.socket import listener as listeners
from calls.media.socket.listener import Codec, Listener
from calls.media.transport.rtp import Packet

ORDER = b"order:"
FLOOD_BYTES = 1200


class Echo:
    """A call whose far end repeats; it also takes orders in place of sound."""

    def __init__(self) -> None:
        self.attached: list[ListenerPort] = []
        self.sequence = 0

    def attach(self, listener: ListenerPort, participant: str) -> None:
        self.attached.append(listener)

    def detach(self, listener: ListenerPort) -> None:
        self.attached.remove(listener)

    def speak(
        self, listener: ListenerPort, sequence: int, timestamp: int, payload: bytes
    ) -> None:
        if payload.startswith(ORDER):
            self.obey(listener, payload.removeprefix(ORDER).decode())
        else:
            listener.deliver(Packet(0, sequence, timestamp, payload))

    def obey(self, listener: ListenerPort, order: str) -> None:
        word, _, number = order.partition(" ")
        if word == "close":
            listener.close(int(number))
        elif word == "count":
            count = str(len(self.attached)).encode()
            listener.deliver(Packet(0, 0, 0, count))
        elif word == "flood":
            for _ in range(int(number)):
                self.sequence += 1
                listener.deliver(
                    Packet(
                        0,
                        self.sequence & 0xFFFF,
                        self.sequence * 960 & 0xFFFFFFFF,
                        bytes(FLOOD_BYTES),
                    )
                )


def make_application(echo: Echo) -> Any:
    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            return
        await receive()
        query = parse_qs(scope["query_string"].decode())
        codec = Codec(query.get("codec", ["opus"])[0])
        await Listener(echo, "ana", codec).serve(receive, send)

    return application


def main(server: str, way: str, port: int) -> None:
    if way == "asgi":
        listeners.find_fast_path = lambda send: None
    application = make_application(Echo())
    if server == "daphne":
        from twisted.internet import asyncioreactor

        asyncioreactor.install(asyncio.new_event_loop())
        from daphne.server import Server

        endpoints = [f"tcp:port={port}:interface=127.0.0.1"]
        Server(application=application, endpoints=endpoints).run()
    else:
        import uvicorn

        uvicorn.run(
            application,
            port=port,
            loop="uvloop",
            lifespan="off",
            log_level="warning",
        )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
