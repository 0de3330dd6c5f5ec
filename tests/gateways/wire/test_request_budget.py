"""The requests that an account may make in sixty minutes."""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import example, given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    CannotConnectError,
    GatewayError,
    NoAnswerError,
    RateLimitedError,
    TlsFailedError,
)
from custom_components.passerelle_sms.gateways.wire import elapsed_time
from custom_components.passerelle_sms.gateways.wire.purpose import Purpose
from custom_components.passerelle_sms.gateways.wire.request_budget import (
    RequestBudget,
    renewable,
)

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)


class Clock:
    """Elapsed time that passes when it is told to."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.now = timedelta(days=3)

    def __call__(self) -> timedelta:
        """Return how much has elapsed."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


def spend(budget: RequestBudget, times: int = 1) -> None:
    """Make so many requests for messages."""
    for _ in range(times):
        budget.spend(Purpose.MESSAGE)


def is_spent(budget: RequestBudget) -> bool:
    """Return whether a further message is refused; otherwise it is made."""
    used = budget.used
    try:
        budget.spend(Purpose.MESSAGE)
    except RateLimitedError:
        assert budget.used == used
        return True
    return False


def test_without_a_clock_it_counts_since_the_machine_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No clock that can be set opens or closes it."""
    uptime = 500.0
    monkeypatch.setattr(elapsed_time, "seconds_since_boot", lambda: uptime)
    budget = RequestBudget(1)
    spend(budget)
    assert is_spent(budget)

    uptime += 3600

    assert not is_spent(budget)


def test_the_window_slides(clock: Clock) -> None:
    """Each request counts for sixty minutes of its own."""
    budget = RequestBudget(2, clock)
    spend(budget)
    clock.now += 30 * MINUTE
    spend(budget)
    assert budget.used == 2

    clock.now += 30 * MINUTE - timedelta(microseconds=1)
    assert is_spent(budget)
    clock.now += timedelta(microseconds=1)
    assert budget.used == 1
    assert not is_spent(budget)
    assert is_spent(budget)


def test_a_refusal_says_when_there_is_room_again(clock: Clock) -> None:
    """Exactly, and for people in minutes, never too early."""
    budget = RequestBudget(2, clock)
    spend(budget)
    clock.now += 10 * MINUTE
    spend(budget)
    clock.now += timedelta(seconds=1)

    with pytest.raises(RateLimitedError) as raised:
        spend(budget)

    assert raised.value.details == {"limit": "2", "minutes": "50"}
    assert raised.value.wait == 50 * MINUTE - timedelta(seconds=1)
    clock.now += 50 * MINUTE
    spend(budget)


@given(
    st.integers(min_value=1, max_value=7),
    st.lists(st.integers(min_value=0, max_value=3700), max_size=60),
)
@example(2, [0, 3599, 0, 1, 3599, 1])
def test_no_sixty_minutes_ever_see_more(limit: int, pauses: list[int]) -> None:
    """Whenever the gateway began to count, and yet nothing is refused without need."""
    clock = Clock()
    budget = RequestBudget(limit, clock)
    made: list[timedelta] = []
    for pause in pauses:
        clock.now += timedelta(seconds=pause)
        under_way = sum(clock.now - HOUR < each <= clock.now for each in made)
        assert is_spent(budget) is (under_way == limit)
        if under_way < limit:
            made.append(clock.now)

    for begin in made:
        assert sum(begin <= each < begin + HOUR for each in made) <= limit


@pytest.mark.parametrize(
    ("limit", "polls"), [(100, 80), (10, 8), (7, 5), (5, 4), (2, 1), (1, 1)]
)
def test_questions_leave_a_fifth_to_messages(
    clock: Clock, limit: int, polls: int
) -> None:
    """But for one: an account that may ask only once an hour is looked at, too."""
    budget = RequestBudget(limit, clock)

    for _ in range(polls):
        assert budget.has_room_for_polls
        assert budget.until_room(Purpose.QUESTION) == timedelta()
        budget.spend()

    assert budget.until_room(Purpose.QUESTION) == HOUR
    with pytest.raises(RateLimitedError) as raised:
        budget.spend()
    assert raised.value.wait == HOUR
    assert budget.used == polls
    spend(budget, limit - polls)
    assert is_spent(budget)


def test_questions_leave_what_is_set_aside_to_renewals(clock: Clock) -> None:
    """As much of it as they have not used within the hour; messages may take all."""
    budget = RequestBudget(100, clock)
    budget.set_aside("a", 20)
    budget.set_aside("b", 10)
    for _ in range(12):
        budget.spend(Purpose.RENEWAL)

    for _ in range(50):
        budget.spend()

    with pytest.raises(RateLimitedError) as raised:
        budget.spend()
    assert raised.value.wait == HOUR
    clock.now += MINUTE
    for _ in range(18):
        budget.spend(Purpose.RENEWAL)
    assert budget.used == 80
    assert budget.until_room(Purpose.RENEWAL) == HOUR - MINUTE
    with pytest.raises(RateLimitedError):
        budget.spend(Purpose.RENEWAL)
    assert budget.until_room(Purpose.MESSAGE) == timedelta()
    spend(budget, 20)
    assert is_spent(budget)


def test_a_renewal_that_is_forgotten_leaves_no_room_for_a_question(
    clock: Clock,
) -> None:
    """What is set aside is to be used anew; only the questions' own end counts."""
    budget = RequestBudget(10, clock)
    budget.set_aside("a", 4)
    for _ in range(4):
        budget.spend(Purpose.RENEWAL)
    clock.now += 10 * MINUTE
    for _ in range(4):
        budget.spend()

    assert budget.until_room(Purpose.QUESTION) == HOUR
    clock.now += 50 * MINUTE
    assert budget.used == 4
    assert budget.until_room(Purpose.QUESTION) == 10 * MINUTE
    assert budget.until_room(Purpose.RENEWAL) == timedelta()


