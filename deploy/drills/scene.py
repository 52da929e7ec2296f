"""The stage of a drill, and the list of drills."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from callcenter.simulator.control import SimulatorControl
from deploy.drills.recovery import Recovery
from deploy.stack.proxy import NODES
from deploy.stack.stack import Stack


@dataclass
class Scene:
    """The running stack and the other side, for the act that breaks something."""

    stack: Stack
    control: SimulatorControl
    anew: set[str] = field(default_factory=set)  # processes that were started again
    recovery: Recovery | None = None
    complaints: list[str] = field(default_factory=list)

    def rest(self, seconds: float) -> None:
        time.sleep(seconds)

    def kill(self, name: str) -> None:
        """End a process and its children as a crash does."""
        self.anew.add(name)
        self.stack[name].kill()

    def outage(self, name: str, seconds: float) -> None:
        """Kill a process, and start it again after a while."""
        self.kill(name)
        self.rest(seconds)
        self.start(name)

    def start(self, name: str) -> None:
        self.stack[name].start()
        self.heal()

    def restart(self, name: str, patience: float) -> None:
        """Ask a process to end as a deploy does, wait for it, and start it again."""
        self.anew.add(name)
        # Nodes drain at SIGTERM; what ends by another signal would wait for clients.
        how = signal.SIGTERM if name in NODES else None
        self.stack[name].stop(how, patience)
        self.start(name)

    def freeze(self, name: str, seconds: float) -> None:
        """Stop a process and its children in their tracks for a while."""
        self.stack[name].freeze()
        self.rest(seconds)
        self.stack[name].thaw()
        self.heal()

    def complain(self, sentence: str) -> None:
        """Note that the act itself saw something wrong."""
        self.complaints.append(sentence)

    def heal(self) -> None:
        """Note that nothing is broken any more; count until all is as it was."""
        self.recovery = Recovery(self.stack)


Act = Callable[[Scene], None]


@dataclass(frozen=True)
class Drill:
    """What is broken, and how long a caller may then be without audio, in seconds.

    `before`: what is made ready before the first call. `deaf`: how long Wati cannot be
    told that a call has ended, in seconds.
    """

    name: str
    what: str
    act: Act
    silence: float
    is_short: bool
    before: Act = lambda scene: None
    deaf: float = 0.0


DRILLS: dict[str, Drill] = {}


def drill(
    what: str,
    *,
    silence: float = 1.0,
    short: bool = False,
    before: Act = lambda scene: None,
    deaf: float = 0.0,
) -> Callable[[Act], Act]:
    """Put an act on the list, under its function's name. `short`: runs in the tests."""

    def register(act: Act) -> Act:
        name = act.__name__.replace("_", "-")
        DRILLS[name] = Drill(name, what, act, silence, short, before, deaf)
        return act

    return register
