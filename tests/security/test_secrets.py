"""Secrets of a day's work stand nowhere in clear: in no row, log, task or push.

Sofia signs in with her phone and changes Wati's token in the admin, to a wrong one and
back; Ana takes a call and looks a number up. Then everything is read that was written.
"""

import base64
import re
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from html.parser import HTMLParser
from typing import Any

import httpx2
import pyotp
import pytest
from django.conf import settings
from django.db import connection

from callcenter.models import SecondFactor, WatiAccount
from calls.models import WatiRequest
from tests.cast import CARLA, Cast
from tests.console import Console
from tests.dialing import carla_will
from tests.servers import wait_for
from tests.stack import Stack, port_of
from tests.talking import ANAS, CARLAS, Wear, call_in, hears, take

pytestmark = pytest.mark.full

SOFIAS = secrets.token_urlsafe(12)  # the demo's password is no secret
WRONG_TOKEN = f"wrong-{secrets.token_hex(12)}"
# base64, as Celery has the arguments of its tasks
PACKED = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")


class Eavesdropper:
    """Takes down every command that Valkey is sent, of all its databases."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._socket.sendall(b"MONITOR\r\n")
        assert self._socket.recv(5) == b"+OK\r\n"
        self._socket.settimeout(None)
        self._heard: list[bytes] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while data := self._socket.recv(1 << 16):
            self._heard.append(data)

    def stop(self) -> bytes:
        """Return what was sent, and once more what of it was packed."""
        with suppress(OSError):  # stopped before
            self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join(10)
        self._socket.close()
        heard = b"".join(self._heard)
        return heard + b"\n".join(map(unpacked, PACKED.findall(heard)))


def unpacked(text: bytes) -> bytes:
    return base64.b64decode(text + b"=" * (-len(text) % 4))


class Form(HTMLParser):
    """The fields of a page's largest form, as a browser would send them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self.fields[self._select] = value
        elif tag == "input" and name and _is_sent(given):
            self.fields[name] = value or ("on" if "checked" in given else "")


def _is_sent(given: dict[str, str | None]) -> bool:
    kind = given.get("type")
    if kind in ("checkbox", "radio"):
        return "checked" in given
    return kind not in ("submit", "file", "button")


class Sofia:
    """Her browser, at the first node."""

    def __init__(self, stack: Stack) -> None:
        self.http = httpx2.Client(
            base_url=stack.nodes[0].url, timeout=30, trust_env=False
        )

    def send(self, page: str, **fields: str) -> httpx2.Response:
        """Open a page, fill its form in and send it."""
        form = Form(self.http.get(page).text).fields | fields
        return self.http.post(page, data=form)

    def sign_in(self) -> list[str]:
        """Sign in, set an authenticator app up; returns the recovery codes."""
        self.send("/sign-in/", username="supervisor", password=SOFIAS)
        self.http.get("/sign-in/set-up/")
        phone = pyotp.TOTP(SecondFactor.objects.get().secret)
        done = self.send("/sign-in/set-up/", code=phone.now())
        return re.findall(r"<li><code>([^<]+)</code>", done.text)

    def set_token(self, account: WatiAccount, token: str) -> None:
        page = f"/admin/callcenter/watiaccount/{account.pk}/change/"
        assert self.send(page, api_token=token).status_code == 302
        assert WatiAccount.objects.get().api_token == token

    @property
    def session(self) -> str:
        return str(self.http.cookies[settings.SESSION_COOKIE_NAME])


def all_rows() -> Iterator[tuple[str, str]]:
    """Yield each table with each of its rows, bytes as hexadecimal digits."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            for (row,) in cursor.fetchall():
                yield table, row


def found_in(text: str, known: dict[str, str]) -> list[str]:
    """Return the names of the secrets that stand in a text, also as bytes."""
    return [
        name
        for name, secret in known.items()
        if secret in text or secret.encode().hex() in text
    ]


@pytest.fixture
def valkey(stack: Stack) -> Iterator[Eavesdropper]:
    """Listens from before Ana's console opens."""
    eavesdropper = Eavesdropper(port_of(settings.REDIS_URL))
    yield eavesdropper
    eavesdropper.stop()


def work(stack: Stack, ana: Console, sofia: Sofia, wear: Wear) -> None:
    """Answer a call, in vain while the token is wrong; then look a number up."""
    account = WatiAccount.objects.get()
    sofia.set_token(account, WRONG_TOKEN)
    call_in(stack)
    ana.say("answer", call=ana.wait_for_ring())
    refused = WatiAccount.objects.exclude(unauthorised_since=None)
    wait_for(refused.exists, "the token to be refused")
    sofia.set_token(account, settings.SIMULATOR_TOKEN)
    wait_for(lambda: not refused.exists(), "the token to work")
    stack.simulator.reset()
    ana.wait_for_state("available")
    call_in(stack, waid="4915112345670")
    call_id = ana.wait_for_ring()
    hears(wear(take(ana, call_id, ANAS)), CARLAS)
    ana.say("hang_up", call=call_id)
    ana.wait_for_status(call_id, "ended")
    carla_will(stack)
    ana.look_up(f"+{CARLA}")
    sent = WatiRequest.objects.filter(status="ok", verb="terminate")
    wait_for(sent.exists, "Wati to know")


def test_no_secret_is_written_down_anywhere(
    stack: Stack, crew: Cast, valkey: Eavesdropper, ana: Console, wear: Wear
):
    crew.sofia.set_password(SOFIAS)
    crew.sofia.save()
    sofia = Sofia(stack)
    codes = sofia.sign_in()
    assert len(codes) == 10
    work(stack, ana, sofia, wear)
    known = {
        "the token": settings.SIMULATOR_TOKEN,
        "the wrong token": WRONG_TOKEN,
        "the webhook key": settings.SIMULATOR_WEBHOOK_KEY,
        "the second factor": SecondFactor.objects.get().secret,
        "a password": SOFIAS,
        "Ana's session": ana.headers["Cookie"].partition("=")[2],
        "Sofia's session": sofia.session,
        **{f"recovery code {number}": code for number, code in enumerate(codes)},
    }
    assert len(known) == 17
    told: dict[str, Any] = {
        f"the log of {one.name}": found_in(one.log.read_text(errors="replace"), known)
        for one in stack.processes
    }
    for table, row in all_rows():
        told.setdefault(table, []).extend(found_in(row, known))
    heard = valkey.stop()
    assert b"read_permission" in heard  # a task with arguments was among it
    told["Valkey"] = found_in(heard.decode("latin-1"), known)
    assert {place: names for place, names in told.items() if names} == {}
