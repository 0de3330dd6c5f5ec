"""When an account rests, what may be tried meanwhile, and what wakes it."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AccountInactiveError,
    AuthenticationError,
    CannotConnectError,
    GatewayError,
    InsufficientCreditError,
    IpNotAllowedError,
    NoAnswerError,
    NotAllowedError,
    OperationUnknownError,
    SenderNotRegisteredError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.messaging.outbox.account_rest import (
    URGENT_INTERVAL,
    AccountRest,
)
from custom_components.passerelle_sms.messaging.outbox.attempts import (
    Attempt,
    Candidate,
)
from tests.messaging.fake_clock import FakeClock

SECOND = timedelta(seconds=1)
CREDIT = InsufficientCreditError()
SEEN_IN_BALANCE = [AuthenticationError(), IpNotAllowedError(), AccountInactiveError()]
NOT_SEEN_IN_BALANCE = [SenderNotRegisteredError(), NotAllowedError()]


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock."""
    return FakeClock()


@pytest.fixture
def rest(clock: FakeClock) -> AccountRest:
    """Return an account that works."""
    return AccountRest(clock)


def one(name: str = "a", cost: int = 1, *, urgent: bool = False) -> Candidate:
    """Return a request that could be made."""
    return Candidate(message_id=name, cost=Decimal(cost), is_urgent=urgent)


def refuse(
    rest: AccountRest, error: GatewayError, candidate: Candidate | None = None
) -> Attempt:
    """Let a request be made, and be refused."""
    candidate = candidate or one()
    attempt = rest.begin(candidate)
    rest.note_refused(attempt, error, candidate.cost)
    rest.end(attempt)
    return attempt


def reason(rest: AccountRest) -> GatewayError | None:
    """Return why an account rests now."""
    return rest.refusal


def accept(rest: AccountRest, candidate: Candidate | None = None) -> None:
    """Let a request be made, and be accepted."""
    attempt = rest.begin(candidate or one())
    rest.note_accepted(attempt)
    rest.end(attempt)


def ask(
    clock: FakeClock,
    rest: AccountRest,
    told: int | None = None,
    error: GatewayError | None = None,
) -> None:
    """Let the pause pass, and the balance be asked for."""
    clock.tick(rest.pauses.left)
    assert rest.is_probe_due
    assert rest.asks_balance
    rest.begin_asking()
    rest.end_asking(None if told is None else Decimal(told), error)


# --- what a refusal holds back --------------------------------------------------------


@pytest.mark.parametrize("error", SEEN_IN_BALANCE + NOT_SEEN_IN_BALANCE)
def test_a_refusal_of_the_account_holds_everything_back(
    rest: AccountRest, error: GatewayError
) -> None:
    """Urgent messages too."""
    refuse(rest, error)

    assert reason(rest) is error
    assert rest.holds_all
    assert not rest.lets_pass(one(cost=0, urgent=True))


def test_want_of_credit_holds_back_only_what_costs_as_much(rest: AccountRest) -> None:
    """By the cheapest that was refused."""
    refuse(rest, CREDIT, one("a", 3))
    assert [rest.lets_pass(one("b", cost)) for cost in (2, 3, 4)] == [
        True,
        False,
        False,
    ]

    refuse(rest, CREDIT, one("b", 2))
    assert [rest.lets_pass(one("c", cost)) for cost in (1, 2, 3)] == [
        True,
        False,
        False,
    ]
    assert not rest.holds_all


def test_what_is_accepted_for_less_says_nothing_of_what_costs_more(
    rest: AccountRest,
) -> None:
    """Only as much, or more, ends the rest."""
    refuse(rest, CREDIT, one("a", 3))
    accept(rest, one("b", 2))
    assert not rest.lets_pass(one("c", 3))

    accept(rest, one("d", 3, urgent=True))
    assert reason(rest) is None
    assert rest.lets_pass(one("e", 9))


def test_an_urgent_message_is_tried_without_credit_but_no_loop_of_them(
    clock: FakeClock, rest: AccountRest
) -> None:
    """One in ten seconds, and each once."""
    refuse(rest, CREDIT)
    assert rest.lets_pass(one("b", urgent=True))

    refuse(rest, CREDIT, one("b", urgent=True))
    assert not rest.lets_pass(one("c", urgent=True))
    assert rest.wakes_at == clock.elapsed() + URGENT_INTERVAL
    clock.tick(URGENT_INTERVAL)

    assert rest.lets_pass(one("c", urgent=True))
    assert not rest.lets_pass(one("b", urgent=True))
    assert not rest.lets_pass(one("d"))


