"""Wati accounts in the admin: secrets go in and never come out."""

import io
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.utils import timezone

from callcenter.connection import host_part
from callcenter.models import WatiAccount
from callcenter.wati.errors import Outcome, WatiError
from calls.errors import Refused
from calls.models import Line, WebhookDelivery
from calls.outbound import planned_calls
from calls.signaling import outbox
from permissions.models import Contact
from tests.calls.admin.users import version_of
from tests.cast import CARLA, HASHED, Cast

PAGE = "/admin/callcenter/watiaccount/"
NO_LINES = {"lines-TOTAL_FORMS": "0", "lines-INITIAL_FORMS": "0"}


class FalseWati(BaseHTTPRequestHandler):
    """Answers every question with what the test set."""

    status = 200
    body = b'{"code": 200, "message": "Success", "result": {}}'
    seen: list[tuple[str, str]] = []

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Authorization", "")))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output quiet."""


@pytest.fixture
def wati(cast: Cast) -> Iterator[type[FalseWati]]:
    class Handler(FalseWati):
        seen: list[tuple[str, str]] = []

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    WatiAccount.objects.update(base_url=url)
    yield Handler
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def sofia(cast: Cast, client: Client) -> Client:
    client.force_login(cast.sofia)
    return client


@pytest.fixture
def lead(cast: Cast) -> Client:
    """Staff who may edit accounts, but is no superuser."""
    user = User.objects.create(username="lead", password=HASHED, is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__endswith="watiaccount")
    )
    client = Client()
    client.force_login(user)
    return client


def save(client: Client, account: WatiAccount, **changes: str):
    fields = {
        "name": account.name,
        "is_active": "on",
        "base_url": account.base_url,
        "tenant_id": account.tenant_id,
        "api_token": "",
        "webhook_key": "",
    }
    page = f"{PAGE}{account.pk}/change/"
    data = fields | NO_LINES | version_of(client, page) | changes
    return client.post(page, data, follow=True)


def test_empty_secrets_keep_what_is_stored(cast: Cast, sofia: Client):
    save(sofia, cast.account, name="Renamed")
    account = WatiAccount.objects.get()
    assert account.name == "Renamed"
    assert account.api_token == "simulator-token"
    assert account.webhook_key == "simulator-webhook-key"
    assert account.old_webhook_key == ""


def test_no_page_shows_a_secret(cast: Cast, sofia: Client):
    save(sofia, cast.account, webhook_key="an-entirely-new-key-9876")
    pages = [PAGE, f"{PAGE}{cast.account.pk}/change/", "/admin/"]
    pages.append(f"{PAGE}{cast.account.pk}/history/")
    text = "".join(sofia.get(page).content.decode() for page in pages)
    for secret in ("simulator-token", "simulator-webhook-key", "an-entirely-new-key"):
        assert secret not in text
    assert "…9876" in text
    assert "…oken" in text


def test_a_wrong_form_does_not_echo_the_secret(cast: Cast, sofia: Client):
    response = save(sofia, cast.account, name="", api_token="freshly-typed-secret")
    assert "freshly-typed-secret" not in response.content.decode()


def test_the_history_says_what_changed_and_not_more(cast: Cast, sofia: Client):
    save(sofia, cast.account, name="Renamed")
    history = sofia.get(f"{PAGE}{cast.account.pk}/history/").content.decode()
    assert "Name: <del><bdi>Simulator</bdi></del>" in history
    assert "<ins><bdi>Renamed</bdi></ins>" in history
    assert "API token" not in history


def test_a_new_webhook_key_leaves_the_old_one_a_day(cast: Cast, sofia: Client):
    before = timezone.now()
    response = save(sofia, cast.account, webhook_key="a-new-key-for-webhooks")
    account = WatiAccount.objects.get()
    assert account.webhook_keys() == ["a-new-key-for-webhooks", "simulator-webhook-key"]
    later = before + timedelta(hours=24, minutes=5)
    assert account.webhook_keys(later) == ["a-new-key-for-webhooks"]
    page = sofia.get(f"{PAGE}{account.pk}/change/").content.decode()
    assert "is also accepted until" in page
    assert "successfully" in response.content.decode()


def test_the_same_key_again_is_no_rotation(cast: Cast, sofia: Client):
    save(sofia, cast.account, webhook_key="simulator-webhook-key")
    assert WatiAccount.objects.get().old_webhook_key_until is None


def test_a_key_pasted_with_its_header_word_is_understood(cast: Cast, sofia: Client):
    save(sofia, cast.account, api_token="  Bearer a-new-token ")
    assert WatiAccount.objects.get().api_token == "a-new-token"


