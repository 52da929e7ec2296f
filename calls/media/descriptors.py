"""Open files of this process, which sockets are, too: a call needs some of them.

At the limit nothing can be opened any more: no connection to the database, no webhook,
no page. So calls are refused before that.
"""

import os
import resource

RESERVE = 100
EACH_CALL = 8  # the sockets of a peer, of two consoles and of two listeners, and spare


def free() -> int:
    """Return how many more files this process may open."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY or not os.path.isdir("/proc/self/fd"):
        return RESERVE * EACH_CALL
    return limit - len(os.listdir("/proc/self/fd"))


def have_room() -> bool:
    """Tell whether another call can be taken without touching the reserve."""
    return free() >= RESERVE + EACH_CALL
