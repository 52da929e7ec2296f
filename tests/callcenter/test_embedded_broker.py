"""The broker of the embedded mode: a message wakes the worker that sleeps."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from kombu import Connection, Consumer, Queue
from kombu.message import Message

from callcenter.celery import app

SLEEP = 90.0  # seconds that the worker sleeps when nothing wakes it
PATIENCE = 30.0  # and that a test has for it
QUEUE = Queue("test", routing_key="test")


class Worker:
    """Takes one message at a time, in a thread."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.got: list[Message] = []
        self.thread = ThreadPoolExecutor(1)
        self.consumer = Consumer(
            connection.channel(), [QUEUE], on_message=self.got.append, prefetch_count=1
        )
        self.consumer.consume()

    def works_while(self, happens: Callable[[], object]) -> list[str]:
        """Let this happen while the worker waits; what it has got in all then."""
        waiting = self.thread.submit(self.connection.drain_events, timeout=SLEEP)
        happens()
        waiting.result(PATIENCE)
        return [message.payload for message in self.got]


@pytest.fixture
def worker() -> Iterator[Worker]:
    with Connection("embedded://") as connection:
        worker = Worker(connection)
        yield worker
        worker.thread.shutdown()


def send(text: str) -> None:
    with Connection("embedded://") as connection, connection.Producer() as producer:
        producer.publish(text, routing_key="test", declare=[QUEUE])


def nothing() -> None:
    pass


def test_a_message_that_is_there_is_delivered(worker):
    send("one")
    assert worker.works_while(nothing) == ["one"]


def test_a_message_wakes_a_worker_that_sleeps(worker):
    assert worker.works_while(lambda: send("one")) == ["one"]


def test_a_task_that_is_done_makes_room_for_the_next_message(worker):
    send("one")
    send("two")
    worker.works_while(nothing)
    assert worker.works_while(worker.got[0].ack) == ["one", "two"]


def test_nobody_waits_for_ever(worker):
    with pytest.raises(TimeoutError):
        worker.connection.drain_events(timeout=0.01)


def test_celery_uses_it():
    transport = app.connection().transport
    assert type(transport).__module__ == "callcenter.embedded_broker"
