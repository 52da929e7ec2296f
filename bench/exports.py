"""The cost of the call log as a file, and what calls on the same node notice of it.

`python -m bench.exports 100000`: so many calls with their ring attempts, transfers,
notes and permissions on a PostgreSQL of its own. The whole application serves the files
in the process that measures, without a server; a timer of 20 ms, as audio has
one, tells how late the event loop is. Prints lines of JSON.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FRAME = 0.02  # seconds
IDLE = 5.0  # seconds
FILES = ("export.csv", "export.csv?excel=1", "export.xlsx")
MEGABYTE = 1024 * 1024

# What archive.py leaves out: 1.4 ring attempts a call, seven moves, a transfer in 20
# calls, who talked, a note of a sentence, and the ledger's entry of an outbound call.
HISTORY = """
    UPDATE calls_leg SET joined_at = started_at, wrap_up_since = ended_at,
        wrapped_up_at = ended_at + interval '30 seconds',
        notes = 'Order ' || id || ' arrives late, wants a refund; call back tomorrow.';
    INSERT INTO calls_offer (call_id, agent_id, kind, offered_at, outcome)
        SELECT id, agent_id, 'queue', created_at, 'answered'
        FROM calls_call WHERE agent_id IS NOT NULL;
    INSERT INTO calls_offer (call_id, agent_id, kind, offered_at, outcome)
        SELECT call_id, agent_id, 'queue', started_at, 'no_answer' FROM calls_leg;
    INSERT INTO calls_callchange (call_id, at, event, old, new, detail)
        SELECT id, created_at, event, '', '', '' FROM calls_call, unnest(
            '{offered,claimed,media_up,hold,resumed,wrapped,ended}'::text[]) AS event;
    INSERT INTO calls_callchange (call_id, at, event, old, new, detail, user_id)
        SELECT call_id, started_at, 'transferred', '', '', '', a.user_id
        FROM calls_leg JOIN agents_agent a ON a.id = agent_id
        WHERE calls_leg.id % 12 = 0;
    INSERT INTO permissions_permissionevent (contact_id, permission_id, kind, source,
            "grant", at, written_at, call, detail, about, tally)
        SELECT contact_id, p.id, 'used', 'own', '', c.created_at, c.created_at,
            c.id, '', c.id, '{"streak": 1}'
        FROM calls_call c JOIN permissions_callpermission p USING (contact_id)
        WHERE direction = 'outbound';
"""


def main() -> None:
    from bench.servers import environment_of, postgres

    with postgres() as server:
        environment = environment_of(server)
        for step in ("fill", "measure"):  # the rows leave no memory behind
            command = [sys.executable, "-m", "bench.exports", step, *sys.argv[1:]]
            subprocess.run(command, cwd=ROOT, env=environment, check=True)


def fill(calls: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    from bench import archive

    call_command("migrate", verbosity=0)
    archive.fill(calls // 2, calls)
    with connection.cursor() as cursor:
        cursor.execute(HISTORY.replace("%", "%%"), [])
        cursor.execute("VACUUM ANALYZE")


# --- Measuring -----------------------------------------------------------------------


class Audio:
    """A timer like that of calls: how late each frame is, and the memory meanwhile."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self.memory: list[int] = []

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + FRAME
            await asyncio.sleep(FRAME)
            self.late.append(max(0.0, loop.time() - due))
            if len(self.late) % 10 == 0:
                self.memory.append(_memory())

    def lateness(self) -> dict[str, float]:
        late = sorted(self.late)
        return {
            "late_ms_p50": round(statistics.median(late) * 1000, 1),
            "late_ms_p99": round(late[int(len(late) * 0.99)] * 1000, 1),
            "late_ms_max": round(late[-1] * 1000, 1),
        }


def _memory() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def _parts(address: str, cookie: str) -> AsyncIterator[bytes]:
    """Yield a file as the application hands it to its server."""
    from callcenter.asgi import application

    path, _, query = address.partition("?")
    headers = [(b"host", b"localhost"), (b"cookie", cookie.encode())]
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": headers,
        "scheme": "https",
        "http_version": "1.1",
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
    sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue(1)
    asked = iter([{"type": "http.request", "body": b""}])

    async def receive() -> dict[str, Any]:
        return next(asked, None) or await asyncio.Future()

    served = asyncio.create_task(application(scope, receive, sent.put))  # type: ignore
    start = await sent.get()
    assert start["status"] == 200, start
    while (message := await sent.get()).get("more_body"):
        yield message.get("body", b"")
    yield message.get("body", b"")
    await served


async def _measured(address: str, cookie: str) -> dict[str, Any]:
    audio, before = Audio(), _memory()
    playing = asyncio.create_task(audio.run())
    began, used, length, first = time.perf_counter(), time.process_time(), 0, 0.0
    async for part in _parts(address, cookie):
        length += len(part)
        first = first or time.perf_counter() - began
    playing.cancel()
    return {
        "file": address,
        "seconds": round(time.perf_counter() - began, 1),
        "cpu_seconds": round(time.process_time() - used, 1),
        "first_part_ms": round(first * 1000),
        "megabytes": round(length / MEGABYTE, 1),
        "more_memory_mb": round((max(audio.memory) - before) / MEGABYTE),
        **audio.lateness(),
    }


async def _idle() -> dict[str, Any]:
    """Return what the machine itself does to the timer."""
    audio = Audio()
    with suppress(TimeoutError):
        await asyncio.wait_for(audio.run(), IDLE)
    return {"file": "none", "seconds": IDLE, **audio.lateness()}


async def measure(cookie: str, files: tuple[str, ...]) -> None:
    async for _ in _parts("/calls/export.csv?q=nobody", cookie):  # what loads late
        ...
    print(json.dumps(await _idle()), flush=True)
    for name in files:
        print(json.dumps(await _measured(f"/calls/{name}", cookie)), flush=True)


def _cookie() -> str:
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    client, name = Client(), settings.SESSION_COOKIE_NAME
    client.force_login(User.objects.get(username="sofia"))
    return f"{name}={client.cookies[name].value}"


if __name__ == "__main__":
    if sys.argv[1] not in ("fill", "measure"):
        main()
    else:
        import django

        django.setup()
        if sys.argv[1] == "fill":
            fill(int(sys.argv[2]))
        else:
            asyncio.run(measure(_cookie(), tuple(sys.argv[3:]) or FILES))
