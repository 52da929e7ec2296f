"""A busy floor as rows, the looks of a live board at it, and changes to look at.

Each step is run by bench/board.py in a process of its own.
"""

import json
import random
import statistics
import sys
import time
from datetime import timedelta
from typing import Any

import django

ROUNDS = 30
CHANGE_EVERY = 0.5  # seconds
CHANGED_AT_ONCE = 10
STEPS = ("parked", "put_on_hold", "resumed", "put_on_hold", "resumed")


def fill(agents: int, calls: int, queues: int) -> None:
    """Make a company in the middle of its day: who talks, who waits, what was."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.utils import timezone

    from agents.models import Agent, AgentStateSpan, Membership, Queue
    from callcenter.models import WatiAccount
    from calls.models import Line

    call_command("migrate", verbosity=0)
    now, chance = timezone.now(), random.Random(7)
    User.objects.create(
        username="sofia", password="!", is_staff=True, is_superuser=True
    )
    account = WatiAccount.objects.create(name="Shop", base_url="http://127.0.0.1:9")
    rooms = Queue.objects.bulk_create(Queue(name=f"Queue {n}") for n in range(queues))
    line = Line.objects.create(
        account=account, number="4930123456", name="Shop", queue=rooms[0]
    )
    users = User.objects.bulk_create(User(username=f"a{n}") for n in range(agents))
    states = ("available", "wrap_up", "on_break", "cannot_ring")
    staff = Agent.objects.bulk_create(
        Agent(
            user=user,
            name=f"Agent {place}",
            state="in_call" if place < calls * 3 // 4 else chance.choice(states),
            seen_at=now + timedelta(days=1),
            state_since=now - timedelta(seconds=chance.randrange(400)),
        )
        for place, user in enumerate(users)
    )
    Membership.objects.bulk_create(
        Membership(agent=one, queue=queue)
        for one in staff
        for queue in chance.sample(rooms, min(3, len(rooms)))
    )
    AgentStateSpan.objects.bulk_create(
        AgentStateSpan(
            agent=one,
            state=chance.choice(states),
            started_at=now - timedelta(minutes=4 * part + 4),
            ended_at=now - timedelta(minutes=4 * part),
        )
        for one in staff
        for part in range(120)
    )
    _calls(account, line, rooms, staff, calls, chance)


def _calls(
    account: Any, line: Any, rooms: Any, staff: Any, calls: int, chance: random.Random
) -> None:
    from django.utils import timezone

    from calls.models import Call, CallChange, Leg, Offer
    from permissions.models import Contact

    now = timezone.now()
    people = Contact.objects.bulk_create(
        Contact(waid=f"4915{100000000 + n}", name=f"Carla {n}") for n in range(calls)
    )
    talking = calls * 3 // 4
    live = Call.objects.bulk_create(
        Call(
            account=account,
            direction="inbound",
            line=line,
            wati_call_id=f"live {place}",
            contact=people[place],
            queue=chance.choice(rooms),
            status="active" if place < talking else "waiting",
            agent=staff[place] if place < talking else None,
            created_at=now - timedelta(seconds=chance.randrange(600)),
            answered_at=now if place < talking else None,
        )
        for place in range(calls)
    )
    CallChange.objects.bulk_create(
        CallChange(call=one, event=event, old="", new="")
        for one in live
        for event in STEPS
    )
    Offer.objects.bulk_create(
        Offer(call=one, agent=chance.choice(staff), outcome="no_answer")
        for one in live
        for _ in range(2)
    )
    Leg.objects.bulk_create(
        Leg(call=one, agent=one.agent, joined_at=now) for one in live if one.agent
    )
    Call.objects.bulk_create(
        Call(
            account=account,
            direction="inbound",
            line=line,
            wati_call_id=f"ended {place}",
            queue=chance.choice(rooms),
            status="ended",
            result=chance.choice(("answered", "answered", "answered", "abandoned")),
            created_at=(at := now - timedelta(seconds=chance.randrange(8 * 3600))),
            answered_at=at + timedelta(seconds=chance.randrange(60)),
            ended_at=at + timedelta(seconds=200),
        )
        for place in range(10_000)
    )


def look(viewers: int) -> None:
    """Measure one look and its texts; print JSON."""
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from calls.board.boards import Reader, Texts

    reader, users = Reader(), list(User.objects.values_list("pk", flat=True)[:viewers])
    for _ in range(12):  # the charts are read in parts
        found = reader.look(users, ["en"])
    with CaptureQueriesContext(connection) as queries:
        reader.look(users, ["en"])
    wall, cpu, size = [], [], 0
    for _ in range(ROUNDS):
        began, used = time.perf_counter(), time.thread_time()
        found = reader.look(users, ["en"])
        size = len(Texts(found, 1).board(None, "en"))
        wall.append(time.perf_counter() - began)
        cpu.append(time.thread_time() - used)
    result = {
        "statements": len(queries),
        "wall_ms": 1000 * statistics.median(wall),
        "cpu_ms": 1000 * statistics.median(cpu),
        "board_bytes": size,
        "day_bytes": len(Texts(found, 1).day(None)),
        "calls": len(found.board["calls"]),
        "agents": len(found.board["agents"]),
    }
    print(json.dumps(result))


def change() -> None:
    """Let something happen on the floor, until the standard input is closed."""
    import select

    from django.db import transaction
    from django.db.models import F
    from django.utils import timezone

    from agents.models import Agent
    from calls import notify
    from calls.models import Call

    chance = random.Random(11)
    agents = list(Agent.objects.exclude(state="in_call").values_list("pk", flat=True))
    live = list(Call.objects.filter(status="active").values_list("pk", flat=True))
    while not select.select([sys.stdin], [], [], CHANGE_EVERY)[0]:
        with transaction.atomic():
            for pk in chance.sample(agents, CHANGED_AT_ONCE):
                state = chance.choice(("available", "wrap_up", "on_break"))
                Agent.objects.filter(pk=pk).update(
                    state=state, state_since=timezone.now()
                )
            some = chance.sample(live, CHANGED_AT_ONCE)
            Call.objects.filter(pk__in=some).update(version=F("version") + 1)
            notify.boards_changed()


def cookie() -> None:
    """Print the session of a supervisor."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.get(username="sofia"))
    print(client.cookies[settings.SESSION_COOKIE_NAME].value)


if __name__ == "__main__":
    django.setup()
    step = {"fill": fill, "look": look, "change": change, "cookie": cookie}[sys.argv[1]]
    step(*map(int, sys.argv[2:]))
