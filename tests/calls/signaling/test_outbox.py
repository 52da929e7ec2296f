"""What becomes of a request after each kind of reply, over real HTTP."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from callcenter.models import WatiAccount
from callcenter.wati.events import InboundCall, PermissionChanged, Person
from calls import placement, tasks
from calls.errors import Refused
from calls.lifecycle import answer, ending, inbound
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Plan, WatiRequest
from calls.outbound import dialing, planned_calls
from calls.signaling import outbox
from calls.states import Event
from permissions import people
from permissions import services as permissions
from permissions.models import Contact
from tests.cast import CARLA, Cast, on_duty

OK = (200, {"code": 200, "message": "Success", "result": {"callId": "wacid.7"}})


def meta(code: int, details: str = "It was decided so.") -> dict[str, Any]:
    error = {
        "message": f"(#{code}) A title",
        "code": code,
        "error_data": {"details": details},
    }
    return {"error": error}


BLOCKED = (403, {"code": 403, "message": json.dumps(meta(368, "See our policy."))})
NO_TOKEN = (200, {"code": 400, "message": json.dumps(meta(190))})
NOT_IN_PLAN = (403, {"code": 403, "message": "Calling is not enabled for this plan"})


class Wati:
    """A server that replies what it is told, the last of it for ever."""

    def __init__(self) -> None:
        self.replies: list[tuple[Any, ...]] = [OK]
        self.asked: list[str] = []

    def will_say(self, *replies: tuple[Any, ...]) -> None:
        self.replies = list(replies)
        self.asked.clear()

    def next_reply(self, path: str) -> tuple[Any, ...]:
        self.asked.append(path.partition("/calls/")[2].split("?")[0])
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@pytest.fixture
def wati(cast: Cast) -> Iterator[Wati]:
    told = Wati()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body, *headers = told.next_reply(self.path)
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    WatiAccount.objects.update(base_url=f"http://127.0.0.1:{server.server_port}")
    cast.line.account.refresh_from_db()
    placement.register()
    on_duty(cast.ana, cast.bruno)
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


def person(waid: str = CARLA) -> Contact:
    return people.dialed(waid)


def allow(cast: Cast, contact: Contact) -> Contact:
    event = PermissionChanged(Person(contact.waid or ""), granted=True)
    pair, now = pair_of(contact, cast.line), timezone.now()
    permissions.permission_webhook(pair, event, key=str(now), received_at=now)
    return contact


def ask(cast: Cast, waid: str = CARLA) -> WatiRequest:
    cast.line.account.refresh_from_db()
    plan = planned_calls.ask(cast.ana, person(waid), cast.line)
    return plan.requests.get()


def dial(cast: Cast) -> Call:
    cast.line.account.refresh_from_db()
    call = dialing.dial(cast.ana, allow(cast, person()), cast.line)
    assert dialing.offer_made(call.pk, "v=0")
    return call


def send(request: WatiRequest) -> WatiRequest:
    tasks.send_request(request.pk)
    return WatiRequest.objects.get(pk=request.pk)


def account() -> WatiAccount:
    return WatiAccount.objects.get()


def later() -> None:
    """The time has come for whatever waits for it."""
    now = timezone.now()
    WatiRequest.objects.filter(status="pending").update(next_attempt_at=now)
    WatiAccount.objects.exclude(probe_at=None).update(probe_at=now)


# --- A no ----------------------------------------------------------------------------


@pytest.mark.parametrize(("reply", "code"), [(BLOCKED, 368), (NOT_IN_PLAN, None)])
def test_a_403_is_no_token_trouble_and_is_not_repeated(
    cast: Cast, wati: Wati, reply: tuple[Any, ...], code: int | None
):
    wati.will_say(reply)
    request = send(ask(cast))
    assert (request.status, request.error_code) == ("refused", code)
    assert request.needs_admin
    assert Plan.objects.get().state == "refused"
    later()
    tasks.sweep_requests()
    assert len(wati.asked) == 1
    assert account().unauthorised_since is None
    assert dial(cast).status == "dialing"  # others may still be called


def test_whatsapps_words_are_kept_with_the_request_and_not_told_to_ana(
    cast: Cast, wati: Wati
):
    wati.will_say(BLOCKED)
    call = dial(cast)
    request = send(call.requests.get())
    assert request.words == "(#368) A title – See our policy."
    call.refresh_from_db()
    assert (call.end_reason, call.error_code) == ("place_refused", 368)
    assert "restricted the business" in call.end_text
    assert "See our policy" not in call.end_text


def test_a_success_leaves_nothing_of_an_earlier_error(cast: Cast, wati: Wati):
    wati.will_say((429, meta(131056), ("Retry-After", "60")), OK)
    request = send(ask(cast))
    assert request.words
    later()
    request = send(request)
    assert (request.status, request.words, request.error_code) == ("ok", "", None)
    assert request.not_before is None


# --- The token -----------------------------------------------------------------------


def test_a_code_190_in_a_success_pauses_the_account(cast: Cast, wati: Wati):
    wati.will_say(NO_TOKEN)
    request = send(ask(cast))
    assert request.status == "pending"
    assert account().unauthorised_since is not None
    assert outbox.due() == []  # the request waits for the account
    with pytest.raises(Refused, match="must renew it"):
        dial(cast)
    assert len(wati.asked) == 1


def test_one_request_tries_the_token_for_all(cast: Cast, wati: Wati):
    first, second = ask(cast), ask(cast, "4915100000001")
    wati.will_say((401, "Unauthorized"))
    send(first)
    send(second)  # held back: nothing is asked
    assert len(wati.asked) == 1
    for asked in (2, 3):
        later()
        tasks.sweep_requests()
        tasks.sweep_requests()
        assert len(wati.asked) == asked
    wati.will_say(OK)
    later()
    tasks.sweep_requests()
    tasks.sweep_requests()
    assert account().unauthorised_since is None
    assert sorted(wati.asked) == [
        "call-permission-request/4915100000001",
        f"call-permission-request/{CARLA}",
    ]


def test_the_pause_between_two_tries_grows(cast: Cast, wati: Wati):
    wati.will_say((401, "Unauthorized"))
    request = ask(cast)
    pauses = []
    for minutes in (0, 1, 8, 60 * 24):
        since = timezone.now() - timedelta(minutes=minutes)
        WatiAccount.objects.update(unauthorised_since=since if minutes else None)
        later()
        send(request)
        probe_at = account().probe_at
        assert probe_at is not None
        pauses.append((probe_at - timezone.now()).total_seconds())
    assert pauses == pytest.approx([5, 30, 240, 600], abs=5)


def test_a_reading_tries_the_token_when_no_request_waits(cast: Cast, wati: Wati):
    call = dial(cast)
    wati.will_say((401, "Unauthorized"))
    send(call.requests.get())
    call.refresh_from_db()
    assert call.end_reason == "place_refused"
    assert account().unauthorised_since is not None
    tasks.sweep_requests()
    assert len(wati.asked) == 1
    wati.will_say((503, "<html>"), OK)
    later()
    tasks.sweep_requests()
    assert account().unauthorised_since is not None  # a 503 says nothing about it
    later()
    tasks.sweep_requests()
    assert account().unauthorised_since is None
    assert wati.asked == [f"permissions/{cast.line.number}"] * 2


@pytest.mark.parametrize("reply", [(401, meta(138006)), (400, meta(138009)), OK])
def test_whatsapps_own_no_proves_the_token_as_a_yes_does(
    cast: Cast, wati: Wati, reply: tuple[Any, ...]
):
    call = dial(cast)
    WatiAccount.objects.update(unauthorised_since=timezone.now())
    wati.will_say(reply)
    send(call.requests.get())
    assert account().unauthorised_since is None


@pytest.mark.parametrize("reply", [NOT_IN_PLAN, (404, "<html>"), (503, "")])
def test_what_did_not_come_from_whatsapp_proves_no_token(
    cast: Cast, wati: Wati, reply: tuple[Any, ...]
):
    call = dial(cast)
    WatiAccount.objects.update(unauthorised_since=timezone.now())
    wati.will_say(reply)
    send(call.requests.get())
    assert account().unauthorised_since is not None


# --- Later ---------------------------------------------------------------------------


def test_a_rate_limit_sets_the_time_of_the_next_attempt(cast: Cast, wati: Wati):
    wati.will_say((429, meta(131056), ("Retry-After", "90")), OK)
    request = send(ask(cast))
    assert request.status == "pending"
    assert request.next_attempt_at is not None
    wait = request.next_attempt_at - timezone.now()
    assert timedelta(seconds=80) < wait <= timedelta(seconds=90)
    assert request.not_before == request.next_attempt_at
    tasks.sweep_requests()
    assert len(wati.asked) == 1
    later()
    tasks.sweep_requests()
    assert WatiRequest.objects.get().status == "ok"


def test_a_time_that_nobody_waits_for_is_a_no(cast: Cast, wati: Wati):
    wati.will_say((400, meta(131048)))
    request = send(ask(cast))
    assert (request.status, request.next_attempt_at) == ("refused", None)
    assert request.needs_admin
    plan = Plan.objects.get()
    assert (plan.state, plan.sentence) == ("refused", request.problem)


def test_ana_reads_when_a_call_is_possible_again(cast: Cast, wati: Wati):
    wati.will_say((429, meta(138005), ("Retry-After", "120")))
    call = dial(cast)
    send(call.requests.get())
    call.refresh_from_db()
    assert (call.status, call.end_reason) == ("ended", "place_refused")
    assert "too many calls" in call.end_text
    assert call.retry_at is not None
    assert call.retry_at > timezone.now() + timedelta(seconds=100)


def test_a_busy_wati_gets_a_call_once_more_while_ana_waits(cast: Cast, wati: Wati):
    wati.will_say((429, {}, ("Retry-After", "2")), OK)
    call = dial(cast)
    assert send(call.requests.get()).status == "pending"
    later()
    assert send(call.requests.get()).status == "ok"
    call.refresh_from_db()
    assert call.wati_call_id == "wacid.7"


@pytest.mark.parametrize("code", [1, 2, 131000, 131016, 131057])
def test_what_whatsapp_may_have_done_is_never_sent_again(
    cast: Cast, wati: Wati, code: int
):
    wati.will_say((503, meta(code)))
    request = send(ask(cast))
    assert (request.status, request.error_code) == ("unknown", code)
    assert Plan.objects.get().state == "waiting"
    later()
    tasks.sweep_requests()
    assert len(wati.asked) == 1


# --- A Wati that fails ---------------------------------------------------------------


def test_a_wati_that_fails_gets_no_requests_that_may_wait(
    cast: Cast, wati: Wati, client: Client
):
    """Each might be the contact's only one of the day; accepts and hang-ups go."""
    wati.will_say((503, "<html>"))
    *failed, held = [ask(cast, f"491510000000{number}") for number in range(6)]
    for request in failed:
        send(request)
    waiting = Plan.objects.filter(state="waiting").count()
    with pytest.raises(Refused, match="not answering properly"):
        ask(cast, "4915100000009")
    with pytest.raises(Refused, match="not answering properly"):
        dialing.dial(cast.ana, allow(cast, person()), cast.line)
    assert Plan.objects.filter(state="waiting").count() == waiting
    assert send(held).status == "pending"
    assert len(wati.asked) == 5
    client.force_login(cast.sofia)
    assert "is not answering properly for" in client.get("/admin/").content.decode()
    call = accepted(cast, wati, *OK)
    assert wati.asked == ["wacid.1/accept"]
    call.requests.all().delete()
    WatiRequest.objects.exclude(sent_at=None).update(
        sent_at=timezone.now() - timedelta(seconds=31)
    )
    assert send(held).status == "ok"  # half a minute later it is tried again


