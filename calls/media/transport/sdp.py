"""Session descriptions, text to text: the gate for theirs, the sanitiser for ours.

A description from outside is hostile until it has passed `gate`, which reads the few
values a call needs, checks each of them, and writes a new description from nothing but
those. What it does not know never reaches the media engine, and refuses no call: one
usable line of audio and one good candidate are enough. `sanitise` is the way out:
WhatsApp refuses descriptions that any browser would take.
"""

import re
from dataclasses import dataclass
from typing import Literal

from calls.media.transport.addresses import Networks
from calls.media.transport.candidates import (
    IceCandidate,
    UnusableCandidate,
    read_candidate,
)
from calls.media.transport.media_lines import (
    Lines,
    RefusedSdp,
    decline,
    join,
    kind_of,
    mid_of,
    read_lines,
    split,
)

MAX_BYTES = 16 * 1024
MAX_CANDIDATES = 16

_TOO_MANY = UnusableCandidate("The SDP has more than 16 candidates.")

OPUS_PAYLOAD_TYPE = 111
# 64 to 95 would be taken for RTCP on a multiplexed port (RFC 5761).
_PAYLOAD_TYPES = frozenset({*range(64), *range(96, 128)})

Kind = Literal["offer", "answer"]

_MEDIA = re.compile(r"m=audio (\d{1,5}) (?:UDP/TLS/)?RTP/SAVPF?((?: \d{1,3}){1,64})")
_OPUS = re.compile(r"(\d{1,3}) opus/48000(?:/2)?", re.IGNORECASE)
_FINGERPRINT = re.compile(r"(sha-\d{3}) ((?:[0-9a-f]{2}:)+[0-9a-f]{2})", re.IGNORECASE)
_DIGEST_BYTES = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
_UFRAG = re.compile(r"[\w+/=-]{4,256}", re.ASCII)
_PASSWORD = re.compile(r"[\w+/=-]{22,256}", re.ASCII)
_SSRC = re.compile(r"(\d{1,10})(?: .*)?")
_SETUP = {
    "offer": ("actpass", "active", "passive"),
    "answer": ("active", "passive"),
}
# These may stand above the media line and then hold for it (RFC 8839, RFC 8122).
_SHARED = ("ice-ufrag", "ice-pwd", "fingerprint", "setup", "ice-lite")
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")

__all__ = ["Examined", "Kind", "RefusedSdp", "examine", "gate", "sanitise"]


@dataclass(frozen=True, slots=True)
class Examined:
    """A description that passed the gate, and what was left out on the way."""

    text: str
    unusable: tuple[str, ...]
    """A sentence for each candidate that must not be contacted, or was one too many."""
    declined: tuple[str, ...]
    """The kinds of the m-lines beside the one of the call, such as video."""


@dataclass(frozen=True, slots=True)
class _Audio:
    mid: str
    is_lite: bool
    lines: Lines
    unusable: tuple[str, ...]


def gate(text: str, *, allowed: Networks, kind: Kind = "offer") -> str:
    """Return the text of `examine`."""
    return examine(text, allowed=allowed, kind=kind).text


def examine(text: str, *, allowed: Networks, kind: Kind = "offer") -> Examined:
    """Return a description with the meaning of `text` that is safe to act upon.

    Repairs what real senders get wrong (escaped or bare line ends, blanks, ice-lite in
    the wrong place, missing mid, group, setup and end-of-candidates), leaves out
    unusable candidates and all that it does not know, and declines further media: they
    stay in an offer with port 0, for `with_declined`, and are dropped from an answer.
    Raises `RefusedSdp` with a sentence for everything else, and nothing but
    `RefusedSdp`. Candidates in the `allowed` networks pass although they are private.
    Examining twice changes nothing.
    """
    session, media = split(read_lines(_unescape(_refuse_large(text))))
    place, audio = _find_audio(session, media, kind, allowed=allowed)
    others = [medium for number, medium in enumerate(media) if number != place]
    body = [decline(medium, audio.mid) for medium in others if kind == "offer"]
    body.insert(place, audio.lines)
    lines = [line for medium in body for line in medium]
    return Examined(
        join([*_head(audio.mid, lite=audio.is_lite), *lines]),
        audio.unusable,
        tuple(kind_of(medium) for medium in others),
    )


def _find_audio(
    session: Lines, media: list[Lines], kind: Kind, *, allowed: Networks
) -> tuple[int, _Audio]:
    """Return the first medium that a call can use, and its place."""
    refusal = RefusedSdp("The SDP has no m=audio line.")
    is_first = True
    for place, medium in enumerate(media):
        if kind_of(medium) != "audio":
            continue
        attributes = _attributes(session, medium)
        other_mids = {mid_of(other) for other in media if other is not medium}
        attributes.setdefault("mid", ["0" if "0" not in other_mids else "audio"])
        try:
            return place, _read_audio(medium[0], attributes, kind, allowed=allowed)
        except RefusedSdp as problem:
            refusal, is_first = problem if is_first else refusal, False
    raise refusal