def test_the_urgent_message_that_was_refused_first_counts_for_the_next(
    rest: AccountRest,
) -> None:
    """A loop of urgent ones is slow from its second request on."""
    refuse(rest, CREDIT, one(urgent=True))

    assert not rest.lets_pass(one("b", urgent=True))


# --- probes -----------------------------------------------------------------------------


def test_pauses_grow_with_each_probe_that_is_refused(
    clock: FakeClock, rest: AccountRest
) -> None:
    """Also where the balance said that all is well."""
    refuse(rest, SEEN_IN_BALANCE[0])
    rest.note_balance(Decimal(9))
    refuse(rest, SEEN_IN_BALANCE[0])
    seen = [rest.pauses.left]
    for _ in range(3):
        ask(clock, rest, told=9)
        assert rest.may_probe
        assert refuse(rest, SEEN_IN_BALANCE[0]).is_probe
        seen.append(rest.pauses.left)

    assert [pause.total_seconds() for pause in seen] == [60, 120, 240, 300]


def test_the_second_refusal_of_two_under_way_changes_no_pause(
    clock: FakeClock, rest: AccountRest
) -> None:
    """Both began before anybody knew; the cheaper one counts all the same."""
    first, second = rest.begin(one("a", 3)), rest.begin(one("b", 2))
    rest.note_refused(first, CREDIT, Decimal(3))
    clock.tick(5 * SECOND)
    rest.note_refused(second, CREDIT, Decimal(2))

    assert rest.pauses.left == 25 * SECOND
    assert not rest.lets_pass(one("c", 2))


def test_what_was_under_way_when_the_account_was_refused_does_not_end_its_rest(
    rest: AccountRest,
) -> None:
    """It may have had the last credit."""
    first, second = rest.begin(one("a")), rest.begin(one("b"))
    rest.note_refused(first, CREDIT, Decimal(1))
    rest.note_accepted(second)

    assert reason(rest) is CREDIT


def test_only_one_probe_is_made_at_a_time(clock: FakeClock, rest: AccountRest) -> None:
    """And another one if the first never left."""
    refuse(rest, NOT_SEEN_IN_BALANCE[0])
    assert not rest.asks_balance
    clock.tick(30 * SECOND)
    rest.begin_probe()

    attempt = rest.begin(one())
    assert attempt.is_probe
    assert not rest.fits_probe(one("b"))
    assert rest.holds_all
    assert rest.wakes_at is None
    rest.end(attempt)

    assert rest.fits_probe(one("b"))


def test_a_probe_that_tells_nothing_of_the_account_is_no_reason_for_a_longer_pause(
    clock: FakeClock, rest: AccountRest
) -> None:
    """The message was refused for its own sake, or its outcome is unknown."""
    refuse(rest, NOT_SEEN_IN_BALANCE[0])
    clock.tick(30 * SECOND)
    rest.begin_probe()

    attempt = rest.begin(one())
    rest.note_undecided(attempt)
    rest.end(attempt)

    assert rest.pauses.left == 30 * SECOND
    assert rest.holds_all


def test_the_next_probe_is_made_with_another_message(
    clock: FakeClock, rest: AccountRest
) -> None:
    """One that the gateway refuses whenever it comes must not hold up all others."""
    refuse(rest, NOT_SEEN_IN_BALANCE[1])
    assert not rest.was_probed(one())
    for name in ("a", "b"):
        clock.tick(rest.pauses.left)
        rest.begin_probe()
        refuse(rest, NOT_SEEN_IN_BALANCE[1], one(name))
    assert rest.was_probed(one("a"))

    clock.tick(rest.pauses.left)
    rest.begin_probe()
    rest.begin(one("a"))

    assert not rest.was_probed(one("b"))


@pytest.mark.parametrize(
    ("error", "asks"),
    [(CREDIT, True)]
    + [(error, True) for error in SEEN_IN_BALANCE]
    + [(error, False) for error in NOT_SEEN_IN_BALANCE],
)
def test_the_balance_is_asked_first_where_it_can_tell(
    rest: AccountRest, error: GatewayError, asks: bool
) -> None:
    """Else the message goes at once."""
    refuse(rest, error)

    assert rest.asks_balance is asks


def test_no_message_is_a_probe_while_the_balance_is_too_low(
    clock: FakeClock, rest: AccountRest
) -> None:
    """The pauses grow, and nothing is sent."""
    refuse(rest, CREDIT, one("a", 3))
    ask(clock, rest, told=2)

    assert not rest.may_probe
    assert rest.pauses.left == 60 * SECOND
    assert rest.lets_pass(one("b", 2))