def test_a_new_token_ends_the_trouble_with_the_old_one(cast: Cast, sofia: Client):
    WatiAccount.objects.update(unauthorised_since=timezone.now())
    save(sofia, cast.account, api_token="a-new-token")
    assert WatiAccount.objects.get().unauthorised_since is None


def test_work_goes_on_once_the_token_is_replaced(cast: Cast, sofia: Client):
    carla = Contact.objects.create(waid=CARLA)
    WatiAccount.objects.update(unauthorised_since=timezone.now())
    cast.line.account.refresh_from_db()
    with pytest.raises(Refused, match="must renew it"):
        planned_calls.ask(cast.ana, carla, cast.line)
    assert "has rejected the API token" in sofia.get(PAGE).content.decode()
    page = save(sofia, cast.account, api_token="a-new-token")
    assert "has rejected the API token" not in page.content.decode()
    cast.line.account.refresh_from_db()
    assert planned_calls.ask(cast.ana, carla, cast.line).state == "asking"


def test_a_late_refusal_of_the_old_token_does_not_blame_the_new_one(
    cast: Cast, sofia: Client
):
    carla = Contact.objects.create(waid=CARLA)
    plan = planned_calls.ask(cast.ana, carla, cast.line)
    request = outbox.take(plan.requests.get().pk)
    assert request is not None
    save(sofia, cast.account, api_token="a-new-token")
    refusal = WatiError(Outcome.UNAUTHORISED, "The token is wrong.", status=401)
    outbox.finish(request, None, refusal)
    assert WatiAccount.objects.get().unauthorised_since is None
    again = outbox.take(request.pk)
    assert again is not None
    outbox.finish(again, None, refusal)
    assert WatiAccount.objects.get().unauthorised_since is not None


def test_only_superusers_move_an_account_or_its_secrets(cast: Cast, lead: Client):
    page = lead.get(f"{PAGE}{cast.account.pk}/change/").content.decode()
    assert 'type="password"' not in page
    save(
        lead,
        cast.account,
        name="Renamed",
        base_url="https://evil.example",
        tenant_id="evil",
        api_token="evil-token",
        webhook_key="evil-key",
    )
    account = WatiAccount.objects.get()
    assert account.name == "Renamed"
    assert account.base_url == cast.account.base_url
    assert account.tenant_id == cast.account.tenant_id
    assert account.api_token == "simulator-token"
    assert account.webhook_key == "simulator-webhook-key"
    assert lead.get(f"{PAGE}add/").status_code == 403


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("https://live-mt-server.wati.io", "https://live-mt-server.wati.io"),
        ("https://live-mt-server.wati.io/", "https://live-mt-server.wati.io"),
        ("https://live-mt-server.wati.io/1234", "https://live-mt-server.wati.io"),
        ("https://live-mt-server.wati.io/1234/", "https://live-mt-server.wati.io"),
        (
            "https://live-mt-server.wati.io/1234/api/v1/openapi/whatsapp/calls",
            "https://live-mt-server.wati.io",
        ),
        (
            "http://127.0.0.1:8000/simulator/wati",
            "http://127.0.0.1:8000/simulator/wati",
        ),
        ("https://live-server-1234.wati.io", "https://live-server-1234.wati.io"),
    ],
)
def test_an_endpoint_is_taken_with_or_without_its_tenant(pasted: str, kept: str):
    assert host_part(pasted, "1234") == kept


def with_line(cast: Cast, number: str) -> dict[str, str]:
    """The form of a new account with one business number, filled in."""
    return {
        "name": "Real",
        "is_active": "on",
        "base_url": "live-mt-server.wati.io/77",
        "tenant_id": "77",
        "api_token": "a-token-from-wati",
        "webhook_key": "a-key-of-our-own-making",
        "lines-TOTAL_FORMS": "1",
        "lines-INITIAL_FORMS": "0",
        "lines-0-number": number,
        "lines-0-name": "Sales",
        "lines-0-queue": str(cast.queue.pk),
    }


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("+1 (415) 555-0100", "14155550100"),
        ("001 415 555 0100", "14155550100"),
        ("https://wa.me/5215512345678", "5215512345678"),  # as Wati writes it
        ("+49 (0) 30 123456", "4930123456"),
    ],
)
def test_a_business_number_is_entered_in_any_form(
    cast: Cast, sofia: Client, typed: str, stored: str
):
    assert sofia.post(f"{PAGE}add/", with_line(cast, typed)).status_code == 302
    assert WatiAccount.objects.get(name="Real").lines.get().number == stored


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Sales", "with its country code"),
        ("030 123456", "with its country code"),
        ("+49 30", "not a complete phone number"),
        ("+49 30 123456 x9", "extension"),
    ],
)
def test_what_is_no_business_number_is_refused_beside_its_field(
    cast: Cast, sofia: Client, typed: str, words: str
):
    page = sofia.post(f"{PAGE}add/", with_line(cast, typed))
    [errors] = page.context["inline_admin_formsets"][0].formset.errors
    assert words in errors["number"][0]
    assert not WatiAccount.objects.filter(name="Real").exists()


