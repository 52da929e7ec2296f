"""Uses of aioice beyond its public interface, all in one place.

Per connection, never for the whole process: which local addresses are offered, when the
checks begin, and from whom datagrams are taken. Datagrams that are no STUN pass only
from an address that has answered or sent an authenticated check; everything else is
counted and dropped before the DTLS layer sees it (RFC 8445 section 12, ASVS 17.2.6).
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any, cast

import ifaddr
from aioice import Candidate, stun
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import CandidatePair, Connection, StunProtocol

from calls.media.transport.datagrams import Address, DatagramSocket, open_datagrams

logger = logging.getLogger(__name__)

MAX_PROVEN_ADDRESSES = 16
MAX_WAITING_DATAGRAMS = 128
WAYS_TRIED = 32
CHECKS_REPEATED = 2
CHECK_LIMIT = 2.0
"""Seconds for one check with its repetitions; aioice sends them at 0, 0.5 and 1.5."""
# Documentation addresses: asking the kernel for the way there sends nothing.
_FAR_AWAY = ((socket.AF_INET, "198.51.100.1"), (socket.AF_INET6, "2001:db8::1"))


class IceGuard:
    """Holds the checks of one ICE connection and filters what it receives.

    Must be made before candidates are gathered. `on_rtp` gets every SRTP packet from a
    proven address, without a queue in between; RTCP and DTLS go the engine's way.
    """

    def __init__(self, connection: Connection, bind_addresses: tuple[str, ...]) -> None:
        self.on_rtp: Callable[[bytes], None] | None = None
        self.dropped = 0
        self.proven: set[Address] = set()
        self._connection = connection
        self._bind_addresses = bind_addresses
        self._released = asyncio.Event()
        self._closed = False
        self._connect = connection.connect
        # The engine looks both up on the instance each time it calls them.
        cast(Any, connection).gather_candidates = self._gather_candidates
        cast(Any, connection).connect = self._hold_connect

    def release(self) -> None:
        """Let the connectivity checks begin; may be called again."""
        self._released.set()

    def close(self) -> None:
        """Pass nothing more on and end a connect that is still held."""
        self.on_rtp = None
        self._closed = True
        self._released.set()

    async def _hold_connect(self) -> None:
        await self._released.wait()
        if not self._closed:
            await self._connect()
        if self._closed:
            # A connection that was closed while it came up would renew its consent
            # for ever.
            consent = self._connection._query_consent_task
            if consent is not None:
                consent.cancel()
            # Ends the engine's own task here; an error would make it begin DTLS.
            raise asyncio.CancelledError

    async def _gather_candidates(self) -> None:
        connection = self._connection
        connection._local_candidates_start = True
        for address in local_addresses(self._bind_addresses):
            try:
                protocol = await self._open(address)
            except OSError as error:
                logger.warning("No media socket on %s: %s", address, error)
                continue
            connection._protocols.append(protocol)
            connection._local_candidates.append(protocol.local_candidate)
        connection._local_candidates_end = True

    async def _open(self, address: str) -> "GuardedProtocol":
        protocol = GuardedProtocol(self._connection, self)
        await open_datagrams(address, protocol)
        host, port = protocol.transport.get_extra_info("sockname")[:2]
        protocol.local_candidate = Candidate(
            foundation=candidate_foundation("host", "udp", host),
            component=1,
            transport="udp",
            priority=candidate_priority(1, "host"),
            host=host,
            port=port,
            type="host",
        )
        return protocol

    def prove(self, address: Address) -> None:
        """Note that `address` knows the passwords of this connection."""
        if len(self.proven) < MAX_PROVEN_ADDRESSES:
            self.proven.add(address)

    def settle(self, pair: CandidatePair) -> None:
        """Let the kernel drop what strangers send to the socket of a nominated pair.

        Only if the far end is ICE-lite and has proven one address: it checks nothing
        itself, so it will not turn up at another one.
        """
        transport, far_end = pair.protocol.transport, pair.remote_addr
        is_fixed = self._connection.remote_is_lite and self.proven == {far_end}
        if is_fixed and isinstance(transport, DatagramSocket):
            transport.settle(far_end)

    async def find_another_way(self) -> bool:
        """Check the far end's other addresses, unless it answers on the way in use.

        The first that answers is used from then on. The checks come from new sockets:
        one that `settle` has tied to a far end hears nobody else, and a firewall that
        has forgotten the old port may take a new one. They nominate where the choice is
        ours (RFC 8445 section 8); where it is the far end's, aioice follows the checks
        in which it chooses. Bounded by `WAYS_TRIED` and `CHECK_LIMIT`.
        """
        used = self._connection._nominated.get(1)
        if used is None or await self._answers(used, nominate=False):
            return False
        ways = await self._other_ways(used)
        found = await self._first_that_answers(ways)
        if self._connection._nominated.get(1) is not used:
            return True  # the far end has chosen meanwhile, or all is over
        if found is None or self._closed:
            self._give_back({pair.protocol for pair in ways})
            return False
        self._connection._nominated[1] = found
        logger.info("Another way to the far end is used: %s", found)
        return True

    async def _first_that_answers(
        self, ways: list[CandidatePair]
    ) -> CandidatePair | None:
        checks = [
            asyncio.create_task(self._answers(pair, nominate=True)) for pair in ways
        ]
        try:
            for check in asyncio.as_completed(checks):
                if await check:
                    return next(
                        pair
                        for pair, done in zip(ways, checks, strict=True)
                        if done.done() and done.result()
                    )
        finally:
            for task in checks:
                task.cancel()
        return None

    def _give_back(self, protocols: set[StunProtocol]) -> None:
        """Close the sockets of an attempt that led nowhere."""
        for protocol in protocols & set(self._connection._protocols):
            self._connection._protocols.remove(protocol)
            protocol.transport.close()

    async def _other_ways(self, used: CandidatePair) -> list[CandidatePair]:
        """Return pairs of new sockets and known addresses, the one in use at last."""
        known = sorted(
            self._connection._remote_candidates,
            key=lambda remote: (remote is used.remote_candidate, -remote.priority),
        )
        ways = []
        for address in local_addresses(self._bind_addresses):
            try:
                protocol = await self._open(address)
            except OSError:
                continue
            self._connection._protocols.append(protocol)
            ways += [
                CandidatePair(protocol, remote)
                for remote in known
                if protocol.local_candidate.can_pair_with(remote)
            ]
        return ways[:WAYS_TRIED]

    async def _answers(self, pair: CandidatePair, *, nominate: bool) -> bool:
        """Say whether the far end answers an authenticated check on this way."""
        connection = self._connection
        password = connection.remote_password
        assert password is not None
        check = pair.protocol.request(
            connection.build_request(pair, nominate=nominate),
            pair.remote_addr,
            integrity_key=password.encode(),
            retransmissions=CHECKS_REPEATED,
        )
        try:
            _, source = await asyncio.wait_for(check, CHECK_LIMIT)
        except (stun.TransactionError, TimeoutError):
            return False
        return source == pair.remote_addr

    def has_room(self) -> bool:
        """Tell whether the engine keeps up with what it was given."""
        return self._connection._queue.qsize() < MAX_WAITING_DATAGRAMS


class GuardedProtocol(StunProtocol):
    """One media socket: STUN to aioice, RTP to the guard's sink, the rest if proven."""

    def __init__(self, receiver: Connection, guard: IceGuard) -> None:
        super().__init__(receiver)
        self._guard = guard

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        """Sort one datagram by its first byte (RFC 7983)."""
        assert isinstance(data, bytes)
        guard = self._guard
        first = data[0] if len(data) > 1 else 255
        if first < 4:
            self._stun_received(data, addr)
        elif (addr[0], addr[1]) not in guard.proven:
            guard.dropped += 1
        elif 127 < first < 192 and not 192 <= data[1] <= 223:
            if guard.on_rtp is not None:
                guard.on_rtp(data)
        elif (19 < first < 64 or 127 < first < 192) and guard.has_room():
            self.receiver.data_received(data, 1)
        else:
            guard.dropped += 1

    def _stun_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        # What aioice cannot parse it would hand to DTLS, so that is found out first.
        try:
            stun.parse_message(data)
            super().datagram_received(data, addr)
        except Exception as error:
            self._guard.dropped += 1
            logger.debug("A STUN message was dropped: %r", error)

    def send_stun(self, message: stun.Message, addr: Address) -> None:
        """Send; a success response goes out only after the check was authenticated."""
        if message.message_class == stun.Class.RESPONSE:
            self._guard.prove(addr)
        super().send_stun(message, addr)

    async def request(
        self,
        request: stun.Message,
        addr: Address,
        integrity_key: bytes | None = None,
        retransmissions: int | None = None,
    ) -> tuple[stun.Message, Address]:
        """Run one transaction; its response has been authenticated when it returns."""
        response, source = await super().request(
            request, addr, integrity_key, retransmissions
        )
        if integrity_key is not None and source == addr:
            self._guard.prove(source)
        return response, source


def local_addresses(bind_addresses: tuple[str, ...] = ()) -> list[str]:
    """Return the addresses to open media sockets on, at least one.

    The configured ones; or those the default routes use, which leaves out bridges and
    tunnels; or every address of this host; or, on a host without a network, 127.0.0.1.
    """
    if bind_addresses:
        return list(bind_addresses)
    return _routed_addresses() or _host_addresses() or ["127.0.0.1"]


def _routed_addresses() -> list[str]:
    addresses = []
    for family, far_away in _FAR_AWAY:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((far_away, 9))
            except OSError:
                continue
            addresses.append(probe.getsockname()[0])
    return addresses


def _host_addresses() -> list[str]:
    addresses = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            if isinstance(ip.ip, str):
                addresses.append(ip.ip)
            elif ip.ip[2] == 0:
                addresses.append(ip.ip[0])
    return [address for address in addresses if address not in ("127.0.0.1", "::1")]
