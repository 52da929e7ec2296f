"""The lines of a session description by media, and the media that we decline.

One line of audio is all that a call needs. RFC 8829 and RFC 3264 have an answer hold
every m-line of its offer, in the same order; one with port 0 is declined.
"""

import re

Lines = list[str]

MAX_LINES = 1024
MAX_LINE_CHARACTERS = 1024

_LINE = re.compile(r"[a-z]=[\x20-\x7e]*")
_MEDIA_LINE = re.compile(
    r"m=(?P<kind>[a-z]{1,32}) \d{1,5}(?:/\d{1,5})?"
    r" (?P<protocol>[\w/.-]{1,64})(?P<formats>(?: [\w.+*-]{1,64}){1,64})",
    re.ASCII,
)
_MID = re.compile(r"[\w.+-]{1,32}", re.ASCII)


class RefusedSdp(ValueError):
    """A session description that must not reach the media engine."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_lines(text: str) -> Lines:
    """Return the lines that are some `letter=value`; what else there is, is left out.

    Raises `RefusedSdp` without `v=0` at the top, for an m-line that is none (what
    follows it could not be told from what stands above), and for a flood of lines.
    """
    lines = [line for line in map(str.strip, re.split(r"[\r\n]+", text)) if line]
    if not lines or lines[0] != "v=0":
        raise RefusedSdp("The SDP does not begin with v=0.")
    if len(lines) > MAX_LINES:
        raise RefusedSdp("The SDP has more than 1024 lines.")
    if any(line.startswith("m=") and not _is_line(line) for line in lines):
        raise RefusedSdp("An m-line of the SDP cannot be read.")
    return [line for line in lines if _is_line(line)]


def _is_line(line: str) -> bool:
    return len(line) <= MAX_LINE_CHARACTERS and bool(_LINE.fullmatch(line))


def split(lines: Lines) -> tuple[Lines, list[Lines]]:
    """Return the lines of the session, and those of each medium in order."""
    starts = [number for number, line in enumerate(lines) if line.startswith("m=")]
    ends = [*starts, len(lines)][1:]
    media = [lines[start:end] for start, end in zip(starts, ends, strict=True)]
    return lines[: starts[0]] if starts else lines, media


def kind_of(medium: Lines) -> str:
    """Return the word after `m=`, such as audio or video."""
    return medium[0][2:].partition(" ")[0]


def mid_of(medium: Lines) -> str:
    """Return the identification of a medium, empty if it has none that is a token."""
    mids = [line[6:].strip() for line in medium if line.startswith("a=mid:")]
    return mids[0] if mids and _MID.fullmatch(mids[0]) else ""


def decline(medium: Lines, audio_mid: str) -> Lines:
    """Return a medium as an answer declines it, written anew from checked values.

    Raises `RefusedSdp` if its m-line cannot be repeated, which an answer must do.
    """
    match = _MEDIA_LINE.fullmatch(medium[0])
    if match is None:
        raise RefusedSdp("An m-line of the SDP cannot be read.")
    lines = [
        f"m={match['kind']} 0 {match['protocol']}{match['formats']}",
        "c=IN IP4 0.0.0.0",
        "a=inactive",
    ]
    mid = mid_of(medium)
    return [*lines, f"a=mid:{mid}"] if mid and mid != audio_mid else lines


def is_declined(medium: Lines) -> bool:
    """Say whether the port of a medium is 0."""
    return medium[0].split(" ")[1] == "0"


def only_audio(gated: str) -> str:
    """Return a description that passed the gate without the media we decline."""
    session, media = split(_lines_of(gated))
    return join([*session, *(line for m in media if not is_declined(m) for line in m)])


def with_declined(answer: str, gated_offer: str) -> str:
    """Return our answer, of one medium, with the m-lines of the offer in its order."""
    _, offered = split(_lines_of(gated_offer))
    session, (audio,) = split(_lines_of(answer))
    body = [medium if is_declined(medium) else audio for medium in offered]
    return join([*session, *(line for medium in body for line in medium)])


def _lines_of(text: str) -> Lines:
    return [line for line in re.split(r"[\r\n]+", text) if line]


def join(lines: Lines) -> str:
    """Return the text of a description."""
    return "\r\n".join(lines) + "\r\n"