def test_an_account_is_added_with_its_line(cast: Cast, sofia: Client):
    fields = with_line(cast, "14155550100")
    assert sofia.post(f"{PAGE}add/", fields).status_code == 302
    account = WatiAccount.objects.get(name="Real")
    assert account.base_url == "https://live-mt-server.wati.io"
    assert account.api_token == "a-token-from-wati"
    assert account.old_webhook_key_until is None
    assert account.lines.get().number == "14155550100"


def test_the_page_has_the_five_addresses_and_when_each_was_heard(
    cast: Cast, sofia: Client, settings
):
    settings.PUBLIC_URL = "https://calls.example"
    heard = timezone.now().replace(hour=4, minute=5, second=6)
    for at in (heard - timedelta(hours=1), heard):
        WebhookDelivery.objects.create(
            account=cast.account, kind="inbound-call", body=b"{}", received_at=at
        )
    text = sofia.get(f"{PAGE}{cast.account.pk}/change/").content.decode()
    for kind in (
        "inbound-call",
        "terminate-call",
        "outbound-call",
        "outbound-call-status",
        "call-permission",
    ):
        assert f"https://calls.example/webhooks/wati/{kind}/" in text
    assert "<td>Unknown</td>" in text  # the form of {}
    assert "03:05:06" in text  # first received
    assert "04:05:06" in text  # and last
    addresses, _, _ = text.partition("What Wati sends")
    assert addresses.count("never</td>") == 2 * 4


def test_token_trouble_stands_on_every_page_of_the_admin(cast: Cast, sofia: Client):
    assert "has rejected the API token" not in sofia.get("/admin/").content.decode()
    WatiAccount.objects.update(unauthorised_since=timezone.now())
    for address in ("/admin/", "/admin/calls/call/", "/admin/agents/queue/add/"):
        assert "has rejected the API token" in sofia.get(address).content.decode()
    assert "rejected the API" not in Client().get("/admin/login/").content.decode()


# --- Test connection ---------------------------------------------------------------


def ask(client: Client, account: WatiAccount) -> str:
    response = client.post(f"{PAGE}{account.pk}/test/", follow=True)
    [message] = response.context["messages"]
    return str(message)


def test_a_good_connection_is_called_good(cast: Cast, sofia: Client, wati):
    WatiAccount.objects.update(unauthorised_since=timezone.now())
    assert ask(sofia, cast.account).startswith("Connection successful: the URL and")
    path = "/demo/api/v1/openapi/whatsapp/calls/permissions/15550100000"
    assert wati.seen == [(path, "Bearer simulator-token")]
    assert WatiAccount.objects.get().unauthorised_since is None


def test_whatsapps_own_no_comes_with_a_good_token(cast: Cast, sofia: Client, wati):
    wati.status, wati.body = 401, b'{"code": 138006, "message": "138006"}'
    assert "This person has not allowed calls yet." in ask(sofia, cast.account)
    assert WatiAccount.objects.get().unauthorised_since is None


def test_a_policy_block_is_no_success_and_no_token_trouble(
    cast: Cast, sofia: Client, wati
):
    WatiAccount.objects.update(unauthorised_since=timezone.now())
    wati.status = 403
    wati.body = b'{"error": {"code": 368, "message": "(#368) Blocked for a week"}}'
    said = ask(sofia, cast.account)
    assert said.startswith("The URL and the token are valid, but calls do not work.")
    assert said.endswith("In its own words: “(#368) Blocked for a week”")
    assert WatiAccount.objects.get().unauthorised_since is None


def test_a_plan_without_calls_is_said_in_watis_words(cast: Cast, sofia: Client, wati):
    wati.status = 403
    wati.body = b'{"code": 403, "message": "Calling is not enabled for this plan"}'
    said = ask(sofia, cast.account)
    assert "does not permit this" in said
    assert "“Calling is not enabled for this plan”" in said
    assert WatiAccount.objects.get().unauthorised_since is None


def test_an_expired_token_is_told_in_a_success_as_well(cast: Cast, sofia: Client, wati):
    wati.body = b'{"code": 200, "message": "{\\"error\\": {\\"code\\": 190}}"}'
    assert "Wati rejects the API token." in ask(sofia, cast.account)
    assert WatiAccount.objects.get().unauthorised_since is not None