def test_a_balance_that_is_refused_changes_the_reason(
    clock: FakeClock, rest: AccountRest
) -> None:
    """Now everything waits."""
    refuse(rest, CREDIT, one("a", 3))
    ask(clock, rest, error=AuthenticationError())

    assert isinstance(reason(rest), AuthenticationError)
    assert not rest.lets_pass(one("b", 1))
    assert rest.pauses.left == 60 * SECOND


@pytest.mark.parametrize("error", [CannotConnectError(), NoAnswerError()])
def test_a_balance_out_of_reach_is_asked_again_soon(
    clock: FakeClock, rest: AccountRest, error: GatewayError
) -> None:
    """After half a minute, however long the pauses have become."""
    refuse(rest, CREDIT)
    for _ in range(4):
        ask(clock, rest, told=0)
    ask(clock, rest, error=error)

    assert not rest.may_probe
    assert rest.pauses.left == 30 * SECOND


@pytest.mark.parametrize(
    "error", [UnreadableAnswerError(), OperationUnknownError(), None]
)
def test_where_the_balance_never_tells_a_message_is_the_probe(
    clock: FakeClock, rest: AccountRest, error: GatewayError | None
) -> None:
    """Whatever the account held when that was told last."""
    rest.note_balance(Decimal(1))
    refuse(rest, CREDIT, one("a", 3))
    ask(clock, rest, error=error)

    assert rest.fits_probe(one("a", 3))


def test_the_answer_to_a_question_of_an_earlier_rest_changes_nothing(
    clock: FakeClock, rest: AccountRest
) -> None:
    """The account was changed while it was asked."""
    refuse(rest, SEEN_IN_BALANCE[0])
    clock.tick(30 * SECOND)
    rest.begin_asking()
    rest.note_change()
    rest.end_asking(None, AuthenticationError())

    assert reason(rest) is None


def test_the_balance_is_asked_for_once_at_a_time(
    clock: FakeClock, rest: AccountRest
) -> None:
    """The next question comes after the answer, and a pause."""
    refuse(rest, CREDIT)
    clock.tick(30 * SECOND)
    rest.begin_asking()
    assert not rest.is_probe_due
    assert rest.wakes_at is None

    rest.end_asking(Decimal(0), None)
    assert rest.wakes_at == clock.elapsed() + 60 * SECOND


# --- what wakes it ----------------------------------------------------------------------


@pytest.mark.parametrize("error", SEEN_IN_BALANCE)
def test_a_balance_that_is_told_ends_the_rest_once(
    rest: AccountRest, error: GatewayError
) -> None:
    """Where the account is refused all the same, it must rise to be believed again."""
    refuse(rest, error)
    rest.note_balance(Decimal(5))
    assert reason(rest) is None
    assert rest.is_unproven

    refuse(rest, error)
    rest.note_balance(Decimal(5))
    assert reason(rest) is error
    rest.note_balance(Decimal(4))
    assert reason(rest) is error
    rest.note_balance(Decimal(6))
    assert reason(rest) is None


@pytest.mark.parametrize("error", NOT_SEEN_IN_BALANCE)
def test_only_a_rise_ends_a_rest_that_the_balance_does_not_explain(
    rest: AccountRest, error: GatewayError
) -> None:
    """That it is told at all is nothing new."""
    refuse(rest, error)
    rest.note_balance(Decimal(5))
    rest.note_balance(Decimal(4))
    assert reason(rest) is error

    rest.note_balance(Decimal(7))
    assert reason(rest) is None


def test_want_of_credit_is_over_when_the_balance_reaches_the_cost(
    rest: AccountRest,
) -> None:
    """For each cost by itself."""
    refuse(rest, CREDIT, one("a", 5))
    refuse(rest, CREDIT, one("b", 2))
    rest.note_balance(Decimal(1))
    assert not rest.lets_pass(one("b", 2))

    rest.note_balance(Decimal(2))
    assert rest.lets_pass(one("b", 2))
    assert not rest.lets_pass(one("a", 5))

    rest.note_balance(Decimal(5))
    assert reason(rest) is None


def test_a_balance_that_never_reached_the_cost_is_not_contradicted(
    rest: AccountRest,
) -> None:
    """A dearer message is refused: that is no wonder, and the next top-up is believed."""
    refuse(rest, CREDIT, one("a", 1))
    rest.note_balance(Decimal(2))
    refuse(rest, CREDIT, one("b", 5))
    rest.note_balance(Decimal(2))
    rest.note_balance(Decimal(1))
    assert not rest.lets_pass(one("b", 5))

    rest.note_balance(Decimal(5))
    assert reason(rest) is None


