import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
Tell = Callable[[str], None]


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


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Shows a measured figure, whether the test passes or not."""

    def write(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")

    return write
