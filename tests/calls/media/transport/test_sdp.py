import re
from random import Random

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given
from hypothesis import strategies as st

from calls.media.transport.addresses import INNER, Networks
from calls.media.transport.media_lines import only_audio, with_declined
from calls.media.transport.sdp import RefusedSdp, examine, gate, sanitise
from tests.paths import SDP


def load(name: str) -> str:
    return (SDP / f"{name}.sdp").read_bytes().decode("ascii")


WHATSAPP = load("whatsapp_offer")
CHROMIUM = load("chromium_offer")
AUDIO = WHATSAPP[WHATSAPP.index("m=") :]
SESSION = WHATSAPP[: WHATSAPP.index("m=")]
HOST = "a=candidate:1410536466 1 udp 2122260223 157.240.19.130 3484 typ host"


def with_candidate(line: str) -> str:
    return WHATSAPP.replace("a=ice-ufrag", f"a={line}\r\na=ice-ufrag", 1)


def without(prefix: str) -> str:
    lines = [line for line in WHATSAPP.split("\r\n") if not line.startswith(prefix)]
    return "\r\n".join(lines)


@pytest.mark.parametrize("name", ["whatsapp_offer", "whatsapp_offer_older"])
def test_a_whatsapp_offer_passes_with_its_meaning(name: str) -> None:
    passed = gate(load(name), allowed=())
    parsed = SessionDescription.parse(passed)
    (audio,) = parsed.media
    assert audio.rtp.muxId == "audio"
    assert audio.ice.iceLite
    assert len(audio.ice_candidates) == 2
    assert audio.ice_candidates_complete
    assert [codec.payloadType for codec in audio.rtp.codecs] == [111]
    assert audio.ssrc[0].ssrc in (2961434104, 1238967757)


def test_a_whatsapp_answer_passes() -> None:
    passed = gate(load("whatsapp_answer"), allowed=(), kind="answer")
    assert "a=setup:active" in passed
    assert "a=mid:0" in passed


def test_a_browsers_offer_passes_where_private_addresses_are_allowed() -> None:
    passed = gate(CHROMIUM, allowed=INNER)
    assert len(re.findall("a=candidate:", passed)) == 2
    assert ".local" not in passed
    assert " tcp " not in passed
    with pytest.raises(RefusedSdp, match="private"):
        gate(CHROMIUM, allowed=())


@pytest.mark.parametrize(
    "repairable",
    [
        WHATSAPP.replace("\r\n", "\\r\\n"),
        WHATSAPP.replace("\r\n", "\\n"),
        f'"{WHATSAPP}"',
        WHATSAPP.replace("\r\n", "\n").rstrip("\n"),
        WHATSAPP.replace("\r\n", "  \r\n  "),
        without("a=group"),
        without("a=setup"),
        WHATSAPP.replace("a=ice-lite\r\n", "") + "a=ice-lite\r\n",
        WHATSAPP + "a=end-of-candidates\r\n",
        WHATSAPP + "a=candidate:nonsense\r\n",
        WHATSAPP + "a=x-unknown:whatever\r\n",
        WHATSAPP + "a=x-unknown\r\nz=0 0\r\nsomething\r\n",
        WHATSAPP + "a=\x00",
        WHATSAPP + "i=Ana's phone, M\u00fcnchen\r\na=\u7537\r\n",
        WHATSAPP + f"a=x:{'y' * 2000}",
        WHATSAPP + "a=x:y\r\n" * 65,
        WHATSAPP + "b=x:y\r\n" * 65,
        WHATSAPP + f"{HOST}\r\n" * 15,
        WHATSAPP + "a=ice-pwd:bW90ZGVwYXNzZXNlY3JldA==\r\n",
        WHATSAPP.replace("sha-256", "SHA-256"),
        with_candidate("candidate:1 2 udp 1 10.0.0.1 53 typ host"),
        with_candidate("candidate:1 1 tcp 1 10.0.0.1 9 typ host tcptype active"),
        with_candidate("candidate:1 1 udp 1 10.0.0.1 9999 typ prflx"),
    ],
)
def test_what_can_be_repaired_passes_as_if_it_had_been_right(repairable: str) -> None:
    assert gate(repairable, allowed=()) == gate(WHATSAPP, allowed=())


def test_a_missing_mid_is_given_one_and_the_group_names_it() -> None:
    passed = gate(without("a=mid").replace("BUNDLE audio", "BUNDLE"), allowed=())
    assert "a=mid:0\r\n" in passed
    assert "a=group:BUNDLE 0\r\n" in passed


