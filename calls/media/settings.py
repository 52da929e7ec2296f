"""Settings of the media plane; every value has a safe default."""

from dataclasses import dataclass

from calls.media.transport.addresses import Networks


@dataclass(frozen=True)
class MediaSettings:
    """Limits and time-outs of one node, in seconds unless the name says otherwise."""

    max_calls: int = 40
    """Calls this process takes at once; `Hub.open` refuses the next one."""

    allowed_networks: Networks = ()
    """Private networks whose addresses pass the SDP gate: relays of one's own."""

    media_deadline: float = 12.0
    """From the release of ICE to the end of the DTLS handshake."""

    ringing_media_deadline: float = 75.0
    """The same for an outbound call, which may connect only when it is answered."""

    ice_hold_limit: float = 2.0
    """ICE starts this long after the answer was made, whatever accept does."""

    quiet_warning: float = 5.0
    """Without any RTP or RTCP: `media_quiet` is reported."""

    quiet_lost: float = 12.0
    """Still without: `media_lost` is reported."""

    quiet_end: float = 25.0
    """Still without: `media_failed` is reported, the call should end."""

    bind_addresses: tuple[str, ...] = ()
    """Local addresses offered as candidates; empty: the ones with a default route."""

    close_limit: float = 5.0
    """Closing a peer takes no longer than this."""
