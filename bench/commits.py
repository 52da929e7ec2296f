"""Another commit of this repository, to measure beside this one."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# A part that costs so many times what it did fails.
WORSE = 1.5


@contextmanager
def checked_out(commit: str | None) -> Iterator[tuple[str, Path] | None]:
    """Give the short name of `commit` and its sources; None if none is wanted."""
    if commit is None:
        yield None
        return
    name = git("rev-parse", "--short", commit)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        git("worktree", "add", "--detach", str(tree), commit)
        try:
            yield name, tree
        finally:
            git("worktree", "remove", "--force", str(tree))


def git(*words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()
