"""Every measurement: `python -m bench`, or `python -m bench PART`.

Each part writes its figures beside its baselines, and fails where something costs half
as much again as at the commit before.
"""

import argparse
import subprocess
import sys
from importlib import import_module

PARTS = {
    "relay": "bench.relay",
    "ringing": "bench.ringing",
    "consoles": "bench.consoles",
    "door": "bench.door",
    "board": "bench.board",
    "floor": "bench.floor.report",
}
# What has no other commit beside it stands beside its goals.
ALONE = ("board", "floor")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS)
    wanted, words = parser.parse_known_args()
    if wanted.part:
        import_module(PARTS[wanted.part]).main(words)
        return
    failed = [part for part in PARTS if not _succeeds(part)]
    if failed:
        sys.exit(f"Worse than before, or failed: {', '.join(failed)}.")


def _succeeds(part: str) -> bool:
    against = [] if part in ALONE else ["--against", "HEAD~1"]
    command = [sys.executable, "-m", "bench", part, *against]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    main()
