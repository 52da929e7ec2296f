"""What supervisors see of calls, and the little they may do to them."""

import html
import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from agents.models import Agent
from calls import placement
from calls.lifecycle import answer
from calls.models import Call, CallChange, Node, Offer, WatiRequest, WebhookDelivery
from calls.signaling.redaction import readable
from calls.states import Event
from permissions.models import Contact
from tests.cast import CARLA, HASHED, Cast, on_duty

LOG = "/admin/calls/call/"
SDP = "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:very-secret-indeed\r\n"


@pytest.fixture
def sofia(cast: Cast, client: Client) -> Client:
    client.force_login(cast.sofia)
    return client


@pytest.fixture
def rui(cast: Cast) -> Client:
    """Staff who may look at everything, and no more."""
    user = User.objects.create(username="rui", password=HASHED, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client


def new_call(cast: Cast, **changes) -> Call:
    now = timezone.now()
    fields = {
        "account": cast.account,
        "wati_call_id": f"wacid.{uuid4()}",
        "direction": "inbound",
        "line": cast.line,
        "queue": cast.queue,
        "status": "ended",
        "result": "abandoned",
        "end_text": "The customer hung up.",
        "created_at": now - timedelta(seconds=30),
        "ended_at": now,
        "offer_sdp": SDP,
    }
    return Call.objects.create(**(fields | changes))


def ringing(cast: Cast) -> Call:
    return new_call(cast, status="ringing", result="", ended_at=None, end_text="")


def page_of(call: Call) -> str:
    return f"{LOG}{call.pk}/change/"


def shown(client: Client, query: str) -> set[Call]:
    response = client.get(f"{LOG}{query}")
    assert response.status_code == 200
    return set(response.context["cl"].queryset)


def webhook(cast: Cast, body: object, **changes) -> WebhookDelivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"account": cast.account, "kind": "inbound-call", "body": raw}
    return WebhookDelivery.objects.create(**(fields | changes))


# --- The log -----------------------------------------------------------------------


def test_the_log_tells_who_called_and_how_it_went(cast: Cast, sofia: Client):
    carla = Contact.objects.create(waid=CARLA, name="Carla")
    new_call(cast, contact=carla, agent=cast.ana, result="answered")
    text = sofia.get(LOG).content.decode()
    for words in ("Carla", "+49 1511 2345678", "Ana", "Answered", "0:30"):
        assert words in text


def test_a_caller_whom_whatsapp_does_not_name_has_words(cast: Cast, sofia: Client):
    new_call(cast)
    assert "Unknown WhatsApp user" in sofia.get(LOG).content.decode()


def test_shadows_are_in_no_list(cast: Cast, sofia: Client):
    shadow = new_call(cast, direction="")
    assert shown(sofia, "") == set()
    assert sofia.get(page_of(shadow)).status_code == 302


@pytest.mark.parametrize(
    "term",
    [
        "carl",
        CARLA,
        "+49 1511 2345678",
        "(0049) 1511-2345678"[7:],
        "wacid.findme",
        "Ana",
        "{id}",
    ],
)
def test_a_call_is_found_by_whatever_is_known_of_it(
    cast: Cast, sofia: Client, term: str
):
    carla = Contact.objects.create(waid=CARLA, name="Carla")
    call = new_call(cast, contact=carla, agent=cast.ana, wati_call_id="wacid.findme")
    new_call(cast, wati_call_id="wacid.other")
    assert shown(sofia, f"?q={term.format(id=call.pk).replace('+', '%2B')}") == {call}


def test_a_search_for_nonsense_finds_nothing_and_breaks_nothing(sofia: Client):
    for term in ("'; drop table", "%F0%9F%93%9E", "9" * 500):
        assert shown(sofia, f"?q={term}") == set()


def test_a_bad_period_is_said_on_the_page_and_shows_no_rows(cast: Cast, sofia: Client):
    new_call(cast)
    response = sofia.get(f"{LOG}?from=yesterday")
    assert "must be a date" in response.content.decode()
    assert not response.context["cl"].queryset


def test_the_export_buttons_carry_the_filters(sofia: Client):
    text = sofia.get(f"{LOG}?result=missed&q=carla").content.decode()
    for suffix, name in (("xlsx", "Export Excel"), ("csv", "Export CSV")):
        address = f"/calls/export.{suffix}?result=missed&amp;q=carla"
        assert f'<a href="{address}">{name}</a>' in text


