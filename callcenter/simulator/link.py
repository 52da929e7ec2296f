"""A bad mobile link: media packets are lost, late and out of order."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

MEDIA = range(128, 192)  # of the first byte, RFC 7983: RTP and RTCP


@dataclass(frozen=True)
class Link:
    """Shares of 1, and seconds. ``reorder`` packets come after the next two."""

    loss: float = 0.0
    reorder: float = 0.0
    jitter: float = 0.0

    @property
    def is_good(self) -> bool:
        return self == Link()

    def carry(self, data: bytes, deliver: Callable[[bytes], object]) -> None:
        """Deliver a datagram at once, later, or never. Only media is touched."""
        if self.is_good or not data or data[0] not in MEDIA:
            deliver(data)
        elif random.random() >= self.loss:
            asyncio.get_running_loop().call_later(self._delay(), deliver, data)

    def _delay(self) -> float:
        late = random.uniform(0, self.jitter)
        return late + 0.05 if random.random() < self.reorder else late