def test_a_switch_that_needs_nothing_more_leaves_room(clock: Clock) -> None:
    """And one that needs another number has only that one set aside."""
    budget = RequestBudget(10, clock)
    budget.set_aside("a", 7)
    budget.set_aside("a", 3)
    budget.set_aside("b", 2)
    assert budget.set_aside_for_others("a") == 2
    assert budget.set_aside_for_others("c") == 5
    for _ in range(3):
        budget.spend()
    assert not budget.has_room_for_polls

    budget.set_aside("a", 0)
    budget.set_aside("b", 0)

    assert budget.set_aside_for_others("c") == 0
    for _ in range(5):
        budget.spend()
    assert not budget.has_room_for_polls


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_one_question_may_be_asked_whatever_is_set_aside(
    clock: Clock, limit: int
) -> None:
    """Nothing else could tell that the gateway allows more by now."""
    budget = RequestBudget(limit, clock)
    budget.set_aside("a", 1000)

    budget.spend()

    assert budget.until_room(Purpose.QUESTION) == HOUR


def test_a_renewal_that_never_left_is_given_back(clock: Clock) -> None:
    """It leaves what is set aside as it was."""
    budget = RequestBudget(5, clock)
    budget.set_aside("a", 1)

    def fail() -> None:
        with budget.counting(Purpose.RENEWAL):
            assert budget.used == 1
            raise CannotConnectError

    with pytest.raises(CannotConnectError):
        fail()

    assert budget.used == 0
    for _ in range(3):
        budget.spend()
    assert not budget.has_room_for_polls


@pytest.mark.parametrize(
    ("limit", "polls", "others", "left"),
    [
        (100, 20, 0, 60),
        (100, 20, 24, 36),
        (100, 0, 0, 79),
        (100, 80, 0, 0),
        (100, 20, 100, 0),
        (1, 0, 0, 0),
        (7, 1, 0, 4),
    ],
)
def test_what_renewals_may_use_beside_polls(
    limit: int, polls: int, others: int, left: int
) -> None:
    """Neither the reserve, nor what other switches need; a question is always left."""
    assert renewable(limit, polls, others) == left


@given(
    st.integers(min_value=1, max_value=120),
    st.integers(min_value=0, max_value=40),
    st.integers(min_value=0, max_value=40),
)
def test_what_may_be_renewed_can_be(limit: int, polls: int, others: int) -> None:
    """Beside all those polls, and the other switches, and never one more."""
    room = renewable(limit, polls, others)
    budget = RequestBudget(limit, Clock())
    budget.set_aside("other", others)
    budget.set_aside("a", room)

    if room:
        for _ in range(polls):
            budget.spend()
        for _ in range(room + others):
            budget.spend(Purpose.RENEWAL)
        assert budget.has_room_for_polls is (polls == 0)


