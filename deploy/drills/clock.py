"""Drills on the clock of the machine, by libfaketime: an hour ahead, and back."""

from pathlib import Path

from deploy.drills.scene import Scene, drill
from deploy.stack.proxy import NODES

LIBRARIES = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
PRODUCT = (*NODES, "worker", "beat", "postgres")
HOUR = 3600


@drill("The clock jumps an hour ahead, and back after 20 s", silence=3.0)
def clock_jumps(scene: Scene) -> None:
    """Start the product anew under a clock that a file sets; then move it."""
    offset = scene.stack.folder / "clock"
    offset.write_text("+0")
    for name in PRODUCT:
        scene.stack[name].environment |= _faked(offset)
        scene.restart(name, patience=90)
    scene.rest(15)
    offset.write_text(f"+{HOUR}")
    scene.rest(20)
    offset.write_text("+0")
    scene.heal()
    scene.rest(20)


def _faked(offset: Path) -> dict[str, str]:
    library = next(LIBRARIES, None)
    if library is None:
        raise SystemExit("This drill needs libfaketime: apt-get install faketime.")
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
