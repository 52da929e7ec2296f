"""A UDP socket for the media of one call, without an event loop's machinery."""

import asyncio
import logging
import socket
from typing import Any

from calls.media.shared_poll import SharedPoll, shared_poll

logger = logging.getLogger(__name__)

Address = tuple[str, int]

MAX_DATAGRAM_BYTES = 2048


class DatagramSocket(asyncio.DatagramTransport):
    """Reads when the shared poll says so, and sends at once or not at all.

    What the kernel does not take is lost, as on any network: sound is late a moment
    later, and ICE and DTLS send again. Raises `OSError` if `address` cannot be bound.
    """

    def __init__(
        self, address: str, protocol: asyncio.DatagramProtocol, poll: SharedPoll
    ) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.bind((address, 0))
        except OSError:
            self._socket.close()
            raise
        super().__init__({"sockname": self._socket.getsockname()})
        self._protocol = protocol
        self._far_end: Address | None = None
        self._poll = poll
        self._number = self._socket.fileno()
        poll.watch(self._number, self._read)
        protocol.connection_made(self)

    def settle(self, far_end: Address) -> None:
        """Have the kernel drop whatever comes from elsewhere, from now on and for good.

        It then looks up the way there once, not for each datagram. What is here already
        is still to be told by its address.
        """
        try:
            self._socket.connect(far_end)
        except OSError as error:
            logger.debug("A media socket stays open to everybody: %r", error)
        else:
            self._far_end = far_end

    def sendto(self, data: Any, addr: Any = None) -> None:
        """Send one datagram; one that cannot be sent is dropped."""
        try:
            if addr == self._far_end:
                self._socket.send(data)
            else:
                self._socket.sendto(data, addr)
        except OSError as error:
            logger.debug("A datagram was not sent: %r", error)

    def is_closing(self) -> bool:
        """Tell whether it is closed."""
        return self._socket.fileno() < 0

    def close(self) -> None:
        """Close the socket now, and tell the protocol soon; may be called again."""
        if not self.is_closing():
            self._poll.forget(self._number, self._read)
            self._socket.close()
            loop = asyncio.get_running_loop()
            loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        """Close; nothing waits to be sent."""
        self.close()

    def _read(self) -> None:
        try:
            data, address = self._socket.recvfrom(MAX_DATAGRAM_BYTES)
        except OSError:
            # Nothing is there after all, or news of a datagram that was refused.
            return
        self._protocol.datagram_received(data, address)


async def open_datagrams(address: str, protocol: asyncio.DatagramProtocol) -> None:
    """Give `protocol` a UDP socket on `address`; raises `OSError` if there is none."""
    if (poll := shared_poll()) is not None:
        DatagramSocket(address, protocol, poll)
        return
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: protocol, local_addr=(address, 0)
    )
    # asyncio allocates this much for each datagram, 256 KiB if left alone.
    if hasattr(transport, "max_size"):
        transport.max_size = MAX_DATAGRAM_BYTES