def test_attributes_above_the_media_line_hold_for_it() -> None:
    lines = WHATSAPP.split("\r\n")
    moved = [line for line in lines if line.startswith(("a=fingerprint", "a=ice-"))]
    kept = [line for line in lines if line not in moved]
    text = "\r\n".join([*kept[:4], *moved, *kept[4:]])
    assert gate(text, allowed=()) == gate(WHATSAPP, allowed=())


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        ("", "begin with v=0"),
        ("v=0", "no m=audio line"),
        ("hello", "begin with v=0"),
        (f"hello\r\n{WHATSAPP}", "begin with v=0"),
        (WHATSAPP + "a=x:y\r\n" * 3000, "16 KiB"),
        ("é" * 9000, "16 KiB"),
        (WHATSAPP + "a=x\r\n" * 1024, "1024 lines"),
        (WHATSAPP.replace("m=audio", "m=video"), "no m=audio line"),
        (WHATSAPP + "m=video\r\n", "m-line"),
        (WHATSAPP + "m=video 9 RTP/\u00e9 96\r\n", "m-line"),
        (f"{SESSION}m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", "no m=audio line"),
        (SESSION + AUDIO.replace(" 111 126", " 126") * 2, "no Opus"),
        (WHATSAPP.replace("m=audio 3484", "m=audio 0"), "open port"),
        (WHATSAPP.replace("RTP/SAVPF", "RTP/AVP"), "SAVPF"),
        (without("a=fingerprint"), "fingerprint"),
        (WHATSAPP.replace("sha-256", "sha-1"), "fingerprint"),
        (WHATSAPP.replace("sha-256 ", "sha-256 00:"), "fingerprint"),
        (without("a=ice-ufrag"), "ice-ufrag"),
        (without("a=ice-pwd"), "ice-pwd"),
        (WHATSAPP + "a=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaaa\r\n", "ice-pwd"),
        (without("a=rtcp-mux"), "rtcp-mux"),
        (WHATSAPP.replace("opus/48000/2", "PCMU/8000"), "no Opus"),
        (WHATSAPP.replace(" 111 126", " 126"), "no Opus"),
        (WHATSAPP.replace("sendrecv", "sendonly"), "sendrecv, not sendonly"),
        (WHATSAPP.replace("sendrecv", "recvonly"), "sendrecv, not recvonly"),
        (WHATSAPP.replace("sendrecv", "inactive"), "sendrecv, not inactive"),
        (WHATSAPP.replace("actpass", "holdconn"), "DTLS role"),
        (WHATSAPP.replace("mid:audio", "mid:au dio"), "mid"),
        (without("a=candidate"), "ICE-lite"),
    ],
)
def test_what_cannot_be_repaired_is_refused_with_a_sentence(
    hostile: str, reason: str
) -> None:
    with pytest.raises(RefusedSdp, match=reason) as refusal:
        gate(hostile, allowed=INNER)
    assert refusal.value.reason.endswith(".")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.5.5",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fd00::1",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::fb",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001:0:a00:1::",
        "2001:db8::1",
        "3fff::1",
        "fec0::1",
        "5f00::1",
        "100::1",
        "::8.8.8.8",
        "2001:1::1",
        "2001:20::1",
        "2620:4f:8000::1",
        "4000::1",
        "192.0.0.8",
        "192.0.0.10",
        "192.0.2.1",
        "192.31.196.1",
        "192.52.193.1",
        "192.88.99.1",
        "192.175.48.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "239.255.255.250",
        "localhost",
        "printer.local",
        "metadata.example.com",
        "0x7f.1",
        "127.1",
        "2130706433",
    ],
)
def test_a_candidate_into_the_inner_network_is_left_out(address: str) -> None:
    line = f"candidate:1 1 udp 2122260223 {address} 3484 typ host"
    examined = examine(with_candidate(line), allowed=())
    assert examined.text == gate(WHATSAPP, allowed=())
    (reason,) = examined.unusable
    assert reason.startswith("A candidate names a")


@pytest.mark.parametrize("address", ["157.240.19.130", "2a03:2880:f211:d1::1"])
def test_an_address_of_the_internet_is_kept(address: str) -> None:
    line = f"candidate:1 1 udp 2122260223 {address} 3999 typ host"
    examined = examine(with_candidate(line), allowed=())
    assert f" {address} 3999 typ host" in examined.text
    assert examined.unusable == ()


