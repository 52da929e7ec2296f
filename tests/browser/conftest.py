import os
import shutil
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser to drive: $CHROMIUM, or the first Chromium or Chrome on PATH."""
    wanted = os.environ.get("CHROMIUM")
    names = (wanted,) if wanted else NAMES
    for name in names:
        if path := shutil.which(name):
            return Path(path)
    pytest.fail(
        "Browser tests need Chromium or Chrome: install one, or give its path in "
        f"$CHROMIUM. Looked for {', '.join(names)}.",
        pytrace=False,
    )
