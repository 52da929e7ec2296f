"""The clock of the simulated world, which a test may turn forward or hold."""

import time


class Clock:
    """Tells unix seconds: the machine's, shifted, or those at which it is held.

    It counts for permissions, limits and what webhooks say; calls go on in real time.
    """

    def __init__(self) -> None:
        self._shift = 0.0
        self._held: float | None = None

    def now(self) -> float:
        return time.time() + self._shift if self._held is None else self._held

    def advance(self, seconds: float) -> None:
        self._shift += seconds
        if self._held is not None:
            self._held += seconds

    def hold(self, at: float) -> None:
        """Stand still at an instant, until told another."""
        self._held = at

    def reset(self) -> None:
        self._shift, self._held = 0.0, None
