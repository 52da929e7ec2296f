"""The SDP of a body, unchecked, and whether it is an offer or an answer."""

import json
from typing import Any

from callcenter.wati.fields import Content, first, flat, text_of, within, word_of

LONGEST_SDP = 64 * 1024
DEEPEST = 3  # objects around it: session, and an object for the SDP itself
OFFER = ("sdpOffer", "offer")
ANSWER = ("sdpAnswer", "answer")


def sdp_of(content: Content) -> str:
    """Return the SDP: text, an object around it, or JSON in JSON; '' without one."""
    value = first(content, "sdp", *OFFER, *ANSWER, "session")
    for _ in range(DEEPEST):
        if isinstance(value, dict):
            value = first(flat(value), "sdp", *OFFER, *ANSWER)
    if value is None:
        value = _legacy(content)
    return text_of(value, LONGEST_SDP)


def label_of(content: Content) -> str:
    """Return 'offer' or 'answer' if the body calls its SDP so; else ''."""
    session = within(content, "session")
    for place in (within(content, "sdp"), session, within(session, "sdp")):
        if word := _type(place):
            return word
    if first(content, "sdp") is None:
        for word, names in (("offer", OFFER), ("answer", ANSWER)):
            if first(content, *names) is not None:
                return word
    return _type(content)


def looks_like(sdp: str) -> str:
    """Return 'offer' or 'answer' by its setup line (RFC 8842), '' without one."""
    if "a=setup:actpass" in sdp:
        return "offer"
    return "answer" if "a=setup:" in sdp else ""


def _type(content: Content) -> str:
    word = word_of(first(content, "sdpType", "type"))
    return word if word in ("offer", "answer") else ""


def _legacy(content: Content) -> Any:
    # Older payloads nest JSON text: connection.webrtc.sdp.
    nested = first(within(within(content, "connection"), "webrtc"), "sdp")
    try:
        inner = json.loads(text_of(nested, LONGEST_SDP))
    except (ValueError, RecursionError):
        return nested
    return inner.get("sdp") if isinstance(inner, dict) else nested
