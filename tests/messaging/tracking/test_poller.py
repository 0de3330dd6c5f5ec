"""When a gateway is asked, and when it is left alone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    CannotConnectError,
    GatewayError,
)
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget
from custom_components.passerelle_sms.messaging.tracking.poller import (
    FIRST_PAUSE,
    HORIZON,
    LONGEST_INTERVAL,
    LONGEST_PAUSE,
    SHORTEST_INTERVAL,
    Poller,
    next_look,
    pause_after,
)
from tests.messaging.fake_clock import FakeClock
from tests.messaging.idle import let_run, until_idle

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
AGES = st.timedeltas(timedelta(days=-3), timedelta(days=10))


# --- how often ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "wait"),
    [
        (timedelta(), MINUTE),
        (MINUTE, MINUTE),
        (2 * MINUTE, 2 * MINUTE),
        (HOUR, HOUR),
        (8 * HOUR, 6 * HOUR),
        (HORIZON - HOUR, HOUR),
        (HORIZON, timedelta()),
        (HORIZON + HOUR, timedelta()),
        # It is to be sent later: nothing can be heard before.
        (-10 * SECOND, MINUTE),
        (-3 * HOUR, 3 * HOUR),
    ],
)
def test_what_is_older_is_asked_about_less_often(
    age: timedelta, wait: timedelta
) -> None:
    """After as long again as it is old, and the last time when its time is over."""
    assert next_look(age) == wait


def test_what_somebody_waits_for_is_asked_about_sooner() -> None:
    """From seconds on."""
    looks: list[float] = []
    age = timedelta()
    while len(looks) < 4:
        age += next_look(age, 5 * SECOND)
        looks.append(age / SECOND)

    assert looks == [5, 10, 20, 40]


@given(AGES, AGES)
def test_who_looks_later_looks_later_again(one: timedelta, other: timedelta) -> None:
    """Nothing that is younger overtakes what is older."""
    earlier, later = sorted((one, other))

    assert earlier + next_look(earlier) <= later + next_look(later)


@given(AGES)
def test_the_next_look_is_never_far_nor_near(age: timedelta) -> None:
    """Not before it begins, within hours, and not at once while it is followed."""
    wait = next_look(age)

    assert wait >= max(-age, timedelta())
    assert wait <= max(-age, timedelta()) + LONGEST_INTERVAL
    if age < HORIZON - SHORTEST_INTERVAL:
        assert wait >= SHORTEST_INTERVAL


def test_a_message_costs_few_requests() -> None:
    """Even one of which nothing is ever heard."""
    looks, age = 0, timedelta()
    while age < HORIZON:
        age += next_look(age)
        looks += 1

    assert looks <= 40


@pytest.mark.parametrize(
    ("failures", "pause"),
    [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (11, 60), (5000, 60)],
)
def test_the_pause_after_failures(failures: int, pause: int) -> None:
    """Doubled each time, up to an hour."""
    assert pause_after(failures) == pause * MINUTE
    assert FIRST_PAUSE <= pause_after(failures) <= LONGEST_PAUSE


# --- the poller ---------------------------------------------------------------------


class Asker:
    """What is asked, and what comes of it."""

    def __init__(self) -> None:
        """Have something to ask at once, again and again."""
        self.clock = FakeClock()
        self.budget = RequestBudget(10, self.clock.elapsed)
        """For ten requests in an hour."""
        self.next: timedelta | None = timedelta()
        self.asked: list[float] = []
        self.errors: list[Exception] = []
        self.heard: list[GatewayError] = []
        self.answer: asyncio.Event | None = None
        self.replanned = 0
        """How often it was looked whether something is due at another time."""
        self.earlier = timedelta()
        """How much earlier it is due each time that it is."""
        self.poller = Poller(
            self.clock,
            lambda: self.budget,
            due=self.due,
            ask=self.ask,
            failed=self.heard.append,
            replan=self.replan,
        )

    def due(self) -> timedelta | None:
        """Return when there is something to ask."""
        return self.next

    def replan(self) -> None:
        """Have it due earlier."""
        self.replanned += 1
        if self.next is not None:
            self.next -= self.earlier

    async def ask(self) -> None:
        """Ask, and fail if it is to."""
        self.asked.append(self.clock.elapsed() / SECOND)
        self.budget.spend()
        if self.answer is not None:
            await self.answer.wait()
        if self.errors:
            raise self.errors.pop(0)


@pytest.fixture
async def asker() -> AsyncIterator[Asker]:
    """Return who asks; in the end nothing waits for its time."""
    asker = Asker()
    yield asker
    await asker.poller.stop()
    assert asker.clock.timers == 0


async def test_nothing_is_asked_before_the_start(asker: Asker) -> None:
    """Who listens must be there first."""
    asker.poller.wake()
    await asker.clock.advance(3600)
    assert asker.asked == []

    asker.poller.start()
    await asker.clock.advance(0)

    assert asker.asked == [3600]


async def test_a_set_clock_brings_nearer_what_is_due_at_an_hour(asker: Asker) -> None:
    """Whether it is set while something is awaited or between a stop and a start."""
    asker.next, asker.earlier = 4 * HOUR, HOUR
    asker.poller.start()
    asker.clock.jump(HOUR)
    assert asker.replanned == 2
    await asker.poller.stop()
    asker.clock.jump(HOUR)
    assert asker.replanned == 2
    asker.poller.start()
    asker.poller.start()

    await asker.clock.advance(0)
    assert asker.asked == [0]
    asker.clock.jump(HOUR)
    assert asker.replanned == 5


async def test_there_is_time_between_two_requests(asker: Asker) -> None:
    """However much is due."""
    asker.poller.start()

    await asker.clock.advance(7)

    assert asker.asked == [0, 2, 4, 6]


async def test_it_waits_until_something_is_due(asker: Asker) -> None:
    """And hears when that is sooner, or never."""
    asker.next = 100 * SECOND
    asker.poller.start()
    await asker.clock.advance(50)
    assert asker.asked == []

    asker.next = 60 * SECOND
    asker.poller.wake()
    await asker.clock.advance(10)
    asker.next = None
    await asker.clock.advance(1)

    assert asker.asked == [60]
    asker.poller.wake()
    assert asker.clock.timers == 0


async def test_it_asks_one_thing_at_a_time(asker: Asker) -> None:
    """Whoever wakes it meanwhile."""
    asker.answer = asyncio.Event()
    asker.poller.start()
    asker.clock.wake_next()
    await let_run()

    asker.poller.wake()

    assert asker.clock.timers == 0
    asker.answer.set()
    await until_idle()
    assert asker.asked == [0]
    assert asker.clock.timers == 1


async def test_a_gateway_that_fails_is_left_alone(asker: Asker) -> None:
    """Ever longer, and no longer once it answers."""
    failures: list[Exception] = [CannotConnectError() for _ in range(9)]
    asker.errors = [*failures]
    asker.poller.start()

    await asker.clock.advance(4 * 3600)

    minutes = [asked / 60 for asked in asker.asked]
    assert minutes == [0, 1, 3, 7, 15, 31, 63, 123, 183]
    assert asker.heard == failures
    await asker.clock.advance(3 * 60 + 4)
    assert [asked - 243 * 60 for asked in asker.asked[9:]] == [0, 2, 4]
    asker.errors = [CannotConnectError()]
    await asker.clock.advance(62)
    assert [asked - 243 * 60 for asked in asker.asked[12:]] == [6, 66]


async def test_a_mistake_of_ours_does_not_come_again_at_once(
    asker: Asker, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, without what it says, and after an hour all goes on."""
    asker.errors = [RuntimeError("a number")]
    asker.poller.start()

    await asker.clock.advance(3600)

    assert asker.asked == [0, 3600]
    assert asker.heard == []
    assert "Unexpected RuntimeError" in caplog.text
    assert "a number" not in caplog.text


