"""The cost of the live board: `python -m bench board`.

PostgreSQL and Valkey of its own, a floor of 500 agents and 200 calls. First one look at
the rows, beside as many looks as there are viewers, which is what pages that ask for
themselves would cost. Then a real Chromium with the board, while agents and calls
change twice a second; beside it the same browser with a page on which nothing happens.
"""

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.commits import ROOT
from bench.run import cpu_seconds, ended, free_port, wait_for
from deploy.stack import families
from tests.servers import Postgres, Valkey

RESULTS = ROOT / "bench" / "results-board.md"
FLOOR = "bench.board_floor"
SETTLES = 8.0  # seconds, until the charts have all their quarters
HEAD = """\
# What the live board costs

Written by `python -m bench board{words}`, {cores} cores: {agents} agents in {queues}
queues, {calls} live calls, 10,000 calls of the day. The goals: one look for all viewers
of a process, and less than 10 % of a core in the browser.

| one look at the rows | |
|---|---|
| statements | {statements} |
| CPU of the process | {cpu_ms:.0f} ms |
| until its text is written | {wall_ms:.0f} ms |
| bytes of a snapshot, of the charts | {board_bytes:,}, {day_bytes:,} |
| CPU if each of {viewers} viewers looked for itself | {each:.0f} ms |

With agents and calls that change twice a second, for {seconds:.0f} s, `of a core`:

| | the browser in all | its page | the server |
|---|---|---|---|
| the board | {board} |
| a page on which nothing happens | {idle} |
"""


@dataclass(frozen=True)
class Used:
    """Parts of a core."""

    browser: float
    page: float
    server: float

    def __str__(self) -> str:
        return f"{self.browser:.1%} | {self.page:.1%} | {self.server:.1%}"


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, usual in (("agents", 500), ("calls", 200), ("queues", 20)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--viewers", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=30)
    wanted = parser.parse_args(words)
    with stores() as environment:
        floor(environment, "fill", wanted.agents, wanted.calls, wanted.queues)
        look = json.loads(floor(environment, "look", wanted.viewers))
        assert (look.pop("agents"), look.pop("calls")) == (wanted.agents, wanted.calls)
        board, idle = browse(environment, wanted.seconds)
    each = wanted.viewers * look["cpu_ms"]
    said = "".join(f" {word}" for word in words)
    facts = vars(wanted) | look | {"each": each, "board": board, "idle": idle}
    RESULTS.write_text(HEAD.format(words=said, cores=os.cpu_count(), **facts))
    print(RESULTS.read_text())
    if board.page >= 0.1:
        sys.exit("The page takes more than a tenth of a core.")


@contextmanager
def stores() -> Iterator[dict[str, str]]:
    postgres, valkey = Postgres(), Valkey()
    with tempfile.TemporaryDirectory() as folder:
        postgres.start()
        valkey.start()
        try:
            yield os.environ | {
                "ENV_FILE": os.devnull,
                "SECRET_KEY": secrets.token_urlsafe(50),
                "DEBUG": "1",
                "VAR_DIR": folder,
                "DATABASE_URL": postgres.url,
                "REDIS_URL": valkey.url,
                "LOG_LEVEL": "WARNING",
                "DJANGO_SETTINGS_MODULE": "callcenter.settings",
            }
        finally:
            valkey.stop()
            postgres.stop()


def floor(environment: dict[str, str], *words: object) -> str:
    command = [sys.executable, "-m", FLOOR, *map(str, words)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


# --- The browser ---------------------------------------------------------------------


def browse(environment: dict[str, str], seconds: float) -> tuple[Used, Used]:
    from playwright.sync_api import sync_playwright

    port = free_port()
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(
        [*command, "bench.board_server:application"], cwd=ROOT, env=environment
    )
    with ended(server), changes(environment), sync_playwright() as playwright:
        wait_for(port)
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        value = floor(environment, "cookie").strip()
        url = f"http://127.0.0.1:{port}"
        context.add_cookies([{"name": "session", "value": value, "url": url}])
        page = context.new_page()
        page.goto(f"{url}/admin/board/")
        page.wait_for_selector("#agent-rows tr")
        board = measured(page, server, seconds)
        assert page.locator("#agent-rows tr").count() > 0
        page.goto(f"{url}/profile/")
        idle = measured(page, server, seconds)
        browser.close()
    return board, idle


@contextmanager
def changes(environment: dict[str, str]) -> Iterator[None]:
    changing = subprocess.Popen(
        [sys.executable, "-m", FLOOR, "change"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
    )
    with ended(changing):
        yield
        assert changing.poll() is None, "The changes have ended."


def measured(page: Any, server: subprocess.Popen[bytes], seconds: float) -> Used:
    page.wait_for_timeout(1000 * SETTLES)
    before, began = used(server.pid), time.monotonic()
    page.wait_for_timeout(1000 * seconds)
    passed = time.monotonic() - began
    after = used(server.pid)
    return Used(*((b - a) / passed for a, b in zip(before, after, strict=True)))


def used(server: int) -> tuple[float, float, float]:
    """Return seconds of CPU: of the whole browser, of its pages, of the server."""
    table = families.all_processes()
    browser = page = 0.0
    for pid in families.family(os.getpid(), table):
        words = _command(pid)
        if "chrom" in Path(words[0]).name:
            browser += cpu_seconds(pid)
            page += cpu_seconds(pid) if "--type=renderer" in words else 0.0
    return browser, page, cpu_seconds(server)


def _command(pid: int) -> list[str]:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return [""]
    return [part for word in words for part in word.split(" ")] or [""]


def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome-stable"):
        if path := shutil.which(name):
            return path
    sys.exit("The bench of the board needs Chromium.")
