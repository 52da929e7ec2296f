"""A call's debug bundle tells what happened, and nothing of anybody."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from django.utils import timezone

from agents.models import Agent, Queue
from callcenter.models import AuditEntry, WatiAccount
from calls.models import (
    Call,
    CallChange,
    Disposition,
    Leg,
    Line,
    Node,
    Offer,
    Plan,
    RoutingDecision,
    Supervision,
    WatiRequest,
    WebhookDelivery,
)
from calls.reporting.bundle import bundle_of
from permissions.models import Contact
from tests.calls.admin.users import staff
from tests.cast import CARLA, Cast

TEXTS = (
    models.CharField,
    models.TextField,
    models.BinaryField,
    models.JSONField,
    models.URLField,
)
# Every model whose rows have to do with a call.
TOUCHED = (
    Agent,
    Call,
    CallChange,
    Contact,
    Disposition,
    Leg,
    Line,
    Node,
    Offer,
    Plan,
    Queue,
    RoutingDecision,
    Supervision,
    WatiAccount,
    WatiRequest,
    WebhookDelivery,
)


@pytest.fixture
def call(cast: Cast) -> Call:
    """Carla called, it rang at Ana, who answered; everything has a row."""
    now = timezone.now()
    node = Node.objects.create(name="node-8001", epoch=3, lease_until=now)
    call = Call.objects.create(
        account=cast.account,
        wati_call_id="wacid.HBgNNDkxNTExMjM0NTY3OBU",
        direction="inbound",
        line=cast.line,
        queue=cast.queue,
        agent=cast.ana,
        contact=Contact.objects.create(waid=CARLA, name="Carla"),
        status="ended",
        result="answered",
        node=node.name,
        node_epoch=3,
        created_at=now - timedelta(minutes=1),
        ended_at=now,
        visited_queues=[cast.queue.pk],
        audio_figures={"packets_in": 500, "lost_in": 2},
    )
    CallChange.objects.create(
        call=call, event="claimed", old="ringing", new="connecting"
    )
    disposition = Disposition.objects.create(name="Sold")
    Leg.objects.create(call=call, agent=cast.ana, notes="hm", disposition=disposition)
    Supervision.objects.create(
        call=call,
        user=cast.sofia,
        agent=cast.ana,
        mode="listen",
        was_told=True,
        started_at=now - timedelta(seconds=30),
        ended_at=now,
        away_since=None,
    )
    decision = RoutingDecision.objects.create(
        call=call, queue=cast.queue, rule_version=1, callers_waiting=1, facts={}
    )
    Offer.objects.create(
        call=call, agent=cast.ana, decision=decision, outcome="answered", rang_at=now
    )
    WatiRequest.objects.create(
        account=cast.account, call=call, verb="accept", status="ok", error_code=138021
    )
    body = {"callId": call.wati_call_id, "status": "ringing", "from": CARLA, "x": 1}
    WebhookDelivery.objects.create(
        account=cast.account,
        kind="inbound-call",
        status="done",
        body=json.dumps(body).encode(),
        wati_call_id=call.wati_call_id,
    )
    return call


def test_it_tells_what_happened(call: Call, cast: Cast):
    told = bundle_of(call)
    assert told["call"]["result"] == "answered"
    assert told["call"]["audio"] == {"packets_in": 500, "lost_in": 2}
    assert told["timeline"][0]["event"] == "claimed"
    assert told["ring_attempts"][0]["outcome"] == "answered"
    assert told["ring_attempts"][0]["agent_id"] == cast.ana.pk
    assert told["supervisions"][0]["mode"] == "listen"
    assert told["supervisions"][0]["agent_id"] == cast.ana.pk
    assert told["requests"][0]["verb"] == "accept"
    assert told["node"]["is_same_process"]
    assert told["versions"]["Django"]
    webhook = told["webhooks"][0]
    assert webhook["shape"]["status"] == "ringing"
    assert webhook["shape"]["from"] == f"(text, {len(CARLA)} characters)"
    assert webhook["shape"]["(others)"] == 1


def secret_for(field: Any, secrets: list[str]) -> Any:
    """A value that is in the bundle if and only if this column is."""
    secret = f"s{uuid4().hex}"
    if field.max_length is not None:
        secret = secret[: field.max_length]
    secrets.append(secret)
    if isinstance(field, models.JSONField):
        return {secret: [secret, {"name": secret, "packets_in": secret}]}
    if isinstance(field, models.BinaryField):
        content = {"callId": secret, secret: secret, "from": {"name": secret}}
        return json.dumps(content).encode()
    return secret


def test_no_text_of_any_row_is_in_it(call: Call):
    """Whatever people, Wati or we write into a text column stays there."""
    secrets: list[str] = []
    for model in TOUCHED:
        fields = [f for f in model._meta.concrete_fields if isinstance(f, TEXTS)]
        for row in model.objects.all():
            values = {f.name: secret_for(f, secrets) for f in fields}
            model.objects.filter(pk=row.pk).update(**values)
    # Rows are joined by these two.
    name = Node.objects.get().name
    wati_id = WebhookDelivery.objects.get().wati_call_id
    Call.objects.update(node=name, wati_call_id=wati_id)
    told = bundle_of(Call.objects.get())
    assert told["webhooks"]
    assert told["node"]
    text = json.dumps(told)
    Call.objects.all().delete()  # nobody is found by such texts
    Contact.objects.all().delete()
    # A column of five characters may turn up by chance.
    assert len(secrets) > 60
    assert not [secret for secret in secrets if len(secret) > 7 and secret in text]


def test_every_model_that_belongs_to_a_call_was_tried():
    related = {
        one.related_model
        for one in Call._meta.get_fields()
        if one.is_relation and one.related_model is not None
    }
    ours = {
        m for m in related if m._meta.app_label in ("calls", "agents", "permissions")
    }
    assert ours - set(TOUCHED) == set()
    assert set(TOUCHED) <= set(apps.get_models())


def test_it_holds_no_number_name_note_or_key(call: Call, cast: Cast):
    text = json.dumps(bundle_of(call))
    for secret in (CARLA, "Carla", "Ana", "Support", "Sold", call.wati_call_id):
        assert secret not in text
    assert cast.account.api_token not in text
    assert cast.account.webhook_key not in text


def test_who_may_see_the_call_may_have_it_and_that_is_noted(call: Call):
    address = f"/admin/calls/call/{call.pk}/bundle/"
    assert staff("view_queue").get(address).status_code == 403
    assert Client().get(address).status_code == 302


def test_its_download_is_a_file_and_is_logged(call: Call, cast: Cast):
    sofia = Client()
    sofia.force_login(cast.sofia)
    address = f"/admin/calls/call/{call.pk}/bundle/"
    assert address in sofia.get(f"/admin/calls/call/{call.pk}/change/").content.decode()
    answer = sofia.get(address)
    assert answer.json()["call"]["id"] == str(call.pk)
    assert f"call-{call.pk}.json" in answer.headers["Content-Disposition"]
    noted = AuditEntry.objects.filter(object_pk=str(call.pk), action="exported")
    assert noted.get().details == "debug bundle"
    assert sofia.get(f"/admin/calls/call/{uuid4()}/bundle/").status_code == 404
