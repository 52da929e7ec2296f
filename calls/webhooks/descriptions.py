"""WhatsApp's session descriptions: through the gate, and what was left out there."""

import logging
from dataclasses import dataclass

from django.conf import settings

from calls.media.transport.sdp import Kind, RefusedSdp, examine

logger = logging.getLogger(__name__)


@dataclass
class Counts:
    """Counts of all that the gate of this process has left out or refused."""

    candidates: int = 0
    media: int = 0
    refused: int = 0


counts = Counts()


@dataclass(frozen=True)
class Gated:
    """A description for a call's row: `sdp`, or the reason why it must not be used.

    `notes` are rows for the call's timeline, each an event with its detail.
    """

    sdp: str = ""
    problem: str = ""
    notes: tuple[tuple[str, str], ...] = ()


def gated(text: str, kind: Kind) -> Gated:
    """Examine a description; count and log what a call has to do without."""
    allowed = settings.MEDIA_ALLOWED_NETWORKS
    try:
        examined = examine(text, kind=kind, allowed=allowed)
    except RefusedSdp as refusal:
        counts.refused += 1
        # The reason may name a secret, and stands in the call's row.
        logger.warning("an SDP %s is refused", kind)
        return Gated(problem=str(refusal))
    counts.candidates += len(examined.unusable)
    counts.media += len(examined.declined)
    reasons = tuple(dict.fromkeys(examined.unusable))
    if reasons:
        count = len(examined.unusable)
        logger.warning("an SDP %s: %d candidates dropped: %s", kind, count, reasons)
    notes = [("candidate_dropped", reason) for reason in reasons]
    if examined.declined:
        notes.append(("media_declined", ", ".join(examined.declined)[:300]))
    return Gated(examined.text, notes=tuple(notes))
