"""Each line of the log tells its node and, where there is one, the call."""

import asyncio
import json
import logging
from datetime import datetime
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from hypothesis import given
from hypothesis import strategies as st

from callcenter import celery, worker
from callcenter.logs import Facts, JsonLine, TextLine, about, now_about, request_id_of
from tests.servers import wait_for

CALL, OTHER = str(uuid4()), str(uuid4())


def line(message: str, *values: object, form: logging.Formatter | None = None) -> str:
    record = logging.LogRecord("calls.x", 30, "x.py", 1, message, values, None)
    Facts().filter(record)
    return (form or JsonLine()).format(record)


@pytest.fixture(autouse=True)
def node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_NAME", "node-8001")


def test_a_line_is_one_object_with_what_is_known():
    with about(call=CALL, account=7, request=""):
        told = json.loads(line("%s webhooks\nwent", 3))
    at = datetime.fromisoformat(told.pop("time"))
    assert at.utcoffset() is not None
    assert told == {
        "level": "WARNING",
        "logger": "calls.x",
        "message": "3 webhooks\nwent",
        "node": "node-8001",
        "call": CALL,
        "account": "7",
    }


@given(st.text())
def test_whatever_is_said_stays_on_one_line(text: str):
    with about(request=text):
        told = line("%s", text)
    assert "\n" not in told
    assert json.loads(told)["message"] == text


def test_a_line_for_people_names_node_and_call_once():
    with about(call=CALL):
        assert f"node-8001 call {CALL} calls.x ended" in line("ended", form=TextLine())
        assert line("call %s: ended", CALL, form=TextLine()).count(CALL) == 1
    assert "node-8001 calls.x ended" in line("ended", form=TextLine())


def test_the_call_that_a_message_names_is_the_one_it_is_about():
    """A socket that several calls share was opened by one of them."""
    with about(call=OTHER):
        assert json.loads(line("call %s: no audio", CALL))["call"] == CALL


def test_the_facts_go_along_into_threads_and_tasks_and_end_with_them():
    async def work() -> list[dict[str, str]]:
        with about(call=CALL):
            task = asyncio.create_task(asyncio.sleep(0, dict(now_about())))
            in_thread = sync_to_async(lambda: dict(now_about()), thread_sensitive=False)
            found = [await task, await in_thread()]
        return [*found, dict(now_about())]

    assert asyncio.run(work()) == [{"call": CALL}, {"call": CALL}, {}]


def test_a_task_tells_what_those_tell_that_woke_it(monkeypatch, settings):
    settings.EMBEDDED = False
    sent: dict[str, object] = {}
    monkeypatch.setattr(
        celery.app, "send_task", lambda task, args, **options: sent.update(options)
    )
    with about(call=CALL):
        celery.wake("calls.tasks.sweep")
    wait_for(lambda: "headers" in sent, "the thread that sends")
    assert sent["headers"] == {"about": {"call": CALL}}

    class Task:
        class request:  # noqa: N801
            about = {"call": CALL}
            is_eager = True

    worker._before_task(Task)  # type: ignore[arg-type]
    assert now_about() == {"call": CALL}
    worker._after_task(Task)  # type: ignore[arg-type]
    assert now_about() == {}


@pytest.mark.parametrize("given_", [b"", b"short", b"a\r\nSet-Cookie: x", b"x" * 65])
def test_a_request_id_that_may_be_a_trick_is_replaced(given_: bytes):
    made = request_id_of({b"x-request-id": given_})
    assert made.encode() != given_
    assert len(made) == 16
    assert request_id_of({b"x-request-id": b"0af7651916cd43dd"}) == "0af7651916cd43dd"
