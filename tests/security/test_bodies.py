"""However a body is framed, no more of it is kept than its address takes."""

from collections.abc import Iterable
from itertools import accumulate
from typing import Any

import pytest
from daphne.http_protocol import WebRequest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from callcenter import limits
from callcenter.web.body_limit import limit_bodies, most_bytes
from callcenter.web.daphne_requests import BoundedFactory, seconds_for

pytestmark = pytest.mark.stackless

WEBHOOK = "/webhooks/wati/inbound-call/"
MOST = limits.WEBHOOK_BODY
READ_AT_ONCE = 4096
SIZES = st.lists(st.integers(min_value=0, max_value=MOST), max_size=6)
LENGTHS = st.none() | st.integers(min_value=0, max_value=400 * 2**20)


# --- Any ASGI server ------------------------------------------------------------------


async def ask(sizes: list[int], headers: list[tuple[bytes, bytes]]) -> tuple[int, int]:
    """Return the status, and how many bytes reached the application."""
    pieces = iter([*sizes, 0])
    last = len(sizes)
    handed, kept, sent = [0], [0], []

    async def receive() -> dict[str, Any]:
        size, number = next(pieces), handed[0]
        handed[0] += 1
        more = number < last
        return {"type": "http.request", "body": bytes(size), "more_body": more}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            kept[0] += len(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})

    scope = {"type": "http", "path": WEBHOOK, "headers": headers}
    await limit_bodies(app)(scope, receive, send)
    return sent[0]["status"], kept[0]


@given(SIZES, LENGTHS)
async def test_a_server_that_hands_on_what_comes_is_stopped(
    sizes: list[int], length: int | None
):
    told = [] if length is None else [(b"content-length", b"%d" % length)]
    status, kept = await ask(sizes, told)
    is_too_long = sum(sizes) > MOST or (length or 0) > MOST
    assert status == (413 if is_too_long else 200)
    assert kept <= MOST
    assert is_too_long or kept == sum(sizes)


@pytest.mark.parametrize(
    "length", [b"-1", b"1e9", b"", b"\xb2", b"0x10", b"1, 99999999"]
)
async def test_an_odd_length_is_no_way_around(length: bytes):
    assert await ask([10], [(b"content-length", length)]) == (200, 10)
    status, kept = await ask([MOST, 1], [(b"content-length", length)])
    assert (status, kept) == (413, MOST)


async def test_of_two_lengths_the_longer_counts():
    both = [(b"content-length", b"1"), (b"content-length", b"99999999")]
    assert await ask([1], both) == (413, 0)


# --- Daphne ---------------------------------------------------------------------------


class Server:
    """As much of Daphne's server as a request asks for."""

    def protocol_connected(self, request: Any) -> None:
        """Keep no list."""

    protocol_disconnected = protocol_connected