def test_failures_from_before_the_clock_was_put_back_are_over(cast: Cast, wati: Wati):
    wati.will_say(*[(503, "")] * 5)
    for number in range(5):
        send(ask(cast, f"491510000000{number}"))
    WatiRequest.objects.update(sent_at=timezone.now() + timedelta(hours=1))
    assert ask(cast, "4915100000009")


def test_one_success_shows_that_wati_is_there(cast: Cast, wati: Wati):
    wati.will_say(*[(503, "")] * 4, OK, (503, ""))
    for number in range(6):
        send(ask(cast, f"491510000000{number}"))
    assert ask(cast, "4915100000009")


# --- After an accept that was refused ------------------------------------------------


def accepted(cast: Cast, wati: Wati, *reply: Any, call_id: str = "wacid.1") -> Call:
    """Carla calls, Ana answers, and Wati replies to our answer."""
    event = InboundCall(call_id, Person(CARLA), business_number=cast.line.number)
    call = inbound.begin(cast.account, event, received_at=timezone.now(), offer="v=0")
    placement.register()  # on a slow machine its lease is over by now
    on_duty(cast.ana)
    answer.claim(call.pk, cast.ana)
    assert answer.accept_sent(call.pk, "v=0")
    wati.will_say(reply, OK)
    tasks.send_request(outbox.prepare_accept(call.pk))
    return call


