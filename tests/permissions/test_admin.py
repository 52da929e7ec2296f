"""What supervisors see of people and their permissions, and what they may do."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from callcenter.admin_parts import age
from callcenter.wati.events import PermissionChanged, Person
from calls.lifecycle.permission_usage import pair_of
from calls.models import Call, Line, Plan, WatiRequest
from calls.outbound import permission_news, planned_calls
from permissions import marks, merging, services, words
from permissions.facts import EventKind
from permissions.ledger import Pair, facts_for
from permissions.models import CallPermission, Contact, Merge, PermissionEvent
from permissions.rules import may_call
from tests.calls.admin.users import version_of
from tests.cast import CARLA, HASHED, Cast

PEOPLE = "/admin/permissions/contact/"
PERMISSIONS = "/admin/permissions/callpermission/"
PLANS = "/admin/calls/plan/"


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


@pytest.fixture
def carla(cast: Cast) -> Pair:
    """Carla allowed calls for a week, yesterday."""
    contact = Contact.objects.create(waid=CARLA, name="Carla")
    pair = pair_of(contact, cast.line)
    said(pair, hours=24, granted=True)
    return pair


def said(pair: Pair, *, hours: float, **word) -> None:
    at = timezone.now() - timedelta(hours=hours)
    if word["granted"] and not word.get("permanent"):
        word.setdefault("expires_at", at + timedelta(days=7))
    event = PermissionChanged(Person(pair.contact.waid or ""), **word)
    key = f"delivery {uuid4()}"
    services.permission_webhook(pair, event, key=key, received_at=at)


def missed(pair: Pair, times: int) -> None:
    for number in range(times):
        at = timezone.now() - timedelta(hours=5 - number)
        call = uuid4()
        services.place_call(pair, call=call, at=at)
        services.call_unanswered(pair, call=call, at=at + timedelta(seconds=50))


def page_of(pair: Pair) -> str:
    return f"{PEOPLE}{pair.contact.pk}/change/"


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# --- The list of people ------------------------------------------------------------


def test_the_list_tells_where_each_person_stands(
    cast: Cast, sofia: Client, carla: Pair
):
    missed(carla, 2)
    text = text_of(sofia, PEOPLE)
    for shown in (
        "Carla",
        "+49 1511 2345678",
        "DE",
        "Allowed until",
        "2, message first",
    ):
        assert shown in text


@pytest.mark.parametrize(
    ("word", "badge"),
    [
        ({"granted": True, "permanent": True}, "Permanent"),
        ({"granted": False, "status": "revoked"}, "Revoked"),
        ({"granted": False, "status": "expired"}, "Expired"),
    ],
)
def test_every_state_has_its_words(sofia: Client, carla: Pair, word, badge: str):
    said(carla, hours=1, **word)
    assert f"{badge} Shop" in text_of(sofia, PEOPLE)


def test_a_request_shows_since_when_it_waits(cast: Cast, sofia: Client):
    pair = pair_of(Contact.objects.create(waid=CARLA), cast.line)
    assert "None yet" in text_of(sofia, PEOPLE)
    services.ask(pair, key="plan", by=cast.ana.user)
    assert "Requested on" in text_of(sofia, PEOPLE)
    said(pair, hours=-0.01, granted=False)
    assert "Declined Shop" in text_of(sofia, PEOPLE)


def test_a_permission_whose_time_is_up_is_not_shown_as_allowed(
    sofia: Client, carla: Pair
):
    # The sweep that notes it may come a minute later.
    past = timezone.now() - timedelta(seconds=1)
    CallPermission.objects.update(expires_at=past)
    text = text_of(sofia, PEOPLE)
    assert "Expired Shop" in text
    assert "Allowed until" not in text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?permission=allowed", {"Carla", "Dora"}),
        ("?permission=requested", {"Emil"}),
        ("?permission=running_out", {"Dora"}),
        ("?permission=at_risk", {"Carla"}),
        ("?permission=blocked", {"Carla"}),
        ("?permission=none", {"Frida"}),
        ("?do_not_call__exact=1", {"Frida"}),
        ("?q=%2B49 1511-2345678", {"Carla"}),
        ("?q=dor", {"Dora"}),
    ],
)
def test_people_are_found_by_where_they_stand(
    cast: Cast, sofia: Client, carla: Pair, query: str, names: set[str]
):
    dora, emil, frida = (
        pair_of(Contact.objects.create(waid=waid, name=name), cast.line)
        for waid, name in (
            ("351910000001", "Dora"),
            ("351910000002", "Emil"),
            ("351910000003", "Frida"),
        )
    )
    missed(carla, 3)
    said(dora, hours=6 * 24 + 20, granted=True)
    services.ask(emil, key="plan", by=cast.ana.user)
    services.block(frida.contact, user=cast.sofia, reason="She asked.")
    found = sofia.get(f"{PEOPLE}{query}").context["cl"].queryset
    assert {contact.name for contact in found} == names


def test_the_lists_cost_the_same_for_one_and_for_many(
    cast: Cast, sofia: Client, django_assert_max_num_queries
):
    for number in range(25):
        contact = Contact.objects.create(waid=f"4915112345{number:03}")
        said(pair_of(contact, cast.line), hours=3, granted=True)
        Plan.objects.create(contact=contact, line=cast.line, agent=cast.ana)
    for address in (PEOPLE, PERMISSIONS, PLANS, "/admin/permissions/permissionevent/"):
        with django_assert_max_num_queries(20):
            sofia.get(address)


# --- One person --------------------------------------------------------------------


def test_the_page_answers_may_we_call_and_may_we_ask(sofia: Client, carla: Pair):
    text = text_of(sofia, page_of(carla))
    assert "Yes You can call." in text
    assert "You can request permission." in text
    said(carla, hours=-0.01, granted=False)
    text = text_of(sofia, page_of(carla))
    assert "No The call permission was revoked." in text
    assert "No This person declined. Wait 24 hours." in text
    assert "Earliest" in text


def test_a_stranger_has_a_verdict_for_every_line(cast: Cast, sofia: Client):
    cast.account.lines.create(number="4930999", name="Repairs", queue=cast.queue)
    stranger = Contact.objects.create(waid="14155552671")
    page = sofia.get(f"{PEOPLE}{stranger.pk}/change/")
    lines = [standing.line for standing in page.context["standings"]]
    assert lines == ["Repairs", "Shop"]
    assert "has not allowed calls yet" in page.content.decode()


def test_a_person_without_a_number_has_a_page(cast: Cast, sofia: Client):
    hidden = Contact.objects.create(bsuid="DE.1234567890")
    text = text_of(sofia, f"{PEOPLE}{hidden.pk}/change/")
    assert "WhatsApp number is unknown" in text


def test_the_ledgers_verdict_counts_a_call_that_runs(
    cast: Cast, sofia: Client, carla: Pair
):
    fields = {"account": cast.account, "line": cast.line, "direction": "inbound"}
    Call.objects.create(contact=carla.contact, status="ringing", **fields)
    assert "There is already a call" in text_of(sofia, page_of(carla))


def test_the_history_tells_what_who_and_how_the_counters_stood(
    cast: Cast, sofia: Client, carla: Pair
):
    fields = {"account": cast.account, "line": cast.line, "direction": "outbound"}
    call = Call.objects.create(
        contact=carla.contact, status="ended", result="no_answer", **fields
    )
    services.place_call(carla, call=call.pk, by=cast.ana.user)
    services.call_unanswered(carla, call=call.pk, detail="It rang in vain.")
    Plan.objects.create(contact=carla.contact, line=cast.line, sentence="Sooner.")
    text = text_of(sofia, page_of(carla))
    for shown in (
        "The person allowed calls for 7 days.",
        "Call placed. Our count ana",
        "The call was not answered.",
        "It rang in vain.",
        "1 unanswered in a row; 0 of 100 calls a day",
        "No answer",
        "Sooner.",
    ):
        assert shown in text
    assert (
        f"/admin/calls/call/{call.pk}/change/"
        in sofia.get(page_of(carla)).content.decode()
    )


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_has_words_of_its_own(kind: EventKind):
    text = words.happened(PermissionEvent(kind=kind))
    assert text.endswith(".")
    assert list(words.WHAT_HAPPENED.values()).count(text) == 1


def test_a_name_and_calling_hours_are_mended(sofia: Client, carla: Pair):
    shown = version_of(sofia, page_of(carla))
    hours = {"time_zone": "America/Sao_Paulo", "calls_from": "9:00", **shown}
    page = sofia.post(page_of(carla), {"name": "Carla F.", **hours, "calls_until": ""})
    assert "Enter both ends of the calling hours or neither." in page.content.decode()
    fields = {"name": "Carla F.", **hours, "calls_until": "18:00", "waid": "1"}
    assert sofia.post(page_of(carla), fields).status_code == 302
    carla.contact.refresh_from_db()
    assert (carla.contact.name, carla.contact.waid) == ("Carla F.", CARLA)
    assert carla.contact.time_zone == "America/Sao_Paulo"


def test_a_time_zone_that_is_none_is_explained(sofia: Client, carla: Pair):
    typed = {"name": "Carla", "time_zone": "Berlin"}
    shown = version_of(sofia, page_of(carla))
    page = sofia.post(page_of(carla), typed | shown)
    assert "This is not a time zone." in page.content.decode()


# --- Do not call -------------------------------------------------------------------


def test_a_person_is_put_on_do_not_call_and_taken_off_with_a_reason(
    cast: Cast, sofia: Client, carla: Pair
):
    address = f"{PEOPLE}{carla.contact.pk}/do-not-call/"
    assert "Add to do-not-call" in text_of(sofia, page_of(carla))
    refused = sofia.post(address, {"on": "1", "reason": "  "})
    assert "This field is required." in refused.content.decode()
    done = sofia.post(address, {"on": "1", "reason": "She asked."}, follow=True)
    assert "Carla was added to the do-not-call list." in done.content.decode()
    text = text_of(sofia, page_of(carla))
    assert "by supervisor: She asked." in text
    assert "No This person is on the do-not-call list." in text
    assert "Do not call" in text_of(sofia, PEOPLE)
    sofia.post(address, {"on": "0", "reason": "She called us."})
    carla.contact.refresh_from_db()
    assert not carla.contact.do_not_call
    blocked, unblocked = PermissionEvent.objects.exclude(kind="granted")
    assert (blocked.user, unblocked.user) == (cast.sofia, cast.sofia)
    assert unblocked.detail == "She called us."


def test_two_supervisors_who_block_at_once_do_not_unblock(
    cast: Cast, sofia: Client, carla: Pair
):
    services.block(carla.contact, user=cast.sofia, reason="First.")
    address = f"{PEOPLE}{carla.contact.pk}/do-not-call/"
    done = sofia.post(address, {"on": "1", "reason": "Second."}, follow=True)
    assert "Not changed" in done.content.decode()
    carla.contact.refresh_from_db()
    assert carla.contact.do_not_call_reason == "First."


def test_several_people_are_blocked_together(cast: Cast, sofia: Client, carla: Pair):
    dario = Contact.objects.create(waid="14155552671", name="Dario")
    chosen = [carla.contact.pk, dario.pk]
    action = {"action": "put_on_do_not_call", "_selected_action": chosen}
    without = sofia.post(PEOPLE, action, follow=True)
    assert "Enter a reason" in without.content.decode()
    assert not Contact.objects.filter(do_not_call=True).exists()
    done = sofia.post(PEOPLE, action | {"reason": "Legal."}, follow=True)
    assert "2 added to the do-not-call list." in done.content.decode()
    action["action"] = "take_off_do_not_call"
    sofia.post(PEOPLE, action | {"reason": "Cleared."}, follow=True)
    assert not Contact.objects.filter(do_not_call=True).exists()


def test_blocking_needs_more_than_looking(rui: Client, carla: Pair):
    assert "Add to do-not-call" not in text_of(rui, page_of(carla))
    address = f"{PEOPLE}{carla.contact.pk}/do-not-call/"
    assert rui.post(address, {"on": "1", "reason": "No."}).status_code == 403
    action = {"action": "put_on_do_not_call", "_selected_action": [carla.contact.pk]}
    rui.post(PEOPLE, action | {"reason": "No."})
    assert not Contact.objects.filter(do_not_call=True).exists()


# --- The next call, in spite of the streak -----------------------------------------


def override_link(client: Client, pair: Pair) -> str:
    links = re.findall(
        r'href="([^"]+/override/\d+/)"', client.get(page_of(pair)).content.decode()
    )
    return links[0] if links else ""


def test_a_supervisor_allows_the_next_call_with_a_reason(
    cast: Cast, sofia: Client, carla: Pair
):
    missed(carla, 3)
    assert not may_call(facts_for(carla), timezone.now()).allowed
    link = override_link(sofia, carla)
    assert "revokes the permission" in text_of(sofia, link)
    assert "This field is required." in sofia.post(link, {}).content.decode()
    assert not may_call(facts_for(carla), timezone.now()).allowed
    done = sofia.post(link, {"reason": "She wrote: call me now."}, follow=True)
    assert "The next call is allowed" in done.content.decode()
    assert may_call(facts_for(carla), timezone.now()).allowed
    event = PermissionEvent.objects.get(kind="overridden")
    assert (event.user, event.detail) == (cast.sofia, "She wrote: call me now.")
    assert override_link(sofia, carla) == ""


def test_there_is_nothing_to_override_without_a_streak(sofia: Client, carla: Pair):
    missed(carla, 2)
    assert override_link(sofia, carla) == ""
    permission = CallPermission.objects.get()
    address = f"{PEOPLE}{carla.contact.pk}/override/{permission.pk}/"
    done = sofia.post(address, {"reason": "Just so."}, follow=True)
    assert "not blocked by unanswered calls" in done.content.decode()
    assert not PermissionEvent.objects.filter(kind="overridden").exists()


def test_only_who_may_change_permissions_allows_the_next_call(
    rui: Client, sofia: Client, carla: Pair
):
    missed(carla, 3)
    assert override_link(rui, carla) == ""
    link = override_link(sofia, carla)
    assert rui.post(link, {"reason": "Please."}).status_code == 403
    assert not PermissionEvent.objects.filter(kind="overridden").exists()


# --- The permissions ---------------------------------------------------------------


def test_requests_that_wait_stand_oldest_first_with_their_age(
    cast: Cast, sofia: Client
):
    for name, hours in (("Young", 1), ("Old", 50), ("Middle", 5)):
        contact = Contact.objects.create(waid=f"4915112345{hours:03}", name=name)
        at = timezone.now() - timedelta(hours=hours)
        services.asked(pair_of(contact, cast.line), key="plan", at=at)
    page = sofia.get(f"{PERMISSIONS}?status__exact=requested")
    names = [row.contact.name for row in page.context["cl"].result_list]
    assert names == ["Old", "Middle", "Young"]
    text = text_of(sofia, f"{PERMISSIONS}?status__exact=requested")
    assert "2 days" in text
    assert "5 h" in text


def test_permissions_are_filtered_by_the_line(cast: Cast, sofia: Client, carla: Pair):
    other = cast.account.lines.create(
        number="4930999", name="Repairs", queue=cast.queue
    )
    said(pair_of(carla.contact, other), hours=2, granted=True)
    wanted = f"?line={cast.account.pk}-{other.number}"
    [found] = sofia.get(f"{PERMISSIONS}{wanted}").context["cl"].queryset
    assert found.business_number == "4930999"
    for nonsense in ("?line=x", "?line=%C2%B2-1", "?watch=x"):
        assert sofia.get(f"{PERMISSIONS}{nonsense}").status_code == 400


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0.5, "just now"),
        (59, "59 min"),
        (60, "1 h"),
        (47 * 60, "47 h"),
        (2880, "2 days"),
    ],
)
def test_an_age_has_one_unit(minutes: float, text: str):
    now = timezone.now()
    assert age(now - timedelta(minutes=minutes), now) == text


def test_the_history_is_never_edited(cast: Cast, sofia: Client, carla: Pair):
    event = PermissionEvent.objects.get()
    page = f"/admin/permissions/permissionevent/{event.pk}"
    assert "The person allowed calls for 7 days." in text_of(sofia, f"{page}/change/")
    assert sofia.post(f"{page}/change/", {}).status_code == 403
    assert sofia.post(f"{page}/delete/", {"post": "yes"}).status_code == 403


# --- Scheduled calls ---------------------------------------------------------------


def test_a_scheduled_call_is_cancelled(cast: Cast, sofia: Client):
    contact = Contact.objects.create(waid=CARLA, name="Carla")
    plan = planned_calls.ask(cast.ana, contact, cast.line)
    action = {"action": "cancel", "_selected_action": [str(plan.pk)]}
    done = sofia.post(PLANS, action, follow=True)
    assert "1 cancelled." in done.content.decode()
    plan.refresh_from_db()
    assert (plan.state, plan.sentence) == ("dropped", "Cancelled by supervisor.")
    # The request had not left yet: it must not reach Carla any more, nor count.
    assert WatiRequest.objects.get().status == "dropped"
    assert PermissionEvent.objects.last().kind == "request_not_sent"
    assert (
        "1 had already ended."
        in sofia.post(PLANS, action, follow=True).content.decode()
    )


def test_a_request_that_has_left_still_counts(cast: Cast, sofia: Client):
    contact = Contact.objects.create(waid=CARLA, name="Carla")
    plan = planned_calls.ask(cast.ana, contact, cast.line)
    WatiRequest.objects.update(status="ok")
    permission_news.asked(plan, None)
    action = {"action": "cancel", "_selected_action": [str(plan.pk)]}
    sofia.post(PLANS, action, follow=True)
    assert PermissionEvent.objects.get().kind == "requested"
    assert CallPermission.objects.get().status == "requested"


def test_giving_up_needs_more_than_looking(cast: Cast, rui: Client):
    contact = Contact.objects.create(waid=CARLA)
    plan = Plan.objects.create(contact=contact, line=cast.line, state="waiting")
    rui.post(PLANS, {"action": "cancel", "_selected_action": [str(plan.pk)]})
    plan.refresh_from_db()
    assert plan.state == "waiting"


def test_a_scheduled_call_has_a_page(cast: Cast, sofia: Client):
    contact = Contact.objects.create(waid=CARLA, name="Carla")
    plan = Plan.objects.create(contact=contact, line=cast.line, state="granted")
    text = text_of(sofia, f"{PLANS}{plan.pk}/change/")
    assert "Ready for the next agent" in text
    assert "None yet" in text


# --- People from a file ------------------------------------------------------------

IMPORT = f"{PEOPLE}import/"


def upload(client: Client, content: bytes, **fields: str) -> str:
    """Have a file checked; returns the page."""
    file = SimpleUploadedFile("people.csv", content, content_type="text/csv")
    return client.post(IMPORT, {"file": file, **fields}).content.decode()


def import_now(client: Client, checked_page: str) -> str:
    """Press the button of a page that has checked a file."""
    [checked] = re.findall(r'name="checked" value="([^"]+)"', checked_page)
    return client.post(IMPORT, {"checked": checked}).content.decode()


def test_the_import_opens_clean(cast: Cast, sofia: Client):
    page = sofia.get(IMPORT).content.decode()
    assert "This field is required." not in page
    assert 'value="Check the file"' in page


def test_an_import_tells_what_became_of_each_row(cast: Cast, sofia: Client):
    rows = b"number,name\r\n+4915112345678,Carla\r\n12,<b>Nobody</b>\r\n"
    page = upload(sofia, rows)
    assert "nothing was saved" in page
    assert not Contact.objects.exists()
    page = import_now(sofia, page)
    assert "Import result" in page
    assert "Import these contacts" not in page
    assert "not a complete phone number" in page
    assert "&lt;b&gt;Nobody" in page
    assert Contact.objects.get().name == "Carla"


def test_an_import_reads_numbers_near_the_only_country_of_the_business(
    cast: Cast, sofia: Client
):
    Line.objects.update(number="4930123456")
    import_now(sofia, upload(sofia, b"number,name\r\n01511 2345678,Carla\r\n"))
    assert Contact.objects.get().waid == CARLA
    rows = b"number,name\r\n4915112345679,Dario\r\n"
    assert "may be +49 491 5112345679" in upload(sofia, rows)
    import_now(sofia, upload(sofia, rows, has_country="on"))
    assert Contact.objects.get(name="Dario").waid == "4915112345679"


def test_only_what_was_checked_is_imported(cast: Cast, sofia: Client):
    page = sofia.post(IMPORT, {"checked": "made-up"}).content.decode()
    assert "This field is required." in page
    assert "Check the file" in page
    assert not Contact.objects.exists()


def test_a_file_with_nothing_new_has_no_button(cast: Cast, sofia: Client):
    page = upload(sofia, b"number,name\r\n12,Nobody\r\n")
    assert "There is nothing to import." in page
    assert "Import these contacts" not in page


def test_with_numbers_in_two_countries_an_import_wants_each_country_code(
    cast: Cast, sofia: Client
):
    Line.objects.update(number="4930123456")
    Line.objects.create(
        account=cast.account, number="34912345678", name="Madrid", queue=cast.queue
    )
    page = upload(sofia, b"number,name\r\n01511 2345678,Carla\r\n")
    assert "with + and its country code" in page
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"hello", "must be the column headings"),
        (b"\xff\xfe", "not UTF-8"),
        (b"x" * 1_100_000, "larger than 1 MB"),
    ],
)
def test_a_file_that_is_none_is_said_at_its_field(
    cast: Cast, sofia: Client, content: bytes, words: str
):
    assert words in upload(sofia, content)


def test_an_import_without_a_file_says_so(cast: Cast, sofia: Client):
    assert "This field is required." in sofia.post(IMPORT).content.decode()


def test_importing_needs_its_right(cast: Cast, rui: Client):
    assert "Import contacts" not in text_of(rui, PEOPLE)
    assert rui.get(IMPORT).status_code == 403
    rui_user = User.objects.get(username="rui")
    rui_user.user_permissions.add(Permission.objects.get(codename="add_contact"))
    assert "Import contacts" in text_of(rui, PEOPLE)
    assert rui.get(IMPORT).status_code == 200


# --- One by hand -------------------------------------------------------------------

ADD = f"{PEOPLE}add/"


def test_a_contact_is_added_by_hand(cast: Cast, sofia: Client):
    Line.objects.update(number="4930123456")
    new = {"number": "0151 12345678", "name": "Carla", "time_zone": "Europe/Berlin"}
    assert "Number" in text_of(sofia, ADD)
    answer = sofia.post(ADD, new)
    assert answer.status_code == 302
    carla = Contact.objects.get()
    assert (carla.waid, carla.name, carla.time_zone) == (
        CARLA,
        "Carla",
        "Europe/Berlin",
    )
    assert "Carla" in text_of(sofia, f"{PEOPLE}?q=12345678")
    again = sofia.post(ADD, new | {"number": f"+{CARLA}"}).content.decode()
    assert "This number belongs to the contact Carla." in again
    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("12", "not a complete phone number"),
        ("Carla", "phone number"),
        ("4915112345679", "Write it with + and its country code."),
        ("", "This field is required."),
    ],
)
def test_a_number_that_is_none_is_said_at_its_field(
    cast: Cast, sofia: Client, number: str, words: str
):
    Line.objects.update(number="4930123456")
    page = sofia.post(ADD, {"number": number, "name": "Carla"}).content.decode()
    assert words in page
    assert not Contact.objects.exists()


def test_who_was_erased_and_wants_no_call_is_not_called_again(
    cast: Cast, sofia: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(marks, "marked", lambda contacts: contacts)
    sofia.post(ADD, {"number": f"+{CARLA}", "name": "Carla"})
    assert Contact.objects.get().do_not_call


def test_another_site_changes_nothing(cast: Cast, carla: Pair):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.sofia)
    for address in (IMPORT, f"{PEOPLE}{carla.contact.pk}/do-not-call/"):
        assert strict.post(address, {"on": "1", "reason": "x"}).status_code == 403


def test_two_contacts_are_merged_by_hand_and_parted_again(sofia: Client, carla: Pair):
    twin = Contact.objects.create(waid="4915100000002", name="Carla at work")
    chosen = {
        "action": "merge",
        "_selected_action": [str(carla.contact.pk), str(twin.pk)],
    }
    page = sofia.post(PEOPLE, chosen, follow=True).content.decode()
    assert "Enter a reason." in page
    sofia.post(PEOPLE, chosen | {"reason": "She told me."})
    page = sofia.get(f"{PEOPLE}{carla.contact.pk}/change/").content.decode()
    assert "Carla at work was merged into this contact" in page
    assert "+4915100000002" in page
    old = sofia.get(f"{PEOPLE}{twin.pk}/change/")
    assert old["Location"] == f"{PEOPLE}{carla.contact.pk}/change/"
    undo = f"{PEOPLE}undo-merge/{Merge.objects.get().pk}/"
    assert sofia.get(undo).status_code == 405
    page = sofia.post(undo, follow=True).content.decode()
    assert "Carla at work is a contact of its own again." in page
    assert "Undone on" in page
    assert Contact.objects.filter(pk=twin.pk).exists()


def test_who_may_only_look_undoes_no_merge(rui: Client, carla: Pair):
    twin = Contact.objects.create(waid="4915100000002")
    row = merging.merge(carla.contact, twin, reason="One person.")
    assert rui.post(f"{PEOPLE}undo-merge/{row.pk}/").status_code == 403
