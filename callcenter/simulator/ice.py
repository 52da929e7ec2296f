"""ICE as WhatsApp's relay speaks it: lite. It answers checks and sends none.

It stands where aiortc expects an ``RTCIceTransport``, as far as its DTLS transport
looks. Sources: RFC 8445 section 2.5 and 7.3, RFC 8489; Meta's media guidelines.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Sequence
from typing import cast

from aioice import stun
from aioice.ice import get_host_addresses

from callcenter.simulator.link import Link
from callcenter.simulator.sdp import Address, Remote

QUEUE_BOUND = 256
ADDRESS_BOUND = 4
HOST_PRIORITY = 2122260223


class Path(asyncio.DatagramProtocol):
    """One UDP socket of the phone."""

    def __init__(self, ice: "IceLite") -> None:
        self._ice = ice
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._ice.receive(data, (addr[0], addr[1]), self)

    def send(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.sendto(data, addr)


class IceLite:
    """The phone's side of ICE.

    ``answers_checks`` and ``passes_media`` are switches: a relay may stay silent
    until the call is accepted, or answer checks but drop DTLS until then.
    Received datagrams wait in a bounded queue; the oldest is dropped when it is full.
    """

    role = "controlled"

    def __init__(self, link: Link | None = None) -> None:
        self._link = link or Link()
        self.ufrag = secrets.token_hex(8)
        self.password = secrets.token_urlsafe(16)[:22] + "=="
        self.addresses: list[Address] = []
        self.answers_checks = False
        self.passes_media = False
        self.network_lost = False
        self.dropped = 0
        self.nominated = asyncio.Event()
        self._paths: list[Path] = []
        self._chosen: tuple[Path, tuple[str, int]] | None = None
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUE_BOUND)
        self._closed = False

    @property
    def state(self) -> str:
        if self._closed:
            return "closed"
        return "completed" if self._chosen else "new"

    async def listen(self) -> None:
        """Open a socket on each address of this host. Raise OSError without any."""
        loop = asyncio.get_running_loop()
        for host in host_addresses():
            with contextlib.suppress(OSError):
                transport, path = await loop.create_datagram_endpoint(
                    lambda: Path(self), local_addr=(host, 0)
                )
                self._paths.append(path)
                port = transport.get_extra_info("sockname")[1]
                self.addresses.append(Address(host, port))
        if not self._paths:
            raise OSError("no address of this host takes a UDP socket")

    def receive(self, data: bytes, addr: tuple[str, int], path: Path) -> None:
        if self._closed or self.network_lost or not data:
            return
        if data[0] < 4:
            self._receive_check(data, addr, path)
        elif self._chosen == (path, addr) and self.passes_media:
            self._link.carry(data, self._enqueue)
        else:
            self.dropped += 1

    def _receive_check(self, data: bytes, addr: tuple[str, int], path: Path) -> None:
        try:
            message = stun.parse_message(data)
        except ValueError:
            self.dropped += 1
            return
        if message.message_class != stun.Class.REQUEST or not self.answers_checks:
            return
        if not self._is_authentic(message):
            self.dropped += 1
            return
        path.send(self._reply(message, addr), addr)
        # A lite side uses the pair that the controlling side nominates; the first
        # proven one serves until then.
        if self._chosen is None or "USE-CANDIDATE" in message.attributes:
            self._chosen = (path, addr)
            self.nominated.set()

    def _is_authentic(self, message: stun.Message) -> bool:
        name = message.attributes.get("USERNAME", "")
        return name.startswith(f"{self.ufrag}:") and message.check_message_integrity(
            self.password.encode()
        )

    def _reply(self, request: stun.Message, addr: tuple[str, int]) -> bytes:
        reply = stun.Message(
            message_method=stun.Method.BINDING,
            message_class=stun.Class.RESPONSE,
            transaction_id=request.transaction_id,
            attributes={"XOR-MAPPED-ADDRESS": addr},
        )
        reply.add_message_integrity(self.password.encode())
        return bytes(reply)

    def _enqueue(self, data: bytes | None) -> None:
        if self._queue.full():
            self._queue.get_nowait()
            self.dropped += 1
        self._queue.put_nowait(data)

    def probe(self, remote: Remote) -> None:
        """Send one check to each candidate of the business, as a full agent would."""
        for address in remote.candidates:
            check = stun.Message(
                message_method=stun.Method.BINDING,
                message_class=stun.Class.REQUEST,
                attributes={
                    "USERNAME": f"{remote.ufrag}:{self.ufrag}",
                    "PRIORITY": HOST_PRIORITY,
                    "ICE-CONTROLLED": secrets.randbits(64),
                },
            )
            check.add_message_integrity(remote.password.encode())
            for path in self._paths_towards(address):
                path.send(bytes(check), (address.host, address.port))

    def _paths_towards(self, address: Address) -> Sequence[Path]:
        is_v6 = ":" in address.host
        pairs = zip(self._paths, self.addresses, strict=True)
        return [path for path, own in pairs if (":" in own.host) == is_v6]

    async def _recv(self) -> bytes:
        data = await self._queue.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        if self._closed or self._chosen is None:
            raise ConnectionError
        if not self.network_lost:
            path, addr = self._chosen
            self._link.carry(data, lambda late: path.send(late, addr))

    def close(self) -> None:
        """Close the sockets and wake readers. May be called again."""
        if self._closed:
            return
        self._closed = True
        self._enqueue(None)
        for path in self._paths:
            if path.transport is not None:
                path.transport.close()


def host_addresses() -> list[str]:
    """List addresses that a business on this host or network can reach, IPv4 first."""
    found = get_host_addresses(use_ipv4=True, use_ipv6=True)
    usable = [host for host in found if not host.startswith(("169.254.", "fe80"))]
    usable.sort(key=lambda host: ":" in host)
    return usable[:ADDRESS_BOUND] or ["127.0.0.1"]
