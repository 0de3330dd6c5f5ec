"""What still waits in the outbox is taken back, and never leaves."""

import asyncio
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
)
from custom_components.passerelle_sms.messaging.model.submission import Stage
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import MessagingHarness
from tests.messaging.idle import let_run, until_idle
from tests.messaging.scheduling import hand_over_to_one, outcomes
from tests.simulator import Fault, SimulatedGateway, Simulator

FRENCH = "+33612345678"


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedGateway:
    """Return a gateway that takes one recipient a request."""
    return simulator.etech_keys


@pytest.fixture
async def harness(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> MessagingHarness:
    """Return a house that has started, with that gateway."""
    harness = make_house(simulated)
    await harness.start()
    return harness


async def wait_behind_others(
    harness: MessagingHarness, simulated: SimulatedGateway, *numbers: str
) -> tuple[MessageRecord, asyncio.Task[MessageRecord]]:
    """Return a message that waits until one of four requests is over, and its answer."""
    simulated.fail(Fault.STALL_AFTER, operation="send", times=4)
    asyncio.gather(*(harness.outbox.send(harness.message()) for _ in range(4)))
    while simulated.asked("send") < 4:
        await asyncio.sleep(0)
    record = harness.message(*numbers)
    sending = asyncio.create_task(harness.outbox.send(record))
    while len(harness.store) < 5:
        await asyncio.sleep(0)
    await let_run()
    return record, sending


async def test_what_waits_never_leaves(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """All of it, though it is as many requests as recipients."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    record = await harness.send(MAMAN, PAPA)
    assert outcomes(record) == [Outcome.QUEUED, Outcome.QUEUED]

    await harness.dispatcher.withdraw(record.message_id)
    simulated.heal()
    await harness.clock.advance(3600)

    kept = await harness.kept(record)
    assert outcomes(kept) == [Outcome.NOT_SENT, Outcome.NOT_SENT]
    assert kept.is_closed
    assert {
        submission.failure.key for submission in kept.submissions if submission.failure
    } == {"cancelled"}
    assert harness.observer.latest[record.message_id] == kept
    assert simulated.accepted == []
    assert len(harness.store) == 0
    assert harness.clock.timers == 0


async def test_whoever_waits_for_it_is_answered(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """At once, however long the others take."""
    record, sending = await wait_behind_others(harness, simulated)
    assert harness.dispatcher.holds(record.message_id, MAMAN)

    await harness.dispatcher.withdraw(record.message_id)

    assert not harness.dispatcher.holds(record.message_id, MAMAN)
    assert outcomes(await sending) == [Outcome.NOT_SENT]
    assert simulated.asked("send") == 4
    assert harness.ledger.request_count_if_idle() is None
    await until_idle()
    assert record.text not in [taken.text for taken in simulated.accepted]


async def test_what_is_under_way_goes_on(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Of a message to five, the one that waits for its turn is taken back."""
    numbers = [f"+2376956882{index:02}" for index in range(5)]
    simulated.fail(Fault.STALL_AFTER, operation="send", times=4)
    record = harness.message(*numbers)
    sending = asyncio.create_task(harness.outbox.send(record))
    while simulated.asked("send") < 4:
        await asyncio.sleep(0)

    await harness.dispatcher.withdraw(record.message_id)

    answer = await sending
    assert sorted(outcomes(answer)) == [Outcome.NOT_SENT, *[Outcome.UNKNOWN] * 4]
    await until_idle()
    assert len(simulated.accepted) == 4
    assert simulated.asked("send") == 4


async def test_others_go_on(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Only one message is taken back."""
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=1)
    first = await harness.send()
    await harness.dispatcher.withdraw(first.message_id)
    harness.clock.tick(timedelta(seconds=5))

    second = await harness.send()

    assert [taken.text for taken in simulated.accepted] == [second.text]


async def test_nothing_waits(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Whoever is too late changes nothing, and neither does who names nothing."""
    sent = await harness.send()
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    doubtful = await harness.send()
    writes = harness.disk.writes

    for message_id in (sent.message_id, doubtful.message_id, "01M7W4EX1X"):
        await harness.dispatcher.withdraw(message_id)

    assert harness.current(sent).outcome is Outcome.ACCEPTED
    assert harness.current(doubtful).is_unknown_open
    assert harness.disk.writes == writes


async def test_no_room_on_the_disk(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It goes on, and is sent once."""
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=1)
    record = await harness.send()
    harness.disk.room = 0

    with pytest.raises(NotStoredError):
        await harness.dispatcher.withdraw(record.message_id)

    harness.disk.room = None
    await harness.clock.advance(60)
    assert harness.current(record).outcome is Outcome.ACCEPTED
    assert harness.current(record).failure is None
    assert len(simulated.accepted) == 1


async def test_nobody_is_told_before_it_is_on_disk(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """A sender who is told that it stays at home sends it elsewhere; then it must."""
    record, sending = await wait_behind_others(harness, simulated)
    harness.disk.room = 0
    withdrawing = asyncio.create_task(harness.dispatcher.withdraw(record.message_id))
    await asyncio.sleep(0)
    harness.dispatcher.retry_now()

    with pytest.raises(NotStoredError):
        await withdrawing

    await let_run()
    assert not sending.done()
    harness.disk.room = None
    assert outcomes(await sending) == [Outcome.ACCEPTED]
    assert [taken.text for taken in simulated.accepted].count(record.text) == 1


async def test_what_is_sent_again_may_have_arrived(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The second time is taken back; the first is the user's to judge."""
    simulated.fail(Fault.HTML, operation="transactions")
    await harness.send()
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await harness.send()
    await harness.clock.advance(601)
    assert harness.current(record).stage is Stage.HELD
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    await harness.outbox.resolve(record.message_id, Choice.RESEND)
    await until_idle()
    assert harness.current(record).is_waiting

    await harness.dispatcher.withdraw(record.message_id)
    simulated.heal()
    await harness.clock.advance(3600)

    submission = harness.current(record)
    assert (submission.outcome, submission.stage) == (Outcome.UNKNOWN, Stage.HELD)
    assert [taken.text for taken in simulated.accepted].count(record.text) == 1


async def test_what_is_in_doubt_is_asked_about_all_the_same(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """Where the gateway refuses a text it has had; who hasn't had it is taken back."""
    harness = make_house(simulator.sms123)
    await harness.start()
    record = await hand_over_to_one(
        harness, simulator.sms123, harness.message(FRENCH, MAMAN), Fault.CUT_AFTER
    )
    assert outcomes(record) == [Outcome.QUEUED, Outcome.UNKNOWN]

    await harness.dispatcher.withdraw(record.message_id)
    await harness.clock.advance(30)

    assert outcomes(await harness.kept(record)) == [Outcome.NOT_SENT, Outcome.ACCEPTED]
    assert len(simulator.sms123.accepted) == 1


async def test_after_a_restart(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It stays at home for good."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    record = await harness.send()
    await harness.dispatcher.withdraw(record.message_id)
    simulated.heal()

    await harness.crash()
    await harness.start()
    await harness.clock.advance(3600)

    assert outcomes(await harness.kept(record)) == [Outcome.NOT_SENT]
    assert simulated.accepted == []
