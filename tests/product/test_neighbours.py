"""Nobody can hurt his neighbour: what is too much is refused with a sentence."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import create_connection
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from agents.models import Agent
from callcenter import limits
from calls.media.socket import wire
from tests.cast import PASSWORD, Cast
from tests.console import Console
from tests.servers import wait_for
from tests.stack import Stack
from tests.talking import CARLAS, Talk, hears

TOO_MUCH = 4429


class Wire:
    """A program on one of Ana's websockets that does as it likes."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []

    def say(self, kind: str, **fields: Any) -> None:
        self.socket.send(json.dumps({"type": kind, **fields}))

    def until_closed(self) -> int | None:
        """Read on; returns the code it is closed with."""
        with suppress(ConnectionClosed):
            while True:
                self.heard.append(json.loads(self.socket.recv(30)))
        return self.socket.close_code

    @property
    def problems(self) -> list[str]:
        return [one["text"] for one in self.heard if one["type"] == "problem"]


@contextmanager
def opened(console: Console) -> Iterator[Wire]:
    with console.open("/ws/console/") as socket:
        yield Wire(socket)


# --- Sign-out ------------------------------------------------------------------------


def sign_out(user: User) -> None:
    Session.objects.all().delete()


def new_password(user: User) -> None:
    user.set_password("something else")
    user.save()


