"""A whole life of Carla as a contact, and a search for what is left of her."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from callcenter.models import DemoRow
from callcenter.wati.client import Answer
from callcenter.wati.events import Kind, Person
from calls.console import notes
from calls.lifecycle import transfer
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Direction, Plan, SetAsideLine, WatiRequest
from calls.outbound import dialing
from calls.queueing import wrap_up
from calls.signaling import deliveries, outbox
from calls.webhooks import processor, spool
from permissions import merging, people, services
from permissions.models import Contact
from tests.cast import CARLA
from tests.paths import SDP
from tests.shift import DORA, Shift, fresh

NAME = "Carla Quintanilla"
USER_ID = "DE.88123456789012345xyz"
USERNAME = "carla_quinta"
OFFER = (SDP / "whatsapp_offer.sdp").read_text()
# In any spelling: its digits may have spaces between them, or be read from the end.
NEEDLES = ("15112345678", "87654321151", USER_ID, USERNAME, "quintanilla")


class Life:
    """What Carla did, and what others wrote about her."""

    def __init__(self, shift: Shift) -> None:
        self.shift, self.cast = shift, shift.cast
        shift.begins(self.cast.ana, self.cast.bruno)

    @property
    def carla(self) -> Contact:
        contact = people.find(self.cast.account, Person(CARLA))
        assert contact is not None
        return contact

    def is_lived(self) -> Contact:
        self.calls_in_and_is_transferred()
        self.is_merged()
        self.allows_calls()
        self.is_called()
        self.is_to_be_called_back()
        self.is_written_about()
        self.asks_not_to_be_called()
        self.stands_on_the_disk()
        return self.carla

    def hears(self, kind: Kind, body: dict[str, Any]) -> None:
        """Wati posts a webhook, which has its effect at once."""
        incoming = self.incoming(kind, body)
        for row in deliveries.store_all(deliveries.read(incoming)):
            if row is not None:
                processor.process(row.pk)

    def incoming(self, kind: Kind, body: dict[str, Any]) -> deliveries.Incoming:
        content = json.dumps(body).encode()
        account = self.cast.account.pk
        return deliveries.Incoming(account, kind, content, "192.0.2.1", timezone.now())

    def calls_in_and_is_transferred(self) -> None:
        name = "wacid.HBgNNDkxNTExMjM0NTY3OBUC"
        contact = {"ContactNumber": "+49 1511 2345678", "ContactName": NAME}
        body = {"callId": name, "businessNumber": self.cast.line.number, "sdp": OFFER}
        self.hears(Kind.INBOUND_CALL, body | {"contact": contact})
        call = Call.objects.get(wati_call_id=name)
        assert call.is_live, call.end_text
        Call.objects.filter(pk=call.pk).update(answer_sdp=OFFER)
        self.shift.answers(self.cast.ana, call)
        notes.write_note(call.pk, self.cast.ana, f"{NAME} (0151 1234-5678), again.")
        notes.name_person(call.pk, self.cast.ana, NAME)
        transfer.transfer_to_agent(call.pk, self.cast.ana, self.cast.bruno)
        self.shift.rings_are_confirmed()
        self.shift.answers(self.cast.bruno, call)
        self.hears(Kind.TERMINATE_CALL, {"callId": name, "waId": CARLA})
        for agent in (self.cast.ana, self.cast.bruno):
            wrap_up.finish_wrap_up(agent.pk)
        assert fresh(call).result == "answered"

    def is_merged(self) -> None:
        hidden = Person(bsuids=(USER_ID,), username=USERNAME, name=NAME)
        lost = people.remember(self.cast.account, hidden)
        assert lost is not None
        Call.objects.create(
            account=self.cast.account,
            direction=Direction.INBOUND,
            contact=lost,
            line=self.cast.line,
            status="ended",
            result="abandoned",
            created_at=timezone.now(),
            ended_at=timezone.now(),
        )
        merging.merge(self.carla, lost, reason=f"{NAME} said so.", user=self.cast.sofia)

    def allows_calls(self) -> None:
        body = {
            "waid": CARLA,
            "bsuid": USER_ID,
            "username": USERNAME,
            "businessNumber": self.cast.line.number,
            "permission": "temporary",
            "status": "accepted",
        }
        self.hears(Kind.CALL_PERMISSION, body)
        self.hears(Kind.CALL_PERMISSION, {"what": f"is this, @{USERNAME}?"})
        pair = pair_of(self.carla, self.cast.line)
        why = f"{NAME} wrote to us."
        services.override(pair, user=self.cast.sofia, reason=why)

    def is_called(self) -> None:
        call = dialing.dial(self.cast.ana, self.carla, self.cast.line)
        dialing.offer_made(call.pk, OFFER)
        request = outbox.take(WatiRequest.objects.get(call=call).pk)
        assert request is not None
        outbox.finish(request, Answer("done", {"callId": "wacid.out"}), None)
        body = {"callId": "wacid.out", "status": "REJECTED", "recipient_id": CARLA}
        self.hears(Kind.OUTBOUND_CALL_STATUS, body)
        WatiRequest.objects.filter(call=call).update(words=f"+{CARLA} is busy.")
        assert not fresh(call).is_live

    def is_to_be_called_back(self) -> None:
        why, line = f"{NAME} has a question.", self.cast.line
        states = (Plan.State.GRANTED, Plan.State.DONE)
        Plan.objects.filter(contact=self.carla).delete()
        for state in states:
            Plan.objects.create(
                contact=self.carla, line=line, state=state, sentence=why
            )

    def is_written_about(self) -> None:
        """In notes of a call with somebody else."""
        call = self.shift.talks(self.cast.ana, DORA)
        text = f"Her sister is @{USERNAME}, or +49 (151) 12345678, or {USER_ID}."
        notes.write_note(call.pk, self.cast.ana, text)
        self.shift.hangs_up(call)
        wrap_up.finish_wrap_up(self.cast.ana.pk)
        key, label = self.carla.pk, Contact._meta.label
        DemoRow.objects.create(model=label, key=key, name=NAME)

    def asks_not_to_be_called(self) -> None:
        services.block(self.carla, user=self.cast.sofia, reason=f"{NAME} asked.")

    def stands_on_the_disk(self) -> None:
        ended = {"callId": "wacid.out", "waId": CARLA}
        spool.append([self.incoming(Kind.TERMINATE_CALL, ended)])
        torn = deliveries.to_spool_line(self.incoming(Kind.TERMINATE_CALL, ended))
        SetAsideLine.objects.create(file="f", line=torn[:-90], problem="Torn.")


def settle_requests() -> None:
    """Let what was to be sent to Wati be over: there is no Wati in these tests."""
    rows = WatiRequest.objects.filter(status__in=("pending", "sent"))
    rows.update(status="ok", next_attempt_at=None)


# --- The search -----------------------------------------------------------------------


def found(*needles: str) -> list[str]:
    """Return where any of these stands: in the database, or on the disk."""
    return [*_in_tables(needles), *_on_disk(needles)]


def _in_tables(needles: tuple[str, ...]) -> Iterator[str]:
    models = apps.get_models(include_auto_created=True)
    for table in sorted({model._meta.db_table for model in models}):
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    if any(_stands_in(needle, value) for needle in needles):
                        yield f"{table}.{column}: {value!r}"


def _on_disk(needles: tuple[str, ...]) -> Iterator[str]:
    for path in Path(settings.SPOOL_DIR).rglob("*"):
        if path.is_file():
            for needle in needles:
                if _stands_in(needle, path.read_bytes()):
                    yield f"{path}: {needle}"


def _stands_in(needle: str, value: Any) -> bool:
    """Look through spellings: spaces between digits, hexadecimal, escapes of JSON."""
    if isinstance(value, bytes | memoryview):
        text = bytes(value).decode(errors="replace")
        runs = re.findall(r"(?:[0-9a-f]{2}){8,}", text)
        text += "".join(bytes.fromhex(run).decode(errors="replace") for run in runs)
    else:
        text = str(value)
    plain = re.sub(r"(?<=\d)[\s().\-/]+(?=\d)", "", text)
    return any(needle.casefold() in one.casefold() for one in (text, plain))


def posted(client: Client, contact: Contact) -> int:
    address = f"/admin/permissions/contact/{contact.pk}/erase/"
    return client.post(address).status_code
