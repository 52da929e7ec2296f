"""What Sofia writes to agents: who has it, until when, and who has read it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from agents import messaging
from agents.models import Agent, FloorMessage
from calls import notify
from calls.console.messages import Page
from calls.console.requests import REQUESTS
from calls.snapshots import console_snapshot
from tests.cast import Cast, hire
from tests.shift import Shift

HOUR = timedelta(hours=1)


def writes(cast: Cast, text: str, *agents: Agent) -> FloorMessage:
    ids = [agent.pk for agent in agents]
    return messaging.send(text, cast.sofia, ids, "Support", HOUR)


def seen_by(agent: Agent) -> list[str]:
    return [one["text"] for one in console_snapshot(agent.pk)["messages"]]


def reads(agent: Agent, message: Any) -> None:
    REQUESTS["read_message"](Page(agent, "page"), {"message": message})


def test_each_reads_for_themselves(cast: Cast, shift: Shift):
    message = writes(cast, "Refunds take two days today.", cast.ana, cast.bruno)
    carlo = hire("carlo", cast.queue)
    assert seen_by(cast.ana) == ["Refunds take two days today."]
    assert seen_by(carlo) == []
    reads(cast.ana, message.pk)
    assert seen_by(cast.ana) == []
    assert seen_by(cast.bruno) == ["Refunds take two days today."]
    read = message.receipts.exclude(read_at=None)
    assert list(read.values_list("agent__name", flat=True)) == ["Ana"]


def test_the_first_reading_counts(cast: Cast, shift: Shift):
    message = writes(cast, "Hello", cast.ana)
    reads(cast.ana, message.pk)
    at = message.receipts.get().read_at
    shift.clock.forward(60)
    reads(cast.ana, message.pk)
    assert message.receipts.get().read_at == at


@pytest.mark.parametrize("named", [None, "1", -1, 10**30, [], {}, True])
def test_a_page_may_name_anything(named: Any, cast: Cast, shift: Shift):
    writes(cast, "Hello", cast.bruno)
    reads(cast.ana, named)
    assert seen_by(cast.bruno) == ["Hello"]


def test_after_its_time_it_is_gone(cast: Cast, shift: Shift):
    writes(cast, "Until one", cast.ana)
    shift.clock.forward(3601)
    assert seen_by(cast.ana) == []


def test_what_is_withdrawn_is_gone_from_those_who_have_not_read_it(
    cast: Cast, shift: Shift
):
    message = writes(cast, "Wrong", cast.ana, cast.bruno)
    reads(cast.ana, message.pk)
    assert messaging.withdraw(message) == [cast.bruno.pk]
    assert messaging.withdraw(message) == []
    assert seen_by(cast.bruno) == []


def test_a_console_that_missed_the_push_is_behind(cast: Cast, shift: Shift):
    before = Agent.objects.get(pk=cast.ana.pk).version
    message = writes(cast, "Hello", cast.ana)
    assert Agent.objects.get(pk=cast.ana.pk).version == before + 1
    messaging.withdraw(message)
    assert Agent.objects.get(pk=cast.ana.pk).version == before + 2


def test_what_is_unread_is_pushed_whole_oldest_first(
    cast: Cast, shift: Shift, told: list[dict[str, Any]]
):
    for text in ("First", "Second"):
        writes(cast, text, cast.ana)
    notify.messages_changed([cast.ana.pk, cast.bruno.pk])
    pushed = {one["to"][0]: json.loads(one["text"]) for one in told}
    texts = [one["text"] for one in pushed[cast.ana.pk]["messages"]]
    assert texts == ["First", "Second"]
    assert pushed[cast.bruno.pk]["messages"] == []


def test_pushing_to_many_takes_one_statement(
    cast: Cast, django_assert_num_queries: Any
):
    agents = [cast.ana, cast.bruno, *(hire(f"a{n}", cast.queue) for n in range(20))]
    writes(cast, "Hello", *agents)
    with django_assert_num_queries(1):
        found = messaging.unread([agent.pk for agent in agents])
    assert all(len(one) == 1 for one in found.values())


def test_only_the_newest_are_shown(cast: Cast):
    for number in range(messaging.MOST_SHOWN + 3):
        writes(cast, str(number), cast.ana)
    shown = seen_by(cast.ana)
    assert (shown[0], len(shown)) == ("3", messaging.MOST_SHOWN)
