"""Many sockets, few wake-ups: counted, not timed."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack
from functools import partial

import pytest

from calls.media import shared_poll as module
from calls.media.shared_poll import SharedPoll, shared_poll
from tests.calls.media.conftest import until

pytestmark = pytest.mark.skipif(
    not hasattr(module.select, "epoll"), reason="there is no epoll here"
)
SOCKETS = 50


class Ends:
    """Pairs of sockets; what is sent into one is read out of the other."""

    def __init__(self, poll: SharedPoll, count: int, stack: ExitStack) -> None:
        self.poll = poll
        self.heard: list[int] = []
        self.near: list[socket.socket] = []
        self.far: list[socket.socket] = []
        self.reads = [partial(self.read, number) for number in range(count)]
        for _ in range(count):
            near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            near.setblocking(False)
            self.near.append(stack.enter_context(near))
            self.far.append(stack.enter_context(far))

    def read(self, number: int) -> None:
        self.near[number].recv(100)
        self.heard.append(number)

    def watch(self, number: int) -> None:
        self.poll.watch(self.near[number].fileno(), self.reads[number])

    def forget(self, number: int) -> None:
        self.poll.forget(self.near[number].fileno(), self.reads[number])


@pytest.fixture
async def ends() -> AsyncIterator[Ends]:
    poll = shared_poll()
    assert poll is not None
    assert shared_poll() is poll
    with ExitStack() as stack:
        ends = Ends(poll, SOCKETS, stack)
        files = len(os.listdir("/proc/self/fd"))
        for number in range(SOCKETS):
            ends.watch(number)
        yield ends
        for number in range(SOCKETS):
            ends.forget(number)
        assert len(os.listdir("/proc/self/fd")) == files


async def test_packets_that_wait_on_many_sockets_share_a_wake_up(ends: Ends) -> None:
    for far in ends.far:
        far.send(b"packet")
    await until(lambda: len(ends.heard) == SOCKETS, "all packets")
    assert sorted(ends.heard) == list(range(SOCKETS))
    assert (ends.poll.wakeups, ends.poll.reads) == (1, SOCKETS)


async def test_a_socket_that_holds_several_is_emptied_in_one_wake_up(
    ends: Ends,
) -> None:
    for _ in range(3):
        ends.far[7].send(b"packet")
    await until(lambda: ends.heard == [7, 7, 7], "its packets")
    assert ends.poll.wakeups == 1


@pytest.fixture
async def hurried(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> Ends:
    """Ends whose packets came thick and fast a moment ago; `look` is the clock's."""
    monkeypatch.setattr(module, "REST_SECONDS", 60.0)
    for number in (0, 1):
        ends.far[number].send(b"the second comes less than a rest after the first")
        await until(lambda number=number: number in ends.heard, "a packet")
    assert ends.poll.wakeups == 2
    ends.heard.clear()
    return ends


def look(poll: SharedPoll) -> None:
    assert poll._timer is not None
    poll._timer.cancel()
    poll._look()


async def test_packets_that_come_thick_and_fast_are_collected(hurried: Ends) -> None:
    for far in hurried.far:
        far.send(b"packet")
        await asyncio.sleep(0)
    assert hurried.heard == []
    look(hurried.poll)
    assert sorted(hurried.heard) == list(range(SOCKETS))
    assert hurried.poll.wakeups == 3
    hurried.far[0].send(b"packet")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(hurried.heard) == SOCKETS


async def test_what_a_packet_may_have_waited_is_measured(hurried: Ends) -> None:
    """From the last look until all of this one was passed on, not only its own work."""
    await asyncio.sleep(0.05)
    hurried.far[0].send(b"packet")
    look(hurried.poll)
    assert len(hurried.poll.delays) == 3
    assert hurried.poll.delays[-1] > 0.05
    assert hurried.poll.delays[-1] in module.relay_delays()


async def test_when_they_come_slowly_again_each_is_read_at_once(hurried: Ends) -> None:
    hurried.far[0].send(b"packet")
    look(hurried.poll)
    assert hurried.heard == [0]
    hurried.far[1].send(b"packet")
    await until(lambda: hurried.heard == [0, 1], "the next one")
    assert hurried.poll.wakeups == 4


async def test_a_flood_lets_others_have_their_turn(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_READS", 20)
    for far in ends.far:
        far.send(b"packet")
    await until(lambda: len(ends.heard) == SOCKETS, "all packets")
    assert sorted(ends.heard) == list(range(SOCKETS))
    assert ends.poll.wakeups >= 3


async def test_the_trouble_of_one_does_not_silence_the_others(ends: Ends) -> None:
    ends.far[3].send(b"packet")
    ends.near[3].recv(100)
    ends.far[4].send(b"packet")

    def fail() -> None:
        ends.near[5].recv(100)
        raise RuntimeError("trouble")

    ends.forget(5)
    ends.poll.watch(ends.near[5].fileno(), fail)
    for number in (5, 6):
        ends.far[number].send(b"packet")
    await until(lambda: len(ends.heard) == 2, "the others")
    assert ends.heard == [4, 6]
    ends.poll.forget(ends.near[5].fileno(), fail)


async def test_who_is_forgotten_by_one_read_before_is_not_read(ends: Ends) -> None:
    def forget_the_rest() -> None:
        ends.read(0)
        for number in range(1, SOCKETS):
            ends.forget(number)

    for number in range(SOCKETS):
        ends.forget(number)
    ends.poll.watch(ends.near[0].fileno(), forget_the_rest)
    for number in range(1, SOCKETS):
        ends.watch(number)
    for far in ends.far:
        far.send(b"packet")
    await until(lambda: 0 in ends.heard, "the first")
    await asyncio.sleep(0)
    assert ends.poll._reads.keys() == {ends.near[0].fileno()}
    ends.poll.forget(ends.near[0].fileno(), forget_the_rest)


async def test_a_number_that_another_socket_has_now_is_left_alone(ends: Ends) -> None:
    heard: list[bytes] = []
    old, _ = pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    number = old.fileno()
    watch_of_old = partial(heard.append, b"never")
    ends.poll.watch(number, watch_of_old)
    for end in pair:
        end.close()
    new, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    assert new.fileno() == number

    def read() -> None:
        heard.append(new.recv(100))

    ends.poll.watch(number, read)
    ends.poll.forget(number, watch_of_old)
    far.send(b"packet")
    await until(lambda: heard == [b"packet"], "the packet")
    ends.poll.forget(number, read)
    new.close()
    far.close()