def test_a_list_of_calls_costs_the_same_for_one_and_for_many(
    cast: Cast, sofia: Client, django_assert_max_num_queries
):
    for number in range(30):
        contact = Contact.objects.create(waid=f"4915112345{number:03}")
        new_call(cast, contact=contact, agent=cast.ana)
    with django_assert_max_num_queries(16):
        sofia.get(LOG)


# --- One call ----------------------------------------------------------------------


def test_the_page_of_a_call_tells_its_whole_story(cast: Cast, sofia: Client):
    call = new_call(cast, wati_call_id="wacid.story")
    CallChange.objects.create(
        call=call, event="claimed", old="ringing", new="connecting", user=cast.ana.user
    )
    Offer.objects.create(call=call, agent=cast.bruno, outcome="taken")
    WatiRequest.objects.create(
        account=cast.account, call=call, verb="accept", status="refused", problem="No."
    )
    webhook(cast, {}, wati_call_id="wacid.story", status="done", copies=3)
    text = sofia.get(page_of(call)).content.decode()
    for words in (
        "An agent answered.",
        "Ringing → Connecting",
        "Answered by another agent",
        "Rejected",
        "No.",
        "New Inbound Call",
    ):
        assert words in text


@pytest.mark.parametrize("event", [*Event, "something_new"])
def test_every_event_has_words(cast: Cast, sofia: Client, event: str):
    call = new_call(cast)
    CallChange.objects.create(call=call, event=event, old="ringing", new="ringing")
    text = sofia.get(page_of(call)).context["changes"][0]["what"]
    assert text.endswith(".")
    assert "_" not in text


def test_only_a_superuser_sees_sdp(cast: Cast, sofia: Client, rui: Client):
    call = new_call(cast)
    assert "very-secret-indeed" in sofia.get(page_of(call)).content.decode()
    assert "very-secret-indeed" not in rui.get(page_of(call)).content.decode()


def test_nobody_adds_edits_or_deletes_a_call(cast: Cast, sofia: Client):
    call = new_call(cast)
    assert sofia.get(f"{LOG}add/").status_code == 403
    assert sofia.post(page_of(call), {"status": "ringing"}).status_code == 403
    assert sofia.post(f"{LOG}{call.pk}/delete/", {"post": "yes"}).status_code == 403
    call.refresh_from_db()
    assert call.status == "ended"


def test_a_supervisor_ends_a_live_call(cast: Cast, sofia: Client):
    placement.register()
    on_duty(cast.ana)
    call = ringing(cast)
    Offer.objects.create(call=call, agent=cast.ana)
    answer.claim(call.pk, cast.ana)
    assert "End this call" in sofia.get(page_of(call)).content.decode()
    response = sofia.post(f"{LOG}{call.pk}/end/", follow=True)
    assert "The call was ended." in response.content.decode()
    call.refresh_from_db()
    assert (call.status, call.ended_by) == ("ended", "supervisor")
    assert call.changes.last().user == cast.sofia
    assert Agent.objects.get(pk=cast.ana.pk).state == "available"


def test_a_call_ends_once(cast: Cast, sofia: Client):
    call = new_call(cast)
    assert "End this call" not in sofia.get(page_of(call)).content.decode()
    response = sofia.post(f"{LOG}{call.pk}/end/", follow=True)
    assert "had already ended" in response.content.decode()


def test_ending_a_call_needs_more_than_looking(cast: Cast, rui: Client):
    call = ringing(cast)
    assert "End this call" not in rui.get(page_of(call)).content.decode()
    assert rui.post(f"{LOG}{call.pk}/end/").status_code == 403
    call.refresh_from_db()
    assert call.status == "ringing"


def test_a_link_ends_no_call(cast: Cast, sofia: Client):
    assert sofia.get(f"{LOG}{ringing(cast).pk}/end/").status_code == 405


def test_another_site_ends_no_call(cast: Cast):
    call = ringing(cast)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.sofia)
    assert strict.post(f"{LOG}{call.pk}/end/").status_code == 403


# --- Webhooks ----------------------------------------------------------------------

HOOKS = "/admin/calls/webhookdelivery/"


def test_a_webhook_shows_its_body_without_secrets(cast: Cast, rui: Client):
    body = {"callId": "wacid.1", "Sdp": SDP, "apiKey": "shared-key", "name": "<b>"}
    delivery = webhook(cast, body)
    text = rui.get(f"{HOOKS}{delivery.pk}/change/").content.decode()
    assert "wacid.1" in text
    assert "&lt;b&gt;" in text
    assert "very-secret-indeed" not in text
    assert "shared-key" not in text


