"""Years of a call center in a minute: rows in sets, the same ones each time."""

import random
import secrets
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

FIRST = str.split(
    "Ana José María Łukasz Zoë Jürgen İnci Yılmaz Björn Søren Æsa Chloé Núria Ömer "
    "Renée Müge João Inês Çağla Đorđe Þóra Ivan Sofía Carla Dora Elif Fátima Gülay "
    "Hélène Iñaki"
)
LAST = str.split(
    "Pérez García O’Brien Weiß Müller Nuñez Kowalski Ørsted Şahin Öztürk Çelik Silva "
    "Souza Gonçalves Ibáñez D’Angelo Ruiz-Díaz Castro López Martínez Sánchez Åkesson "
    "Dvořák Horváth Nagy Popescu Ionescu Schmidt Groß Lefèvre"
)
SAID = str.split(
    "wants a refund order arrives late tomorrow asked for invoice price delivery "
    "address changed please call back again happy wrong size broken return exchange "
    "colour blue red shop closed holiday payment failed card paid cash voucher "
    "discount"
)
RARE = "zanzibar"  # in the notes of one call in ten thousand
NOTED = 0.6  # of the calls
SDP = secrets.token_hex(300)  # of an offer or an answer; compressed, as stored


def fill(contacts: int, calls: int) -> None:
    """Write so many contacts and calls, with notes, permissions and their history."""
    chance = random.Random(7)
    desk = _desk()
    _contacts(contacts, chance)
    _permissions(desk, contacts // 4)
    _calls(desk, contacts, calls)
    _notes(desk, calls)


def number(place: int) -> str:
    return f"4915{100000000 + place * 37}"


def _desk() -> dict[str, Any]:
    from django.contrib.auth.models import User

    from agents.models import Agent, Queue
    from callcenter.models import WatiAccount
    from calls.models import Disposition, Line

    queue = Queue.objects.create(name="Support")
    account = WatiAccount.objects.create(name="Shop", is_active=True)
    line = Line.objects.create(
        account=account, number="4930123456", name="Shop", queue=queue
    )
    users = User.objects.bulk_create(User(username=f"a{n}") for n in range(100))
    agents = Agent.objects.bulk_create(
        Agent(user=user, name=f"Agent {LAST[place % 30]} {place}")
        for place, user in enumerate(users)
    )
    chosen = Disposition.objects.bulk_create(
        Disposition(name=name) for name in ("Sold", "Complaint", "Question", "Spam")
    )
    User.objects.create_superuser("sofia")
    return {
        "account_id": account.pk,
        "line_id": line.pk,
        "queue_id": queue.pk,
        "agents": [agent.pk for agent in agents],
        "dispositions": [one.pk for one in chosen],
    }


def _contacts(many: int, chance: random.Random) -> None:
    from django.utils import timezone

    from permissions.models import Contact, ContactId, ContactWord

    def name() -> str:
        names = [chance.choice(FIRST), chance.choice(LAST), chance.choice(LAST)]
        return " ".join(names[: chance.choice((2, 2, 3))])

    contacts = [
        Contact(pk=n + 1, waid=number(n), name=name() if n % 20 else "")
        for n in range(many)
    ]
    began = timezone.now() - timedelta(days=730)
    rows = (
        {
            "id": one.pk,
            "waid": one.waid,
            "name": one.name,
            "created_at": began + timedelta(minutes=5 * one.pk),
        }
        for one in contacts
    )
    load(Contact, rows)
    ids = (
        {"contact_id": c.pk, "kind": "number", "value": c.waid, "key": c.waid}
        for c in contacts
    )
    load(ContactId, ids)
    words = ({"contact_id": c.pk, "word": w} for c in contacts for w in c.own_words())
    load(ContactWord, words)


def _permissions(desk: dict[str, Any], many: int) -> None:
    from django.utils import timezone

    from permissions.models import CallPermission, PermissionEvent

    of = {"account_id": desk["account_id"], "business_number": "4930123456"}
    pairs = (
        {"id": n + 1, "contact_id": n + 1, "status": "temporary"} for n in range(many)
    )
    load(CallPermission, (of | pair for pair in pairs))
    now = timezone.now()
    events = (
        {
            "contact_id": n + 1,
            "permission_id": n + 1,
            "kind": kind,
            "at": now - timedelta(minutes=n * 5),
            "about": f"{kind} {n}",
        }
        for n in range(many)
        for kind in ("requested", "granted", "call_refused", "revoked")
    )
    load(PermissionEvent, events)


def _calls(desk: dict[str, Any], contacts: int, calls: int) -> None:
    from calls.models import Call

    agents = desk["agents"]
    agent = f"{agents[0]} + {_any_of(len(agents))}"
    talks = f"CASE WHEN n % 10 < 7 THEN {_at(calls, 'n', 12)} END"
    values = {name: desk[name] for name in ("account_id", "line_id", "queue_id")} | {
        "id": _uuid(),
        "wati_call_id": "'wacid.' || n",
        "direction": "CASE WHEN n % 10 < 7 THEN 'inbound' ELSE 'outbound' END",
        "contact_id": f"{_any_of(contacts)} + 1",
        "agent_id": f"CASE WHEN n % 10 < 7 THEN {agent} END",
        "status": "'ended'",
        "result": "CASE WHEN n % 10 < 7 THEN 'answered' ELSE 'abandoned' END",
        "end_text": "'The caller hung up.'",
        "created_at": _at(calls, "n", 0),
        "answered_at": talks,
        "ended_at": _at(calls, "n", 90),
        "offer_sdp": f"'{SDP}'",
    }
    _insert(Call, values, calls)


def _notes(desk: dict[str, Any], calls: int) -> None:
    """Write notes of the first calls: five usual words, a number, a rare word."""
    from calls.models import Leg, NoteWord

    noted = int(calls * NOTED)
    first, chosen = desk["agents"][0], desk["dispositions"]
    values = {
        "id": "n",
        "call_id": "(SELECT id FROM calls_call WHERE account_id = "
        f"{desk['account_id']} AND wati_call_id = 'wacid.' || (n * 10 / 6) "
        "AND wati_call_id <> '')",
        "agent_id": f"{first} + {_any_of(len(desk['agents']))}",
        "started_at": _at(calls, "n", 12),
        "ended_at": _at(calls, "n", 90),
        "notes": "'As its words say.'",
        "disposition_id": f"{chosen[0]} + {_any_of(len(chosen))}",
    }
    _insert(Leg, values, noted)
    share = len(SAID) // 5
    for start in range(0, len(SAID), share):
        cases = " ".join(
            f"WHEN {place} THEN '{word}'"
            for place, word in enumerate(SAID[start : start + share])
        )
        word = f"CASE {_any_of(share)} {cases} ELSE 'maria' END"
        _insert(NoteWord, {"leg_id": "n", "word": word}, noted)
    _insert(NoteWord, {"leg_id": "n", "word": "'' || n"}, noted)
    rare = {"leg_id": "n * 10000", "word": f"'{RARE}'"}
    _insert(NoteWord, rare, noted // 10_000)


# --- Rows made by the database -----------------------------------------------------


def _is_postgres() -> bool:
    from django.db import connection

    return connection.vendor == "postgresql"


def _uuid() -> str:
    return "gen_random_uuid()" if _is_postgres() else "lower(hex(randomblob(16)))"


def _any_of(many: int) -> str:
    if _is_postgres():
        return f"floor(random() * {many})::int"
    return f"abs(random() % {many})"


def _at(calls: int, place: str, seconds: int) -> str:
    """Return the time of a call, two years of them in order, and seconds later."""
    ago = f"{730 * 86400 / calls} * ({calls} - {place}) - {seconds}"
    if _is_postgres():
        return f"now() - interval '1 second' * ({ago})"
    return f"strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || ({ago}) || ' seconds')"


def _insert(model: Any, values: dict[str, Any], many: int) -> None:
    """Insert rows for n from 1; what has no value is as model or database have it."""
    from django.db import connection
    from django.db.models.fields import NOT_PROVIDED

    fields = [
        f
        for f in model._meta.concrete_fields
        if f.attname in values or not (f.primary_key or f.db_default != NOT_PROVIDED)
    ]
    usual = [
        f.get_db_prep_save(f.get_default(), connection)
        for f in fields
        if f.attname not in values
    ]
    names = ", ".join(f'"{f.column}"' for f in fields)
    made = ", ".join(str(values.get(f.attname, "%s")) for f in fields)
    numbers = (
        f"generate_series(1, {many}) AS n"
        if _is_postgres()
        else f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s "
        f"WHERE n < {many}) SELECT n FROM s)"
    )
    sql = f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {made} FROM {numbers}'
    with connection.cursor() as cursor:
        cursor.execute(
            sql.replace("% ", "%% ").replace(
                "%Y-%m-%d %H:%M:%f", "%%Y-%%m-%%d %%H:%%M:%%f"
            ),
            usual,
        )


# --- Rows made here ------------------------------------------------------------------


def load(model: Any, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as fast as the database takes them, by the columns of the first."""
    from django.db import connection

    fields = [
        f for f in model._meta.concrete_fields if hasattr(f, "column") and f.column
    ]
    rows = iter(rows)
    first = next(rows)
    is_keyed = "id" in first or model._meta.pk.column is None
    fields = [f for f in fields if is_keyed or not f.primary_key]
    usual = [f.get_db_prep_save(f.get_default(), connection) for f in fields]
    given = [(place, f) for place, f in enumerate(fields) if f.attname in first]

    def values(row: dict[str, Any]) -> list[Any]:
        made = list(usual)
        for place, field in given:
            made[place] = field.get_db_prep_save(row[field.attname], connection)
        return made

    everything = (values(row) for some in ([first], rows) for row in some)
    _write(model._meta.db_table, [f.column for f in fields], everything)


def _write(table: str, columns: list[str], rows: Iterator[list[Any]]) -> None:
    from django.db import connection, transaction

    names = ", ".join(f'"{column}"' for column in columns)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            copy_sql = f'COPY "{table}" ({names}) FROM STDIN'
            with cursor.connection.cursor().copy(copy_sql) as copy:
                for row in rows:
                    copy.write_row(row)
            return
        places = ", ".join(["%s"] * len(columns))
        insert = f'INSERT INTO "{table}" ({names}) VALUES ({places})'
        while True:
            some = list(islice(rows, 10_000))
            if not some:
                return
            cursor.executemany(insert, some)