STILL_RINGS: list[tuple[Any, ...]] = [
    BLOCKED,
    (307, ""),
    (401, "No"),
    (404, "<html>Not here</html>"),
    (410, "gone"),
    (429, {"code": 429}, ("Retry-After", "3600")),
    (502, "<html>"),
    (200, {"code": 500}),
    (200, {"code": 200, "success": False}),
    (200, "<html>Sign in</html>"),
]
IS_OVER: list[tuple[Any, ...]] = [
    (404, {"code": 404, "message": "No such call"}),
    (410, {"code": 410}),
    (200, {"code": 404}),
]


def outcome_of(call: Call, verb: str) -> str:
    for _ in range(3):
        later()
        tasks.sweep_requests()
    WatiAccount.objects.update(unauthorised_since=None)
    return str(call.requests.get(verb=verb).status)


def test_wati_is_told_to_end_what_still_rings_and_nothing_else(cast: Cast, wati: Wati):
    """Ana hangs up before the reply to her accept is known."""
    for number, reply in enumerate([*STILL_RINGS, *IS_OVER]):
        call = accepted(cast, wati, *reply, call_id=f"wacid.{number}")
        ending.end(call.pk, Event.AGENT_ENDED)
        told, asked = outcome_of(call, "terminate"), wati.asked[1:]
        if reply in IS_OVER:
            assert (told, asked) == ("dropped", []), reply
        else:
            assert (told, asked) == ("ok", [f"wacid.{number}/terminate"]), reply


