"""Answers that prove that a message has left, and those that prove nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    NoAnswerError,
    RateLimitedError,
)
from custom_components.passerelle_sms.gateways.model.delivery import (
    DeliveryReport,
    DeliveryStatus,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.submission import Stage
from custom_components.passerelle_sms.messaging.model.transitions import settle_accepted
from tests.conftest import MAMAN, PAPA
from tests.messaging.fake_gateways import (
    DELIVERED,
    PENDING,
    UNDELIVERED,
    OnceGateway,
    report,
)
from tests.messaging.harness import MessagingHarness, following
from tests.messaging.idle import let_run, until_idle

MINUTE = 60


@pytest.fixture
async def gateway(session: aiohttp.ClientSession) -> OnceGateway:
    """Return a gateway that tells what it is asked."""
    return OnceGateway(session)


@pytest.fixture
async def harness(
    gateway: OnceGateway, tmp_path: Path
) -> AsyncIterator[MessagingHarness]:
    """Return a house that sends through it."""
    async with following(gateway, tmp_path) as harness:
        yield harness


async def send_in_doubt(
    harness: MessagingHarness, gateway: OnceGateway, number: str = MAMAN
) -> MessageRecord:
    """Send a message of which nobody knows whether it has left."""
    gateway.failures.append(NoAnswerError())
    record = await harness.send(number)
    assert harness.current(record).outcome is Outcome.UNKNOWN
    return record


async def hear(
    harness: MessagingHarness, gateway: OnceGateway, told: DeliveryReport
) -> None:
    """Ask the gateway, which tells this."""
    gateway.news.append(told)
    await harness.tracker.ask_for_all()


def outcome(harness: MessagingHarness, record: MessageRecord) -> Outcome:
    """Return what became of a message to a single recipient."""
    return harness.current(record).outcome


@pytest.mark.parametrize("status", [DELIVERED, UNDELIVERED, PENDING])
async def test_a_report_proves_that_it_has_left(
    harness: MessagingHarness, gateway: OnceGateway, status: DeliveryStatus
) -> None:
    """The gateway could not tell of it otherwise. So nobody has to be asked."""
    record = await send_in_doubt(harness, gateway)
    told = report("id-9", MAMAN, status, at=harness.clock.now())

    await hear(harness, gateway, told)

    submission = harness.current(record)
    assert (submission.outcome, submission.stage) == (Outcome.ACCEPTED, Stage.CLOSED)
    assert (submission.submission_id, submission.failure) == ("id-9", None)
    assert await harness.kept(record) == harness.observer.latest[
        record.message_id
    ].updated((await harness.kept(record)).submissions)
    assert len(harness.store) == 0
    assert harness.statuses() == [status] * status.is_final
    # What comes next has an id to be known by.
    later = report("id-9", MAMAN, DELIVERED)
    await hear(harness, gateway, later)
    assert harness.statuses()[-1:] == [DELIVERED]


async def test_what_is_held_for_the_user_is_proven(
    harness: MessagingHarness, gateway: OnceGateway
) -> None:
    """He need not choose any more."""
    record = await send_in_doubt(harness, gateway)
    at = harness.clock.now()
    await harness.clock.advance(30 * MINUTE)
    assert harness.current(record).stage is Stage.HELD

    await hear(harness, gateway, report("id-9", MAMAN, at=at))

    assert outcome(harness, record) is Outcome.ACCEPTED
    assert len(harness.store) == 0
    await harness.outbox.resolve(record.message_id, Choice.RESEND)
    await until_idle()
    assert gateway.taken == []


async def test_a_proof_outlives_a_restart(
    harness: MessagingHarness, gateway: OnceGateway
) -> None:
    """What was in doubt before is proven after it."""
    record = await send_in_doubt(harness, gateway)
    at = harness.clock.now()
    await harness.stop()
    harness.build()
    await harness.start()

    await hear(harness, gateway, report("id-9", MAMAN, at=at))

    assert outcome(harness, record) is Outcome.ACCEPTED
    await harness.crash()
    await harness.start()
    assert harness.statuses() == [DELIVERED]


async def share(harness: MessagingHarness) -> None:
    """Let others use the account."""
    harness.ledger.is_alone = False


async def spend_elsewhere(harness: MessagingHarness) -> None:
    """Let the balance fall for no known reason."""
    harness.ledger.enter(Decimal(1000), harness.clock.elapsed())
    harness.ledger.enter(Decimal(999), harness.clock.elapsed())
    assert harness.ledger.is_muted


async def lose_power(harness: MessagingHarness) -> None:
    """Perhaps forget what a failing disk could not keep."""
    await harness.crash()
    await harness.start()


@pytest.mark.parametrize("happens", [share, spend_elsewhere, lose_power])
async def test_it_may_be_about_what_is_unknown_here(
    harness: MessagingHarness,
    gateway: OnceGateway,
    happens: Callable[[MessagingHarness], Awaitable[None]],
) -> None:
    """So the user is asked."""
    await happens(harness)
    record = await send_in_doubt(harness, gateway)

    await hear(harness, gateway, report("id-9", MAMAN, at=harness.clock.now()))

    assert outcome(harness, record) is Outcome.UNKNOWN
    await harness.clock.advance(11 * MINUTE)
    assert harness.current(record).stage is Stage.HELD


async def test_after_a_power_cut_it_proves_nothing_of_before(
    harness: MessagingHarness, gateway: OnceGateway
) -> None:
    """It may be about what was forgotten, to the same number."""
    record = await send_in_doubt(harness, gateway)
    at = harness.clock.now()
    await lose_power(harness)

    await hear(harness, gateway, report("id-9", MAMAN, at=at))

    assert outcome(harness, record) is Outcome.UNKNOWN


async def test_after_a_power_cut_reports_prove_again(
    harness: MessagingHarness, gateway: OnceGateway
) -> None:
    """Once a balance was told that holds whatever was forgotten."""
    await lose_power(harness)
    await harness.clock.advance(10 * MINUTE)
    await harness.poll()
    record = await send_in_doubt(harness, gateway)

    await hear(harness, gateway, report("id-9", MAMAN, at=harness.clock.now()))

    assert outcome(harness, record) is Outcome.ACCEPTED


@pytest.mark.parametrize("happens", [share, spend_elsewhere, lose_power])
async def test_it_tells_the_delivery_of_what_was_accepted(
    harness: MessagingHarness,
    gateway: OnceGateway,
    happens: Callable[[MessagingHarness], Awaitable[None]],
) -> None:
    """That loses nothing: the gateway has it."""
    await happens(harness)
    gateway.tells_ids = False
    record = await harness.send()

    await hear(harness, gateway, report("id-9", MAMAN, at=harness.clock.now()))

    assert outcome(harness, record) is Outcome.ACCEPTED
    assert harness.statuses() == [DELIVERED]


async def test_a_late_report_on_what_the_balance_has_settled(
    harness: MessagingHarness, gateway: OnceGateway
) -> None:
    """It is not taken for one on the next message to that number."""
    earlier = await send_in_doubt(harness, gateway)
    [submission] = earlier.submissions
    await harness.store.change(
        earlier.message_id, partial(settle_accepted, [submission.key])
    )
    await until_idle()
    await harness.clock.advance(120 * MINUTE)
    record = await send_in_doubt(harness, gateway)

    await hear(harness, gateway, report("id-9", MAMAN, at=harness.clock.now()))

    assert outcome(harness, record) is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("number", "seconds"),
    [
        (PAPA, 0),
        ("+237695688208", 0),
        (MAMAN, -3 * MINUTE),
        (MAMAN, 61 * MINUTE),
        (MAMAN, None),
    ],
)
async def test_what_proves_nothing(
    harness: MessagingHarness, gateway: OnceGateway, number: str, seconds: int | None
) -> None:
    """Another number, another time, or no time at all."""
    record = await send_in_doubt(harness, gateway)
    at = None if seconds is None else harness.clock.now() + timedelta(seconds=seconds)

    await hear(harness, gateway, report("id-9", number, at=at))

    assert outcome(harness, record) is Outcome.UNKNOWN
    assert harness.statuses() == []


async def test_two_that_it_may_prove(
    harness: MessagingHarness, gateway: OnceGateway
) -> None:
    """It proves neither."""
    records = [await send_in_doubt(harness, gateway) for _ in range(2)]

    told = report("id-9", MAMAN, at=harness.clock.now())
    await hear(harness, gateway, told)

    assert {outcome(harness, record) for record in records} == {Outcome.UNKNOWN}


async def test_the_id_of_another_message_proves_nothing(
    harness: MessagingHarness, gateway: OnceGateway
) -> None:
    """It is about that one, or about none."""
    await harness.send(PAPA)
    record = await send_in_doubt(harness, gateway)

    told = report("id-1", MAMAN, at=harness.clock.now())
    await hear(harness, gateway, told)

    assert outcome(harness, record) is Outcome.UNKNOWN


async def test_a_report_about_another_message_to_that_number(
    harness: MessagingHarness, gateway: OnceGateway
) -> None:
    """Its id tells it from the one in doubt."""
    await harness.send()
    record = await send_in_doubt(harness, gateway)

    await hear(harness, gateway, report("id-1", MAMAN, at=harness.clock.now()))

    assert outcome(harness, record) is Outcome.UNKNOWN
    assert harness.statuses() == [DELIVERED]


@pytest.mark.parametrize("is_refused", [True, False])
async def test_while_it_is_under_way_it_proves_nothing(
    harness: MessagingHarness, gateway: OnceGateway, is_refused: bool
) -> None:
    """The answer decides: perhaps it is about an earlier message."""
    gateway.answer = asyncio.Event()
    message = harness.message()
    sending = asyncio.create_task(harness.outbox.send(message))
    while not harness.store.get_open(message.message_id):
        await asyncio.sleep(0)
    await let_run()

    told = report("id-9", MAMAN, at=harness.clock.now())
    await hear(harness, gateway, told)
    if is_refused:
        gateway.failures.append(RateLimitedError())
    gateway.answer.set()
    record = await sending
    await until_idle()

    expected = Outcome.QUEUED if is_refused else Outcome.ACCEPTED
    assert outcome(harness, record) is expected
    assert harness.statuses() == []


async def test_it_comes_before_there_is_no_answer(
    harness: MessagingHarness, gateway: OnceGateway
) -> None:
    """Then it proves what the answer would have said."""
    gateway.answer = asyncio.Event()
    message = harness.message()
    sending = asyncio.create_task(harness.outbox.send(message))
    while not harness.store.get_open(message.message_id):
        await asyncio.sleep(0)
    await let_run()
    told = report("id-9", MAMAN, at=harness.clock.now())
    await hear(harness, gateway, told)
    gateway.failures.append(NoAnswerError())
    gateway.answer.set()
    record = await sending
    await until_idle()

    # The next question looks at it again.
    await harness.tracker.ask_for_all()

    assert outcome(harness, record) is Outcome.ACCEPTED
    assert harness.statuses() == [DELIVERED]


async def test_what_is_sent_again_is_proven_by_nothing(
    harness: MessagingHarness, gateway: OnceGateway
) -> None:
    """The first has arrived, perhaps; of the second nobody knows yet."""
    gateway.failures.append(NoAnswerError())
    record = await harness.send(on_unknown=OnUnknown.RESEND)
    at = harness.clock.now()
    gateway.failures.append(RateLimitedError())
    while outcome(harness, record) is Outcome.UNKNOWN:
        await harness.clock.advance(10)
    assert outcome(harness, record) is Outcome.QUEUED

    await hear(harness, gateway, report("id-9", MAMAN, at=at))
    await harness.clock.advance(MINUTE)

    assert gateway.taken == [(MAMAN, "id-1")]
    assert harness.statuses() == []
