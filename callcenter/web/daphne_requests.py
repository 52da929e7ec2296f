"""Requests under Daphne: none is kept that is larger than what its address takes.

Daphne calls the application once a whole body lies on the disk, and Twisted parses
forms before that, on the event loop. Django does so again, in a thread; so here a body
is counted, and left alone.
"""

from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest

from callcenter import limits

TEXT = b"This is more than the server takes."
REFUSAL = (
    b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n"
    b"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (len(TEXT), TEXT)
)


def most_bytes(path: bytes) -> int:
    """Return how long the body of a request to this address may be."""
    for prefix, most in limits.BODIES.items():
        if path.startswith(prefix.encode()):
            return most
    return limits.ANY_BODY


class BoundedRequest(WebRequest):
    """Refuses a body by its declared length, or as soon as it is longer."""

    _parsePOSTFormSubmission = False
    received = 0
    is_refused = False

    def gotLength(self, length: int | None) -> None:
        if length is None:
            super().gotLength(None)
            return
        # This much room is set aside, also for a body that is refused.
        super().gotLength(min(length, limits.ANY_BODY))
        self.count(length)

    def handleContentChunk(self, data: bytes) -> None:
        self.received += len(data)
        self.count(self.received)
        if not self.is_refused:
            super().handleContentChunk(data)

    def count(self, length: int) -> None:
        """Refuse this request, once, if its body is as long as this."""
        if self.is_refused or length <= most_bytes(self.channel._path):
            return
        self.is_refused = True
        self.channel.transport.write(REFUSAL)
        self.channel.loseConnection()

    def process(self) -> Any:
        return None if self.is_refused else super().process()


class BoundedFactory(HTTPFactory):
    """Makes such requests."""

    def buildProtocol(self, address: Any) -> Any:
        protocol = super().buildProtocol(address)
        protocol.requestFactory = BoundedRequest
        return protocol