@pytest.mark.parametrize("port", [0, 53, 123, 1023, 65536, 99999])
@pytest.mark.parametrize("allowed", [(), INNER])
def test_a_candidate_on_a_low_or_impossible_port_is_left_out(
    port: int, allowed: Networks
) -> None:
    line = f"candidate:1 1 udp 2122260223 157.240.19.130 {port} typ host"
    examined = examine(with_candidate(line), allowed=allowed)
    assert examined.text == gate(WHATSAPP, allowed=())
    assert "port" in examined.unusable[0]


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "::", "fec0::1", "192.0.0.8"]
)
def test_some_addresses_are_never_contacted_even_by_a_simulator(address: str) -> None:
    line = f"candidate:1 1 udp 2122260223 {address} 3484 typ host"
    examined = examine(with_candidate(line), allowed=INNER)
    assert examined.text == gate(WHATSAPP, allowed=())
    assert len(examined.unusable) == 1


def test_without_any_good_candidate_the_refusal_says_what_is_wrong_with_the_bad() -> (
    None
):
    only_bad = re.sub(r"(candidate:\d+ 1 udp \d+) \S+", r"\1 10.0.0.1", WHATSAPP)
    with pytest.raises(RefusedSdp, match="A candidate names a private address"):
        gate(only_bad, allowed=())


def test_the_best_16_candidates_are_kept() -> None:
    more = "".join(
        f"a=candidate:{n} 1 udp {n} 157.240.19.{n} 3484 typ host\r\n"
        for n in range(10, 60)
    )
    examined = examine(WHATSAPP + more, allowed=())
    assert examined.text.count("a=candidate:") == 16
    assert "157.240.19.59" in examined.text
    assert "157.240.19.10 " not in examined.text
    assert examined.unusable == ("The SDP has more than 16 candidates.",) * 36


VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:video\r\na=rtpmap:96 VP8/90000\r\n"
DATA = (
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
    "a=mid:data\r\na=sctp-port:5000\r\n"
)
SECOND_AUDIO = AUDIO.replace("mid:audio", "mid:other")


@pytest.mark.parametrize(
    ("media", "declined"),
    [
        ([AUDIO, VIDEO], ("video",)),
        ([VIDEO, AUDIO], ("video",)),
        ([VIDEO, AUDIO, DATA], ("video", "application")),
        ([AUDIO, SECOND_AUDIO], ("audio",)),
        ([SECOND_AUDIO.replace("opus/48000", "PCMU/8000"), AUDIO], ("audio",)),
    ],
)
def test_further_media_are_declined_in_the_order_of_the_offer(
    media: list[str], declined: tuple[str, ...]
) -> None:
    examined = examine(SESSION + "".join(media), allowed=())
    assert examined.declined == declined
    lines = [line for line in examined.text.split("\r\n") if line.startswith("m=")]
    kinds = [medium[2:].partition(" ")[0] for medium in media]
    assert [line[2:].partition(" ")[0] for line in lines] == kinds
    assert [line.split(" ")[1] for line in lines].count("0") == len(declined)
    assert "a=group:BUNDLE audio\r\n" in examined.text
    assert only_audio(examined.text) == gate(WHATSAPP, allowed=())
    answer = with_declined(load("answer_to_whatsapp"), examined.text)
    ours = [line for line in answer.split("\r\n") if line.startswith("m=")]
    assert [line.split(" ")[0] for line in ours] == [
        line.split(" ")[0] for line in lines
    ]
    assert answer.count("a=group:BUNDLE audio\r\n") == 1
    parsed = SessionDescription.parse(answer)
    assert [medium.port == 0 for medium in parsed.media] == [
        line.split(" ")[1] == "0" for line in lines
    ]


def test_further_media_of_an_answer_are_ignored() -> None:
    answer = load("whatsapp_answer")
    examined = examine(answer + VIDEO, allowed=(), kind="answer")
    assert examined.text == gate(answer, allowed=(), kind="answer")
    assert examined.declined == ("video",)


networks = st.sampled_from([(), INNER])
pieces = st.sampled_from([*WHATSAPP.split("\r\n"), *CHROMIUM.split("\r\n")])
broken_lines = st.builds(
    lambda line, at, junk: line[:at] + junk + line[at:],
    pieces,
    st.integers(0, 60),
    st.text(max_size=6),
)


