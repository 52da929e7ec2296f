"""A call lives with what can be used of WhatsApp's SDP, and its page tells the rest."""

import logging

import pytest
from django.test import Client
from django.utils import translation

from calls.admin.timeline import story_of
from calls.models import Call
from calls.node.metrics import registry
from calls.webhooks import descriptions
from tests.calls.webhooks.test_views import ANSWER, inbound, post, settled
from tests.cast import Cast
from tests.paths import SDP

OFFER = (SDP / "whatsapp_offer.sdp").read_bytes().decode()
VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:video\r\na=rtpmap:96 VP8/90000\r\n"
CANDIDATE = "a=candidate:1 1 udp 2122260223 {} {} typ host\r\n"


@pytest.fixture(autouse=True)
def _in_production(settings):
    settings.MEDIA_ALLOWED_NETWORKS = ()


def offered(cast: Cast, sdp: str) -> Call:
    assert post(inbound(cast, sdp=sdp)).status_code == 200
    assert settled().problem == ""
    return Call.objects.get()


def told(call: Call) -> list[tuple[str, str]]:
    return [(row["what"], row["detail"]) for row in story_of(call)["changes"]]


def test_video_and_hostile_addresses_do_not_keep_a_call_from_ringing(
    cast: Cast, caplog: pytest.LogCaptureFixture
):
    before = descriptions.Counts(**vars(descriptions.counts))
    hostile = [
        CANDIDATE.format(*place) for place in (("10.0.0.1", 6379), ("::1", 9999))
    ]
    audio = OFFER.replace("a=ice-ufrag", "".join(hostile) + "a=ice-ufrag")
    with caplog.at_level(logging.WARNING):
        call = offered(cast, audio + VIDEO)
    assert call.status == "ringing"
    assert "10.0.0.1" not in call.offer_sdp
    assert "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n" in call.offer_sdp
    text = "An address in WhatsApp's SDP was not used."
    assert (text, "A candidate names a private address.") in told(call)
    assert ("Media other than audio was declined.", "video") in told(call)
    assert descriptions.counts.candidates == before.candidates + 2
    assert descriptions.counts.media == before.media + 1
    assert "2 candidates dropped" in caplog.text
    assert "10.0.0.1" not in caplog.text


def test_a_clean_offer_has_nothing_to_tell(cast: Cast):
    call = offered(cast, OFFER)
    assert {row.event for row in call.changes.all()} == {"offered"}


@pytest.mark.parametrize(
    ("sdp", "reason"),
    [
        (OFFER.replace("m=audio", "m=video"), "The SDP has no m=audio line."),
        (
            OFFER.replace("157.240.19.130 3484", "192.168.1.9 3484").replace(
                "2a03:2880:f211:d1:face:b00c:0:6443", "fec0::1"
            ),
            "A candidate names a private address.",
        ),
    ],
)
def test_a_call_that_the_gate_refuses_says_why(cast: Cast, sdp: str, reason: str):
    call = offered(cast, sdp)
    assert (call.status, call.end_reason) == ("ended", "offer_refused")
    assert call.end_text == reason
    client = Client()
    client.force_login(cast.sofia)
    page = client.get(f"/admin/calls/call/{call.pk}/change/").content.decode()
    assert reason in page
    with translation.override("es"):
        assert reason not in dict(told(call)).values()


def test_the_counts_are_metrics(cast: Cast):
    offered(cast, OFFER + VIDEO)
    left_out = registry().get_sample_value(
        "callcenter_sdp_left_out_total", {"what": "media"}
    )
    assert left_out == descriptions.counts.media > 0


def test_an_answer_with_video_is_an_answer():
    answer = descriptions.gated(ANSWER.read_text() + VIDEO, "answer")
    assert answer.problem == ""
    assert "video" not in answer.sdp
    assert answer.notes == (("media_declined", "video"),)