def test_a_superuser_sees_the_sdp_but_no_key(cast: Cast, sofia: Client):
    delivery = webhook(cast, {"sdp": SDP, "nested": [{"ApiKey": "shared-key"}]})
    text = sofia.get(f"{HOOKS}{delivery.pk}/change/").content.decode()
    assert "very-secret-indeed" in text
    assert "shared-key" not in text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"not json " + SDP.encode(),
        json.dumps({"raw": json.dumps({"sdp": SDP})}).encode(),
        json.dumps([{"session": {"SDP_Answer": SDP}}]).encode(),
        json.dumps({"text": f"see a=ice-pwd:very-secret-indeed {'x' * 9}"}).encode(),
        b"[" * 5000,
    ],
)
def test_no_body_however_broken_shows_an_ice_password(body: bytes):
    assert "very-secret-indeed" not in readable(body, with_sdp=False)


def test_webhooks_are_filtered_by_the_names_wati_gives_them(cast: Cast, sofia: Client):
    webhook(cast, {}, kind="call-permission")
    wanted = webhook(cast, {}, kind="terminate-call")
    page = sofia.get(f"{HOOKS}?kind=terminate-call")
    assert list(page.context["cl"].queryset) == [wanted]
    assert "New Outbound Call Status" in page.content.decode()


def test_a_dead_webhook_is_replayed_and_counts(cast: Cast, sofia: Client):
    body = {"callId": "wacid.late", "event": "terminate"}
    dead = webhook(
        cast,
        body,
        kind="terminate-call",
        wati_call_id="wacid.late",
        status="dead",
        problem="It failed 5 times.",
    )
    new_call(cast, wati_call_id="wacid.late")
    choice = {"action": "replay", "_selected_action": [dead.pk]}
    response = sofia.post(HOOKS, choice, follow=True)
    assert "1 replayed." in response.content.decode()
    dead.refresh_from_db()
    assert (dead.status, dead.problem) == ("done", "")


def test_a_webhook_that_stays_useless_says_so(cast: Cast, sofia: Client):
    known = new_call(cast, wati_call_id="wacid.again")
    body = {"callId": known.wati_call_id, "sdp": SDP}
    dead = webhook(cast, body, status="dead")
    choice = {"action": "replay", "_selected_action": [dead.pk]}
    response = sofia.post(HOOKS, choice, follow=True)
    assert "1 still need attention" in response.content.decode()


def test_a_webhook_that_fails_again_says_so(cast: Cast, sofia: Client):
    body = b"no JSON, and stored all the same"
    dead = webhook(cast, body, status="dead")
    choice = {"action": "replay", "_selected_action": [dead.pk]}
    response = sofia.post(HOOKS, choice, follow=True)
    assert "0 replayed." in response.content.decode()


def test_replaying_needs_more_than_looking(cast: Cast, rui: Client):
    dead = webhook(cast, {}, status="dead")
    rui.post(HOOKS, {"action": "replay", "_selected_action": [dead.pk]}, follow=True)
    dead.refresh_from_db()
    assert dead.status == "dead"


# --- Today -------------------------------------------------------------------------


def test_the_first_page_shows_today_and_what_needs_a_look(cast: Cast, sofia: Client):
    on_duty(cast.ana)
    ringing(cast)
    new_call(cast, result="answered", created_at=timezone.now(), ended_at=None)
    webhook(cast, {}, status="dead")
    overview = sofia.get("/admin/").context["overview"]
    assert overview["live"].available == 1
    assert overview["live"].ringing == 1
    assert overview["problems"].dead_webhooks == 1
    text = sofia.get("/admin/").content.decode()
    assert "1 webhook from Wati needs attention" in text


def test_every_tile_leads_to_what_it_counts(cast: Cast, sofia: Client):
    ringing(cast)
    page = sofia.get("/admin/").content.decode()
    links = re.findall(r'<a class="tile[^"]*" href="([^"]+)"', page)
    assert len(links) == 18
    for link in links:
        response = sofia.get(html.unescape(link))
        assert response.status_code == 200


def test_staff_without_the_right_see_no_figures(cast: Cast, client: Client):
    plain = User.objects.create(username="plain", password=HASHED, is_staff=True)
    client.force_login(plain)
    assert "overview" not in client.get("/admin/").context


def test_a_dead_node_looks_dead(sofia: Client):
    placement.register()
    Node.objects.create(name="node-2", lease_until=timezone.now())
    text = sofia.get("/admin/calls/node/").content.decode()
    assert "Running" in text
    assert "Not running" in text


