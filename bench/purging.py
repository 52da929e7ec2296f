"""The rows that go by age in a second, and so in one night of five minutes.

`python -m bench.purging 100000`: so many calls of some years, with all that hangs on
them, and as many webhooks, on a PostgreSQL of its own. Prints lines of JSON.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOOKS_FOR = 40.0  # seconds, at each kind of data

WEBHOOKS = """
    INSERT INTO calls_webhookdelivery (account_id, kind, received_at, body, status,
            wati_call_id, attempts, problem, copies, part, parts)
        SELECT account_id, 'terminate-call', created_at, convert_to(
                repeat('{"callId": "wacid.0123456789"}', 30), 'UTF8'),
            'done', wati_call_id, 1, '', 0, 0, 1
        FROM calls_call;
"""


def main() -> None:
    from bench.servers import environment_of, postgres

    with postgres() as server:
        environment = environment_of(server)
        command = [sys.executable, "-m", "bench.purging", "measure", *sys.argv[1:]]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)


def measure(calls: int) -> None:
    import django

    django.setup()
    from django.db import connection

    from bench.exports import fill
    from calls.privacy import purging

    fill(calls)
    with connection.cursor() as cursor:
        cursor.execute(WEBHOOKS)
        cursor.execute("VACUUM ANALYZE")
    for one in purging.CLASSES[:-1]:  # the audit log keeps what is of this year
        print(json.dumps(_rate(one, purging)), flush=True)


def _rate(one: Any, purging: Any) -> dict[str, Any]:
    """Remove this kind as a night does, with its pauses, for a while."""
    from django.utils import timezone

    began, gone, longest = time.monotonic(), 0, 0.0
    steps = one.remove(timezone.now())
    ends = began + LOOKS_FOR
    while time.monotonic() < ends:
        asked = time.monotonic()
        count = next(steps, None)
        if count is None:
            break
        gone, longest = gone + count, max(longest, time.monotonic() - asked)
        time.sleep(purging.PAUSE)
    seconds = time.monotonic() - began
    return {
        "what": one.what,
        "rows": gone,
        "seconds": round(seconds, 1),
        "rows_in_a_second": round(gone / seconds),
        "rows_in_a_night": round(gone / seconds * purging.LASTS),
        "longest_step_ms": round(longest * 1000),
    }


if __name__ == "__main__":
    if sys.argv[1] == "measure":
        measure(int(sys.argv[2]))
    else:
        main()
