"""The outbox on a disk that is full for a while."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
    OnUnknown,
)
from tests.messaging.harness import MessagingHarness
from tests.messaging.outbox.conftest import texts
from tests.messaging.scheduling import outcomes
from tests.simulator import Fault, SimulatedGateway, Simulator

FRENCH = "+33612345678"
SECOND = timedelta(seconds=1)


async def test_no_room_for_a_new_message(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It is refused aloud, and not sent."""
    harness.disk.room = 0

    with pytest.raises(NotStoredError):
        await harness.send()

    assert simulated.requests == []
    assert len(harness.store) == 0


async def test_no_room_before_the_request(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Nothing leaves until there is; nothing is counted as an attempt."""
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=1)
    record = await harness.send()
    assert outcomes(record) == [Outcome.QUEUED]
    harness.disk.room = 0

    await harness.clock.advance(60)
    assert simulated.asked("send") == 1
    [known] = harness.store
    assert known.submissions[0].attempts == 0

    harness.disk.room = None
    await harness.clock.advance(60)
    assert texts(simulated) == [record.text]
    assert harness.current(record).attempts == 1
    assert await harness.journal.not_closed() == []


async def test_no_room_for_the_outcome(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is known and told all the same, and written as soon as there is room."""
    harness.disk.room = 1
    record = await harness.send()
    assert outcomes(record) == [Outcome.ACCEPTED]
    await harness.clock.advance(100)
    [stored] = await harness.journal.not_closed()
    assert outcomes(stored) == [Outcome.UNKNOWN]
    assert caplog.text.count("can't be written") == 1

    harness.disk.room = None
    await harness.clock.advance(31)

    assert await harness.journal.not_closed() == []
    assert len(harness.store) == 0
    assert len(simulated.accepted) == 1


async def test_no_room_for_the_outcome_until_the_stop(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It is tried once more then, and no timer stays behind."""
    harness.disk.room = 1
    await harness.send()
    harness.disk.room = None

    await harness.dispatcher.stop()
    await harness.store.close()

    assert await harness.journal.not_closed() == []
    assert harness.clock.timers == 0


async def test_no_room_at_the_stop_either(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Then it is in doubt next time, and not sent twice."""
    harness.disk.room = 1
    await harness.send()

    await harness.dispatcher.stop()
    await harness.store.close()

    [stored] = await harness.journal.not_closed()
    assert outcomes(stored) == [Outcome.UNKNOWN]
    assert harness.clock.timers == 0


async def test_no_room_when_it_expires(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It stays at home all the same."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    record = await harness.send(life=30 * SECOND)
    harness.disk.room = 0
    await harness.clock.advance(31)
    assert harness.current(record).outcome is Outcome.EXPIRED
    simulated.heal()

    harness.disk.room = None
    await harness.clock.advance(31)

    assert await harness.journal.not_closed() == []
    assert simulated.accepted == []


async def test_no_room_for_the_users_choice(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It is not made, and can be made again."""
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=1)
    record = await harness.send()
    await harness.clock.advance(601)
    [before] = harness.store
    assert before.is_held
    harness.disk.room = 0

    for choice in Choice:
        with pytest.raises(NotStoredError):
            await harness.outbox.resolve(record.message_id, choice)

    assert list(harness.store) == [before]
    await harness.clock.advance(3600)
    assert list(harness.store) == [before]
    assert simulated.asked("send") == 1
    harness.disk.room = None
    await harness.outbox.resolve(record.message_id, Choice.DROP)
    assert await harness.journal.not_closed() == []


# --- rather twice than never, and at once ---------------------------------------------


def insistent(harness: MessagingHarness) -> MessageRecord:
    """Return a message that is worth more than its own record."""
    return replace(harness.message(on_unknown=OnUnknown.RESEND), urgent=True)


async def test_no_room_for_what_must_leave_at_once(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It leaves, once, and whoever asks is told that it isn't kept."""
    harness.disk.room = 0

    record = await harness.outbox.send(insistent(harness))

    assert outcomes(record) == [Outcome.ACCEPTED]
    assert not harness.store.is_stored(record.message_id)
    harness.disk.room = None
    await harness.clock.advance(31)
    assert await harness.kept(record) == record
    assert harness.store.is_stored(record.message_id)
    assert len(harness.store) == 0
    assert texts(simulated) == [record.text]


async def test_no_room_for_what_must_leave_behind_others(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """They stay where they are; it leaves all the same."""
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=1)
    other = await harness.send()
    harness.disk.room = 0

    sending = asyncio.create_task(harness.outbox.send(insistent(harness)))
    await harness.clock.advance(30)

    record = harness.observer.latest[(await sending).message_id]
    assert outcomes(record) == [Outcome.ACCEPTED]
    assert texts(simulated) == [record.text]
    assert harness.current(other).is_waiting
    harness.disk.room = None
    await harness.clock.advance(31)
    assert texts(simulated) == [record.text, other.text]


async def test_no_room_for_what_is_left_without_a_record_and_cannot_leave(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It is tried until its time is over, like any other."""
    harness.disk.room = 0
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    record = await harness.outbox.send(insistent(harness))
    assert outcomes(record) == [Outcome.QUEUED]
    simulated.heal()

    await harness.clock.advance(31)

    assert outcomes(harness.observer.latest[record.message_id]) == [Outcome.ACCEPTED]
    assert not harness.store.is_stored(record.message_id)


def insistent_later(harness: MessagingHarness) -> MessageRecord:
    """Return one that the gateway is to send in a second."""
    record = insistent(harness)
    return replace(record, options=SmsOptions(send_at=record.created + SECOND))


async def test_no_room_for_what_must_leave_later(
    by_id: MessagingHarness, simulator: Simulator
) -> None:
    """That can wait for room: forgotten, it could be taken back by nobody."""
    by_id.disk.room = 0

    with pytest.raises(NotStoredError):
        await by_id.outbox.send(insistent_later(by_id))

    assert simulator.envoyer_sms_pro.accepted == []


async def test_no_room_for_what_is_late_for_its_hour(
    by_id: MessagingHarness, simulator: Simulator
) -> None:
    """Then it must leave at once."""
    simulated = simulator.envoyer_sms_pro
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    record = await by_id.outbox.send(insistent_later(by_id))
    by_id.disk.room = 0
    simulated.heal()

    await by_id.clock.advance(31)

    assert texts(simulated) == [record.text]
