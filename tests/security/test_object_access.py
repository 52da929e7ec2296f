"""No agent reaches what is another agent's: requests, sockets, resuming, taking over.

Each request of the console is sent by Ana about what is Bruno's, with everything that
its code asks a message for. A request that is new fails here until a scene says where
Bruno himself could send it, and a field until `VALUES` says what of Bruno's it names.
"""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from channels.testing import WebsocketCommunicator
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from agents import hands, messaging
from agents import services as staff
from agents.models import Agent, BreakReason, FloorMessage, Membership, Queue
from agents.websocket_auth import NO_SUCH_CALL, NOT_YOURS
from callcenter.asgi import application, stop
from callcenter.buckets import Buckets, Rate
from callcenter.database import in_database
from callcenter.models import WatiAccount
from callcenter.urls import websocket_urlpatterns
from callcenter.wati.events import PermissionChanged, Person
from calls import snapshots
from calls.console.consumer import NOT_UNDERSTOOD, OF_THE_SOCKET, ConsoleConsumer
from calls.console.messages import Page
from calls.console.requests import REQUESTS, training
from calls.errors import Refused
from calls.lifecycle import ending, transfer
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Disposition, Leg, Line, Plan
from calls.node.bridge import bridge
from calls.states import Event
from permissions import services as permissions
from permissions.models import Contact
from tests.agents.test_websocket_auth import visit
from tests.cast import CARLA, Cast, hire
from tests.console import PROOF, session_key
from tests.shift import DORA, ERIK, Shift, change
from tests.windows import open_window

pytestmark = pytest.mark.stackless

ANAS_PAGE, BRUNOS_PAGE = "page of ana", "page of bruno"
# What only those may read who are on Bruno's call, or whose scheduled call it is.
MARKS = ("Carla Marked", "marked note", "marked wish", CARLA)
APPS = ("agents", "calls", "permissions", "callcenter")


class Scene:
    """Bruno has something, and Ana, of another queue, is free or in a call."""

    def __init__(self, shift: Shift) -> None:
        self.shift, cast = shift, shift.cast
        self.ana, self.bruno = cast.ana, cast.bruno
        self.clara = hire("clara", cast.queue)
        self.sales = Queue.objects.create(name="Sales")
        self.sales_line = Line.objects.create(
            account=cast.account, number="15550100009", name="Sales", queue=self.sales
        )
        Membership.objects.filter(agent=self.ana).update(queue=self.sales)
        self.sold = Disposition.objects.create(name="Sold")
        self.lunch = BreakReason.objects.create(name="Lunch")
        for agent, page in ((self.ana, ANAS_PAGE), (self.bruno, BRUNOS_PAGE)):
            open_window(agent, page)
            staff.ring_confirmed(agent.pk)
        change(cast.queue, wrap_up_seconds=60)
        shift.begins(self.bruno)
        self.call: Call | None = None
        self.plan: Plan | None = None
        self.message: FloorMessage | None = None

    @property
    def contact(self) -> Contact | None:
        owned = self.call or self.plan
        return owned.contact if owned else None

    # --- What Bruno has ---

    def rings(self) -> None:
        self.call = self.shift.calls_in(CARLA, "Carla Marked")

    def talks(self) -> None:
        self.rings()
        self.shift.answers(self.bruno, self.call)
        Leg.objects.get(call=self.call).write("marked note")

    def holds(self) -> None:
        self.talks()
        transfer.hold(self.call.pk, self.bruno)

    def transfers(self) -> None:
        self.talks()
        self.shift.begins(self.clara)

    def consults(self) -> None:
        self.transfers()
        self.shift.asks(self.bruno, self.clara, self.call)

    def wraps_up(self) -> None:
        self.talks()
        ending.end(self.call.pk, Event.AGENT_ENDED)

    def is_offered(self) -> None:
        self.knows()
        now = timezone.now()
        self.plan = Plan.objects.create(
            contact=Contact.objects.get(waid=CARLA),
            line=self.shift.cast.line,
            agent=self.bruno,
            state="offered",
            offered_at=now,
            expires_at=now + timedelta(days=1),
            sentence="marked wish",
        )

    def knows(self, *, granted: bool = True) -> None:
        contact = Contact.objects.create(waid=CARLA, name="Carla Marked")
        pair = pair_of(contact, self.shift.cast.line)
        if granted:
            yes = PermissionChanged(Person(CARLA), granted=True)
            permissions.permission_webhook(
                pair, yes, key="yes", received_at=timezone.now()
            )

    def has_not_asked(self) -> None:
        self.knows(granted=False)

    def has_signed_out(self) -> None:
        Agent.objects.filter(pk=self.bruno.pk).update(state="offline")

    def is_tested(self) -> None:
        mine = Agent.objects.filter(pk=self.bruno.pk)
        mine.update(unconfirmed_rings=1, state="cannot_ring")

    def has_raised_a_hand(self) -> None:
        hands.raise_hand(self.bruno.pk, "")

    def has_a_message(self) -> None:
        agents, day = [self.bruno.pk], timedelta(days=1)
        sofia = self.shift.cast.sofia
        self.message = messaging.send("Hello", sofia, agents, "Bruno", day)

    def trains(self) -> None:
        WatiAccount.objects.create(name="Training", tenant_id=snapshots.TRAINING)

    def is_free(self) -> None:
        """Bruno is available, and that is all."""

    # --- What Ana does ---

    def ana_is_free(self) -> None:
        self.shift.begins(self.ana)

    def ana_talks(self) -> None:
        self.shift.begins(self.ana)
        mine = self.shift.calls_in(ERIK, "Erik", self.sales_line)
        self.shift.answers(self.ana, mine)


