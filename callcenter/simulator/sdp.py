"""SDP as WhatsApp writes it, and as Meta checks ours. Text to text, no I/O.

Form of the offer: captures of live calls, 2025 to 2026. Checks: Meta's
troubleshooting page and the refusals people have published.
"""

import contextlib
import ipaddress
import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

FINGERPRINT_SUBCODE = 2494010
OPUS = re.compile(r"^a=rtpmap:(\d+) opus/48000", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    host: str
    port: int


@dataclass(frozen=True)
class Endpoint:
    """The phone's own parameters; the fingerprint is SHA-256."""

    addresses: Sequence[Address]
    ufrag: str
    password: str
    fingerprint: str
    ssrc: int


@dataclass(frozen=True)
class Remote:
    """The parameters that a phone needs of the business's SDP."""

    ufrag: str
    password: str
    fingerprint: str
    mid: str
    opus: int
    candidates: tuple[Address, ...]


def complaint(sdp: str, kind: str, *, need_candidates: bool = False) -> str:
    """Say why Meta would refuse this ``offer`` or ``answer``; empty if it would not."""
    if "\n" in sdp.replace("\r\n", "") or "\\r\\n" in sdp:
        return "SDP lines must end with CRLF"
    lines = sdp.split("\r\n")
    if lines[0] != "v=0" or lines[-1]:
        return "SDP must start with v=0 and end with CRLF"
    checks = (
        media_complaint(lines),
        fingerprint_complaint(lines),
        transport_complaint(lines, kind),
    )
    found = next(filter(None, checks), "")
    if not found and need_candidates and not read_all(lines, "a=candidate:"):
        return "SDP has no ICE candidates"
    return found


def media_complaint(lines: list[str]) -> str:
    media = read_all(lines, "m=")
    if len(media) != 1 or not media[0].startswith("audio "):
        return "SDP must have exactly one m=audio line"
    offered = media[0].split()[3:]
    if not any((found := OPUS.match(line)) and found[1] in offered for line in lines):
        return "SDP does not offer the opus codec"
    if "a=rtcp-mux" not in lines:
        return "SDP must have rtcp-mux"
    return ""


def fingerprint_complaint(lines: list[str]) -> str:
    fingerprints = read_all(lines, "a=fingerprint:")
    if not fingerprints:
        return "no fingerprint found in SDP"
    if any(not line.lower().startswith("sha-256 ") for line in fingerprints):
        return "fingerprint algorithm is not SHA256"
    if len(fingerprints) != 1:
        return "SDP must have exactly one fingerprint"
    if not re.fullmatch(r"(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}", value_of(lines)):
        return "fingerprint is not a SHA256 digest"
    return ""


def transport_complaint(lines: list[str], kind: str) -> str:
    setups = read_all(lines, "a=setup:")
    allowed = ("active",) if kind == "answer" else ("actpass", "active")
    if len(setups) != 1 or setups[0] not in allowed:
        return f"a=setup of an {kind} must be {' or '.join(allowed)}"
    if "a=ice-lite" in lines:
        return "a=ice-lite is not supported"
    if not read_all(lines, "a=ice-ufrag:") or not read_all(lines, "a=ice-pwd:"):
        return "SDP has no ICE credentials"
    return ""


def value_of(lines: list[str]) -> str:
    return read_all(lines, "a=fingerprint:")[0].partition(" ")[2].strip()


def read_all(lines: Sequence[str], prefix: str) -> list[str]:
    return [line[len(prefix) :] for line in lines if line.startswith(prefix)]


def read_remote(sdp: str) -> Remote:
    """Read SDP for which :func:`complaint` was empty."""
    lines = sdp.split("\r\n")
    opus = next(found for line in lines if (found := OPUS.match(line)))
    return Remote(
        ufrag=read_all(lines, "a=ice-ufrag:")[0],
        password=read_all(lines, "a=ice-pwd:")[0],
        fingerprint=value_of(lines),
        mid=next(iter(read_all(lines, "a=mid:")), "0"),
        opus=int(opus[1]),
        candidates=tuple(read_candidates(lines)),
    )


def read_candidates(lines: Sequence[str]) -> list[Address]:
    """Read literal UDP addresses; names (mDNS) and TCP are of no use to a phone."""
    found = []
    for text in read_all(lines, "a=candidate:")[:16]:
        words = text.split()
        if len(words) > 5 and words[2].lower() == "udp":
            with contextlib.suppress(ValueError):
                found.append(read_address(words[4], words[5]))
    return found


def read_address(host: str, port: str) -> Address:
    """Read an address. Raise ValueError unless it is a literal one and a port."""
    number = int(port)
    if not 0 < number < 65536:
        raise ValueError("no such port")
    return Address(str(ipaddress.ip_address(host)), number)


def write_offer(own: Endpoint) -> str:
    """Write the SDP offer of an inbound call, line for line as a live one."""
    track = uuid.uuid4()
    return join_lines(
        [
            "v=0",
            f"o=- {int(time.time() * 1000)} 2 IN IP4 127.0.0.1",
            "s=-",
            "t=0 0",
            "a=group:BUNDLE audio",
            f"a=msid-semantic: WMS {track}",
            "a=ice-lite",
            f"m=audio {own.addresses[0].port} UDP/TLS/RTP/SAVPF 111 126",
            *connection_lines(own.addresses),
            f"a=ice-ufrag:{own.ufrag}",
            f"a=ice-pwd:{own.password}",
            f"a=fingerprint:sha-256 {own.fingerprint}",
            "a=setup:actpass",
            "a=mid:audio",
            "a=sendrecv",
            f"a=msid:{track} WhatsAppTrack1",
            "a=rtcp-mux",
            *codec_lines(111),
            f"a=ssrc:{own.ssrc} cname:WhatsAppAudioStream1",
        ]
    )


def write_answer(own: Endpoint, remote: Remote) -> str:
    """Write the SDP answer to an outbound call: with our payload number and our mid."""
    return join_lines(
        [
            "v=0",
            f"o=- {int(time.time() * 1000)} 2 IN IP4 127.0.0.1",
            "s=-",
            "t=0 0",
            f"a=group:BUNDLE {remote.mid}",
            "a=ice-lite",
            f"m=audio {own.addresses[0].port} UDP/TLS/RTP/SAVPF {remote.opus} 126",
            *connection_lines(own.addresses),
            f"a=ice-ufrag:{own.ufrag}",
            f"a=ice-pwd:{own.password}",
            f"a=fingerprint:sha-256 {own.fingerprint}",
            "a=setup:active",
            f"a=mid:{remote.mid}",
            "a=sendrecv",
            "a=rtcp-mux",
            *codec_lines(remote.opus),
            f"a=ssrc:{own.ssrc} cname:WhatsAppAudioStream1",
        ]
    )


def connection_lines(addresses: Sequence[Address]) -> list[str]:
    first_v4 = next((a.host for a in addresses if ":" not in a.host), "0.0.0.0")
    lines = [f"c=IN IP4 {first_v4}", "a=rtcp:9 IN IP4 0.0.0.0"]
    for number, address in enumerate(addresses, start=1):
        priority = 2122262783 if ":" in address.host else 2122260223
        lines.append(
            f"a=candidate:{number} 1 udp {priority} {address.host} {address.port}"
            " typ host generation 0 network-cost 50"
        )
    return lines


def codec_lines(opus: int) -> list[str]:
    return [
        f"a=rtpmap:{opus} opus/48000/2",
        f"a=rtcp-fb:{opus} transport-cc",
        f"a=fmtp:{opus} maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;"
        "sprop-maxcapturerate=16000;useinbandfec=1",
        "a=rtpmap:126 telephone-event/8000",
        "a=maxptime:20",
        "a=ptime:20",
    ]


def join_lines(lines: list[str]) -> str:
    return "\r\n".join(lines) + "\r\n"


BROWSER_ONLY = ("a=extmap", "a=ice-options", "a=end-of-candidates", "a=rtcp-rsize")


def from_browser(sdp: str, mid: str) -> str:
    """Put a browser's SDP into WhatsApp's form, under another mid.

    ICE stays full: a browser can not be lite, and saying so would make both sides
    controlling.
    """
    own = next(iter(read_all(sdp.split("\r\n"), "a=mid:")), "0")
    kept = []
    for line in sdp.split("\r\n"):
        tcp = line.startswith("a=candidate:") and " tcp " in line.lower()
        if line and not tcp and not line.startswith(BROWSER_ONLY):
            kept.append(rename_mid(line, own, mid))
    return join_lines(kept)


def for_browser(sdp: str, mid: str = "0") -> str:
    """Put the business's SDP under the mid that the browser knows."""
    lines = sdp.split("\r\n")
    theirs = next(iter(read_all(lines, "a=mid:")), mid)
    return join_lines([rename_mid(line, theirs, mid) for line in lines if line])


def rename_mid(line: str, old: str, new: str) -> str:
    if line == f"a=mid:{old}":
        return f"a=mid:{new}"
    if line.startswith("a=group:BUNDLE"):
        return f"a=group:BUNDLE {new}"
    return line
