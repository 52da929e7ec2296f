"""Nodes that leave: drained, or dead, and then their calls."""

from uuid import UUID

from calls import locking, placement
from calls.lifecycle.ending import end
from calls.states import Event


def drain(name: str, *, draining: bool = True) -> bool:
    """Place no new call on this node from now on, or again. False: no such node."""
    with locking.dispatch_lock():
        return placement.set_draining(name, draining)


def watch() -> None:
    """Look once at the nodes that hold calls and have no lease."""
    if placement.silent().exists():
        with locking.dispatch_lock():
            placement.watch_silent()


def end_orphan(call_id: UUID) -> None:
    """End the call, unless a node holds it (again)."""
    with locking.dispatch_lock():
        if placement.orphans().filter(pk=call_id).exists():
            end(call_id, Event.NODE_LOST)
