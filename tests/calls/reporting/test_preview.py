"""What would happen to Carla at some instant, by the rows of now."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone

from agents.models import Holiday, Membership, OpenHours, Prompt, Queue, Schedule
from calls import placement
from calls.models import Call, Node
from calls.reporting.preview import Preview, what_would_happen
from tests.cast import Cast, hire, on_duty

MONDAY_NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)  # 13:00 in Berlin


@pytest.fixture(autouse=True)
def node(cast: Cast) -> Node:
    """A server with room for the system's answers."""
    return placement.register()


def office_hours(cast: Cast) -> Schedule:
    office = Schedule.objects.create(name="Office", time_zone="Europe/Berlin")
    for weekday in range(5):
        OpenHours.objects.create(
            schedule=office, weekday=weekday, opens=time(9), closes=time(17)
        )
    cast.line.schedule = office
    cast.line.save()
    return office


def change(queue: Queue, **fields) -> None:
    Queue.objects.filter(pk=queue.pk).update(**fields)


def now(cast: Cast) -> Preview:
    line = type(cast.line).objects.get(pk=cast.line.pk)
    return what_would_happen(line, timezone.now())


def reasons(preview: Preview) -> dict[str, str]:
    return {person.name: person.reason for person in preview.people}


def test_an_open_line_says_until_when(cast: Cast):
    office_hours(cast)
    preview = what_would_happen(cast.line, MONDAY_NOON)
    assert preview.is_open
    assert preview.opening.startswith(
        "Open until Mon, 30 Nov 2026, 17:00 (Europe/Berlin)."
    )


def test_on_a_holiday_the_closed_prompt_is_heard_and_nothing_rings(cast: Cast):
    office = office_hours(cast)
    Holiday.objects.create(schedule=office, date="2026-11-30", name="St Andrew")
    cast.line.closed_prompt = Prompt.objects.create(name="We are out", sound=b"")
    office.refresh_from_db()
    preview = what_would_happen(cast.line, MONDAY_NOON)
    assert not preview.is_open
    assert "Closed for a holiday: St Andrew." in preview.opening
    assert "Tue, 1 Dec 2026, 09:00" in preview.opening
    assert preview.hears[0] == "Auto-answered at once with “We are out”."
    assert (preview.people, preview.queue) == ((), None)


def test_a_line_without_hours_is_always_open(cast: Cast):
    assert "Always open" in now(cast).opening


def test_hours_that_never_open_say_so(cast: Cast):
    cast.line.schedule = Schedule.objects.create(name="Never", time_zone="UTC")
    cast.line.save()
    assert "no opening hours ahead" in now(cast).opening


def test_the_queue_keeps_hours_of_its_own(cast: Cast):
    office = office_hours(cast)
    change(cast.queue, schedule=office)
    type(cast.line).objects.update(schedule=None)
    line = type(cast.line).objects.get()
    assert what_would_happen(line, MONDAY_NOON).is_open
    preview = what_would_happen(line, MONDAY_NOON + timedelta(hours=6))
    assert not preview.is_open
    assert "Tue, 1 Dec 2026, 09:00 (Europe/Berlin)" in preview.opening


def test_it_names_who_would_be_rung_and_why_nobody_else(cast: Cast):
    on_duty(cast.ana)
    dario = hire("dario", cast.queue)
    on_duty(dario)
    Membership.objects.filter(agent=dario).update(level=2)
    preview = now(cast)
    assert [p.name for p in preview.people if p.rings] == ["Ana"]
    assert reasons(preview) == {
        "Ana": "Rings at this agent.",
        "Bruno": "Offline.",
        "Dario": "Level 2 rings in 20 s.",
    }


def test_an_agent_whose_console_proves_nothing_would_not_be_rung(cast: Cast):
    on_duty(cast.ana)
    cast.ana.ready_at = timezone.now() - timedelta(minutes=1)
    cast.ana.save()
    assert reasons(now(cast))["Ana"] == "Not reachable."


def test_a_full_queue_passes_the_caller_on(cast: Cast):
    sales = Queue.objects.create(name="Sales")
    on_duty(hire("dario", sales))
    change(cast.queue, max_length=1, overflow_to=sales)
    Call.objects.create(account=cast.account, queue=cast.queue, status="ringing")
    preview = now(cast)
    assert preview.way == (
        "Support overflows to Sales.",
        "The caller enters the queue Sales.",
    )
    assert reasons(preview) == {"Dario": "Rings at this agent."}


def test_a_full_queue_without_another_one_says_good_bye(cast: Cast):
    change(cast.queue, max_length=0)
    preview = now(cast)
    assert preview.way == ("Support is full.",)
    assert "queue is full" in preview.hears[0]
    assert preview.hears[1] == "Then the call ends."


@pytest.mark.parametrize(
    ("when_nobody", "words"),
    [
        ("ring", "WhatsApp's ringing tone for up to 45 seconds"),
        ("wait", "No agent is signed in: auto-answered at once."),
        ("goodbye", "the message that no agent is signed in"),
    ],
)
def test_nobody_on_duty_means_what_the_queue_says(
    cast: Cast, when_nobody: str, words: str
):
    change(cast.queue, when_nobody=when_nobody)
    assert words in now(cast).hears[0]


def test_it_tells_when_the_system_answers_and_what_follows(cast: Cast):
    on_duty(cast.ana)
    sales = Queue.objects.create(name="Sales", when_nobody="wait")
    jazz = Prompt.objects.create(name="Jazz", sound=b"")
    change(cast.queue, music=jazz, answer_after_seconds=22, overflow_to=sales)
    change(cast.queue, max_wait_seconds=90, position_every_seconds=30)
    assert now(cast).hears == (
        "WhatsApp's ringing tone; auto-answered after 22 seconds if no agent answers.",
        "First the greeting (default prompt), then “Jazz”.",
        "The position in the queue, every 30 seconds.",
        "After a total of 1 minute 30 s the caller overflows to Sales.",
    )


def test_it_does_not_promise_a_queue_that_would_not_take_the_caller(cast: Cast):
    on_duty(cast.ana)
    sales = Queue.objects.create(name="Sales", when_nobody="ring")
    change(cast.queue, max_wait_seconds=90, overflow_to=sales)
    assert now(cast).hears[-1] == "The call ends after a total of 1 minute 30 s."


def test_without_room_on_any_server_it_says_that_it_rings_out(cast: Cast, node: Node):
    Node.objects.update(max_calls=0)
    for rule in ("wait", "goodbye"):
        change(cast.queue, when_nobody=rule)
        assert "for up to 45 seconds" in now(cast).hears[0]
    cast.line.schedule = Schedule.objects.create(name="Never", time_zone="UTC")
    cast.line.save()
    assert "for up to 45 seconds" in now(cast).hears[0]


def test_a_queue_that_only_rings_plays_nothing(cast: Cast):
    on_duty(cast.ana)
    change(cast.queue, system_answers=False, ring_seconds=30)
    hears = now(cast).hears
    assert len(hears) == 1
    assert "for up to 30 seconds" in hears[0]
