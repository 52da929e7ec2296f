"""Requests under Daphne: none is kept that is larger or slower than its address takes.

Daphne calls the application once a whole body lies on the disk, and Twisted parses
forms before that, on the event loop. Django does so again, in a thread; so here a body
is counted, and left alone. Twisted gives a sender a minute after each byte; here the
whole request has its time.
"""

from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest

from callcenter import limits
from callcenter.web.body_limit import TEXT, most_bytes

REFUSAL = (
    b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n"
    b"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (len(TEXT), TEXT)
)


class BoundedRequest(WebRequest):
    """Refuses a body by its declared length, or as soon as it is longer."""

    _parsePOSTFormSubmission = False
    received = 0
    is_refused = False

    @property
    def most(self) -> int:
        return most_bytes(self.channel._path.decode("latin-1"))

    def gotLength(self, length: int | None) -> None:
        self.channel.setTimeout(seconds_for(self.most if length is None else length))
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
        if self.is_refused or length <= self.most:
            return
        self.is_refused = True
        self.channel.transport.write(REFUSAL)
        self.channel.loseConnection()

    def process(self) -> Any:
        # Until the next request begins there is the usual time again.
        self.channel._savedTimeOut = self.channel.factory.timeOut
        return None if self.is_refused else super().process()


def seconds_for(length: int) -> float:
    """Return how long a request may take to arrive, from its headers on."""
    return limits.REQUEST_WITHIN + length / limits.SLOWEST_BODY


def _leave_the_time_as_it_is() -> None:
    """Take no byte for a reason to wait longer."""


class BoundedFactory(HTTPFactory):
    """Makes such requests. Until the headers are there, all has Twisted's minute."""

    def buildProtocol(self, address: Any) -> Any:
        protocol = super().buildProtocol(address)
        protocol.requestFactory = BoundedRequest
        protocol._channel.resetTimeout = _leave_the_time_as_it_is
        return protocol
