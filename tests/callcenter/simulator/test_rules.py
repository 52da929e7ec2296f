"""WhatsApp's limits, whatever a business and a user do."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.simulator.rules import (
    CONNECTED_PER_DAY,
    DAY,
    WEEK,
    Consequence,
    Permission,
    PermissionKind,
)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "grant", "always", "withdraw", "connect", "miss"]),
        st.floats(min_value=0, max_value=3 * DAY),
    ),
    max_size=60,
)


@given(STEPS)
def test_a_business_never_asks_or_calls_more_than_it_may(
    steps: list[tuple[str, float]],
) -> None:
    permission, now = Permission(), 1e9
    asked: list[float] = []
    missed = 0
    for step, pause in steps:
        now += pause
        before = permission.kind_at(now)
        if step == "ask" and not permission.refuses_request(now):
            assert before is not PermissionKind.PERMANENT
            assert not [time for time in asked if time > now - DAY]
            assert len([time for time in asked if time > now - WEEK]) < 2
            permission.request(now)
            asked.append(now)
        elif step in ("grant", "always"):
            permission.grant(now, permanent=step == "always")
            missed = 0
        elif step == "withdraw":
            permission.withdraw(now)
            missed = 0
        elif step == "connect" and not permission.refuses_call(now):
            assert before is not PermissionKind.NONE
            permission.call_connected(now, outbound=True)
            asked.clear()
            missed = 0
        elif step == "miss" and not permission.refuses_call(now):
            missed += 1
            consequence = permission.call_unanswered(now)
            assert (consequence is Consequence.REVOKE) == (missed == 4)
            missed = 0 if missed == 4 else missed
        check_what_is_shown(permission, now)


def check_what_is_shown(permission: Permission, now: float) -> None:
    actions = {
        action["action_name"]: action["can_perform_action"]
        for action in permission.as_result(now)["actions"]
    }
    may_ask = not permission.refuses_request(now)
    may_call = not permission.refuses_call(now)
    assert actions == {
        "send_call_permission_request": may_ask,
        "start_call": may_call,
    }
    assert len(permission.requests) <= 2


def test_a_temporary_permission_lasts_seven_days() -> None:
    permission = Permission()
    permission.grant(0.0, permanent=False)
    assert permission.refuses_call(WEEK - 1) == 0
    assert permission.refuses_call(WEEK) == 138006


def test_a_hundred_connected_calls_a_day_are_enough() -> None:
    permission = Permission()
    permission.grant(0.0, permanent=True)
    for second in range(CONNECTED_PER_DAY):
        assert permission.refuses_call(second) == 0
        permission.call_connected(second, outbound=True)
    assert permission.refuses_call(200.0) == 138012
    assert permission.refuses_call(DAY) == 0


def test_a_connected_call_frees_the_requests() -> None:
    permission = Permission()
    permission.request(0.0)
    assert permission.refuses_request(1.0) == 138009
    permission.call_connected(2.0, outbound=False)
    assert permission.refuses_request(3.0) == 0


def test_two_requests_a_week_and_none_once_it_is_permanent() -> None:
    permission = Permission()
    permission.request(0.0)
    permission.request(DAY + 1)
    assert permission.refuses_request(3 * DAY) == 138009
    assert permission.refuses_request(WEEK + 1) == 0
    permission.grant(WEEK + 1, permanent=True)
    assert permission.refuses_request(WEEK + 2) == 138017


def test_two_missed_calls_nudge_the_user_and_four_take_the_permission() -> None:
    permission = Permission()
    permission.grant(0.0, permanent=True)
    consequences = [permission.call_unanswered(n) for n in range(4)]
    assert consequences == [
        Consequence.NOTHING,
        Consequence.NUDGE,
        Consequence.NOTHING,
        Consequence.REVOKE,
    ]
    assert permission.refuses_call(5.0) == 138006
