"""The events that a session reports, and the listener that it needs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from calls.media.transport.rtp import Packet

if TYPE_CHECKING:
    from calls.media.session import Session


@dataclass(frozen=True, slots=True)
class Flow:
    """The sides of a two-party call that audio comes from."""

    customer_heard: bool = True
    participant_heard: bool = True

    @property
    def is_two_way(self) -> bool:
        """Tell whether both are heard."""
        return self.customer_heard and self.participant_heard


class SessionEvents(Protocol):
    """Events of a session, reported synchronously on the loop; none may block."""

    def media_up(self, session: "Session") -> None:
        """Called when ICE and DTLS are done; silence flows to WhatsApp from now on."""

    def media_quiet(self, session: "Session", seconds: float) -> None:
        """Called when nothing has come from WhatsApp for so long; not lost yet."""

    def media_back(self, session: "Session") -> None:
        """Called when something came again after `media_quiet` or `media_lost`."""

    def media_lost(self, session: "Session") -> None:
        """Called when nothing has come for `quiet_lost` seconds; it may return."""

    def media_failed(self, session: "Session", reason: str) -> None:
        """Called once when the audio will not come up or back; the call should end."""

    def listener_joined(self, session: "Session", participant: str) -> None:
        """Called when a listener is attached, whether or not it replaced one."""

    def listener_left(self, session: "Session", participant: str) -> None:
        """Called when the participant's listener is gone and was not replaced."""

    def flow_changed(self, session: "Session", flow: Flow) -> None:
        """Called when one side falls silent or is heard again, while two talk.

        When the two talk no longer, because of a hold or a third, both count as heard.
        """


class ListenerPort(Protocol):
    """The listener, as a session sees it."""

    def deliver(self, packet: Packet) -> None:
        """Take one Opus packet; must not wait or raise."""

    def close(self, code: int) -> None:
        """Close the socket with `code`; may be called again."""
