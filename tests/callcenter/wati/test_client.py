"""The five requests against a real HTTP server that says whatever it is told."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import unquote

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.wati import client as wati_client
from callcenter.wati.client import WatiClient, new_http
from callcenter.wati.errors import Outcome, WatiError
from tests.fault_proxy import FaultProxy

TOKEN = "secret-token-of-the-shop"


@dataclass
class Wati:
    """A server that gives one canned reply, and keeps what it was asked."""

    reply: bytes = b""
    trickles: bool = False  # byte after byte, for ever
    asked: list[str] = field(default_factory=list)
    port: int = 0

    def says(self, status: str, body: str, *headers: str) -> None:
        lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"]
        self.reply = ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    async def serve(self, reader, writer) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            (
                int(line.split(":")[1])
                for line in head.splitlines()
                if line.lower().startswith("content-length")
            ),
            0,
        )
        body = await reader.readexactly(length)
        self.asked.append(head + body.decode())
        writer.write(self.reply)
        await writer.drain()
        while self.trickles and not writer.is_closing():
            await asyncio.sleep(0.01)
            writer.write(b" ")
        writer.close()


@pytest.fixture
async def wati() -> AsyncIterator[Wati]:
    wati = Wati()
    server = await asyncio.start_server(wati.serve, "127.0.0.1", 0)
    wati.port = server.sockets[0].getsockname()[1]
    wati.says("200 OK", '{"code": 200, "message": "done"}')
    async with server:
        yield wati


@pytest.fixture
async def client(wati: Wati) -> AsyncIterator[WatiClient]:
    async with new_http() as http:
        yield WatiClient(f"http://127.0.0.1:{wati.port}", "demo", TOKEN, http)


async def refusal(client: WatiClient) -> WatiError:
    with pytest.raises(WatiError) as caught:
        await client.accept("wacid.1", "v=0")
    return caught.value


async def test_accept_asks_as_the_protocol_says(client, wati):
    await client.accept("wacid.A=/+", "v=0\r\n")
    (asked,) = wati.asked
    path = "/demo/api/v1/openapi/whatsapp/calls/wacid.A%3D%2F%2B/accept"
    assert asked.startswith(f"POST {path} HTTP/1.1")
    assert f"Bearer {TOKEN}" in asked
    assert asked.endswith('{"Sdp":"v=0\\r\\n"}')


@pytest.mark.parametrize(
    ("ask", "path"),
    [
        (lambda c: c.terminate("1"), "POST /demo/…/1/terminate"),
        (lambda c: c.read_permission("+49 15"), "GET /demo/…/permissions/4915"),
        (
            lambda c: c.request_permission("4915", "+1 555"),
            "POST /demo/…/call-permission-request/4915?channelPhoneNumber=1555",
        ),
    ],
)
async def test_the_other_requests(client, wati, ask, path):
    await ask(client)
    expected = path.replace("…", "api/v1/openapi/whatsapp/calls")
    assert wati.asked[0].startswith(f"{expected} HTTP/1.1")


@pytest.mark.parametrize(
    "body",
    [
        '{"code": 200, "result": {"callId": "wacid.7"}}',
        '{"code": "200", "call_id": "wacid.7"}',
        '{"code": 200, "calls": [{"id": "wacid.7"}]}',
    ],
)
async def test_an_outbound_call_learns_its_id(client, wati, body):
    wati.says("200 OK", body)
    answer = await client.outbound_call("4915", "v=0")
    assert answer.call_id == "wacid.7"


async def test_an_outbound_call_without_an_id_may_have_been_placed(client, wati):
    with pytest.raises(WatiError) as caught:
        await client.outbound_call("4915", "v=0")
    assert caught.value.outcome == Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        ("200 OK", '{"code": 500, "message": "no"}', Outcome.REFUSED),
        ("200 OK", '{"code": 200, "success": false}', Outcome.REFUSED),
        ("200 OK", "", Outcome.UNKNOWN),
        ("200 OK", "<html>", Outcome.UNKNOWN),
        ("400 Bad Request", '{"code": 400}', Outcome.REFUSED),
        ("401 Unauthorized", "Unauthorized", Outcome.UNAUTHORISED),
        ("200 OK", '{"code": 401}', Outcome.UNAUTHORISED),
        ("403 Forbidden", "", Outcome.REFUSED),
        ("403 Forbidden", '{"code": 403}', Outcome.REFUSED),
        ("429 Too Many", "", Outcome.WAIT),
        ("404 Not Found", "", Outcome.REFUSED),
        ("302 Found", "", Outcome.REFUSED),
        ("500 Oops", '{"code": 500}', Outcome.UNKNOWN),
        ("502 Bad Gateway", "<html>", Outcome.UNKNOWN),
    ],
)
async def test_yes_no_and_maybe_are_told_apart(client, wati, status, body, outcome):
    wati.says(status, body)
    assert (await refusal(client)).outcome == outcome


async def test_whatsapps_own_code_is_found_and_said_in_a_sentence(client, wati):
    wati.says("401 Unauthorized", '{"error": {"code": 138006, "message": "x"}}')
    error = await refusal(client)
    assert (error.outcome, error.code) == (Outcome.REFUSED, 138006)
    assert error.message == "This person has not allowed calls yet."


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"code": 400, "message": "(#138009) Limit"}', 138009),
        ('{"error": {"code": 100, "error_subcode": 2494010}}', 100),
        ('{"code": 400, "message": "{\\"error\\":{\\"code\\":100}}"}', 100),
        ('{"code": 400, "message": "at most 100 calls"}', None),
        ("<html>Error 100, see 138006</html>", None),
    ],
)
async def test_only_whatsapps_codes_are_taken_for_them(client, wati, body, code):
    wati.says("400 Bad Request", body)
    assert (await refusal(client)).code == code


async def test_a_busy_wati_says_when_to_come_again(client, wati):
    wati.says("429 Too Many", "{}", "Retry-After: 3")
    error = await refusal(client)
    assert (error.outcome, error.wait) == (Outcome.WAIT, timedelta(seconds=3))


async def test_a_token_that_wati_repeats_is_not_kept(client, wati):
    wati.says("403 Forbidden", f'{{"code": 403, "message": "{TOKEN} may not call"}}')
    assert (await refusal(client)).words == "(hidden) may not call"


async def test_a_lost_reply_is_unknown_and_a_closed_port_is_not(client, wati):
    wati.reply = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"
    assert (await refusal(client)).outcome == Outcome.UNKNOWN
    async with new_http() as http:
        nobody = WatiClient("http://127.0.0.1:9", "demo", TOKEN, http)
        assert (await refusal(nobody)).outcome == Outcome.UNREACHABLE


async def test_an_answer_that_never_ends_is_given_up_and_unknown(
    client, wati, monkeypatch
):
    monkeypatch.setattr(wati_client, "LONGEST", 0.3)
    wati.reply = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{"
    wati.trickles = True
    assert (await refusal(client)).outcome == Outcome.UNKNOWN


async def test_a_redirect_is_not_followed(client, wati):
    elsewhere = f"Location: http://127.0.0.1:{wati.port}/elsewhere"
    wati.says("307 Temporary Redirect", "", elsewhere)
    await refusal(client)
    assert len(wati.asked) == 1


async def test_the_token_is_in_no_log_and_no_error(client, wati, caplog):
    caplog.set_level(logging.DEBUG)
    for status in ("200 OK", "401 Unauthorized", "500 Oops"):
        wati.says(status, "{}")
        assert TOKEN not in repr(await refusal(client))
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("waid", ["", "abc", "12", "1" * 30])
async def test_what_is_no_number_is_never_asked(client, wati, waid):
    with pytest.raises(WatiError):
        await client.read_permission(waid)
    assert wati.asked == []


ROOT = "/demo/api/v1/openapi/whatsapp/calls/"
ODD_NAMES = st.sampled_from(
    [
        "..",
        ".",
        "",
        "%2e%2e",
        "/",
        "../..",
        "a/../b",
        "a?b#c",
        "\\..",
        "\0",
        "📞",
        "\ud800",
    ]
)


async def path_of(name: str, tenant_id: str = "demo") -> str:
    """The address that Wati would be asked for a call of this name."""
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.raw_path.decode())
        return httpx2.Response(200, json={"code": 200})

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        try:
            client = WatiClient("https://wati.test", tenant_id, TOKEN, http)
            await client.terminate(name)
        except WatiError:
            return ""
    return asked[0]


@given(st.text() | ODD_NAMES)
async def test_no_call_id_leads_to_another_address(name: str):
    path = await path_of(name)
    if path:
        step = path.removeprefix(ROOT).removesuffix("/terminate")
        assert path == f"{ROOT}{step}/terminate"
        assert not set("/?#\\") & set(step)
        assert unquote(step, errors="surrogatepass") == name
        assert unquote(unquote(step, errors="surrogatepass")) not in (".", "..", "")


@given(st.text() | ODD_NAMES)
async def test_no_tenant_leads_to_another_address(tenant_id: str):
    path = await path_of("1", tenant_id)
    assert not path or path.count("/") == ROOT.count("/") + 1
    assert not path or path.endswith("/api/v1/openapi/whatsapp/calls/1/terminate")


async def test_a_pasted_endpoint_with_the_tenant_is_understood(wati):
    async with new_http() as http:
        base = f"http://127.0.0.1:{wati.port}/demo"
        await WatiClient(base, "demo", TOKEN, http).terminate("1")
    assert wati.asked[0].startswith("POST /demo/api/v1/")


# --- Networks that fail ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "outcome", "asked"),
    [
        (FaultProxy.down, Outcome.UNREACHABLE, 0),
        (FaultProxy.blackhole, Outcome.UNKNOWN, 0),
        (FaultProxy.freeze, Outcome.UNKNOWN, 0),
        (FaultProxy.half, Outcome.UNKNOWN, 1),
        (lambda proxy: proxy.reset_after(60), Outcome.UNKNOWN, 1),
        (lambda proxy: proxy.trickle(0.05), Outcome.UNKNOWN, 1),
    ],
    ids=[
        "down",
        "black hole",
        "frozen",
        "reply lost",
        "reset in the reply",
        "dripping",
    ],
)
async def test_only_what_never_left_may_be_sent_again_at_once(
    wati, monkeypatch, fault, outcome, asked
):
    monkeypatch.setattr(wati_client, "LONGEST", 1.0)
    with FaultProxy(wati.port) as network:
        fault(network)
        async with new_http() as http:
            url = f"http://127.0.0.1:{network.port}"
            assert (
                await refusal(WatiClient(url, "demo", TOKEN, http))
            ).outcome == outcome
        assert len(wati.asked) == asked


@pytest.mark.parametrize(
    "address", ["https://wati.invalid", "https://127.0.0.1:{port}"]
)
async def test_no_such_name_and_no_tls_mean_that_nothing_was_sent(wati, address):
    async with new_http() as http:
        client = WatiClient(address.format(port=wati.port), "demo", TOKEN, http)
        assert (await refusal(client)).outcome == Outcome.UNREACHABLE
    assert wati.asked == []