def test_a_hang_up_is_repeated_unless_the_no_is_final(cast: Cast, wati: Wati):
    """A maybe is asked again; a token or a limit is waited for."""
    for number, reply in enumerate([*STILL_RINGS[::2], *IS_OVER[:1]]):
        call = accepted(cast, wati, *OK, call_id=f"wacid.{number}")
        ending.end(call.pk, Event.AGENT_ENDED)
        wati.will_say(reply)
        told = outcome_of(call, "terminate")
        times = {"refused": 1, "pending": 3}[told]
        assert wati.asked == [f"wacid.{number}/terminate"] * times, reply
        call.requests.all().delete()


def test_a_hang_up_is_told_to_a_wati_that_was_broken_for_minutes(
    cast: Cast, wati: Wati
):
    call = accepted(cast, wati, *OK, call_id="wacid.1")
    ending.end(call.pk, Event.AGENT_ENDED)
    wati.will_say(*[(502, "<html>Bad gateway</html>")] * 20, OK)
    for _ in range(21):
        later()
        tasks.sweep_requests()
    assert call.requests.get(verb="terminate").status == "ok"


def test_a_hang_up_is_not_repeated_for_ever(cast: Cast, wati: Wati):
    call = accepted(cast, wati, *OK, call_id="wacid.1")
    ending.end(call.pk, Event.AGENT_ENDED)
    wati.will_say((502, "<html>Bad gateway</html>"))
    long_ago = timezone.now() - outbox.GIVE_UP_AFTER
    call.requests.filter(verb="terminate").update(created_at=long_ago)
    later()
    tasks.sweep_requests()
    assert call.requests.get(verb="terminate").status == "unknown"


