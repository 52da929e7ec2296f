"""The stack's processes end with whoever started them, however that one ends."""

import os
import subprocess
import sys
from pathlib import Path

from deploy.stack.process import Process
from deploy.stack.processes import ProcessList
from deploy.stack.waiting import wait_for
from tests.paths import ROOT

# Starts a process that has a child of its own, says both pids, and sleeps.
PARENT = """
import sys, time
from pathlib import Path
from deploy.stack.processes import Guard, ProcessList
listed = ProcessList(Path(sys.argv[1]))
guard = Guard(listed)
child = listed.spawn(["sh", "-c", "sleep 60 & echo $! $$; wait"], stdout=-1)
print(child.stdout.readline().decode(), flush=True)
time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def sleeper(tmp_path: Path) -> Process:
    listed = ProcessList(tmp_path / "listed")
    log = tmp_path / "log"
    return Process("sleeper", ["sleep", "60"], listed=listed, log=log, cwd=ROOT)


def test_a_parent_that_is_killed_leaves_nothing_behind(tmp_path):
    command = [sys.executable, "-c", PARENT, str(tmp_path / "listed")]
    parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert all(map(is_alive, pids))
    parent.kill()
    parent.wait()
    wait_for(lambda: not any(map(is_alive, pids)), "the guard", 20)
    parent.stdout.close()


def test_one_that_dies_by_itself_is_told_from_one_that_was_stopped(tmp_path):
    process = sleeper(tmp_path)
    process.start()
    assert process.runs
    assert not process.died
    os.kill(process.pid, 9)
    wait_for(lambda: process.died, "its death")
    process.start()
    assert not process.died
    process.stop()
    assert not process.runs
    assert not process.died


def test_one_that_is_frozen_can_be_thawed_and_stopped(tmp_path):
    process = sleeper(tmp_path)
    process.start()
    process.freeze()
    state = Path(f"/proc/{process.pid}/stat")
    wait_for(lambda: state.read_text().split()[2] == "T", "the freeze")
    process.stop(seconds=10)
    assert process.returncode == -15
