"""Whatever happens, and in whatever order it is heard of: no permission is burnt.

The product plays against a strict WhatsApp. Webhooks, outcomes and readings reach it
late, twice, in any order or never; requests and calls time out; its API lags behind
what it says by webhook, and answers may be lost. WhatsApp may take a permission back
only after a call that a supervisor let through, and never finds a request one too many.
Once it has been asked as the ledger demands, we believe what it does.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from unittest import mock
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from callcenter.wati.events import PermissionChanged, Person
from permissions import checks, ledger, rules, services
from permissions.ledger import Pair, facts_for
from permissions.models import Contact, PermissionEvent
from permissions.verdicts import Reason
from tests.cast import Cast
from tests.orders import examples
from tests.permissions.whatsapp import RINGS, WhatsApp

EXAMPLES = examples(25, thorough=500)
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
waids = count(4915112000000)
latencies = st.integers(0, 60).map(lambda s: timedelta(seconds=s))
pauses = st.sampled_from([2, 40, 95, 600, 3600, 20 * 3600, 86300, 86400, 86500, 300000])


class Ledger(RuleBasedStateMachine):
    cast: Cast
    letters = Bundle("letters")  # what WhatsApp said, to be heard some day

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.clock = mock.patch(
            "django.utils.timezone.now", side_effect=lambda: self.now
        )
        self.clock.start()
        contact = Contact.objects.create(waid=str(next(waids)))
        self.pair = Pair(contact, self.cast.account, self.cast.line.number)
        self.ringing: tuple[datetime, bool] | None = None  # at WhatsApp; overridden?
        self.keys = count()

    def teardown(self) -> None:
        self.clock.stop()

    @initialize(forgiving=st.booleans())
    def meet_whatsapp(self, forgiving: bool) -> None:
        self.whatsapp = WhatsApp(inbound_ends_streak=forgiving)

    def advance(self, pause: timedelta) -> None:
        self.now += pause

    def key(self) -> str:
        return f"{next(self.keys)}"

    # --- Time and the person ---------------------------------------------------

    @precondition(lambda self: self.ringing is None)
    @rule(seconds=pauses)
    def time_passes(self, seconds: int) -> None:
        self.advance(timedelta(seconds=seconds))

    @rule(
        target=letters,
        permanent=st.booleans(),
        names_term=st.booleans(),
        lags=st.sampled_from([0, 1, 9, 30]),
    )
    def person_allows(
        self, permanent: bool, names_term: bool, lags: int
    ) -> Callable[[], object]:
        self.whatsapp.lag(self.now, timedelta(seconds=lags))
        self.whatsapp.grant(self.now, permanent=permanent)
        until = self.whatsapp.allowed_until
        return self.webhook(
            granted=True,
            permanent=permanent and names_term,
            expires_at=until.replace(microsecond=0) if until and names_term else None,
        )

    @rule(target=letters, lags=st.sampled_from([0, 1, 9, 30]))
    def person_forbids(self, lags: int) -> Callable[[], object]:
        self.whatsapp.lag(self.now, timedelta(seconds=lags))
        self.whatsapp.withdraw()
        return self.webhook(granted=False)

    @rule(target=letters)
    def person_calls_and_is_answered(self) -> Callable[[], object]:
        started_at, call = self.now, uuid4()
        self.advance(timedelta(seconds=5))
        self.whatsapp.called_business()
        return lambda: services.called_us(self.pair, call=call, started_at=started_at)

    def webhook(self, **said: object) -> Callable[[], object]:
        key = self.key()
        event = PermissionChanged(Person(self.pair.contact.waid or ""), **said)
        return lambda: services.permission_webhook(
            self.pair, event, key=key, received_at=self.now
        )

    @rule(letter=letters, copies=st.integers(1, 2))
    def we_hear_of_it(self, letter: Callable[[], object], copies: int) -> None:
        for _ in range(copies):
            letter()

    # --- Ourselves ---------------------------------------------------------------

    @rule(target=letters)
    def we_read(self) -> Callable[[], object]:
        sent_at, told = self.now, self.whatsapp.told(self.now)
        return lambda: services.read_from_api(self.pair, told, at=sent_at)

    @rule()
    def we_read_at_once(self) -> None:
        told = self.whatsapp.told(self.now)
        services.read_from_api(self.pair, told, at=self.now)

    @rule(
        latency=latencies, fate=st.sampled_from(["said", "timeout", "lost", "unsent"])
    )
    def we_ask(self, latency: timedelta, fate: str) -> None:
        key = self.key()
        try:
            services.ask(self.pair, key=key)
        except services.NotAllowed:
            return
        if fate == "unsent":
            services.ask_not_sent(self.pair, key=key)
        if fate in ("unsent", "lost"):
            return
        self.advance(latency)
        code = self.whatsapp.request(self.now)
        assert code != 138009, "one request too many"
        if code and fate == "said":
            services.ask_refused(self.pair, key=key, code=code)

    @rule(reason=st.just("He asked me to."))
    def sofia_overrides(self, reason: str) -> None:
        services.override(self.pair, user=self.cast.sofia, reason=reason)

    @precondition(lambda self: self.ringing is None)
    @rule(
        target=letters,
        rings=st.integers(0, 59),
        answered=st.sampled_from([False, False, False, True]),
        says_when=st.booleans(),
        meanwhile_allows=st.sampled_from([False, False, True]),
    )
    def we_call(
        self, rings: int, answered: bool, says_when: bool, meanwhile_allows: bool
    ) -> Callable[[], object]:
        call = uuid4()
        verdict = rules.may_call(facts_for(self.pair), self.now)
        try:
            services.place_call(self.pair, call=call)
        except services.NotAllowed:
            assert not verdict.allowed
            return lambda: None
        assert verdict.allowed
        code = self.whatsapp.call(self.now)
        if code:
            return lambda: services.call_refused(self.pair, call=call, code=code)
        if meanwhile_allows:
            self.whatsapp.grant(self.now, permanent=False)
        self.advance(min(timedelta(seconds=rings), RINGS))
        if self.whatsapp.call_ended(self.now, answered=answered):
            assert verdict.reason == Reason.OVERRIDDEN, "a permission burnt unseen"
        at = self.now if says_when else None
        if answered:
            return lambda: services.call_connected(self.pair, call=call, at=at)
        return lambda: services.call_unanswered(self.pair, call=call, at=at)

    @rule()
    def the_sweep_runs(self) -> None:
        services.expire()

    @precondition(lambda self: self.ringing is None)
    @rule(lost=st.integers(0, 3))
    def we_check_until_nothing_is_due(self, lost: int) -> None:
        self.we_read_a_second_later()
        mine = ledger.locked(self.pair).pk
        while (due := ledger.locked(self.pair).check_at) is not None:
            self.now = max(self.now, due)
            assert mine in checks.take()
            if lost:
                lost -= 1
                checks.lost(self.pair)
            else:
                self.we_read_a_second_later()
        changed_at, lags = self.whatsapp.changed_at, self.whatsapp.lags
        if changed_at is None or self.now >= changed_at + lags:
            self.we_read_a_second_later()
            facts = facts_for(self.pair)
            if facts.check_due is None:
                assert facts.is_allowed is self.whatsapp.allows(self.now)

    def we_read_a_second_later(self) -> None:
        self.advance(timedelta(seconds=1))
        self.we_read_at_once()


@pytest.mark.stackless  # one writer: the rules are tested here, not the locks
@pytest.mark.timeout(3600)
def test_no_sequence_of_events_burns_a_permission_unseen(cast: Cast):
    Ledger.cast = cast
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    # It was worth something: calls and requests were really made.
    kinds = set(PermissionEvent.objects.values_list("kind", flat=True))
    assert {"used", "requested", "overridden", "granted"} <= kinds