def _read_audio(
    media_line: str,
    attributes: dict[str, list[str]],
    kind: Kind,
    *,
    allowed: Networks,
) -> _Audio:
    opus = _read_opus(media_line, attributes)
    _require_both_ways(attributes)
    _require_mux(attributes)
    candidates, unusable = _read_candidates(attributes, allowed=allowed)
    lite = "ice-lite" in attributes
    _require_a_way_to_meet(candidates, unusable, lite=lite)
    mid = _read_mid(attributes)
    lines = [
        *_media_head(opus),
        *_candidate_lines(candidates),
        *_read_credentials(attributes),
        *_read_fingerprints(attributes),
        f"a=setup:{_read_setup(attributes, kind)}",
        f"a=mid:{mid}",
        *_read_ssrc(attributes),
    ]
    return _Audio(mid, lite, lines, tuple(unusable))


def _refuse_large(text: str) -> str:
    # A character takes a byte at least, so an enormous text is never encoded.
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise RefusedSdp("The SDP is larger than 16 KiB.")
    return text


def _unescape(text: str) -> str:
    """Undo a JSON encoding too many; a backslash has no other use in SDP."""
    text = text.strip().strip('"')
    for escape in ("\\r\\n", "\\n", "\\r"):
        text = text.replace(escape, "\n")
    return text


def _attributes(session: Lines, media: Lines) -> dict[str, list[str]]:
    """Return the values by name; what the media line says wins over the session."""
    attributes = _by_name(media)
    for name, values in _by_name(session).items():
        if name in _SHARED:
            attributes.setdefault(name, values)
    return attributes


def _by_name(lines: Lines) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("a="):
            name, _, value = line[2:].partition(":")
            values.setdefault(name, []).append(value.strip())
    return values


def _require_both_ways(attributes: dict[str, list[str]]) -> None:
    for direction in _DIRECTIONS[1:]:
        if direction in attributes:
            raise RefusedSdp(f"The audio must be sendrecv, not {direction}.")


def _require_mux(attributes: dict[str, list[str]]) -> None:
    if "rtcp-mux" not in attributes:
        raise RefusedSdp("The SDP has no rtcp-mux.")


def _read_candidates(
    attributes: dict[str, list[str]], *, allowed: Networks
) -> tuple[list[IceCandidate], list[str]]:
    """Return the best good ones, each address once, and what is wrong with others."""
    good: dict[tuple[str, int], IceCandidate] = {}
    unusable = []
    for value in attributes.get("candidate", []):
        try:
            found = read_candidate(value, allowed=allowed)
        except UnusableCandidate as problem:
            unusable.append(str(problem))
            continue
        if found is not None:
            known = good.setdefault((found.address, found.port), found)
            if known.priority < found.priority:
                good[found.address, found.port] = found
    best = sorted(good.values(), key=lambda candidate: -candidate.priority)
    too_many = [str(_TOO_MANY)] * (len(best) - MAX_CANDIDATES)
    return best[:MAX_CANDIDATES], unusable + too_many


def _require_a_way_to_meet(
    candidates: list[IceCandidate], unusable: list[str], *, lite: bool
) -> None:
    if candidates:
        return
    if unusable:
        raise RefusedSdp(unusable[0])
    if lite:
        raise RefusedSdp(
            "The peer is ICE-lite and has no usable candidate, so it cannot be reached."
        )


def _read_opus(media_line: str, attributes: dict[str, list[str]]) -> int:
    """Return the payload type of Opus that the m-line prefers."""
    match = _MEDIA.fullmatch(media_line)
    if match is None or int(match[1]) == 0:
        raise RefusedSdp("The m=audio line is not RTP/SAVPF on an open port.")
    maps = [_OPUS.fullmatch(value) for value in attributes.get("rtpmap", [])]
    opus = {int(found[1]) for found in maps if found} & _PAYLOAD_TYPES
    for offered in map(int, match[2].split()):
        if offered in opus:
            return offered
    raise RefusedSdp("The SDP offers no Opus.")


