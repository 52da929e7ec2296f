"""Broken JSON and broken SDP of every kind: no 500, nothing left behind."""

import json
import random
import re
import time
from contextlib import suppress

import pytest

from calls.media.transport.sdp import RefusedSdp, gate
from calls.models import Call, WebhookDelivery
from tests.cast import Cast
from tests.paths import SDP
from tests.servers import wait_for
from tests.stack import Stack

OFFER = (SDP / "whatsapp_offer.sdp").read_bytes().decode()
KINDS = (
    "inbound-call",
    "terminate-call",
    "outbound-call",
    "outbound-call-status",
    "call-permission",
)

BROKEN_JSON = [
    b"",
    b" ",
    b"{",
    b"}",
    b"null",
    b"[]",
    b"0",
    b'"text"',
    b"{]",
    b'{"a"}',
    b'{"a":}',
    b'{"a":1,}',
    b"{'a':1}",
    b'{"a":NaN}',
    b'{"a":Infinity}',
    b'{"a":1e999999}',
    b'{"a":' + b"9" * 5000 + b"}",
    b'{"callId":"1","callId":"2"}',
    b'{"callId":"\\ud800"}',
    b'{"callId":"\\u0000"}',
    b'{"callId":"a\\u0000b","sdp":"v=0"}',
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b"\xc3\x28",
    b"[" * 60000,
    b'{"a":' * 10000,
    b'{"callId":{"callId":{"callId":1}}}',
    b'{"callId":["1"],"sdp":["v=0"]}',
    b'{"callId":true,"sdp":false,"contact":7}',
    b'{"callId":"1","contact":[[[]]],"errors":{"code":[]}}',
    b'{"callId":"1","timestamp":"99999999999999999999"}',
    b'{"callId":"1","timestamp":-1,"duration":-5}',
    b'{"callId":"1","duration":1e308}',
    b'{"callId":"' + b"x" * 10000 + b'"}',
    b'{"callId":"../../etc/passwd","sdp":"v=0"}',
    b'{"callId":"\'; DROP TABLE calls_call; --","sdp":"v=0"}',
    '{"callId":"😀","sdp":"v=0","contact":{"ContactName":"=cmd()"}}'.encode(),
    b'{"entry":[{"changes":[{"value":null}]}]}',
    b'{"entry":[],"data":{"data":{"data":{}}}}',
    b'{"waid":"49","hasPermission":{"a":1}}',
    b'{"callId":"1","status":{"a":[1]}}',
    b'{"callId":"1","duration":4294967296}',
    b'{"callId":"1","errors":[{"code":99999999999}]}',
]


def broken_offers(by_chance: int = 200) -> list[str]:
    """The real offer with lines gone, doubled, swapped and spoilt, from one seed."""
    chance = random.Random(7)
    lines = OFFER.splitlines()
    cut = ["\r\n".join(lines[:n] + lines[n + 1 :]) for n in range(len(lines))]
    doubled = ["\r\n".join(lines[: n + 1] + lines[n:]) for n in range(len(lines))]
    spoilt = []
    for _ in range(by_chance):
        text = list(OFFER)
        for _ in range(chance.randint(1, 8)):
            text[chance.randrange(len(text))] = chr(chance.choice([0, 10, 32, 61, 255]))
        spoilt.append("".join(text))
    candidate = next(line for line in lines if line.startswith("a=candidate"))
    flood = OFFER.replace(candidate, "\r\n".join([candidate] * 500))
    hostile = [
        re.sub(r"udp \d+ \S+ \d+", f"udp 1 {place}", OFFER)
        for place in (
            "127.0.0.1 22",
            "169.254.169.254 80",
            "10.0.0.1 6379",
            "evil.example 3478",
            "::1 53",
            "0.0.0.0 3478",
            "224.0.0.1 3478",
            "::ffff:10.0.0.1 3478",
        )
    ]
    half = OFFER[: len(OFFER) // 2]
    return [*cut, *doubled, *spoilt, flood, *hostile, "", "v=0", half]


def metrics(stack: Stack) -> dict[str, float]:
    text = stack.http.get(f"{stack.nodes[0].url}/metrics").text
    found = re.findall(r"^(\w+) ([\d.e+-]+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}


def post_all(stack: Stack, bodies: list[tuple[str, bytes]]) -> set[int]:
    return {stack.webhook(kind, body).status_code for kind, body in bodies}


def no_news() -> bool:
    return not WebhookDelivery.objects.filter(status="new").exists()


@pytest.mark.distributed
@pytest.mark.parametrize("kind", KINDS)
def test_broken_json_is_refused_or_kept_but_never_a_500(
    stack: Stack, crew: Cast, kind: str
):
    assert post_all(stack, [(kind, body) for body in BROKEN_JSON]) == {200, 400}
    wait_for(no_news, "the last webhook")
    # Each of them is settled: an effect, or a row that says what is wrong.
    for delivery in WebhookDelivery.objects.filter(status="dead"):
        assert delivery.problem
        assert "Error" not in delivery.problem


def test_broken_offers_end_with_a_sentence_and_leave_nothing(stack: Stack, crew: Cast):
    post_all(stack, [("inbound-call", b"[]")])
    before = metrics(stack)
    bodies = [
        {"callId": f"wacid.{number}", "sdp": sdp, "businessNumber": crew.line.number}
        for number, sdp in enumerate(broken_offers(by_chance=60)[::3])
    ]
    encoded = [("inbound-call", json.dumps(body).encode()) for body in bodies]
    assert post_all(stack, encoded) == {200}
    wait_for(no_news, "the last webhook", 60)

    refused = Call.objects.filter(end_reason="offer_refused")
    assert refused.count() > 15
    assert not refused.filter(end_text="").exists()
    assert not WebhookDelivery.objects.filter(problem__contains="Error").exists()
    # A sweep may hold a connection at this moment, but not for long.
    wait_for(lambda: nothing_is_left(before, metrics(stack)), "tasks and files to go")


def nothing_is_left(before: dict[str, float], after: dict[str, float]) -> bool:
    tasks, files = "callcenter_tasks", "process_open_fds"
    # Each thread that answers requests may keep a connection, which is three files.
    return after[tasks] <= before[tasks] + 2 and after[files] <= before[files] + 30


def test_no_offer_costs_much_more_than_a_good_one():
    """In processor time, which a busy machine stretches for both."""
    good = min(cost_of(OFFER) for _ in range(10))
    for sdp in [*broken_offers(), "a=x\r\n" * 100_000, OFFER * 60, "v=0\n" * 16_000]:
        assert min(cost_of(sdp) for _ in range(3)) < 20 * good, sdp[:200]


def cost_of(sdp: str) -> float:
    started = time.thread_time()
    with suppress(RefusedSdp):
        gate(sdp, allowed=())
    return time.thread_time() - started
