"""What is asked about deliveries, and when."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    CannotConnectError,
    NoAnswerError,
    NotStoredError,
    UnknownMessageError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from tests.conftest import MAMAN, PAPA
from tests.messaging.fake_clock import START, FakeClock
from tests.messaging.fake_gateways import (
    DELIVERED,
    PENDING,
    UNDELIVERED,
    UNKNOWN,
    AskedGateway,
    CallingGateway,
    OnceGateway,
    SilentGateway,
    report,
)
from tests.messaging.harness import MessagingHarness, following
from tests.messaging.idle import let_run, until_idle
from tests.messaging.steps import count_steps

MINUTE = 60
HOUR = 3600
DAY = 24 * HOUR


@pytest.fixture
async def gateway(session: aiohttp.ClientSession) -> AskedGateway:
    """Return a gateway that can be asked."""
    return AskedGateway(session)


@pytest.fixture
async def harness(
    gateway: AskedGateway, tmp_path: Path
) -> AsyncIterator[MessagingHarness]:
    """Return a house that sends through it."""
    async with following(gateway, tmp_path) as harness:
        yield harness


@pytest.fixture
async def once(session: aiohttp.ClientSession) -> OnceGateway:
    """Return a gateway that tells everything once."""
    return OnceGateway(session)


@pytest.fixture
async def once_house(
    once: OnceGateway, tmp_path: Path
) -> AsyncIterator[MessagingHarness]:
    """Return a house that sends through that one."""
    async with following(once, tmp_path) as harness:
        yield harness


async def send_later(harness: MessagingHarness, later: timedelta) -> MessageRecord:
    """Hand over a message that the gateway is to send later."""
    send_at = harness.clock.now() + later
    message = replace(harness.message(), options=SmsOptions(send_at=send_at))
    # The gateways of this module keep nothing for later; only the time counts here.
    accepted = await harness.outbox.send(replace(message, options=SmsOptions()))
    record = replace(accepted, options=SmsOptions(send_at=send_at))
    await harness.journal.put(record)
    await harness.crash()
    await harness.start()
    return record


# --- how often ----------------------------------------------------------------------


async def test_it_is_asked_less_and_less_often(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """After a minute first, and every six hours in the end."""
    await harness.send()
    asked: list[float] = []
    for _ in range(2 * 24 * 60):
        count = len(gateway.asked)
        await harness.clock.advance(MINUTE)
        asked.extend(
            [(harness.clock.now() - START).total_seconds()]
            * (len(gateway.asked) - count)
        )

    minutes = [round(seconds / MINUTE) for seconds in asked]
    assert minutes == [
        1,
        2,
        4,
        8,
        16,
        32,
        64,
        128,
        256,
        512,
        872,
        1232,
        1592,
        1952,
        2312,
        2672,
    ]


async def test_nothing_is_asked_about_what_has_ended(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """The listener has heard of it, once."""
    record = await harness.send()
    gateway.told["id-1"] = report("id-1", MAMAN)

    await harness.clock.advance(8 * DAY)

    assert gateway.asked == ["id-1"]
    assert harness.statuses() == [DELIVERED]
    assert (await harness.kept(record)).submissions[0].is_awaited is False
    assert len(harness.tracker) == 0
    assert harness.clock.timers == 0


async def test_after_seven_days_nobody_will_know(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """It ends unknown, whatever was known of its way."""
    gateway.told["id-1"] = report("id-1", MAMAN, PENDING, code="50")
    record = await harness.send()

    await harness.clock.advance(7 * DAY - 1)
    assert harness.statuses() == []
    await harness.clock.advance(2)

    assert harness.statuses() == [UNKNOWN]
    [submission] = (await harness.kept(record)).submissions
    assert submission.delivery is not None
    assert submission.delivery.is_announced
    asked = len(gateway.asked)
    await harness.clock.advance(DAY)
    assert len(gateway.asked) == asked


async def test_the_seven_days_go_on_through_a_restart(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """They begin when it was sent."""
    await harness.send()
    await harness.clock.advance(6 * DAY)
    await harness.crash()
    await harness.start()

    await harness.clock.advance(DAY)

    assert harness.statuses() == [UNKNOWN]
    assert harness.clock.now() == START + timedelta(days=7, microseconds=1)


async def test_nothing_is_asked_before_it_is_sent(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """Even if somebody has asked about it in between, or waits for it."""
    record = await send_later(harness, timedelta(days=3))
    await harness.clock.advance(DAY)
    assert gateway.asked == []

    await harness.tracker.ask_about(record.message_id)
    waiting = asyncio.create_task(harness.wait(record, timedelta(minutes=5)))
    await let_run()
    await harness.clock.advance(2 * DAY - 1)
    await waiting
    assert gateway.asked == ["id-1"]
    await harness.clock.advance(MINUTE)

    assert gateway.asked == ["id-1", "id-1"]


@pytest.mark.parametrize("hours", [-6, 6])
async def test_a_set_clock_changes_nothing_for_what_this_run_has_sent(
    harness: MessagingHarness, gateway: AskedGateway, hours: int
) -> None:
    """It is as old as it was, and given up after seven days that have passed."""
    await harness.send()
    await harness.clock.advance(70)
    assert gateway.asked == ["id-1"]

    harness.clock.jump(timedelta(hours=hours))

    await harness.clock.advance(MINUTE)
    assert gateway.asked == ["id-1"] * 2
    await harness.clock.advance(7 * DAY - 70 - MINUTE - 1)
    assert harness.statuses() == []
    await harness.clock.advance(2)
    assert harness.statuses() == [UNKNOWN]


@pytest.mark.parametrize(("hours", "left"), [(2, 3), (-2, 7), (6, 0)])
async def test_a_set_clock_moves_the_hour_that_was_planned(
    harness: MessagingHarness, gateway: AskedGateway, hours: int, left: int
) -> None:
    """The gateway sends it then: before that there is nothing to ask."""
    await send_later(harness, timedelta(hours=5))

    harness.clock.jump(timedelta(hours=hours))

    await harness.clock.advance(left * HOUR - 1 if left else MINUTE - 1)
    assert gateway.asked == []
    await harness.clock.advance(2)
    assert gateway.asked == ["id-1"]


async def test_a_clock_that_is_set_during_a_pause(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """The planned hour has come nearer all the same."""
    await send_later(harness, timedelta(hours=5))
    await harness.tracker.pause()
    timers = harness.clock.timers
    harness.clock.jump(timedelta(hours=4))
    assert harness.clock.timers == timers

    await harness.tracker.start()
    await harness.clock.advance(HOUR + 1)

    assert gateway.asked == ["id-1"]


# --- one request --------------------------------------------------------------------


async def test_each_request_is_about_what_has_waited_longest(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """The others follow, one by one."""
    for _ in range(3):
        await harness.send()
        await harness.clock.advance(1)

    await harness.clock.advance(MINUTE + 2)

    assert gateway.asked[:3] == ["id-1", "id-2", "id-3"]


async def test_one_that_fails_does_not_hold_up_the_others(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """It is asked about later, as all are, and the observer hears why."""
    await harness.send()
    await harness.send()
    error = UnreadableAnswerError()
    gateway.told = {"id-1": error, "id-2": report("id-2", MAMAN)}

    await harness.clock.advance(2 * MINUTE)

    assert gateway.asked == ["id-1", "id-2"]
    assert harness.observer.failures == [error]
    assert harness.statuses() == [DELIVERED]
    gateway.told["id-1"] = report("id-1", MAMAN, UNDELIVERED)
    await harness.clock.advance(MINUTE)
    assert harness.statuses() == [DELIVERED, UNDELIVERED]


async def test_a_gateway_that_is_away_is_left_alone(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """An hour at the longest."""
    for number in range(1, 31):
        await harness.send()
        gateway.told[f"id-{number}"] = CannotConnectError()

    await harness.clock.advance(HOUR)
    assert len(gateway.asked) == 6
    await harness.clock.advance(6 * HOUR)

    assert len(gateway.asked) == 12
    assert len(harness.observer.failures) == 12


async def test_what_the_gateway_does_not_know_is_given_up(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """That is no failure: it will never know more."""
    await harness.send()
    await harness.send()
    gateway.told["id-1"] = UnknownMessageError()

    await harness.clock.advance(MINUTE + 2)

    assert harness.statuses() == [UNKNOWN]
    assert harness.observer.failures == []
    assert gateway.asked == ["id-1", "id-2"]
    assert len(harness.tracker) == 1


async def test_what_has_no_id_can_not_be_asked_about(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """It doesn't hold up what has one, and is given up in the end."""
    gateway.tells_ids = False
    await harness.send()
    gateway.tells_ids = True
    await harness.send(PAPA)

    await harness.clock.advance(3 * MINUTE)
    assert gateway.asked == ["id-2", "id-2"]
    gateway.told["id-2"] = report("id-2", PAPA)
    await harness.clock.advance(8 * DAY)

    assert harness.statuses() == [DELIVERED, UNKNOWN]
    assert set(gateway.asked) == {"id-2"}