def _read_credentials(attributes: dict[str, list[str]]) -> Lines:
    ufrag = _only(attributes, "ice-ufrag", _UFRAG)
    password = _only(attributes, "ice-pwd", _PASSWORD)
    return [f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{password}"]


def _only(attributes: dict[str, list[str]], name: str, shape: re.Pattern[str]) -> str:
    values = list(dict.fromkeys(attributes.get(name, [])))
    if len(values) != 1 or not shape.fullmatch(values[0]):
        raise RefusedSdp(f"The session description has no single valid {name}.")
    return values[0]


def _read_fingerprints(attributes: dict[str, list[str]]) -> Lines:
    lines = []
    for value in attributes.get("fingerprint", []):
        match = _FINGERPRINT.fullmatch(value)
        if match is None:
            continue
        algorithm, digest = match[1].lower(), match[2].upper()
        if _DIGEST_BYTES.get(algorithm) == (len(digest) + 1) // 3:
            lines.append(f"a=fingerprint:{algorithm} {digest}")
    if not lines:
        raise RefusedSdp("The SDP has no usable fingerprint.")
    return lines


def _read_setup(attributes: dict[str, list[str]], kind: Kind) -> str:
    allowed = _SETUP[kind]
    role = attributes.get("setup", [allowed[0]])[0]
    if role not in allowed:
        raise RefusedSdp(f"The DTLS role of an {kind} cannot be {role[:16]!r}.")
    return role


def _read_mid(attributes: dict[str, list[str]]) -> str:
    mid = mid_of([f"a=mid:{value}" for value in attributes["mid"]])
    if not mid:
        raise RefusedSdp("The mid of the m=audio line is not a short token.")
    return mid


def _read_ssrc(attributes: dict[str, list[str]]) -> Lines:
    for value in attributes.get("ssrc", []):
        match = _SSRC.fullmatch(value)
        if match and 0 < int(match[1]) < 2**32:
            return [f"a=ssrc:{int(match[1])} cname:far-end"]
    return []


def _head(mid: str, *, lite: bool) -> Lines:
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", f"a=group:BUNDLE {mid}"]
    return [*lines, "a=ice-lite"] if lite else lines


def _media_head(payload_type: int) -> Lines:
    return [
        f"m=audio 9 UDP/TLS/RTP/SAVPF {payload_type}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        "a=rtcp-mux",
        "a=sendrecv",
        f"a=rtpmap:{payload_type} opus/48000/2",
    ]


def _candidate_lines(candidates: list[IceCandidate]) -> Lines:
    # With the end announced and nothing to try, ICE would fail before the other side
    # has had the chance to call on us; the media deadline ends that wait instead.
    if not candidates:
        return []
    lines = [f"a=candidate:{candidate}" for candidate in candidates]
    return [*lines, "a=end-of-candidates"]


def sanitise(text: str) -> str:
    """Return our own description in the form that WhatsApp accepts.

    One fingerprint line, SHA-256 in capitals; Opus alone, in an offer as payload type
    111 (an answer keeps the number it was offered); 20 ms packets with FEC; every
    candidate inside, then end-of-candidates; no ice-lite; CRLF. Idempotent. Raises
    `RefusedSdp` if the text holds no Opus or no SHA-256 fingerprint.
    """
    lines = [line for line in re.split(r"[\r\n]+", text) if line]
    session, (media,) = split(lines)
    opus = _read_opus(media[0], _by_name(media))
    is_offer = "a=setup:actpass" in media
    wanted = OPUS_PAYLOAD_TYPE if is_offer else opus
    kept = [line for line in session if line != "a=ice-lite"]
    kept += [_audio_line(media[0], wanted)]
    kept += [line for line in media[1:] if _is_for_whatsapp(line)]
    if not any(line.startswith("a=fingerprint:") for line in kept):
        raise RefusedSdp("Our own SDP has no SHA-256 fingerprint.")
    return join([*map(_capital_sha, kept), *_opus_lines(wanted)])


def _audio_line(line: str, payload_type: int) -> str:
    return " ".join([*line.split(" ")[:3], str(payload_type)])


def _is_for_whatsapp(line: str) -> bool:
    if line.startswith("a=fingerprint:"):
        return line.lower().startswith("a=fingerprint:sha-256 ")
    name = line.partition(":")[0]
    return name not in (
        "a=rtpmap",
        "a=rtcp-fb",
        "a=fmtp",
        "a=ptime",
        "a=maxptime",
        "a=extmap",
        "a=ice-lite",
        "a=ice-options",
        "a=end-of-candidates",
        "a=ssrc-group",
    )


def _capital_sha(line: str) -> str:
    prefix = "a=fingerprint:sha-256 "
    if line.lower().startswith(prefix):
        return f"a=fingerprint:SHA-256 {line[len(prefix) :].upper()}"
    return line


def _opus_lines(payload_type: int) -> Lines:
    return [
        f"a=rtpmap:{payload_type} opus/48000/2",
        f"a=fmtp:{payload_type} minptime=20;useinbandfec=1",
        "a=ptime:20",
        "a=maxptime:20",
        "a=end-of-candidates",
    ]