@given(
    st.integers(min_value=1, max_value=12),
    st.lists(st.integers(min_value=0, max_value=3600), max_size=12),
)
def test_tells_when_there_is_room_for_polls(limit: int, pauses: list[int]) -> None:
    """To the moment, not before it."""
    clock = Clock()
    budget = RequestBudget(limit, clock)
    for pause in pauses[:limit]:
        spend(budget)
        clock.now += timedelta(seconds=pause)

    wait = budget.until_room(Purpose.QUESTION)

    assert (wait == timedelta()) is budget.has_room_for_polls
    if wait:
        clock.now += wait - timedelta(microseconds=1)
        assert budget.until_room(Purpose.QUESTION) == timedelta(microseconds=1)
        clock.now += timedelta(microseconds=1)
        assert budget.until_room(Purpose.QUESTION) == timedelta()
        assert budget.has_room_for_polls


def test_the_limit_may_be_raised(clock: Clock) -> None:
    """What was asked before counts on."""
    budget = RequestBudget(2, clock)
    spend(budget, 2)
    assert is_spent(budget)

    budget.limit = 5

    assert budget.has_room_for_polls
    spend(budget, 3)
    assert budget.used == 5
    assert is_spent(budget)


def test_the_limit_may_be_lowered(clock: Clock) -> None:
    """Nothing more is asked until enough of it is over."""
    budget = RequestBudget(5, clock)
    for _ in range(5):
        spend(budget)
        clock.now += MINUTE

    budget.limit = 2

    assert budget.until_room(Purpose.QUESTION) == 59 * MINUTE
    with pytest.raises(RateLimitedError) as raised:
        spend(budget)
    assert raised.value.details == {"limit": "2", "minutes": "58"}
    clock.now += 58 * MINUTE - timedelta(microseconds=1)
    assert is_spent(budget)
    clock.now += timedelta(microseconds=1)
    assert not is_spent(budget)


@given(
    st.integers(min_value=1, max_value=7),
    st.lists(st.integers(min_value=0, max_value=900), min_size=7, max_size=7),
)
def test_a_refusal_keeps_its_word(limit: int, pauses: list[int]) -> None:
    """Whatever the limit was before: after those minutes there is room, and not long."""
    clock = Clock()
    budget = RequestBudget(7, clock)
    for pause in pauses:
        clock.now += timedelta(seconds=pause)
        spend(budget)
    budget.limit = limit

    try:
        spend(budget)
    except RateLimitedError as error:
        minutes = int(error.details["minutes"])
        clock.now += (minutes - 1) * MINUTE
        assert is_spent(budget)
        clock.now += MINUTE
        spend(budget)


def test_time_passes_while_it_is_asked(clock: Clock) -> None:
    """The last moment of an hour is in it, however soon the next one comes."""
    end = clock.now + HOUR
    times = iter([clock.now, clock.now, end - timedelta(microseconds=1), end])
    budget = RequestBudget(1, lambda: next(times))
    spend(budget)

    with pytest.raises(RateLimitedError) as raised:
        spend(budget)

    assert raised.value.details == {"limit": "1", "minutes": "1"}


NEVER_LEFT = [CannotConnectError, TlsFailedError]


@pytest.mark.parametrize("error", NEVER_LEFT)
def test_what_provably_never_left_is_given_back(
    clock: Clock, error: type[GatewayError]
) -> None:
    """An outage uses nothing up, however long it lasts."""
    budget = RequestBudget(2, clock)

    def fail() -> None:
        with budget.counting(Purpose.MESSAGE):
            assert budget.used == 1
            raise error

    for _ in range(10):
        with pytest.raises(error):
            fail()

    assert budget.used == 0
    spend(budget, 2)
    assert is_spent(budget)


@pytest.mark.parametrize(
    "error", [NoAnswerError, AuthenticationError, RateLimitedError, KeyError]
)
def test_what_may_have_left_counts(clock: Clock, error: type[Exception]) -> None:
    """Also if the gateway refused it, or nobody knows what became of it."""
    budget = RequestBudget(2, clock)

    with pytest.raises(error), budget.counting():
        raise error

    assert budget.used == 1