async def test_only_what_has_no_id_is_left(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """It is looked at as seldom as all others."""
    gateway.tells_ids = False
    await harness.send()

    await harness.clock.advance(DAY)

    assert gateway.asked == []
    assert harness.clock.timers == 1


async def test_nobody_asks_about_what_is_in_doubt(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """The gateway has told no id: there is nothing to name."""
    gateway.failures.append(NoAnswerError())
    await harness.send()
    await harness.clock.advance(MINUTE)
    assert gateway.asked == []

    await harness.clock.advance(8 * DAY)

    assert gateway.asked == []
    assert harness.statuses() == []


async def test_no_room_to_write_down_that_it_is_given_up(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """That is tried again like everything that fails, and not at once."""
    await harness.send()
    await harness.clock.advance(7 * DAY - MINUTE)
    harness.disk.room = 0
    await harness.clock.advance(MINUTE)
    assert harness.statuses() == []
    assert len(harness.observer.failures) == 1
    assert isinstance(harness.observer.failures[0], NotStoredError)

    harness.disk.room = None
    await harness.clock.advance(MINUTE)

    assert harness.statuses() == [UNKNOWN]


async def test_a_message_that_is_no_more(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """Nothing is awaited of it, and it is given up once."""
    record = await harness.send()
    await harness.journal.remove()
    await harness.journal.open()
    gateway.told["id-1"] = report("id-1", MAMAN)
    assert await harness.store.get(record.message_id) is None

    await harness.clock.advance(HOUR)

    assert gateway.asked == ["id-1"]
    assert len(harness.tracker) == 0
    assert harness.clock.timers == 0


@pytest.mark.parametrize("count", [10, 1000])
async def test_a_request_is_no_more_work_when_many_are_due(
    harness: MessagingHarness, count: int
) -> None:
    """Only what it asks about is looked at."""
    record = await harness.send()
    for number in range(count):
        [submission] = record.submissions
        submission = replace(submission, submission_id=f"other-{number}")
        other = replace(record, message_id=f"other-{number}")
        harness.tracker.follow(other, [submission])
    assert len(harness.tracker) == count + 1
    harness.clock.tick(timedelta(minutes=1))

    with count_steps() as steps:
        harness.clock.wake_next()
        await until_idle()

    assert steps.count < 150


@pytest.mark.parametrize("count", [10, 10_000])
async def test_a_report_is_no_more_work_when_many_are_awaited(
    harness: MessagingHarness, count: int
) -> None:
    """Whether it is pushed or asked for: one message is looked at, and changed."""
    record = await harness.send()
    for number in range(count):
        [submission] = record.submissions
        submission = replace(submission, submission_id=f"other-{number}")
        other = replace(record, message_id=f"other-{number}")
        harness.tracker.follow(other, [submission])

    with count_steps() as steps:
        assert await harness.hear(report("id-1", MAMAN)) == (True,)

    assert harness.statuses() == [DELIVERED]
    assert steps.count < 250


# --- other gateways -----------------------------------------------------------------


@pytest.mark.parametrize("kind", [SilentGateway, CallingGateway])
async def test_a_gateway_that_can_not_be_asked(
    kind: type[SilentGateway], session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """Nobody asks; what it doesn't call about in seven days is given up."""
    async with following(kind(session), tmp_path) as harness:
        record = await harness.send()
        await harness.tracker.ask_about(record.message_id)
        await harness.tracker.ask_for_all()
        is_followed = isinstance(harness.gateway, CallingGateway)
        assert len(harness.tracker) == harness.clock.timers == is_followed

        await harness.clock.advance(7 * DAY)

        assert harness.statuses() == [UNKNOWN] * is_followed
        assert harness.observer.failures == []


async def test_one_question_for_all(
    once_house: MessagingHarness, once: OnceGateway
) -> None:
    """Where one answer tells everything that is new."""
    for number in (MAMAN, PAPA):
        await once_house.send(number)
    once.news = [report("id-2", PAPA), report("id-1", MAMAN, UNDELIVERED)]

    await once_house.clock.advance(HOUR)

    assert once.questions == 1
    assert once.asked == []
    assert once_house.statuses() == [DELIVERED, UNDELIVERED]


async def test_a_question_for_what_is_in_doubt(
    once_house: MessagingHarness, once: OnceGateway
) -> None:
    """What is new may prove that it has left; after seven days nothing will."""
    once.failures.append(NoAnswerError())
    await once_house.send()
    await once_house.clock.advance(MINUTE)
    assert once.questions == 1

    await once_house.clock.advance(7 * DAY)
    questions = once.questions
    await once_house.clock.advance(DAY)

    assert once.questions == questions
    assert once_house.statuses() == []
    assert len(once_house.tracker) == 1


async def test_a_question_that_fails(
    once_house: MessagingHarness, once: OnceGateway
) -> None:
    """It is asked again in a minute."""
    await once_house.send()
    once.failures.append(CannotConnectError())

    await once_house.clock.advance(2 * MINUTE)

    assert once.questions == 2
    assert len(once_house.observer.failures) == 1


# --- when somebody asks -------------------------------------------------------------


async def test_asking_about_one_message(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """At once, and about no other."""
    await harness.send()
    record = await harness.send(MAMAN, PAPA)
    gateway.told["id-2"] = report("id-2", MAMAN)

    await harness.tracker.ask_about(record.message_id)

    assert gateway.asked == ["id-2", "id-3"]
    assert harness.statuses() == [DELIVERED]
    await harness.tracker.ask_about("none")
    assert gateway.asked == ["id-2", "id-3"]


async def test_asking_about_one_recipient(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """And not about the others, nor about what is in doubt."""
    record = await harness.send(MAMAN, PAPA)
    gateway.failures.append(NoAnswerError())
    doubtful = await harness.send()

    await harness.tracker.ask_about(record.message_id, PAPA)
    await harness.tracker.ask_about(doubtful.message_id)

    assert gateway.asked == ["id-2"]


async def test_who_asks_hears_why_there_is_no_answer(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """And nobody else."""
    record = await harness.send()
    gateway.told["id-1"] = CannotConnectError()

    with pytest.raises(CannotConnectError):
        await harness.tracker.ask_about(record.message_id)

    assert harness.observer.failures == []


async def test_what_was_just_asked_is_not_asked_again(
    harness: MessagingHarness, gateway: AskedGateway
) -> None:
    """The next look is as far away as after any other."""
    record = await harness.send()
    await harness.clock.advance(30)

    await harness.tracker.ask_about(record.message_id)
    await harness.clock.advance(MINUTE - 1)

    assert gateway.asked == ["id-1"]
    await harness.clock.advance(1)
    assert gateway.asked == ["id-1", "id-1"]


async def test_asking_for_all(once_house: MessagingHarness, once: OnceGateway) -> None:
    """At once, whatever is awaited."""
    await once_house.send()
    once.news = [report("id-1", MAMAN)]

    await once_house.tracker.ask_for_all()

    assert once_house.statuses() == [DELIVERED]
    await once_house.tracker.ask_for_all()
    assert once.questions == 2


async def test_what_was_read_is_heard_although_nobody_listens(
    once_house: MessagingHarness, once: OnceGateway
) -> None:
    """Who has asked is gone before the answer comes: it won't be told again."""
    await once_house.send()
    once.news = [report("id-1", MAMAN)]
    once.is_slow = asyncio.Event()
    asking = asyncio.create_task(once_house.tracker.ask_for_all())
    while not once.questions:
        await asyncio.sleep(0)

    asking.cancel()
    await asyncio.wait([asking])
    once.is_slow.set()
    await until_idle()

    assert asking.cancelled()
    assert once_house.statuses() == [DELIVERED]


async def test_what_was_read_is_heard_although_the_house_stops(
    once_house: MessagingHarness, once: OnceGateway
) -> None:
    """The journal is open until then."""
    record = await once_house.send()
    once.news = [report("id-1", MAMAN)]
    once.is_slow = asyncio.Event()
    asking = asyncio.create_task(once_house.tracker.ask_about(record.message_id))
    while not once.asked:
        await asyncio.sleep(0)

    stopping = asyncio.create_task(once_house.stop())
    await let_run()
    once.is_slow.set()
    await asyncio.gather(stopping, asking)
    await once_house.crash()
    await once_house.start()

    assert once_house.statuses() == [DELIVERED]


# --- what others need ---------------------------------------------------------------


async def test_polls_leave_room_for_messages(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """They wait until there is some; nothing is refused."""
    clock = FakeClock()
    gateway = AskedGateway(session, budget=RequestBudget(10, clock.elapsed))
    async with following(gateway, tmp_path, clock) as harness:
        for _ in range(20):
            await harness.send()

        await clock.advance(HOUR)
        assert len(gateway.asked) == 8
        await clock.advance(2 * MINUTE)

        assert len(gateway.asked) == 16
        assert harness.observer.failures == []


async def test_polls_go_by_the_budget_of_another_login(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """From the moment on when the account becomes that one's."""
    clock = FakeClock()
    budget, others = (RequestBudget(10, clock.elapsed) for _ in range(2))
    gateway = AskedGateway(session, budget=budget)
    async with following(gateway, tmp_path, clock) as harness:
        await harness.send()
        while budget.has_room_for_polls:
            budget.spend()

        gateway.become(AskedGateway(session, budget=others))
        await clock.advance(1.5 * MINUTE)

        assert gateway.asked == ["id-1"]
        assert others.used == 1


@pytest.mark.parametrize("status", [*DeliveryStatus])
async def test_what_ends_is_told(
    harness: MessagingHarness, gateway: AskedGateway, status: DeliveryStatus
) -> None:
    """Whatever the end is; on its way it is nobody's business."""
    await harness.send()
    gateway.told["id-1"] = report("id-1", MAMAN, status)

    await harness.clock.advance(DAY)

    assert harness.statuses() == [status] * status.is_final
