"""Sofia sets up queues, what agents write, and when a line is open."""

from datetime import time, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from agents.models import BreakReason, Membership, Queue, Schedule
from calls.models import Call, Disposition, Leg, Line
from tests.calls.admin.users import errors_of, form_of, staff
from tests.cast import Cast, on_duty

QUEUES = "/admin/agents/queue/"
HOURS = "/admin/agents/schedule/"


@pytest.fixture
def sofia(cast: Cast, client: Client) -> Client:
    client.force_login(cast.sofia)
    return client


def page_of(queue: Queue) -> str:
    return f"{QUEUES}{queue.pk}/change/"


def test_the_list_tells_how_a_queue_rings_and_who_is_there(cast: Cast, sofia: Client):
    on_duty(cast.ana)
    Call.objects.create(account=cast.account, queue=cast.queue, status="ringing")
    told = Call(account=cast.account, queue=cast.queue, status="waiting")
    told.announcement = "closed"  # they wait for nobody
    told.save()
    sales = Queue.objects.create(name="Sales", strategy="round_robin")
    Queue.objects.filter(pk=cast.queue.pk).update(overflow_to=sales)
    page = sofia.get(QUEUES).content.decode()
    for words in ("Ring all", "Round robin", "Ana, Bruno", "none"):
        assert words in page
    assert '<td class="field-waiting_now">1</td>' in page
    assert '<td class="field-ready_now">Ana</td>' in page
    assert '<td class="field-leads">Sales</td>' in page


def test_a_queue_is_saved_as_its_page_shows_it(cast: Cast, sofia: Client):
    fields = form_of(sofia, page_of(cast.queue))
    fields |= {"strategy": "longest_idle", "membership_set-0-level": "3"}
    assert sofia.post(page_of(cast.queue), fields).status_code == 302
    cast.queue.refresh_from_db()
    assert cast.queue.strategy == "longest_idle"
    assert sorted(m.level for m in Membership.objects.all()) == [1, 3]


def test_queues_do_not_overflow_in_a_circle(cast: Cast, sofia: Client):
    sales = Queue.objects.create(name="Sales")
    night = Queue.objects.create(name="Night", overflow_to=cast.queue)
    Queue.objects.filter(pk=sales.pk).update(overflow_to=night)
    fields = form_of(sofia, page_of(cast.queue)) | {"overflow_to": sales.pk}
    answer = sofia.post(page_of(cast.queue), fields)
    assert "Support → Sales → Night → Support" in errors_of(answer)
    cast.queue.refresh_from_db()
    assert cast.queue.overflow_to is None


def test_a_queue_does_not_overflow_into_itself(cast: Cast, sofia: Client):
    fields = form_of(sofia, page_of(cast.queue)) | {"overflow_to": cast.queue.pk}
    answer = sofia.post(page_of(cast.queue), fields)
    assert "Support → Support" in errors_of(answer)


def test_a_circle_of_others_hangs_nobodys_page(cast: Cast, sofia: Client):
    sales = Queue.objects.create(name="Sales")
    night = Queue.objects.create(name="Night", overflow_to=sales)
    Queue.objects.filter(pk=sales.pk).update(overflow_to=night)
    fields = form_of(sofia, page_of(cast.queue)) | {"overflow_to": sales.pk}
    assert sofia.post(page_of(cast.queue), fields).status_code == 302


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"when_nobody": "overflow"}, "Choose the overflow queue"),
        (
            {"ring_seconds": 15},
            "The ring timeout ends the call before that, after 15 seconds.",
        ),
        ({"answer_after_seconds": 40}, "less than or equal to 25"),
        ({"agent_seconds": 2}, "greater than or equal to 5"),
        ({"membership_set-0-level": "12"}, "less than or equal to 9"),
    ],
)
def test_what_cannot_work_is_said_in_words(
    cast: Cast, sofia: Client, changes: dict, words: str
):
    fields = form_of(sofia, page_of(cast.queue)) | changes
    assert words in errors_of(sofia.post(page_of(cast.queue), fields))


def test_a_lead_who_may_look_changes_no_queue(cast: Cast):
    rui = staff("view_queue")
    assert rui.get(page_of(cast.queue)).status_code == 200
    assert rui.post(page_of(cast.queue), {"name": "Mine"}).status_code == 403