def test_a_refused_request_is_not_given_back_twice(clock: Clock) -> None:
    """It never counted: those that are under way go on counting."""
    budget = RequestBudget(1, clock)

    with budget.counting():
        with pytest.raises(RateLimitedError), budget.counting(Purpose.MESSAGE):
            pytest.fail("was made")
        assert budget.used == 1

    assert budget.used == 1


def test_a_request_counts_from_its_end(clock: Clock) -> None:
    """The gateway may have got it as late as that."""
    budget = RequestBudget(1, clock)
    with budget.counting():
        clock.now += MINUTE

    clock.now += HOUR - MINUTE

    with pytest.raises(RateLimitedError) as raised:
        budget.spend()
    assert raised.value.wait == MINUTE
    clock.now += MINUTE
    budget.spend()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A request that somebody wants to make."""

    pause: int
    """How many seconds after the one before it."""
    purpose: Purpose
    leaves: bool
    until_arrival: int
    """How many seconds it takes to the gateway."""
    until_answer: int
    """How many seconds the answer takes."""


attempts = st.builds(
    Attempt,
    pause=st.sampled_from([0, 1, 60, 600, 3000, 3599]),
    purpose=st.sampled_from(Purpose),
    leaves=st.booleans(),
    until_arrival=st.integers(min_value=0, max_value=15),
    until_answer=st.integers(min_value=0, max_value=75),
)


@given(
    st.integers(min_value=1, max_value=12),
    st.integers(min_value=0, max_value=14),
    st.lists(attempts, max_size=60),
)
@example(
    10,
    3,
    [
        Attempt(
            pause=pause, purpose=purpose, leaves=True, until_arrival=0, until_answer=0
        )
        for pause, purpose in (
            *[(1, Purpose.RENEWAL)] * 5,
            *[(1, Purpose.QUESTION)] * 3,
            (60, Purpose.QUESTION),
            *[(3000, Purpose.QUESTION)] * 3,
        )
    ],
)
def test_whoever_asks_the_limit_and_the_reserve_hold(
    limit: int, set_aside: int, wanted: list[Attempt]
) -> None:
    """In any sixty minutes, as the gateway sees them, and nothing is refused in vain."""
    clock = Clock()
    budget = RequestBudget(limit, clock)
    budget.set_aside("a", set_aside)
    reserve = min(limit - 1, -(-limit // 5))
    kept = min(set_aside, limit - reserve - 1)
    arrived: list[timedelta] = []
    counted: list[tuple[timedelta, Purpose]] = []

    def has_room(purpose: Purpose, at: timedelta) -> bool:
        """Return whether a request may be made, as of what has been counted."""
        recent = [each for when, each in counted if at - when < HOUR]
        if purpose is Purpose.MESSAGE:
            return len(recent) < limit
        if purpose is Purpose.RENEWAL:
            return len(recent) < limit - reserve
        unused = max(0, kept - recent.count(Purpose.RENEWAL))
        return len(recent) < limit - reserve - unused

    def make(attempt: Attempt) -> None:
        """Make a request, which leaves or not."""
        with budget.counting(attempt.purpose):
            clock.now += timedelta(seconds=attempt.until_arrival)
            if not attempt.leaves:
                raise CannotConnectError
            arrived.append(clock.now)
            clock.now += timedelta(seconds=attempt.until_answer)
        counted.append((clock.now, attempt.purpose))

    for attempt in wanted:
        clock.now += timedelta(seconds=attempt.pause)
        wait = budget.until_room(attempt.purpose)
        if has_room(attempt.purpose, clock.now):
            assert not wait
            with nullcontext() if attempt.leaves else pytest.raises(CannotConnectError):
                make(attempt)
            continue
        with pytest.raises(RateLimitedError) as raised:
            make(attempt)
        assert raised.value.wait == wait
        # Not a moment more, or less, than until enough of them are forgotten.
        assert has_room(attempt.purpose, clock.now + wait)
        assert not has_room(attempt.purpose, clock.now + wait - MICROSECOND)

    for begin in arrived:
        assert sum(begin <= each < begin + HOUR for each in arrived) <= limit