def test_a_refused_token_is_said_and_remembered(cast: Cast, sofia: Client, wati):
    wati.status, wati.body = 401, b"Unauthorized"
    assert "Wati rejects the API token." in ask(sofia, cast.account)
    assert WatiAccount.objects.get().unauthorised_since is not None


def test_a_wrong_address_is_told_from_a_wrong_token(cast: Cast, sofia: Client, wati):
    wati.status, wati.body = 404, b"<html><p width=100>no such page</p></html>"
    assert "Check the base URL and the tenant ID" in ask(sofia, cast.account)


def test_something_that_is_not_wati_is_told(cast: Cast, sofia: Client, wati):
    wati.body = b"<html>hello</html>"
    assert "not one that Wati sends" in ask(sofia, cast.account)


def test_an_address_where_nobody_listens_is_told(cast: Cast, sofia: Client):
    assert "The base URL does not respond" in ask(sofia, cast.account)


def test_an_account_without_a_line_can_be_tested(cast: Cast, sofia: Client, wati):
    Line.objects.all().delete()
    assert ask(sofia, cast.account).startswith("Connection successful")


def test_looking_is_not_enough_to_ask_wati(cast: Cast, wati):
    user = User.objects.create(username="rui", password=HASHED, is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_watiaccount"))
    rui = Client()
    rui.force_login(user)
    assert rui.post(f"{PAGE}{cast.account.pk}/test/").status_code == 403
    assert rui.get(f"{PAGE}{cast.account.pk}/test/").status_code == 405
    assert wati.seen == []


# --- The first account -------------------------------------------------------------

FIRST = {
    "WATI_BASE_URL": "https://live-mt-server.wati.io/4711",
    "WATI_TENANT_ID": "4711",
    "WATI_API_TOKEN": "the-first-token",
    "WATI_WEBHOOK_API_KEY": "the-first-webhook-key",
    "WATI_BUSINESS_NUMBER": "+1 (415) 555-0100",
}


@pytest.fixture
def environment(settings) -> None:
    for name, value in FIRST.items():
        setattr(settings, name, value)


def test_the_environment_makes_the_first_account_once(
    transactional_db, environment: None
):
    for _ in range(2):
        call_command("setup_account", stdout=io.StringIO())
    account = WatiAccount.objects.get()
    assert account.base_url == "https://live-mt-server.wati.io"
    assert account.api_token == "the-first-token"
    line = account.lines.get()
    assert (line.number, line.queue.name) == ("14155550100", "Support")


def test_what_the_admin_changed_stays(transactional_db, environment: None):
    call_command("setup_account", stdout=io.StringIO())
    WatiAccount.objects.update(name="Ours", base_url="https://other.example")
    call_command("setup_account")
    assert WatiAccount.objects.get().base_url == "https://other.example"


def test_the_simulators_account_does_not_stand_in_the_way(
    cast: Cast, environment: None
):
    call_command("setup_account", stdout=io.StringIO())
    assert WatiAccount.objects.filter(tenant_id="4711").exists()


def test_nothing_given_makes_nothing(transactional_db):
    call_command("setup_account")
    assert not WatiAccount.objects.exists()


def test_half_an_account_is_refused_with_what_is_missing(
    transactional_db, environment: None, settings
):
    settings.WATI_API_TOKEN = settings.WATI_BUSINESS_NUMBER = ""
    with pytest.raises(CommandError, match="WATI_API_TOKEN, WATI_BUSINESS_NUMBER"):
        call_command("setup_account")
    assert not WatiAccount.objects.exists()


@pytest.mark.parametrize("number", ["030 123456", "+49 30", "our number"])
def test_an_account_without_a_whole_business_number_is_refused(
    transactional_db, environment: None, settings, number: str
):
    settings.WATI_BUSINESS_NUMBER = number
    with pytest.raises(CommandError, match=r"WATI_BUSINESS_NUMBER: .*number"):
        call_command("setup_account")
    assert not WatiAccount.objects.exists()


@pytest.mark.parametrize(
    ("field", "typed", "word"),
    [
        ("base_url", "http://live-mt-server.wati.io", "must begin with https://"),
        ("base_url", "https://wati.io/a/../b", "a plain path"),
        ("tenant_id", "../..", "The tenant ID may hold letters"),
        ("tenant_id", "..", "The tenant ID may hold letters"),
    ],
)
@override_settings(IS_REAL=True)
def test_an_address_that_leads_elsewhere_is_refused(sofia, cast, field, typed, word):
    page = save(sofia, cast.account, **{field: typed}).content.decode()
    assert word in page
    kept = WatiAccount.objects.get(pk=cast.account.pk)
    assert getattr(kept, field) == getattr(cast.account, field)