@pytest.mark.parametrize("address", [QUEUES, HOURS, "/admin/calls/line/"])
def test_an_agent_has_no_business_here(cast: Cast, client: Client, address: str):
    client.force_login(cast.ana.user)
    assert client.get(address).status_code == 302
    assert staff().get(address).status_code == 403


def test_nobody_serves_a_queue_twice(cast: Cast, sofia: Client):
    fields = form_of(sofia, page_of(cast.queue))
    fields["membership_set-1-agent"] = fields["membership_set-0-agent"]
    answer = sofia.post(page_of(cast.queue), fields)
    assert "is listed more than once" in errors_of(answer)


# --- What agents choose ------------------------------------------------------------


def test_a_break_has_a_name_and_a_limit(sofia: Client):
    new = {"name": "Lunch", "minutes": "30", "position": "1", "is_active": "on"}
    assert sofia.post("/admin/agents/breakreason/add/", new).status_code == 302
    assert BreakReason.objects.get().minutes == 30
    assert "30 min" in sofia.get("/admin/agents/breakreason/").content.decode()


def add_disposition(client: Client, **fields: str):
    rows = sum(name.startswith("children-") for name in fields) // 2
    inline = {"children-TOTAL_FORMS": str(rows), "children-INITIAL_FORMS": "0"}
    usual = {"name": "Order", "position": "1", "is_active": "on"}
    return client.post("/admin/calls/disposition/add/", inline | usual | fields)


def test_a_disposition_is_made_with_its_finer_ones(cast: Cast, sofia: Client):
    finer = {"children-0-name": "New order", "children-0-position": "1"}
    finer |= {"children-1-name": "Change", "children-1-position": "2"}
    queue = str(cast.queue.pk)
    assert add_disposition(sofia, queues=queue, **finer).status_code == 302
    order = Disposition.objects.get(parent=None)
    assert [str(one) for one in order.children.all()] == [
        "Order: New order",
        "Order: Change",
    ]
    page = sofia.get("/admin/calls/disposition/")
    assert list(page.context["cl"].queryset) == [order]
    assert "New order, Change" in page.content.decode()


def test_two_dispositions_of_one_name_are_refused_in_words(sofia: Client, cast: Cast):
    add_disposition(sofia)
    assert "already one with this name" in errors_of(add_disposition(sofia))
    twice = {"children-0-name": "New", "children-1-name": "New"}
    twice |= {"children-0-position": "1", "children-1-position": "2"}
    answer = add_disposition(sofia, name="Other", **twice)
    assert "“New” is listed more than once." in errors_of(answer)
    assert Disposition.objects.count() == 1


def test_what_the_log_names_is_not_deleted(cast: Cast, sofia: Client):
    order = Disposition.objects.create(name="Order")
    new = Disposition.objects.create(name="New", parent=order)
    page = f"/admin/calls/disposition/{order.pk}/delete/"
    call = Call.objects.create(account=cast.account, direction="inbound")
    Leg.objects.create(call=call, agent=cast.ana, disposition=new)
    answer = sofia.post(page, {"post": "yes"})
    assert "Calls in the log in which it was used: 1." in answer.content.decode()
    assert Disposition.objects.count() == 2


# --- Business hours ----------------------------------------------------------------


def add_hours(client: Client, **fields: str):
    rows = {"hours-0-weekday": "0", "hours-0-opens": "09:00", "hours-0-closes": "17:00"}
    rows |= {"holidays-0-date": "2026-12-25", "holidays-0-name": "Christmas"}
    for inline in ("hours", "holidays"):
        rows |= {f"{inline}-TOTAL_FORMS": "1", f"{inline}-INITIAL_FORMS": "0"}
    usual = {"name": "Office", "time_zone": "Europe/Berlin"}
    return client.post(f"{HOURS}add/", rows | usual | fields)


