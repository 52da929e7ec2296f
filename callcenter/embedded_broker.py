"""kombu's broker in memory, with a worker that sleeps until there is a message.

The stock one looks for messages at intervals: often, and it costs CPU all day; seldom,
and each message waits.
"""

import threading
import time
from queue import Empty
from typing import Any

from kombu.transport import memory

_news = threading.Event()


class Channel(memory.Channel):
    """Wakes the worker for each message, and for each place that becomes free."""

    def _put(self, queue: str, message: Any, **options: Any) -> None:
        super()._put(queue, message, **options)
        _news.set()

    def _put_fanout(self, exchange: str, message: Any, *rest: Any, **more: Any) -> None:
        super()._put_fanout(exchange, message, *rest, **more)
        _news.set()

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Take the next message now, where a worker had taken as much as it may."""
        super().basic_ack(delivery_tag, multiple)
        _news.set()


class Transport(memory.Transport):
    """For one consumer in this process: the embedded worker."""

    Channel = Channel

    def drain_events(
        self, connection: Any, timeout: float | None = None, **_: Any
    ) -> None:
        """Deliver one message; TimeoutError when none came within `timeout` s."""
        assert self.cycle is not None
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            _news.clear()  # before the look: what comes after it wakes us
            try:
                self.cycle.get(self._deliver, timeout=timeout)
            except Empty:
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError from None
                _news.wait(left)
            else:
                return