# Where Bruno himself may send it, and something comes of it.
SCENES: dict[str, Callable[[Scene], None]] = {
    "available": Scene.has_signed_out,
    "offline": Scene.is_free,
    "break": Scene.is_free,
    "next_state": Scene.talks,
    "answer": Scene.rings,
    "decline": Scene.rings,
    "hang_up": Scene.talks,
    "mute": Scene.talks,
    "rings": Scene.rings,
    "test_rang": Scene.is_tested,
    "hold": Scene.talks,
    "resume": Scene.holds,
    "targets": Scene.talks,
    "transfer": Scene.transfers,
    "consult": Scene.transfers,
    "cancel_consult": Scene.consults,
    "complete": Scene.consults,
    "note": Scene.talks,
    "disposition": Scene.wraps_up,
    "finish": Scene.wraps_up,
    "more_time": Scene.wraps_up,
    "callback": Scene.wraps_up,
    "name_person": Scene.talks,
    "card": Scene.talks,
    "look_up": Scene.talks,
    "find": Scene.talks,
    "save_contact": Scene.talks,
    "keys": Scene.talks,
    "my_calls": Scene.talks,
    "my_day": Scene.talks,
    "call": Scene.is_offered,
    "ask": Scene.has_not_asked,
    "call_plan": Scene.is_offered,
    "drop_plan": Scene.is_offered,
    "raise_hand": Scene.is_free,
    "lower_hand": Scene.has_raised_a_hand,
    "read_message": Scene.has_a_message,
    "training_call": Scene.trains,
}
# Of these no row: a line of the log, and a request to the training desk.
NOTHING_COMES_OF = {"quality", "training_call"}
# Contacts and what is known of their permission are everybody's who may call them. A
# scheduled call is done with when somebody calls its contact, whoever that is.
EVERYBODYS = {
    "call": {"permissions.callpermission", "calls.plan", "permissions.contact"},
    "ask": {"permissions.callpermission"},
    "look_up": set(),
    "find": set(),
    "save_contact": {
        "permissions.contact",
        "permissions.contactid",
        "permissions.contactword",
    },
}


# Who does not know these has to guess.
SECRET_NAMES = {"call", "plan"}
GUESS = str(uuid4())


class Everything(dict[str, Any]):
    """A message with all that its handler asks for, but what is left out."""

    def __init__(
        self, scene: Scene, *, guessed: bool = False, without: str = ""
    ) -> None:
        super().__init__()
        self.asked: set[str] = set()
        self._scene, self._guessed, self._without = scene, guessed, without

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        value = VALUES[name](self._scene)
        if name == self._without:
            return default
        return GUESS if name in SECRET_NAMES and self._guessed else value

    __getitem__ = get


VALUES: dict[str, Callable[[Scene], Any]] = {
    "call": lambda scene: str(scene.call.pk) if scene.call else None,
    "plan": lambda scene: str(scene.plan.pk) if scene.plan else None,
    "contact": lambda _: getattr(Contact.objects.filter(waid=CARLA).first(), "pk", 0),
    "agent": lambda scene: scene.clara.pk,
    "queue": lambda scene: scene.shift.cast.queue.pk,
    "line": lambda scene: scene.shift.cast.line.pk,
    "disposition": lambda scene: scene.sold.pk,
    "reason": lambda scene: scene.lunch.pk,
    "state": lambda _: "on_break",
    "muted": lambda _: True,
    "mine": lambda _: True,
    "text": lambda _: "overwritten",
    "name": lambda _: "Overwritten",
    "at": lambda _: (timezone.now() + timedelta(days=1)).isoformat(),
    "number": lambda _: f"+{DORA}",
    "report": lambda _: {},
    "kind": lambda _: "",
    "before": lambda _: None,
    "last": lambda _: None,
    "keys": lambda _: "off",
    "message": lambda scene: scene.message.pk if scene.message else None,
}


