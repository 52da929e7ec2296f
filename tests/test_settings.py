"""The environment is documented, and a wrong word in it stops the start."""

import re
import subprocess
import sys

import pytest

from tests.paths import ROOT

READERS = re.compile(
    r'read_(?:text|bool|int|choice|days|list|networks|seconds)\(\s*"(\w+)"'
)
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
        ({"MEDIA_ALLOWED_NETWORKS": "relays"}, "MEDIA_ALLOWED_NETWORKS must hold"),
        ({"MEDIA_ALLOWED_NETWORKS": "10.20.1.0/16"}, "has host bits set"),
        ({"MEDIA_ALLOWED_NETWORKS": "0.0.0.0/0"}, "no private network"),
        ({"MEDIA_ALLOWED_NETWORKS": "8.8.8.0/24"}, "no private network"),
        ({"MEDIA_ALLOWED_NETWORKS": "10.0.0.0/8,169.254.169.254"}, "169.254.169.254"),
        ({"SIMULATOR": "1"}, "needs DEBUG=1"),
        ({"NODE_NAME": "node one"}, "NODE_NAME"),
        ({"TRUSTED_PROXIES": "10.0.0.1/24"}, "TRUSTED_PROXIES must hold networks"),
        ({"SECOND_FACTOR": "maybe"}, "SECOND_FACTOR must be one of off, optional"),
        ({"PASSWORD_ITERATIONS": "1000"}, "must be a whole number of 600000 or more"),
        ({"SESSION_HOURS": "0"}, "SESSION_HOURS must be a whole number of 1 or more"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT must be text or json"),
        ({"RING_CONFIRM_SECONDS": "soon"}, "RING_CONFIRM_SECONDS must be a number"),
        ({"FILES_BUCKET": "files"}, "needs FILES_KEY_ID and FILES_SECRET_KEY"),
        ({"FILES_ENDPOINT": "s3.example.com/x"}, "must be like https://"),
        ({"GUEST_RETURN_SECONDS": "0"}, "GUEST_RETURN_SECONDS must be a number"),
        ({"RETENTION_AUDIT_DAYS": "30"}, "must be 366 or more, or 0 to keep"),
        ({"RETENTION_CALL_DAYS": "two"}, "RETENTION_CALL_DAYS must be a whole number"),
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


def test_networks_are_allowed_in_production_too():
    assert start(MEDIA_ALLOWED_NETWORKS="10.20.0.0/16, ::1/128").returncode == 0


def test_an_empty_variable_means_the_default(tmp_path):
    """As a copy of .env.example has them: not an empty host, which listens anywhere."""
    file = tmp_path / "environment"
    file.write_text((ROOT / ".env.example").read_text())
    command = (
        "import callcenter.settings as s; print(s.HOST, s.NODE_NAME, s.PUBLIC_URL)"
    )
    started = subprocess.run(
        [sys.executable, "-c", command],
        env={"ENV_FILE": str(file), "SECRET_KEY": "x", "VAR_DIR": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert started.stdout.split() == ["127.0.0.1", "node-1", "http://localhost:8000"]
