"""Raw webhook bodies, made fit for people to read."""

import json
import re
from typing import Any

LONGEST_SHOWN = 64 * 1024
HIDDEN = "(hidden)"
# Whatever its case and separators, this key holds a secret.
SECRET_KEYS = {"apikey", "authorization", "token", "accesstoken"}
SDP_KEYS = {"sdp", "sdpoffer", "sdpanswer", "offer", "answer"}
ICE_SECRET = re.compile(r"(ice-(?:pwd|ufrag)\s*:)[^\s\"\\]+", re.IGNORECASE)
LOOKS_LIKE_SDP = re.compile(r"\bv=0|a=(?:candidate|fingerprint|ice-)", re.IGNORECASE)


def readable(body: bytes, *, with_sdp: bool) -> str:
    """Show a body, indented if it is JSON; never keys, SDP only on request."""
    text = body[:LONGEST_SHOWN].decode("utf-8", "replace")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return text if with_sdp else _hide_sdp(text)
    shown = _clean(content, with_sdp=with_sdp)
    return json.dumps(shown, indent=2, ensure_ascii=False)


def _clean(value: Any, *, with_sdp: bool, key: str = "") -> Any:
    if isinstance(value, dict):
        return {
            name: _clean(inner, with_sdp=with_sdp, key=_plain(name))
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_clean(inner, with_sdp=with_sdp, key=key) for inner in value]
    if key in SECRET_KEYS:
        return HIDDEN
    if isinstance(value, str) and not with_sdp:
        return (
            f"(SDP, {len(value)} characters, hidden)" if _is_sdp(key, value) else value
        )
    return value


def _is_sdp(key: str, value: str) -> bool:
    return key in SDP_KEYS or bool(LOOKS_LIKE_SDP.search(value))


def _hide_sdp(text: str) -> str:
    return ICE_SECRET.sub(rf"\1{HIDDEN}", text)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())