# --- What a message does --------------------------------------------------------------


Rows = dict[tuple[str, Any], dict[str, Any]]


def all_rows() -> Rows:
    found: Rows = {}
    for app in APPS:
        for model in apps.get_app_config(app).get_models(include_auto_created=True):
            for row in model._default_manager.order_by().values():
                key = row.get(model._meta.pk.attname) or tuple(row.values())
                found[model._meta.label_lower, key] = row
    return found


def is_hers(key: tuple[str, Any], row: dict[str, Any], ana: Agent) -> bool:
    return key == ("agents.agent", ana.pk) or row.get("agent_id") == ana.pk


def refers_to(label: str, row: dict[str, Any], theirs: set[tuple[str, Any]]) -> bool:
    fields = apps.get_model(label)._meta.fields
    related = [one for one in fields if isinstance(one.remote_field, object)]
    return any(
        (one.related_model._meta.label_lower, row[one.attname]) in theirs
        for one in related
        if isinstance(one.related_model, type) and issubclass(one.related_model, Model)
    )


@contextmanager
def writes() -> Iterator[list[str]]:
    """Collect the statements that change rows."""
    found: list[str] = []

    def look(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            found.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(look):
        yield found


class Done:
    """What became of one message, which is undone again."""

    def __init__(self, kind: str, page: Page, message: Everything) -> None:
        self.reply: Any = None
        self.refusal = ""
        self.rows: Rows | None = None
        self.seen = ""
        with transaction.atomic(), writes() as written:
            try:
                self.reply = REQUESTS[kind](page, message)
            except Refused as refused:
                self.refusal = str(refused)
            if written:
                self.rows = all_rows()
                console = snapshots.console_snapshot(page.agent.pk)
                self.seen = json.dumps(console, default=str)
            transaction.set_rollback(True)

    @property
    def told(self) -> str:
        return f"{self.refusal} {json.dumps(self.reply, default=str)}"


def touched(kind: str, before: Rows, done: Done, scene: Scene) -> list[str]:
    """Return the rows that are not Ana's and changed, or speak of Bruno's now."""
    after = before if done.rows is None else done.rows
    theirs = {
        key
        for key, row in before.items()
        if key[0] in ("agents.agent", "calls.call", "calls.plan", "calls.leg")
        and not is_hers(key, row, scene.ana)
    }
    theirs |= {("calls.call", scene.call.pk)} if scene.call else set()
    free_for_all = EVERYBODYS.get(kind, set())
    found = []
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old == new or key[0] in free_for_all or is_hers(key, new or {}, scene.ana):
            continue
        if old is not None or refers_to(key[0], new or {}, theirs):
            found.append(f"{key[0]} {key[1]}")
    return found


# --- Requests -------------------------------------------------------------------------


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The agents at whom the training desk was asked to ring."""
    found: list[int] = []
    monkeypatch.setattr(training, "_ask", lambda _, agent: found.append(agent) or 200)
    monkeypatch.setattr(training, "_wishes", Buckets(Rate(1000, 1)))
    return found


@pytest.fixture
def scene(shift: Shift, trained: list[int]) -> Scene:
    return Scene(shift)


def test_a_training_call_rings_at_the_agent_who_asks(scene: Scene, trained: list[int]):
    scene.trains()
    scene.ana_is_free()
    for _page, message in tries("training_call", scene):
        Done("training_call", Page(scene.ana, ANAS_PAGE), message)
    assert set(trained) == {scene.ana.pk}


def test_every_request_has_its_scene():
    assert SCENES.keys() | NOTHING_COMES_OF == REQUESTS.keys()


@pytest.mark.parametrize("ana_does", [Scene.ana_is_free, Scene.ana_talks])
@pytest.mark.parametrize("kind", REQUESTS)
def test_a_request_is_for_those_whom_it_belongs_to(
    kind: str, ana_does: Callable[[Scene], None], scene: Scene
):
    ana_does(scene)
    SCENES.get(kind, Scene.talks)(scene)
    before = all_rows()
    assert_bruno_can(kind, scene, before)
    for page, message in tries(kind, scene):
        done = Done(kind, Page(scene.ana, page), message)
        assert touched(kind, before, done, scene) == []
        if kind not in EVERYBODYS:
            shown = done.told + done.seen
            assert [mark for mark in MARKS if mark in shown] == []
    assert_nothing_tells_theirs_from_nobodys(kind, scene)


def assert_bruno_can(kind: str, scene: Scene, before: Rows) -> None:
    done = Done(kind, Page(scene.bruno, BRUNOS_PAGE), Everything(scene))
    assert done.refusal == ""
    is_done = done.reply is not None or done.rows not in (None, before)
    assert is_done or kind in NOTHING_COMES_OF


def tries(kind: str, scene: Scene) -> Iterator[tuple[str, Everything]]:
    """Yield pages and messages: of all fields, and without each of them."""
    yield ANAS_PAGE, (whole := Everything(scene))
    yield BRUNOS_PAGE, Everything(scene)
    for name in sorted(whole.asked):
        yield ANAS_PAGE, Everything(scene, without=name)


def assert_nothing_tells_theirs_from_nobodys(kind: str, scene: Scene) -> None:
    page, message = Page(scene.ana, ANAS_PAGE), Everything(scene)
    theirs = Done(kind, page, message)
    guess = Done(kind, page, Everything(scene, guessed=True))
    if message.asked & SECRET_NAMES:
        assert (theirs.refusal, theirs.reply) == (guess.refusal, guess.reply)


# --- Websockets -----------------------------------------------------------------------


# What each value of a route may be: Bruno's, and what nobody has.
OF_A_ROUTE = {
    "node": lambda _: (bridge.held.node.name, "node-9"),
    "call_id": lambda call: (call.pk, uuid4()),
}


@pytest.fixture
async def site():
    yield application
    await stop()


def addresses(call: Call) -> Iterator[str]:
    """Yield each route with each of its values."""
    for route in (str(one.pattern) for one in websocket_urlpatterns):
        names = re.findall(r"<\w+:(\w+)>", route)
        for values in product(*(OF_A_ROUTE[name](call) for name in names)):
            address = f"/{route}"
            for value in values:
                address = re.sub(r"<[^>]+>", str(value), address, count=1)
            yield address


def brunos_call(cast: Cast) -> Call:
    """Bruno talks, on this node."""
    open_window(cast.bruno, BRUNOS_PAGE)
    node = bridge.held.node
    call = Call.objects.create(
        account=cast.account,
        wati_call_id="wacid.1",
        direction="inbound",
        status="active",
        line=cast.line,
        queue=cast.queue,
        contact=Contact.objects.create(waid=CARLA, name="Carla Marked"),
        agent=cast.bruno,
        node=node.name,
        node_epoch=node.epoch,
        deadline=timezone.now() + timedelta(hours=1),
    )
    Leg.objects.create(call=call, agent=cast.bruno, started_at=timezone.now())
    Agent.objects.filter(pk=cast.bruno.pk).update(state="in_call")
    return call


async def heard(visitor: WebsocketCommunicator) -> tuple[str, int | None]:
    """Return all that is said until it is silent, and the code of a close."""
    said = ""
    while not await visitor.receive_nothing(0.2, 0.02):
        message = await visitor.receive_output()
        said += str(message.get("text"))
        if message["type"] == "websocket.close":
            return said, message["code"]
    return said, None


async def test_no_websocket_shows_another_agents_call(cast: Cast, site):
    key = await in_database(session_key, cast.ana)
    first = visit(site, "/ws/console/", key)
    await first.connect()
    while bridge.held.node is None:  # noqa: ASYNC110  # it starts with the first visit
        await asyncio.sleep(0.02)
    call = await in_database(brunos_call, cast)
    before = await in_database(Agent.objects.filter(pk=cast.bruno.pk).values().get)
    for address in addresses(call):
        visitor = visit(site, address, key)
        await visitor.connect()
        for kind in OF_THE_SOCKET:
            takeover = {"type": kind, "console": BRUNOS_PAGE, "take": True}
            text = json.dumps({**takeover, "agent": cast.bruno.pk, "proof": PROOF})
            await visitor.send_to(text_data=text)
        said, code = await heard(visitor)
        assert [mark for mark in (*MARKS, str(call.pk)) if mark in said] == [], address
        wanted = {str(call.pk): NOT_YOURS}.get(address.split("/")[-3], NO_SUCH_CALL)
        if address.endswith("/supervision/"):
            wanted = NOT_YOURS  # whatever the call: she has no right to listen
        assert code == (wanted if "/calls/" in address else code), address
    after = await in_database(Agent.objects.filter(pk=cast.bruno.pk).values().get)
    assert after == before


async def test_what_the_server_tells_itself_no_page_can_say(cast: Cast, site):
    ana = visit(site, "/ws/console/", await in_database(session_key, cast.ana))
    await ana.connect()
    inside = [name for name in vars(ConsoleConsumer) if name not in OF_THE_SOCKET]
    for kind in ["websocket.disconnect", *(set(inside) - REQUESTS.keys())]:
        await ana.send_to(text_data=json.dumps({"type": kind, "address": "/else/"}))
        assert NOT_UNDERSTOOD in (await ana.receive_output())["text"], kind
    await ana.disconnect()