def dies_in_flight(request: WatiRequest, ago: timedelta) -> WatiRequest:
    """Let the process have died so long ago, while it waited for Wati's reply."""
    sent = {"status": "sent", "attempts": 1, "next_attempt_at": None}
    WatiRequest.objects.filter(pk=request.pk).update(
        sent_at=timezone.now() - ago, **sent
    )
    return request


SOON = timedelta(seconds=1)


def test_a_hang_up_that_died_in_flight_is_sent_again_at_once(cast: Cast, wati: Wati):
    call = accepted(cast, wati, *OK, call_id="wacid.1")
    ending.end(call.pk, Event.AGENT_ENDED)
    wati.will_say(OK)
    hang_up = call.requests.get(verb="terminate")
    dies_in_flight(hang_up, outbox.HANG_UP_LOST_AFTER - SOON)
    tasks.sweep_requests()
    assert wati.asked == []  # its reply may still come
    dies_in_flight(hang_up, outbox.HANG_UP_LOST_AFTER + SOON)
    tasks.sweep_requests()
    assert wati.asked == ["wacid.1/terminate"]
    hang_up.refresh_from_db()
    assert (hang_up.status, hang_up.attempts) == ("ok", 2)


def test_a_hang_up_that_keeps_dying_in_flight_is_not_repeated_for_ever(
    cast: Cast, wati: Wati
):
    call = accepted(cast, wati, *OK, call_id="wacid.1")
    ending.end(call.pk, Event.AGENT_ENDED)
    wati.will_say(OK)
    hang_up = call.requests.filter(verb="terminate")
    hang_up.update(created_at=timezone.now() - outbox.GIVE_UP_AFTER)
    dies_in_flight(hang_up.get(), outbox.LOST_AFTER)
    tasks.sweep_requests()
    assert (hang_up.get().status, wati.asked) == ("unknown", [])


def test_what_may_have_reached_a_phone_is_never_sent_again_by_a_death(
    cast: Cast, wati: Wati
):
    asking, calling = ask(cast), dial(cast).requests.get(verb="outbound")
    for request in (asking, calling):
        dies_in_flight(request, outbox.LOST_AFTER - SOON)
    tasks.sweep_requests()
    assert set(WatiRequest.objects.values_list("status", flat=True)) == {"sent"}
    for request in (asking, calling):
        dies_in_flight(request, outbox.LOST_AFTER + SOON)
    tasks.sweep_requests()
    assert wati.asked == []
    for request in (asking, calling):
        request.refresh_from_db()
        assert request.status == "unknown"


def test_a_hang_up_after_a_refused_accept_is_repeated_until_wati_has_it(
    cast: Cast, wati: Wati
):
    call = accepted(cast, wati, *BLOCKED)
    ending.end(call.pk, Event.ACCEPT_REFUSED)
    wati.will_say((429, {}), OK)
    for _ in range(2):
        later()
        tasks.sweep_requests()
    assert call.requests.get(verb="terminate").status == "ok"


def test_nothing_is_ended_that_wati_says_is_over(cast: Cast, wati: Wati):
    call = accepted(cast, wati, 404, {"code": 404, "message": "No such call"})
    ending.end(call.pk, Event.CALLER_GONE)
    assert not call.requests.filter(verb="terminate").exists()
