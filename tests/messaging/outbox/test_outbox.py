"""The outbox: what is taken in, what becomes of it, and who is told."""

import asyncio
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    MessageTooLongError,
    NotStoredError,
    OutboxFullError,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import Choice
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
)
from custom_components.passerelle_sms.messaging.outbox import outbox as outbox_module
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import HOUR, MessagingHarness
from tests.messaging.idle import let_run, until_idle
from tests.messaging.outbox.conftest import texts
from tests.messaging.scheduling import outcomes
from tests.simulator import Fault, SimulatedGateway, Simulator

FRENCH = "+33612345678"
SECOND = timedelta(seconds=1)


# --- one message --------------------------------------------------------------------


async def test_a_message_is_sent_and_remembered(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The answer, the journal and the books agree, and nothing is left in memory."""
    record = await harness.send(MAMAN, PAPA)

    assert outcomes(record) == [Outcome.ACCEPTED, Outcome.ACCEPTED]
    assert await harness.journal.get(record.message_id) == record
    assert harness.observer.latest[record.message_id] == record
    assert len(simulated.accepted) == 2
    assert len(harness.store) == 0
    assert [len(result.submissions) for result in harness.observer.results] == [1, 1]
    assert harness.clock.timers == 0


async def test_it_is_on_disk_before_it_leaves(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """As unknown, which is what a crash would make of it."""
    simulated.fail(Fault.STALL_AFTER, operation="send")
    sending = asyncio.create_task(harness.outbox.send(harness.message()))
    await simulated.until_asked("send")

    [stored] = await harness.journal.not_closed()

    assert outcomes(stored) == [Outcome.UNKNOWN]
    assert stored.submissions[0].attempts == 1
    assert harness.ledger.request_count_if_idle() is None
    assert outcomes(await sending) == [Outcome.UNKNOWN]
    await until_idle()
    assert harness.ledger.request_count_if_idle() == 1


async def test_a_refusal_is_final(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It says why, and is not repeated."""
    simulated.answer_next("destinataire incorrect")

    [submission] = (await harness.send()).submissions
    await harness.clock.advance(3600)

    assert (submission.outcome, submission.stage) == (Outcome.REJECTED, Stage.CLOSED)
    assert submission.failure is not None
    assert submission.failure.key == "invalid_recipient"
    assert simulated.asked("send") == 1


async def test_a_message_against_the_rules_of_now(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It was taken in under other rules: it is rejected and never left."""
    [submission] = (await harness.send(text="x" * 5000)).submissions

    assert submission.failure is not None
    assert submission.failure.key == MessageTooLongError.key
    assert submission.outcome is Outcome.REJECTED
    assert simulated.requests == []


async def test_a_message_with_nothing_to_send(harness: MessagingHarness) -> None:
    """It is written down, and that is all."""
    record = harness.message()
    closed = record.updated(
        [
            SubmissionRecord(
                recipient=record.submissions[0].recipient, stage=Stage.CLOSED
            )
        ]
    )

    assert await harness.outbox.send(closed) == closed
    assert await harness.journal.get(record.message_id) == closed
    assert len(harness.store) == 0


async def test_a_choice_about_what_is_not_held_changes_nothing(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It was settled meanwhile, or there is no such message."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    record = await harness.send()
    writes = harness.disk.writes

    for message_id in (record.message_id, "01M7W4EX1X"):
        await harness.outbox.resolve(message_id, Choice.RESEND)

    assert harness.current(record).is_waiting
    assert harness.disk.writes == writes


# --- too many -----------------------------------------------------------------------


async def test_an_outbox_that_is_full(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It says so, also to those who come together; what is held doesn't count."""
    monkeypatch.setattr(outbox_module, "MOST_OPEN", 3)
    simulated.fail(Fault.RATE_LIMITED, operation="send")

    answers = await asyncio.gather(
        *(harness.outbox.send(harness.message()) for _ in range(5)),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, OutboxFullError) for answer in answers) == 2
    assert len(harness.store) == 3
    with pytest.raises(OutboxFullError):
        await harness.send()


async def test_messages_that_are_under_way_count_once(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether somebody waits for their answer or not."""
    monkeypatch.setattr(outbox_module, "MOST_OPEN", 4)
    simulated.fail(Fault.STALL_BEFORE, operation="send")
    sending = []
    for count in range(1, 5):
        sending.append(asyncio.create_task(harness.outbox.send(harness.message())))
        while len(harness.store) < count:
            await asyncio.sleep(0)
        await let_run()

    with pytest.raises(OutboxFullError):
        await harness.outbox.send(harness.message())

    simulated.heal()
    simulated.release()
    assert len(await asyncio.gather(*sending)) == 4


async def test_held_messages_do_not_stop_alerts(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody looks into repairs while on holiday."""
    monkeypatch.setattr(outbox_module, "MOST_OPEN", 1)
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=1)
    record = await harness.send()
    await harness.clock.advance(601)
    assert harness.current(record).stage is Stage.HELD
    assert len(harness.store) == 1

    assert outcomes(await harness.send()) == [Outcome.ACCEPTED]


# --- through what happens to a house ------------------------------------------------


async def test_fifty_messages_through_ten_minutes_without_network(
    make_house: HouseMaker, simulator: Simulator, simulated: SimulatedGateway
) -> None:
    """All are sent once and in order when it is back, but those that are old news."""
    harness = make_house(simulated)
    await harness.start()
    await simulator.close()
    answers = []
    for index in range(50):
        life = timedelta(minutes=5) if index in {3, 13, 23} else HOUR
        answers.append(await harness.send(life=life))
        await harness.clock.advance(12)
    assert {outcome for record in answers for outcome in outcomes(record)} == {
        Outcome.QUEUED
    }

    await simulator.open()
    await harness.clock.advance(150)

    expired = [answers[index] for index in (3, 13, 23)]
    assert texts(simulated) == [
        record.text for record in answers if record not in expired
    ]
    assert {harness.current(record).outcome for record in expired} == {Outcome.EXPIRED}
    assert len(harness.store) == 0
    assert harness.clock.timers == 0


async def test_a_caller_who_goes_away_cuts_nothing_off(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The request goes on, and its result is kept."""
    simulated.fail(Fault.STALL_AFTER, operation="send")
    record = harness.message()
    sending = asyncio.create_task(harness.outbox.send(record))
    await simulated.until_asked("send")

    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    simulated.release()
    await until_idle()

    assert harness.current(record).outcome is Outcome.UNKNOWN
    assert len(simulated.accepted) == 1


async def test_a_message_that_comes_after_the_stop(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It is on disk, and goes on next time."""
    await harness.dispatcher.stop()
    record = await harness.send()
    assert outcomes(record) == [Outcome.QUEUED]
    await harness.journal.close()
    harness.build()

    await harness.start()
    await until_idle()

    assert texts(simulated) == [record.text]


async def test_a_message_that_comes_before_the_start(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> None:
    """It waits: what was left over goes first, and none goes twice."""
    harness = make_house(simulated)
    await harness.journal.open()
    old = harness.message()
    await harness.journal.put(old)
    new = harness.message()
    sending = asyncio.create_task(harness.outbox.send(new))
    await let_run()
    while not harness.store:
        await asyncio.sleep(0)
    await let_run()
    assert not sending.done()

    await harness.start()

    assert outcomes(await sending) == [Outcome.ACCEPTED]
    await until_idle()
    assert sorted(texts(simulated)) == [old.text, new.text]


async def test_a_journal_that_cannot_be_read(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> None:
    """It doesn't start; at its stop who waits is answered, and all goes on next time."""
    harness = make_house(simulated)
    await harness.journal.open()
    record = harness.message()
    sending = asyncio.create_task(harness.outbox.send(record))
    while not harness.store:
        await asyncio.sleep(0)
    harness.disk.is_readable = False

    with pytest.raises(NotStoredError):
        await harness.start()
    await harness.dispatcher.stop()

    assert outcomes(await sending) == [Outcome.QUEUED]
    await until_idle()
    assert simulated.requests == []
    assert harness.clock.timers == 0


async def test_starting_after_a_crash(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Queued is sent, in doubt is looked at, held stays, and nothing leaves twice."""
    simulated.fail(Fault.HTML, operation="transactions")
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    held = await harness.send()
    await harness.clock.advance(601)
    assert harness.current(held).stage is Stage.HELD
    simulated.fail(Fault.STALL_AFTER, operation="send", times=1)
    doubtful = harness.message()
    sending = asyncio.create_task(harness.outbox.send(doubtful))
    while simulated.asked("send") < 2:
        await asyncio.sleep(0)
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    queued = harness.message()
    waiting = asyncio.create_task(harness.outbox.send(queued))
    while simulated.asked("send") < 3:
        await asyncio.sleep(0)

    await harness.crash()
    await asyncio.gather(sending, waiting, return_exceptions=True)
    simulated.heal()
    await harness.start()
    await until_idle()

    states = {record.message_id: record.submissions[0] for record in harness.store}
    assert states[held.message_id].stage is Stage.HELD
    assert states[doubtful.message_id].is_unknown_open
    assert len(simulated.accepted) >= 2
    await harness.clock.advance(130)
    assert texts(simulated).count(doubtful.text) == 1
    assert texts(simulated).count(held.text) == 1
    assert texts(simulated).count(queued.text) <= 1