@pytest.mark.parametrize(
    "address",
    [
        "calls/call/",
        "calls/node/",
        "calls/watirequest/",
        "calls/webhookdelivery/",
        "agents/agent/",
        "agents/agent/add/",
        "agents/queue/",
        "agents/queue/add/",
        "agents/prompt/",
        "agents/prompt/add/",
        "agents/schedule/",
        "agents/schedule/add/",
        "agents/breakreason/",
        "agents/breakreason/add/",
        "calls/disposition/",
        "calls/disposition/add/",
        "calls/line/",
        "agents/agentstatespan/",
        "calls/plan/",
        "permissions/contact/",
        "permissions/callpermission/",
        "permissions/permissionevent/",
        "callcenter/watiaccount/",
        "callcenter/watiaccount/add/",
        "auth/user/",
        "auth/group/",
        "calls/",
    ],
)
def test_every_page_opens(sofia: Client, address: str):
    assert sofia.get(f"/admin/{address}").status_code == 200


# --- Agents and contacts -----------------------------------------------------------


def add_agent(client: Client, **fields: str):
    inline = {"membership_set-TOTAL_FORMS": "1", "membership_set-INITIAL_FORMS": "0"}
    return client.post("/admin/agents/agent/add/", inline | fields)


def test_an_agent_and_the_user_are_made_in_one_step(cast: Cast, sofia: Client):
    made = add_agent(
        sofia,
        name="Dario",
        username="dario",
        password="a-long-and-rare-one",
        **{"membership_set-0-queue": str(cast.queue.pk), "membership_set-0-level": "2"},
    )
    assert made.status_code == 302
    agent = Agent.objects.get(name="Dario")
    assert agent.user.check_password("a-long-and-rare-one")
    assert not agent.user.is_staff
    assert list(agent.queues.all()) == [cast.queue]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose an existing user"),
        ({"username": "ANA", "password": "a-long-and-rare-one"}, "taken"),
        ({"username": "dario", "password": "short"}, "too short"),
        ({"username": "dario"}, "too short"),
        (
            {"username": "no spaces", "password": "a-long-and-rare-one"},
            "valid username",
        ),
    ],
)
def test_a_new_agent_that_cannot_be_is_explained(
    cast: Cast, sofia: Client, fields: dict[str, str], words: str
):
    response = add_agent(sofia, name="Dario", **fields)
    assert words in response.content.decode()
    assert not Agent.objects.filter(name="Dario").exists()


def test_who_may_add_agents_but_no_users_makes_no_user(cast: Cast, client: Client):
    lead = User.objects.create(username="lead", password=HASHED, is_staff=True)
    for codename in ("add_agent", "view_agent"):
        lead.user_permissions.add(Permission.objects.get(codename=codename))
    client.force_login(lead)
    add_agent(client, name="Dario", username="dario", password="a-long-and-rare-one")
    assert not User.objects.filter(username="dario").exists()
    add_agent(client, name="Lead", user=str(lead.pk))
    assert Agent.objects.filter(user=lead).exists()


def test_an_agent_whom_the_log_names_is_not_deleted(cast: Cast, sofia: Client):
    Offer.objects.create(call=new_call(cast), agent=cast.ana)
    response = sofia.post(f"/admin/agents/agent/{cast.ana.pk}/delete/", {"post": "yes"})
    assert "Ring attempts in the log: 1." in response.content.decode()
    assert Agent.objects.filter(pk=cast.ana.pk).exists()


def test_a_contact_is_found_by_number_and_leads_to_its_calls(cast: Cast, sofia: Client):
    carla = Contact.objects.create(waid=CARLA, name="Carla")
    call = new_call(cast, contact=carla)
    new_call(cast)
    page = sofia.get("/admin/permissions/contact/?q=%2B49 1511-2345678")
    assert list(page.context["cl"].queryset) == [carla]
    assert shown(sofia, f"?contact__id__exact={carla.pk}") == {call}


# --- The console's door ------------------------------------------------------------


def test_a_supervisor_without_a_console_is_told_where_they_are(sofia: Client):
    response = sofia.get("/console/", follow=True)
    assert response.redirect_chain[-1][0] == "/admin/"
    assert "Your user is not an agent" in response.content.decode()


def test_a_user_who_is_nobody_yet_reads_why(client: Client, cast: Cast):
    client.force_login(User.objects.create(username="new", password=HASHED))
    response = client.get("/console/")
    assert response.status_code == 403
    assert "is not an agent" in response.content.decode()


def test_an_agent_gets_the_console_and_the_cookie_it_needs(client: Client, cast: Cast):
    client.force_login(cast.ana.user)
    response = client.get("/console/")
    assert response.status_code == 200
    assert "csrftoken" in response.cookies
    assert "no-store" in response.headers["Cache-Control"]
