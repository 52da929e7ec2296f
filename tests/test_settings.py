"""The environment is documented, and a wrong word in it stops the start."""

import re
import subprocess
import sys

import pytest

from tests.paths import ROOT

READERS = re.compile(r'read_(?:text|bool|int|list|seconds)\(\s*"(\w+)"')
SOURCES = [ROOT / "callcenter" / "settings.py"]


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import callcenter.settings"]
    given = {"ENV_FILE": "/dev/null", "SECRET_KEY": "x", "VAR_DIR": "/nonexistent"}
    memory = {"DATABASE_URL": "postgres://a@b/c"}
    return subprocess.run(
        command,
        env=given | memory | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_every_variable_stands_in_the_example_with_a_line_of_explanation():
    used = {n for path in SOURCES for n in READERS.findall(path.read_text())}
    example = (ROOT / ".env.example").read_text()
    described = set(re.findall(r"^(\w+)=$", example, re.MULTILINE))
    assert used == described


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"DEBUG": "maybe"}, "DEBUG must be 1 or 0"),
        ({"PORT": "eighty"}, "PORT must be a whole number"),
        ({"SECRET_KEY": ""}, "SECRET_KEY must be set"),
        ({"MEDIA_ALLOW_PRIVATE_CANDIDATES": "1"}, "refused unless DEBUG=1"),
        ({"SIMULATOR": "1"}, "needs DEBUG=1"),
        ({"NODE_NAME": "node one"}, "NODE_NAME"),
        ({"RING_CONFIRM_SECONDS": "soon"}, "RING_CONFIRM_SECONDS must be a number"),
        ({"GUEST_RETURN_SECONDS": "0"}, "GUEST_RETURN_SECONDS must be a number"),
    ],
)
def test_a_wrong_word_stops_the_start_and_says_why(environment, word):
    started = start(**environment)
    assert started.returncode != 0
    assert word in started.stderr


def test_a_secret_may_come_from_a_file(tmp_path):
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    assert start(SECRET_KEY="", SECRET_KEY_FILE=str(file)).returncode == 0
