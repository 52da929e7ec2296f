"""Drills on the clock of the machine, set for the product alone: ahead, and back."""

import struct
import subprocess
from pathlib import Path

from deploy.drills.scene import Scene, drill
from deploy.stack.proxy import NODES

SOURCE = Path(__file__).with_suffix(".c")
PRODUCT = (*NODES, "worker", "beat", "postgres")
HOUR = 3600


class Clock:
    """The offset that processes with a clock of their own read, in a file."""

    def __init__(self, folder: Path) -> None:
        self._library, self._offset = folder / "clock.so", folder / "clock"

    def make(self) -> dict[str, str]:
        """Return what a process needs at its start to follow this clock."""
        self._offset.write_bytes(struct.pack("d", 0))
        compiler = ["cc", "-shared", "-fPIC", "-O2", "-o", str(self._library)]
        subprocess.run([*compiler, str(SOURCE)], check=True)
        return {
            "LD_PRELOAD": str(self._library),
            "CLOCK_OFFSET_FILE": str(self._offset),
        }

    def set(self, seconds: float) -> None:
        """Move the clock to that far ahead of the machine's."""
        # In place: a file that is cut first would kill whoever has it mapped.
        with self._offset.open("r+b", buffering=0) as file:
            file.write(struct.pack("d", seconds))


def _follow(scene: Scene) -> None:
    """Start the product anew under a clock of its own."""
    environment = Clock(scene.stack.folder).make()
    for name in PRODUCT:
        scene.stack[name].environment |= environment
        scene.restart(name, patience=90)
    scene.stack.wait_until_ready()


@drill("The clock jumps an hour ahead, and back after 20 s", before=_follow)
def clock_jumps(scene: Scene) -> None:
    clock = Clock(scene.stack.folder)
    clock.set(HOUR)
    scene.rest(20)
    clock.set(0)
    scene.heal()
    scene.rest(20)