async def test_messages_go_first(asker: Asker) -> None:
    """A fifth of the requests is left to them; the others are asked when there is room."""
    for _ in range(5):
        asker.budget.spend()
    asker.poller.start()

    await asker.clock.advance(3599)
    assert asker.asked == [0, 2, 4]
    await asker.clock.advance(9)

    # Five may be asked anew; the next when the first one here is an hour old.
    assert asker.asked[3:] == [3600, 3602, 3604, 3606, 3608]
    assert asker.budget.used <= 8


@pytest.mark.parametrize("by", [timedelta(days=-30), timedelta(days=30)])
async def test_a_clock_that_jumps_changes_no_pause(asker: Asker, by: timedelta) -> None:
    """Neither what is due nor the pause before that is put off or brought forward."""
    asker.errors = [CannotConnectError()]
    asker.next = 10 * SECOND
    asker.poller.start()
    asker.clock.jump(by)
    asker.poller.wake()
    await asker.clock.advance(10)
    asker.clock.jump(by)
    asker.poller.wake()

    await asker.clock.advance(60)

    assert asker.asked == [10, 70]


async def test_it_waits_for_what_is_being_asked(asker: Asker) -> None:
    """And asks nothing more."""
    asker.answer = asyncio.Event()
    asker.poller.start()
    asker.clock.wake_next()
    await let_run()
    stopping = asyncio.create_task(asker.poller.stop())
    await let_run()
    assert not stopping.done()

    asker.answer.set()
    await stopping

    assert asker.asked == [0]
    assert asker.clock.timers == 0
