"""Drills on the disk: the folder where webhooks wait while PostgreSQL is away."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.drills.scene import Scene, drill

SPOOL = "webhooks.jsonl"


@drill("PostgreSQL is away for 20 s, and the disk of the waiting webhooks is full")
def disk_full(scene: Scene) -> None:
    with _small_disk(_spool(scene)):
        scene.kill("postgres")
        scene.rest(20)
        scene.start("postgres")
        scene.rest(15)


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """Put a file system with room for a few webhooks over the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=32k,mode=777", "drill", str(folder)]
    subprocess.run(mount, check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@drill("Foreign and torn lines lie among the waiting webhooks")
def spool_spoilt(scene: Scene) -> None:
    scene.kill("postgres")
    scene.rest(5)
    folder = _spool(scene)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / SPOOL).open("ab") as spool:
        spool.write(b'{"torn": \n\x00\xff not a line of ours\n{"account": 999999}\n')
    (folder / f"{SPOOL}.foreign").write_bytes(b"\xff\xfe\n")
    (folder / "a note of the operator").write_text("Do not delete.")
    scene.rest(10)
    scene.start("postgres")
    scene.rest(15)


def _spool(scene: Scene) -> Path:
    return Path(scene.stack.environment["VAR_DIR"]) / "spool"