def lock(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def dismiss(user: User) -> None:
    Agent.objects.filter(user=user).delete()


@pytest.mark.distributed
@pytest.mark.parametrize("end", [sign_out, new_password, lock, dismiss])
def test_a_session_that_ends_closes_a_console_that_says_nothing(
    stack: Stack, ana: Console, end
):
    with opened(ana) as silent:
        end(ana.agent.user)
        assert silent.until_closed() == 4401


def test_a_session_that_ends_closes_the_audio_of_a_call(stack: Stack, talk: Talk):
    _, _, headset = talk
    sign_out(User())
    wait_for(lambda: headset.close_code == 4401, "the audio socket to close")


# --- Too many messages ---------------------------------------------------------------


@pytest.mark.parametrize("padding", [0, 60_000])
def test_a_flood_is_refused_and_nobody_else_waits(
    stack: Stack, ana: Console, bruno: Console, talk: Talk, padding: int
):
    wati_id, _, headset = talk
    with opened(ana) as flood:
        with suppress(ConnectionClosed):
            for _ in range(5000):
                flood.say("refresh", padding="x" * padding)
        bruno.say("targets")
        bruno.until(lambda: bruno.heard("targets") is not None, "an answer")
        assert flood.until_closed() == TOO_MUCH
    assert any("too many messages" in text for text in flood.problems)
    hears(headset, CARLAS)


def test_a_burst_of_what_an_agent_does_is_no_flood(ana: Console):
    for number in range(int(limits.CONSOLE_MESSAGES.burst) // 2):
        ana.say("targets", request=number)
    last = int(limits.CONSOLE_MESSAGES.burst) // 2 - 1
    ana.until(lambda: (ana.heard("targets") or {}).get("request") == last, "all of it")
    assert ana.problems == []


def test_who_looks_up_too_many_numbers_waits_a_moment(stack: Stack, ana: Console):
    for _ in range(int(limits.LOOK_UPS.burst) + 5):
        ana.say("look_up", number="+49 151 12345678")
    ana.until(lambda: ana.problems != [], "the refusal")
    assert "too many numbers" in ana.problems[0]


# --- Too many sockets ----------------------------------------------------------------


def test_a_console_too_many_is_refused_and_the_others_go_on(
    stack: Stack, ana: Console, bruno: Console
):
    others = [ana.open("/ws/console/") for _ in range(limits.CONSOLES - 1)]
    try:
        # One that was silent for long would make room.
        ana.say("targets")
        for socket in others:
            socket.send(json.dumps({"type": "targets", "request": 1}))
        for socket in others:
            while json.loads(socket.recv(30))["type"] != "targets":
                pass
        with opened(ana) as one_more:
            assert one_more.until_closed() == TOO_MUCH
        assert any("too many windows" in text for text in one_more.problems)
        ana.say("targets")
        ana.until(lambda: ana.heard("targets") is not None, "an answer")
        with opened(bruno) as window:
            window.say("targets", request=1)
            assert json.loads(window.socket.recv(30))["type"] == "targets"
    finally:
        for socket in others:
            socket.close()


def test_two_audio_checks_at_once_are_enough(stack: Stack, ana: Console):
    checks = [ana.open(ana.echo_url) for _ in range(limits.ECHOES)]
    frame = wire.pack(wire.OPUS, 0, 1, 960, b"voice")
    for check in checks:
        check.send(frame)
        assert check.recv(30) == frame
    with ana.open(ana.echo_url) as one_more:
        with pytest.raises(ConnectionClosed):
            one_more.recv(30)
        assert one_more.close_code == TOO_MUCH
    checks[0].close()
    wait_for(lambda: _is_served(ana, frame), "a place for another check")
    checks[1].close()


def _is_served(console: Console, frame: bytes) -> bool:
    with console.open(console.echo_url) as check, suppress(ConnectionClosed):
        check.send(frame)
        return check.recv(30) == frame
    return False


def test_an_audio_check_in_pcm_gives_back_what_it_got(ana: Console):
    with ana.open(f"{ana.echo_url}?codec=pcm16") as check:
        for number in (7, 8):
            sound = bytes([number]) * wire.PCM_BYTES
            frame = wire.pack(wire.PCM, 0, number, number * 960, sound)
            check.send(frame)
            assert check.recv(30) == frame


# --- Signing in ----------------------------------------------------------------------


class Browser:
    """Signs in from an address of its own."""

    def __init__(self, stack: Stack, address: str, page: str = "/sign-in/") -> None:
        self.page = page
        self.http = httpx2.Client(
            base_url=stack.nodes[0].url,
            headers={"X-Forwarded-For": address},
            trust_env=False,
            timeout=60,
        )

    def sign_in(self, username: str, password: str) -> httpx2.Response:
        self.http.get(self.page)
        return self.http.post(
            self.page,
            data={
                "csrfmiddlewaretoken": self.http.cookies["csrftoken"],
                "username": username,
                "password": password,
            },
        )


@pytest.mark.parametrize("page", ["/sign-in/", "/admin/login/"])
def test_who_guesses_passwords_is_refused_and_nobody_else(
    stack: Stack, crew: Cast, page: str
):
    tries = int(limits.WRONG_FOR_A_NAME_AT_AN_ADDRESS.burst)
    guesser = Browser(stack, f"203.0.113.{len(page)}", page)
    for _ in range(tries):
        assert "Too many failed" not in guesser.sign_in("supervisor", "guess").text
    refused = guesser.sign_in("Supervisor", PASSWORD)
    assert (refused.status_code, "Too many failed" in refused.text) == (200, True)
    colleague = Browser(stack, f"203.0.113.{len(page)}")
    assert colleague.sign_in("ana", PASSWORD).status_code == 302
    elsewhere = Browser(stack, f"198.51.100.{len(page)}", page)
    assert elsewhere.sign_in("supervisor", PASSWORD).status_code == 302


def test_right_passwords_are_never_too_many(stack: Stack, crew: Cast):
    for _ in range(int(limits.WRONG_FOR_A_NAME_AT_AN_ADDRESS.burst) + 2):
        browser = Browser(stack, "203.0.113.200")
        assert browser.sign_in("ana", PASSWORD).status_code == 302


# --- Uploads -------------------------------------------------------------------------


def post_without_end(stack: Stack, path: str, *headers: str) -> tuple[bytes, int]:
    """Send a body until the server has had enough; returns its answer, and how much."""
    address = urlsplit(stack.nodes[0].url)
    sent = 0
    with create_connection((address.hostname, address.port), 30) as connection:
        lines = [f"POST {path} HTTP/1.1", f"Host: {address.netloc}", *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode())
        try:
            if "Transfer-Encoding: chunked" in headers:
                while sent < 50 * 1024 * 1024:
                    connection.sendall(b"10000\r\n" + bytes(0x10000) + b"\r\n")
                    sent += 0x10000
            return connection.recv(200), sent
        except ConnectionError:
            return b"", sent


@pytest.mark.parametrize("path", [*limits.BODIES, "/sign-in/", "/nowhere"])
def test_a_body_that_is_too_long_is_refused_by_its_length(stack: Stack, path: str):
    most = limits.BODIES.get(path, limits.ANY_BODY)
    answer, _ = post_without_end(stack, path, f"Content-Length: {most + 1}")
    assert answer.startswith(b"HTTP/1.1 413")


def test_a_body_without_a_length_is_cut_off(stack: Stack):
    answer, sent = post_without_end(stack, "/sign-in/", "Transfer-Encoding: chunked")
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413")
    assert sent < 20 * 1024 * 1024  # with what the kernels hold between the two
