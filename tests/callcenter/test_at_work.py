"""Whoever signs in or out where an agent is on a call is warned before."""

from typing import Any

import pyotp
import pytest
from django.conf import settings as given
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from agents.models import IN_A_CALL, Agent, AgentState
from callcenter.web import at_work, second_factor
from callcenter.web.sessions import row_name
from tests.cast import PASSWORD, Cast
from tests.windows import open_window

pytestmark = pytest.mark.stackless

ON_A_CALL = "Ana is on a call in this browser."
IN_WRAP_UP = "Ana is in wrap-up in this browser."


@pytest.fixture(autouse=True)
def quick_hashes(cast: Cast, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    User.objects.update(password=make_password(PASSWORD))


@pytest.fixture
def desk(cast: Cast) -> Client:
    """The browser that Ana has signed in at, and talks."""
    client = Client()
    sign_in(client, "ana")
    is_in_state(cast.ana, "in_call")
    return client


def sign_in(client: Client, name: str, page: str = "/sign-in/", **more: Any) -> Any:
    form = {"username": name, "password": PASSWORD, **more}
    return client.post(page, form)


def is_in_state(agent: Agent, state: str) -> None:
    Agent.objects.filter(pk=agent.pk).update(state=state)


def session(client: Client) -> str:
    """Return what the row of their session is named."""
    return row_name(client.cookies[given.SESSION_COOKIE_NAME].value)


def who(client: Client) -> str:
    return str(client.get("/profile/").context["user"].get_username())


def text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


@pytest.mark.parametrize("page", ["/sign-in/", "/admin/login/"])
def test_a_colleague_is_warned_and_signs_in_with_a_second_press(desk: Client, page):
    before = session(desk)
    assert ON_A_CALL in text(desk, page)
    answer = sign_in(desk, "supervisor", page, next="/admin/calls/call/")
    assert answer["Location"] == "/sign-in/instead/"
    assert who(desk) == "ana"
    question = text(desk, "/sign-in/instead/")
    assert ON_A_CALL in question
    assert "Sign in anyway" in question
    assert session(desk) == before
    answer = desk.post("/sign-in/instead/")
    assert answer["Location"] == "/admin/calls/call/"
    assert who(desk) == "supervisor"
    assert not Session.objects.filter(pk=before).exists()


def test_who_thinks_better_of_it_leaves_the_call_alone(desk: Client):
    before = session(desk)
    sign_in(desk, "bruno")
    assert desk.post("/sign-in/instead/", {"cancel": "1"})["Location"] == "/profile/"
    assert (who(desk), session(desk)) == ("ana", before)
    # The password that was given is worth nothing any more.
    assert desk.post("/sign-in/instead/")["Location"] == "/sign-in/"
    assert who(desk) == "ana"


def test_the_agent_herself_signs_in_again_and_keeps_her_session(desk: Client):
    before = session(desk)
    assert sign_in(desk, "ana")["Location"] == "/"
    assert session(desk) == before


def test_a_wrong_password_asks_nothing(desk: Client):
    answer = desk.post("/sign-in/", {"username": "bruno", "password": "guess"})
    assert answer.status_code == 200
    assert desk.post("/sign-in/instead/")["Location"] == "/sign-in/"


def test_in_wrap_up_the_warning_says_so(cast: Cast, desk: Client):
    is_in_state(cast.ana, "wrap_up")
    assert IN_WRAP_UP in text(desk, "/sign-in/")
    sign_in(desk, "bruno")
    assert IN_WRAP_UP in text(desk, "/sign-in/instead/")


def test_a_call_that_is_over_by_then_is_not_spoken_of(cast: Cast, desk: Client):
    sign_in(desk, "bruno")
    is_in_state(cast.ana, "available")
    question = text(desk, "/sign-in/instead/")
    assert ON_A_CALL not in question
    assert "anyway" not in question
    desk.post("/sign-in/instead/")
    assert who(desk) == "bruno"


@pytest.mark.parametrize("state", AgentState)
def test_only_work_that_would_be_lost_is_warned_of(cast: Cast, desk: Client, state):
    is_in_state(cast.ana, state)
    is_warned = "in this browser" in text(desk, "/sign-in/")
    assert is_warned == (state in (*IN_A_CALL, AgentState.WRAP_UP))
    asks = sign_in(desk, "bruno")["Location"] == "/sign-in/instead/"
    assert asks == is_warned


def test_a_call_in_another_browser_is_not_lost_here(cast: Cast, desk: Client):
    open_window(cast.ana, "at home", session="another")
    assert ON_A_CALL not in text(desk, "/sign-in/")
    open_window(cast.ana, "here", session=session(desk))
    assert ON_A_CALL in text(desk, "/sign-in/")


def test_the_states_are_those_of_agents():
    assert set(at_work.IN_A_CALL) == set(IN_A_CALL)
    assert at_work.WRAP_UP == AgentState.WRAP_UP


# --- With a second factor ------------------------------------------------------------


def test_with_a_second_factor_the_question_comes_first(
    cast: Cast, desk: Client, settings: Any
):
    app = _second_factor(settings)
    sign_in(desk, "supervisor")
    assert desk.post("/sign-in/instead/")["Location"] == "/sign-in/code/"
    assert who(desk) == "ana"
    desk.post("/sign-in/code/", {"code": app.now()})
    assert who(desk) == "supervisor"


def test_a_call_that_begins_between_the_steps_is_asked_about(
    cast: Cast, desk: Client, settings: Any
):
    app = _second_factor(settings)
    is_in_state(cast.ana, "available")
    assert sign_in(desk, "supervisor")["Location"] == "/sign-in/code/"
    is_in_state(cast.ana, "in_call")
    answer = desk.post("/sign-in/code/", {"code": app.now()})
    assert answer["Location"] == "/sign-in/instead/"
    assert who(desk) == "ana"
    assert ON_A_CALL in text(desk, "/sign-in/instead/")
    desk.post("/sign-in/instead/")
    assert who(desk) == "supervisor"
    assert desk.get("/admin/").status_code == 200


def _second_factor(settings: Any) -> pyotp.TOTP:
    settings.SECOND_FACTOR = "staff"
    supervisor = User.objects.get(username="supervisor")
    factor = second_factor.begin(supervisor)
    type(factor).objects.filter(pk=factor.pk).update(
        confirmed_at=factor.user.date_joined
    )
    return pyotp.TOTP(factor.secret)


def test_the_question_cannot_be_skipped(desk: Client):
    """Without a password that was right, it signs nobody in."""
    assert Client().post("/sign-in/instead/")["Location"] == "/sign-in/"
    assert desk.post("/sign-in/instead/")["Location"] == "/sign-in/"
    assert who(desk) == "ana"


def test_a_second_factor_is_not_set_up_inside_a_call(desk: Client, settings: Any):
    """It gives the browser another session, and the call is lost with this one."""
    settings.SECOND_FACTOR = "staff"
    page = desk.get("/sign-in/set-up/", follow=True).content.decode()
    assert "Finish your call first" in page


# --- Signing out ---------------------------------------------------------------------


def test_signing_out_of_a_call_asks_first(desk: Client):
    question = desk.post("/sign-out/").content.decode()
    assert "You are on a call. If you sign out, you lose it." in question
    assert who(desk) == "ana"
    answer = desk.post("/sign-out/", {"anyway": "1"})
    assert answer["Clear-Site-Data"] == '"cache"'
    assert desk.get("/console/").status_code == 302


def test_signing_out_of_a_wrap_up_asks_first(cast: Cast, desk: Client):
    is_in_state(cast.ana, "wrap_up")
    assert "You are in wrap-up." in desk.post("/sign-out/").content.decode()


def test_otherwise_one_press_is_enough(cast: Cast, desk: Client):
    is_in_state(cast.ana, "available")
    desk.post("/sign-out/")
    assert desk.get("/console/").status_code == 302
