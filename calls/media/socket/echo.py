"""A call whose far end is the listener itself: how do microphone and network do?"""

from calls.media.events import ListenerPort
from calls.media.transport.rtp import Packet

CALL_OVER = 1000
MAX_FRAMES = 15_000
"""Five minutes; who forgets the echo does not keep it."""


class Echo:
    """Returns every frame at once, under the numbers it came with; keeps none."""

    def __init__(self) -> None:
        self._left = MAX_FRAMES

    def attach(self, listener: ListenerPort, participant: str) -> None:
        """Do nothing: nothing comes before the listener speaks."""

    def detach(self, listener: ListenerPort) -> None:
        """Do nothing: nothing is kept of the listener."""

    def speak(
        self, listener: ListenerPort, sequence: int, timestamp: int, payload: bytes
    ) -> None:
        """Say it back; after five minutes the listener is closed."""
        if self._left > 0:
            self._left -= 1
            listener.deliver(Packet(0, sequence, timestamp, payload))
        else:
            listener.close(CALL_OVER)
