"""The cost of the lists of calls and contacts in a company of some years.

`python -m bench.search 200000 1000000`: so many contacts and calls in the database that
the environment names, which is filled if it is empty; then the pages of the admin, as
a supervisor's browser gets them without network, as lines of JSON.
"""

import json
import statistics
import sys
import time
from typing import Any

ROUNDS = 5

CALLS, CONTACTS = "/admin/calls/call/", "/admin/permissions/contact/"
HISTORY = "/admin/permissions/permissionevent/"
PERMISSIONS = "/admin/permissions/callpermission/"
# What is looked at: the page, and what is typed into its search box.
LOOKS = {
    "whole list": [""],
    "full name": ["jose perez", "Łukasz Weiß", "zoe obrien", "inci sahin castro"],
    "first name": ["jose", "Zoë", "lukasz", "MÜGE"],
    "beginning": ["gar", "o’b", "mu", "s"],
    "number": ["0151 00000037", "+49 15100000037", "tel:+4915100003700", "00493"],
    "last digits": ["3700", "00037", "123", "987654"],
    "nobody": ["zzyzx", "jose zzyzx", "015199999999", "+34 612 345 678"],
}
CALL_LOOKS = LOOKS | {
    "notes": ["zanzibar", "refund", "refund tomorrow", "123456"],
    "name and notes": ["jose zanzibar", "maria refund", "perez broken card"],
    "agent": ["agent", "agent nunez", "jose agent"],
    "disposition": ["sold", "complaint garcia"],
}


def measure(contacts: int, calls: int) -> list[dict[str, Any]]:
    """Fill an empty database and look at every list; milliseconds by page and look."""
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from bench.archive import fill

    call_command("migrate", verbosity=0)
    if not User.objects.filter(username="sofia").exists():
        fill(contacts, calls)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("VACUUM ANALYZE")
    sofia = Client()
    sofia.force_login(User.objects.get(username="sofia"))
    found = []
    for page in (CALLS, CONTACTS, PERMISSIONS, HISTORY):
        for look, typed in (CALL_LOOKS if page == CALLS else LOOKS).items():
            times = [_once(sofia, page, text) for text in typed for _ in range(ROUNDS)]
            slowest = max(typed, key=lambda text: _once(sofia, page, text))
            row = {
                "page": page,
                "look": look,
                "p50": statistics.median(times),
                "p95": statistics.quantiles(times, n=20)[-1],
                "slowest": slowest,
            }
            print(row, file=sys.stderr, flush=True)
            found.append(row)
    return found


def _once(sofia: Any, page: str, text: str) -> float:
    began = time.perf_counter()
    answer = sofia.get(page, {"q": text} if text else {})
    assert answer.status_code == 200, (page, text, answer.status_code)
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