class Line:
    """A connection to Daphne; what it takes is read in pieces, as by the server."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock, self.wire = Clock(), StringTransport()
        self.processed: list[int] = []  # bytes of the bodies
        self.requests: list[Any] = []
        monkeypatch.setattr(WebRequest, "process", lambda one: self._process(one))
        factory = BoundedFactory(Server())
        factory.reactor = self.clock
        self.protocol = factory.buildProtocol(None)
        self.protocol.makeConnection(self.wire)

    def _process(self, request: Any) -> None:
        request.content.seek(0)
        self.processed.append(len(request.content.read()))
        request.finish()

    def send(self, data: bytes) -> int:
        """Return how many bytes the server has read when it hangs up, or of all."""
        for start in range(0, len(data), READ_AT_ONCE):
            if self.has_hung_up:
                return start
            self.protocol.dataReceived(data[start : start + READ_AT_ONCE])
        return len(data)

    @property
    def has_hung_up(self) -> bool:
        return self.wire.disconnecting or self.wire.disconnected

    @property
    def said(self) -> bytes:
        return self.wire.value()


@pytest.fixture
def monkey() -> Iterable[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def head(path: str, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
    return "\r\n".join(lines).encode()


def chunks(sizes: Iterable[int]) -> bytes:
    framed = [b"%x\r\n%b\r\n" % (size, bytes(size)) for size in sizes if size]
    return b"".join(framed) + b"0\r\n\r\n"


@given(SIZES)
def test_chunks_are_counted_as_they_come(sizes: list[int]):
    with pytest.MonkeyPatch.context() as patch:
        line = Line(patch)
        read = line.send(head(WEBHOOK, "Transfer-Encoding: chunked") + chunks(sizes))
        if sum(sizes) > MOST:
            assert line.said.startswith(b"HTTP/1.1 413")
            assert line.processed == []
            assert read < MOST + 64 * 1024
        else:
            assert line.processed == [sum(sizes)]


@given(SIZES, st.integers(min_value=0, max_value=400 * 2**20))
def test_a_length_is_believed_and_what_follows_is_another_request(
    sizes: list[int], length: int
):
    with pytest.MonkeyPatch.context() as patch:
        line, sent = Line(patch), sum(sizes)
        read = line.send(head(WEBHOOK, f"Content-Length: {length}") + bytes(sent))
        if length > MOST:
            assert line.said.startswith(b"HTTP/1.1 413")
            assert line.processed == []
            assert read <= READ_AT_ONCE
        else:
            assert line.processed == ([length] if sent >= length else [])


@given(SIZES)
def test_behind_a_good_request_a_long_one_is_refused_too(sizes: list[int]):
    """Requests in one go: each has its limit, and one is no way for another."""
    with pytest.MonkeyPatch.context() as patch:
        line = Line(patch)
        for size in sizes:
            line.send(head(WEBHOOK, f"Content-Length: {size}") + bytes(size))
        assert line.processed == sizes
        line.send(head(WEBHOOK, f"Content-Length: {MOST + 1}"))
        assert line.said.endswith(b"This is more than the server takes.")
        assert line.processed == sizes


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 10", "Content-Length: 10"),
        ("Content-Length: 10", "Transfer-Encoding: chunked"),
        ("Content-Length: ten",),
        ("Content-Length: -1",),
        ("Content-Length: +1",),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: xchunked",),
    ],
    ids="; ".join,
)
def test_what_can_be_read_in_two_ways_is_refused(
    headers: tuple[str, ...], monkey: pytest.MonkeyPatch
):
    line = Line(monkey)
    line.send(head(WEBHOOK, *headers) + b"5\r\nhello\r\n0\r\n\r\n")
    assert line.said.startswith(b"HTTP/1.1 400")
    assert line.processed == []


@pytest.mark.parametrize(
    "path",
    [
        "http://localhost/admin/agents/prompt/add/",
        "//admin/agents/prompt/add/",
        "/admin/agents/%70rompt/add/",
        "/x/admin/agents/prompt/add/",
        "/admin/agents/promptly/",
    ],
)
def test_no_other_address_takes_as_much_as_an_audio_file(path: str):
    assert most_bytes(path) == limits.ANY_BODY


# --- Slow ones ------------------------------------------------------------------------


def trickle(line: Line, data: bytes, seconds: float) -> float:
    """Send a byte each second; returns after how many the server hangs up."""
    for second, byte in enumerate(data):
        if line.has_hung_up or second > seconds:
            return second
        line.send(bytes([byte]))
        line.clock.advance(1)
    return len(data)


def test_who_sends_a_byte_a_second_is_hung_up_on(monkey: pytest.MonkeyPatch):
    line = Line(monkey)
    line.send(head(WEBHOOK, "Content-Length: 1000"))
    waited = trickle(line, bytes(900), 300)
    assert waited <= seconds_for(1000) + 1
    assert line.processed == []


def test_headers_and_lines_have_a_minute_and_no_more(monkey: pytest.MonkeyPatch):
    for start in (b"", b"POST /sign-in/ HTTP/1.1\r\n"):
        line = Line(monkey)
        line.send(start)
        assert trickle(line, b"X" * 300, 300) <= 61


def test_a_large_file_on_a_slow_line_has_its_time(monkey: pytest.MonkeyPatch):
    size = 20 * 1024 * 1024
    line = Line(monkey)
    line.send(head("/admin/agents/prompt/add/", f"Content-Length: {size}"))
    for sent in accumulate([60_000] * (size // 60_000)):
        line.clock.advance(1)
        line.send(bytes(60_000))
        assert not line.has_hung_up, sent
    line.send(bytes(size % 60_000))
    assert line.processed == [size]


def test_between_two_requests_there_is_the_usual_time(monkey: pytest.MonkeyPatch):
    line = Line(monkey)
    for _ in range(3):
        line.send(head(WEBHOOK, "Content-Length: 5") + bytes(5))
        line.clock.advance(50)
        assert not line.has_hung_up
    line.clock.advance(20)
    assert line.has_hung_up
