"""Free ports that neither another worker nor an outgoing connection takes meanwhile."""

import os
import socket
from collections.abc import Iterator
from itertools import cycle

# Below what systems give to outgoing connections, so that a port stays free while the
# process that listens on it is started again.
FIRST, SLICE, SLICES = 12000, 1000, 20


def _ports() -> Iterator[int]:
    """The slice of this worker, begun anywhere: another run may use the same one."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST + worker % SLICES * SLICE
    begin = os.getpid() % SLICE
    return cycle([*range(first + begin, first + SLICE), *range(first, first + begin)])


_candidates = _ports()


def free_port() -> int:
    return next(port for port in _candidates if is_free(port))


def answers(port: int) -> bool:
    """Say whether somebody listens on this port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