def test_other_settings_end_every_rest_and_begin_anew(
    clock: FakeClock, rest: AccountRest
) -> None:
    """With the first pause, and what was under way before says nothing."""
    refuse(rest, SEEN_IN_BALANCE[0])
    ask(clock, rest, error=SEEN_IN_BALANCE[0])
    old = rest.begin(one())
    rest.note_change()
    assert rest.lets_pass(one())

    rest.note_refused(old, SEEN_IN_BALANCE[0], Decimal(1))
    rest.note_accepted(old)
    assert reason(rest) is None
    assert not rest.is_unproven

    refuse(rest, SEEN_IN_BALANCE[0])
    assert rest.pauses.left == 30 * SECOND


def test_the_first_accepted_message_resets_the_pauses(rest: AccountRest) -> None:
    """After a rest that the balance has ended, too."""
    for _ in range(2):
        refuse(rest, CREDIT)
        rest.note_balance(Decimal(5))
        assert rest.is_unproven
        accept(rest)
        assert not rest.is_unproven

    refuse(rest, CREDIT)
    assert rest.pauses.left == 30 * SECOND


def test_a_probe_that_is_accepted_for_less_resets_the_pauses(
    clock: FakeClock, rest: AccountRest
) -> None:
    """The dearer one goes on waiting."""
    refuse(rest, CREDIT, one("a", 5))
    refuse(rest, CREDIT, one("b", 2))
    rest.note_balance(Decimal(3))
    refuse(rest, CREDIT, one("b", 2))
    ask(clock, rest, told=3)
    accept(rest, one("b", 2))

    assert rest.pauses.left == 30 * SECOND
    assert rest.lets_pass(one("c", 4))
    assert not rest.lets_pass(one("c", 5))


def test_a_refusal_is_news_once_until_a_message_is_accepted(rest: AccountRest) -> None:
    """Or the reason is another one; other settings alone are no news."""
    told = []
    for error in (CREDIT, CREDIT, AuthenticationError(), CREDIT):
        refuse(rest, error)
        told.append(rest.tell(error.key))
        rest.note_change()
    accept(rest)
    refuse(rest, CREDIT)
    told.append(rest.tell(CREDIT.key))

    assert told == [True, False, True, True, True]


# --- whatever happens -------------------------------------------------------------------


class Loop(RuleBasedStateMachine):
    """An account that is refused for ever, and whatever is asked of it."""

    error: GatewayError

    def __init__(self) -> None:
        """Begin with its first refusal."""
        super().__init__()
        self.clock = FakeClock()
        self.rest = AccountRest(self.clock)
        refuse(self.rest, self.error)
        self.requests: list[timedelta] = []
        self.names = iter(range(10_000))
        self.credits = 100

    @rule(seconds=st.integers(0, 120))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.clock.tick(seconds * SECOND)

    @rule(urgent=st.booleans(), count=st.integers(1, 20))
    def send(self, urgent: bool, count: int) -> None:
        """Send in a loop, as the outbox does."""
        for _ in range(count):
            candidate = one(str(next(self.names)), urgent=urgent)
            if self.rest.is_probe_due:
                if self.rest.asks_balance:
                    self.rest.begin_asking()
                    self.rest.end_asking(Decimal(self.credits), None)
                else:
                    self.rest.begin_probe()
            if self.rest.lets_pass(candidate) or self.rest.fits_probe(candidate):
                self.requests.append(self.clock.elapsed())
                refuse(self.rest, self.error, candidate)

    @rule(told=st.integers(0, 100))
    def tell_balance(self, told: int) -> None:
        """Let the balance be told; nobody tops up."""
        self.credits = min(self.credits, told)
        self.rest.note_balance(Decimal(self.credits))

    @invariant()
    def requests_are_sparse(self) -> None:
        """One in ten seconds at most, but for the one that a balance has allowed."""
        limit = self.clock.elapsed() / URGENT_INTERVAL + 3
        assert len(self.requests) <= limit


class CreditLoop(Loop):
    """Want of credit."""

    error = CREDIT


class CredentialsLoop(Loop):
    """Wrong credentials."""

    error = AuthenticationError()


class SenderLoop(Loop):
    """A sender that is not registered."""

    error = SenderNotRegisteredError()


TestCreditLoop = CreditLoop.TestCase
TestCredentialsLoop = CredentialsLoop.TestCase
TestSenderLoop = SenderLoop.TestCase
