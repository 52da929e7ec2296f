"""The files that the image holds, copied by the Dockerfile's own lines.

What runs from this folder has nothing else of the checkout: no .env, no tests, and
static files only if they were collected.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.stack.processes import ROOT

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
COLLECTS_WITHIN = 120.0  # seconds


def copy_files(folder: Path) -> None:
    """Make the folder that the image starts in; what pip needs goes elsewhere."""
    shutil.rmtree(folder, ignore_errors=True)
    for source, target in re.findall(
        r"^COPY (\w\S*) (\S+)$", DOCKERFILE.read_text(), re.M
    ):
        if not target.startswith("/"):
            _copy(ROOT / source, folder / target)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def collect_static(folder: Path) -> None:
    """Run the line by which the image collects its static files."""
    [command] = re.findall(
        r"^RUN (.* collectstatic .*?) *\\?$", DOCKERFILE.read_text(), re.M
    )
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "VAR_DIR": str(folder.parent / "collected"),
    }
    subprocess.run(
        ["sh", "-ec", command],
        cwd=folder,
        env=environment,
        check=True,
        timeout=COLLECTS_WITHIN,
    )
