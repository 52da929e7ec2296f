"""A session is worth what the rows say now, for every websocket alike."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent, AgentState
from agents.sessions import OUTSTAYS_IN, Badge, Standing, standings
from callcenter.web.sessions import OUTSTAYS_FOR
from tests.cast import Cast, hire
from tests.console import session_row

LASTS, OUTSTAYS, OVER = Standing


def badge(agent: Agent) -> Badge:
    """Sign the agent in once more."""
    return Badge(session_row(agent), agent.pk)


def of(badge: Badge) -> Standing:
    return standings([badge])[badge]


def sign_out(badge: Badge) -> None:
    Session.objects.filter(pk=badge.session).delete()


def time_is_over(badge: Badge, since: timedelta = timedelta(seconds=1)) -> None:
    at = timezone.now() - since
    Session.objects.filter(pk=badge.session).update(expire_date=at)


def lock(badge: Badge) -> None:
    User.objects.filter(agent=badge.agent_id).update(is_active=False)


def change_password(badge: Badge) -> None:
    user = User.objects.get(agent=badge.agent_id)
    user.set_password("something else")
    user.save()


def dismiss(badge: Badge) -> None:
    Agent.objects.filter(pk=badge.agent_id).delete()


def delete_user(badge: Badge) -> None:
    User.objects.filter(agent=badge.agent_id).delete()


REVOKED = [sign_out, lock, change_password, dismiss, delete_user]


@pytest.mark.parametrize("end", [*REVOKED, time_is_over])
def test_who_is_signed_out_is_found_and_nobody_else(cast: Cast, end):
    ana, bruno = badge(cast.ana), badge(cast.bruno)
    assert standings([ana, bruno]) == {ana: LASTS, bruno: LASTS}
    end(ana)
    assert standings([ana, bruno]) == {ana: OVER, bruno: LASTS}


def test_signing_out_elsewhere_ends_no_other_session(cast: Cast):
    here, elsewhere = badge(cast.ana), badge(cast.ana)
    sign_out(elsewhere)
    assert standings([here, elsewhere]) == {here: LASTS, elsewhere: OVER}


def test_the_session_of_another_user_is_no_badge(cast: Cast):
    stolen = badge(cast.ana)._replace(session=session_row(cast.bruno))
    unknown = badge(cast.ana)._replace(session="")
    assert standings([stolen, unknown]) == {stolen: OVER, unknown: OVER}


@pytest.mark.parametrize("state", AgentState)
def test_the_time_of_a_session_ends_it_outside_of_a_call_only(cast: Cast, state: str):
    ana = badge(cast.ana)
    Agent.objects.filter(pk=ana.agent_id).update(state=state)
    assert of(ana) is LASTS
    time_is_over(ana)
    assert of(ana) is (OUTSTAYS if state in OUTSTAYS_IN else OVER)
    time_is_over(ana, OUTSTAYS_FOR)
    assert of(ana) is OVER


@pytest.mark.parametrize("end", REVOKED)
def test_everything_else_ends_it_in_a_call_too(cast: Cast, end):
    ana = badge(cast.ana)
    Agent.objects.filter(pk=ana.agent_id).update(state=AgentState.IN_CALL)
    time_is_over(ana)
    end(ana)
    assert of(ana) is OVER


def test_fifty_sessions_cost_as_many_statements_as_five(cast: Cast):
    badges = [badge(hire(f"agent{number}", cast.queue)) for number in range(50)]
    for many in (5, 50):
        with CaptureQueriesContext(connection) as queries:
            standings(badges[:many])
        assert len(queries) == 2