def test_hours_are_made_with_week_and_holidays(sofia: Client):
    assert add_hours(sofia).status_code == 302
    office = Schedule.objects.get()
    assert office.hours.get().opens == time(9)
    assert office.holidays.get().name == "Christmas"
    assert "Monday 09:00-17:00" in sofia.get(HOURS).content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"time_zone": "Berlin"}, "This is not a time zone."),
        ({"time_zone": "../etc/passwd"}, "This is not a time zone."),
        ({"holidays-0-opens": "10:00"}, "Enter both times or neither."),
        ({"hours-0-opens": "25:00"}, "Enter a valid time"),
    ],
)
def test_hours_that_cannot_be_are_explained(sofia: Client, fields: dict, words: str):
    assert words in errors_of(add_hours(sofia, **fields))
    assert not Schedule.objects.exists()


def test_a_date_is_a_holiday_once(sofia: Client):
    again = {"holidays-TOTAL_FORMS": "2", "holidays-1-date": "2026-12-25"}
    answer = add_hours(sofia, **again, **{"holidays-1-name": "Yule"})
    assert "“2026-12-25” is listed more than once." in errors_of(answer)


def test_a_line_gets_its_hours_where_its_account_is(cast: Cast, sofia: Client):
    always = Schedule.objects.create(name="Never", time_zone="UTC")
    page = f"/admin/calls/line/{cast.line.pk}/change/"
    fields = form_of(sofia, page) | {"schedule": always.pk, "priority": "4"}
    assert sofia.post(page, fields).status_code == 302
    line = Line.objects.get()
    assert (line.schedule, line.priority) == (always, 4)
    account = f"/admin/callcenter/watiaccount/{cast.account.pk}/change/"
    assert f'href="{page}"' in sofia.get(account).content.decode()
    assert "Closed" in sofia.get("/admin/calls/line/").content.decode()


# --- What would happen -------------------------------------------------------------


@pytest.mark.parametrize("place", ["queue", "line", "schedule"])
def test_the_page_answers_what_would_happen(cast: Cast, sofia: Client, place: str):
    add_hours(sofia)
    Line.objects.update(schedule=Schedule.objects.get())
    pages = {
        "queue": page_of(cast.queue),
        "line": f"/admin/calls/line/{cast.line.pk}/change/",
        "schedule": f"{HOURS}{Schedule.objects.get().pk}/change/",
    }
    asked = f"?what_at=2026-11-30T08:30&line={cast.line.pk}"
    page = sofia.get(pages[place] + asked).content.decode()
    assert "Open until Mon, 30 Nov 2026, 17:00 (Europe/Berlin)." in page
    assert "The caller enters the queue Support." in page


def test_hours_answer_for_a_line_that_does_not_keep_them_yet(cast: Cast, sofia: Client):
    add_hours(sofia)
    page = f"{HOURS}{Schedule.objects.get().pk}/change/"
    asked = f"?what_at=2026-12-25T12:00&line={cast.line.pk}"
    assert (
        "Closed for a holiday: Christmas." in sofia.get(page + asked).content.decode()
    )
    assert Line.objects.get().schedule is None


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("what_at=tomorrow", "Enter the time as"),
        ("what_at=", "Choose a date and time."),
        ("what_at=0001-01-01T00:00", "Choose a date between 2000 and 2100."),
        ("what_at=9999-12-31T23:59", "Choose a date between 2000 and 2100."),
        ("what_at=2026-11-30T08:30&line=999", "Choose one of these business numbers."),
        ("what_at=2026-11-30T08:30&line=x", "Choose one of these business numbers."),
    ],
)
def test_a_question_that_is_none_gets_a_sentence(
    cast: Cast, sofia: Client, asked: str, words: str
):
    address = f"{page_of(cast.queue)}?line={cast.line.pk}&{asked}"
    assert words in sofia.get(address).content.decode()


def test_a_queue_without_a_line_says_so(cast: Cast, sofia: Client):
    sales = Queue.objects.create(name="Sales")
    assert (
        "No business number uses this yet" in sofia.get(page_of(sales)).content.decode()
    )


def test_asking_changes_nothing(cast: Cast, sofia: Client):
    on_duty(cast.ana)
    asked = f"?what_at={timezone.localtime() + timedelta(hours=1):%Y-%m-%dT%H:%M}"
    page = sofia.get(f"{page_of(cast.queue)}{asked}&line={cast.line.pk}")
    assert "Rings at this agent." in page.content.decode()
    assert not Call.objects.exists()
    cast.ana.refresh_from_db()
    assert (cast.ana.state, cast.ana.last_offered_at) == ("available", None)