@given(
    st.lists(st.one_of(pieces, broken_lines), max_size=60), st.sampled_from([(), INNER])
)
def test_any_heap_of_lines_is_refused_or_passes_for_good(
    lines: list[str], allowed: Networks
) -> None:
    check_gate("v=0\r\n" + "\r\n".join(lines), allowed=allowed)


@given(st.text(max_size=400), networks)
def test_any_text_is_refused_or_passes_for_good(text: str, allowed: Networks) -> None:
    check_gate(text, allowed=allowed)


@given(st.integers(0, len(CHROMIUM)), st.integers(0, 40), st.text(max_size=8))
def test_a_damaged_offer_is_refused_or_passes_for_good(
    at: int, cut: int, junk: str
) -> None:
    check_gate(CHROMIUM[:at] + junk + CHROMIUM[at + cut :], allowed=INNER)


bad_candidates = st.builds(
    "a=candidate:{} {} {} 1 {} {} typ {}".format,
    st.sampled_from(["1", "x" * 33, ""]),
    st.sampled_from(["1", "one"]),
    st.just("udp"),
    st.sampled_from(["10.0.0.1", "::1", "x.local", "ff02::1", "1.2.3.4.5", "fec0::1"]),
    st.integers(-1, 99_999),
    st.sampled_from(["host", "srflx"]),
)
unknown = st.builds(
    "{}={}".format,
    st.sampled_from("abcikuz"),
    st.text(max_size=60).map(lambda text: "x-" + re.sub(r"[\r\n\\\\]", "", text)),
)
further = st.sampled_from([VIDEO, DATA, SECOND_AUDIO, "m=text 9 RTP/AVP 98\r\n"])


@given(
    st.randoms(use_true_random=False),
    st.lists(bad_candidates, max_size=40),
    st.lists(unknown, max_size=40),
    st.lists(further, max_size=6),
    st.integers(0, 6),
)
def test_an_honest_offer_passes_whatever_else_there_is(
    order: Random, bad: list[str], more: list[str], media: list[str], place: int
) -> None:
    first, *attributes = AUDIO.strip().split("\r\n")
    attributes += [*bad, *more]
    order.shuffle(attributes)
    media = [*media]
    # Of two that can be used the first is, so ours stands before the other one.
    place = min([place, *(n for n, text in enumerate(media) if text == SECOND_AUDIO)])
    media.insert(place, "\r\n".join([first, *attributes]) + "\r\n")
    examined = examine(SESSION + "".join(media), allowed=())
    assert facts(examined.text) == facts(gate(WHATSAPP, allowed=()))
    assert len(examined.unusable) == len(bad)
    assert len(examined.declined) == len(media) - 1
    assert examine(examined.text, allowed=()).text == examined.text


def facts(text: str) -> tuple[str, list[str]]:
    session, *lines = only_audio(text).split("m=audio ")
    return session, sorted(lines[0].split("\r\n"))


def check_gate(text: str, *, allowed: Networks) -> None:
    try:
        passed = gate(text, allowed=allowed)
    except RefusedSdp:
        return
    assert gate(passed, allowed=allowed) == passed
    SessionDescription.parse(passed)
    (medium,) = SessionDescription.parse(only_audio(passed)).media
    assert medium.kind == "audio"


def test_our_answer_takes_the_form_that_whatsapp_accepts() -> None:
    assert sanitise(load("engine_answer")) == load("answer_to_whatsapp")


def test_sanitising_twice_changes_nothing() -> None:
    once = sanitise(load("engine_answer"))
    assert sanitise(once) == once


def test_our_offer_has_opus_as_111_and_no_other_codec() -> None:
    offer = (
        load("engine_answer")
        .replace("setup:active", "setup:actpass")
        .replace("SAVPF 111", "SAVPF 96 9 0 8")
        .replace("a=rtpmap:111 opus/48000/2", "a=rtpmap:96 opus/48000/2")
        .replace("a=mid", "a=rtpmap:0 PCMU/8000\r\na=extmap:1 urn:x\r\na=mid")
    )
    clean = sanitise(offer)
    assert "m=audio 41234 UDP/TLS/RTP/SAVPF 111\r\n" in clean
    assert clean.count("a=rtpmap:") == 1
    assert "a=fmtp:111 minptime=20;useinbandfec=1\r\n" in clean
    assert "PCMU" not in clean
    assert "extmap" not in clean


def test_a_description_of_ours_without_sha_256_never_leaves() -> None:
    with pytest.raises(RefusedSdp, match="SHA-256"):
        sanitise(load("engine_answer").replace("sha-256", "sha-1"))
