"""SDP as Meta checks it and as WhatsApp writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.simulator import sdp
from tests.callcenter.simulator.conftest import (
    ENDPOINT,
    business_answer,
    business_offer,
)

OTHER = "a=fingerprint:sha-256 " + ENDPOINT.fingerprint + "\r\n"

BROKEN = [
    (lambda text: "", "v=0"),
    (lambda text: text.replace("\r\n", "\n"), "CRLF"),
    (lambda text: text.replace("\r\n", "\\r\\n"), "CRLF"),
    (lambda text: text.removesuffix("\r\n"), "CRLF"),
    (lambda text: text + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", "one m=audio"),
    (lambda text: text.replace("m=audio", "m=video"), "one m=audio"),
    (lambda text: text.replace("opus/48000", "pcmu/8000"), "opus"),
    (lambda text: text.replace("SAVPF 111 ", "SAVPF "), "opus"),
    (lambda text: text.replace("a=rtcp-mux\r\n", ""), "rtcp-mux"),
    (lambda text: text.replace(OTHER, ""), "no fingerprint"),
    (lambda text: text + OTHER, "exactly one fingerprint"),
    (lambda text: text.replace("sha-256", "sha-512"), "SHA256"),
    (lambda text: text + "a=fingerprint:sha-384 AA\r\n", "SHA256"),
    (lambda text: text.replace("B2:B2", "B2", 1), "digest"),
    (lambda text: text.replace("setup:active", "setup:passive"), "a=setup"),
    (lambda text: text.replace("a=setup:active\r\n", ""), "a=setup"),
    (lambda text: text + "a=ice-lite\r\n", "ice-lite"),
    (lambda text: text.replace("a=ice-ufrag", "a=x"), "credentials"),
    (lambda text: text.replace("a=ice-pwd", "a=x"), "credentials"),
]


@pytest.mark.parametrize(("spoil", "said"), BROKEN)
def test_what_meta_refuses_is_refused_with_a_reason(spoil, said: str) -> None:
    assert said in sdp.complaint(spoil(business_answer()), "answer")


def test_what_meta_takes_is_taken() -> None:
    capitals = business_answer().replace("sha-256", "SHA-256")
    assert sdp.complaint(capitals, "answer") == ""
    assert sdp.complaint(business_offer(), "offer") == ""
    no_candidates = "".join(
        line
        for line in capitals.splitlines(keepends=True)
        if not line.startswith("a=candidate")
    )
    assert sdp.complaint(no_candidates, "answer") == ""
    assert sdp.complaint(no_candidates, "answer", need_candidates=True)


def test_an_offer_leaves_the_role_open_and_an_answer_does_not() -> None:
    assert "a=setup" in sdp.complaint(business_offer(), "answer")


def test_the_offer_has_the_form_of_a_live_one() -> None:
    lines = sdp.write_offer(ENDPOINT).split("\r\n")
    kinds = [line.partition(":")[0].partition(" ")[0] for line in lines]
    assert kinds == [
        "v=0",
        "o=-",
        "s=-",
        "t=0",
        "a=group",
        "a=msid-semantic",
        "a=ice-lite",
        "m=audio",
        "c=IN",
        "a=rtcp",
        "a=candidate",
        "a=ice-ufrag",
        "a=ice-pwd",
        "a=fingerprint",
        "a=setup",
        "a=mid",
        "a=sendrecv",
        "a=msid",
        "a=rtcp-mux",
        "a=rtpmap",
        "a=rtcp-fb",
        "a=fmtp",
        "a=rtpmap",
        "a=maxptime",
        "a=ptime",
        "a=ssrc",
        "",
    ]
    assert "a=end-of-candidates" not in lines


def test_the_answer_echoes_payload_number_and_mid() -> None:
    offer = business_offer().replace("111", "96").replace("a=mid:audio", "a=mid:0")
    answer = sdp.write_answer(ENDPOINT, sdp.read_remote(offer))
    assert "SAVPF 96 126\r\n" in answer
    assert "a=rtpmap:96 opus/48000/2\r\n" in answer
    assert "a=group:BUNDLE 0\r\n" in answer
    assert "a=mid:0\r\n" in answer


def test_only_literal_udp_candidates_are_read() -> None:
    lines = [
        "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host",
        "a=candidate:2 1 tcp 1 192.0.2.1 9 typ host tcptype active",
        "a=candidate:3 1 udp 1 0a1b.local 5001 typ host",
        "a=candidate:4 1 udp",
        "a=candidate:5 1 udp 1 192.0.2.1 99999 typ host",
        "a=candidate:6 1 udp 1 192.0.2.1 x typ host",
    ]
    assert sdp.read_candidates(lines) == [sdp.Address("192.0.2.1", 5000)]


def test_a_browser_is_rewritten_towards_whatsapp_and_back() -> None:
    browser = business_offer().replace("a=mid:audio", "a=mid:0")
    browser = browser.replace("BUNDLE audio", "BUNDLE 0")
    browser += "a=extmap:1 urn:x\r\n"
    browser += "a=candidate:9 1 tcp 1 192.0.2.1 9 typ host tcptype active\r\n"
    rewritten = sdp.from_browser(browser, "audio")
    assert "a=mid:audio\r\n" in rewritten
    assert "a=group:BUNDLE audio\r\n" in rewritten
    assert "extmap" not in rewritten
    assert "tcptype" not in rewritten
    assert sdp.complaint(rewritten, "offer") == ""
    assert "a=mid:0\r\n" in sdp.for_browser(rewritten)


MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["drop", "double", "swap", "cut", "garble"]),
        st.integers(0, 40),
        st.text(max_size=8),
    ),
    min_size=1,
    max_size=8,
)


@given(MUTATIONS)
def test_what_is_taken_can_be_read_however_odd_it_is(
    mutations: list[tuple[str, int, str]],
) -> None:
    lines = business_answer().split("\r\n")
    for kind, place, text in mutations:
        index = place % len(lines)
        if kind == "drop" and len(lines) > 1:
            del lines[index]
        elif kind == "double":
            lines.insert(index, lines[index])
        elif kind == "swap":
            lines.append(lines.pop(index))
        elif kind == "cut":
            lines[index] = lines[index][: len(text)]
        else:
            lines[index] += text
    mutated = "\r\n".join(lines)
    if not sdp.complaint(mutated, "answer"):
        remote = sdp.read_remote(mutated)
        assert remote.fingerprint
        assert remote.opus >= 0
