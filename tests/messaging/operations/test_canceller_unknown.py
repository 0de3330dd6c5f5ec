"""Messages that are taken back while nobody knows for certain where they are."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import override

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.abilities.delivery import CancelsMessages
from custom_components.passerelle_sms.gateways.abilities.options import (
    SchedulesMessages,
)
from custom_components.passerelle_sms.gateways.errors import (
    NoAnswerError,
    NotCancellableError,
    UnknownMessageError,
)
from custom_components.passerelle_sms.gateways.model.message import (
    Cancellation,
    Scheduled,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.submission import Stage
from tests.conftest import MAMAN, PAPA
from tests.messaging.fake_gateways import SilentGateway
from tests.messaging.harness import HOUR, MessagingHarness
from tests.messaging.idle import let_run, until_idle
from tests.messaging.scheduling import (
    cancel,
    hand_over,
    hand_over_to_one,
    outcomes,
    scheduled,
)
from tests.simulator import Fault, Simulator

UNTIL_ASKED = 11 * 60
"""After how many seconds the user is asked about a doubt."""


# --- what may have left -------------------------------------------------------------


async def hold(
    harness: MessagingHarness, simulator: Simulator, fault: Fault
) -> MessageRecord:
    """Return a message for later that may have been taken, as nothing tells."""
    simulator.sms123.fail(fault, operation="send", times=1)
    record = await hand_over(harness, scheduled(harness, MAMAN))
    await harness.clock.advance(UNTIL_ASKED)
    assert harness.current(record).stage is Stage.HELD
    return record


async def test_what_is_held_and_was_taken(
    by_text: MessagingHarness, simulator: Simulator
) -> None:
    """The gateway finds it by its text: it is taken back, and nobody has to choose."""
    record = await hold(by_text, simulator, Fault.CUT_AFTER)

    cancelled = await cancel(by_text, record)

    assert outcomes(cancelled.record) == [Outcome.NOT_SENT]
    assert cancelled.record.is_closed
    assert len(by_text.store) == 0
    assert by_text.observer.latest[record.message_id] == cancelled.record
    assert simulator.sms123.scheduled == []


async def test_what_is_held_and_was_not_taken(
    by_text: MessagingHarness, simulator: Simulator
) -> None:
    """The gateway finds nothing, and the user chooses as before."""
    record = await hold(by_text, simulator, Fault.CUT_BEFORE)

    with pytest.raises(NotCancellableError):
        await cancel(by_text, record)

    assert by_text.current(record).stage is Stage.HELD
    await by_text.outbox.resolve(record.message_id, Choice.RESEND)
    await until_idle()
    assert len(simulator.sms123.scheduled) == 1


async def test_what_is_held_under_an_id_that_nobody_knows(
    by_id: MessagingHarness, simulator: Simulator
) -> None:
    """There is nothing to ask for."""
    simulator.envoyer_sms_pro.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await hand_over(by_id, scheduled(by_id, MAMAN))
    await by_id.clock.advance(UNTIL_ASKED)
    assert by_id.current(record).stage is Stage.HELD

    with pytest.raises(UnknownMessageError):
        await cancel(by_id, record)

    assert simulator.envoyer_sms_pro.asked("cancel") == 0
    assert by_id.current(record).stage is Stage.HELD


async def test_what_is_certain_is_taken_back_first(
    by_text: MessagingHarness, simulator: Simulator
) -> None:
    """Then what is held: if that is not found, the other is taken back all the same."""
    record = await hand_over_to_one(
        by_text, simulator.sms123, scheduled(by_text, PAPA, MAMAN), Fault.CUT_AFTER
    )
    simulator.sms123.scheduled.clear()
    await by_text.clock.advance(UNTIL_ASKED)
    kept = await by_text.kept(record)
    assert outcomes(kept) == [Outcome.UNKNOWN, Outcome.ACCEPTED]
    assert kept.is_held

    with pytest.raises(NotCancellableError):
        await cancel(by_text, record)

    assert outcomes(await by_text.kept(record)) == [Outcome.UNKNOWN, Outcome.NOT_SENT]
    assert simulator.sms123.scheduled == []


async def test_what_the_gateway_may_have_twice(
    by_text: MessagingHarness, simulator: Simulator
) -> None:
    """One of them is taken back: nobody says that nothing will arrive."""
    simulator.sms123.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await hand_over(
        by_text, scheduled(by_text, MAMAN, on_unknown=OnUnknown.RESEND)
    )
    await by_text.clock.advance(61)
    assert by_text.current(record).outcome is Outcome.ACCEPTED
    assert len(simulator.sms123.scheduled) == 2

    cancelled = await cancel(by_text, record)

    [submission] = cancelled.record.submissions
    assert (submission.outcome, submission.stage) == (Outcome.UNKNOWN, Stage.CLOSED)
    assert submission.failure is None
    assert len(simulator.sms123.scheduled) == 1


async def test_what_is_in_doubt_is_not_asked_for(
    by_text: MessagingHarness, simulator: Simulator
) -> None:
    """Its request may be under way still."""
    simulator.sms123.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await hand_over(by_text, scheduled(by_text, MAMAN))
    assert by_text.current(record).is_unknown_open

    with pytest.raises(NotCancellableError):
        await cancel(by_text, record)

    assert simulator.sms123.asked("send") == 1
    assert by_text.current(record).is_unknown_open


# --- at the same moment -------------------------------------------------------------


class KeepingGateway(SilentGateway, SchedulesMessages, CancelsMessages):
    """Takes back what it is asked to, when it is told to."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Answer at once."""
        super().__init__(session)
        self.cancelled: list[Scheduled] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    @override
    def cancel_requests(self, scheduled: Scheduled) -> tuple[Scheduled, ...]:
        return (scheduled,)

    @override
    async def cancel(self, scheduled: Scheduled) -> Cancellation:
        self.cancelled.append(scheduled)
        await self.may_answer.wait()
        return Cancellation(credits_back=Decimal(len(scheduled.recipients)))


@pytest.fixture
def keeping(session: aiohttp.ClientSession) -> KeepingGateway:
    """Return a gateway that answers when it is told to."""
    return KeepingGateway(session)


@pytest.fixture
async def patient(keeping: KeepingGateway, tmp_path: Path) -> MessagingHarness:
    """Return a house with that gateway."""
    harness = MessagingHarness(keeping, tmp_path / "journal")
    await harness.start()
    return harness


async def test_what_is_sent_again_meanwhile_is_not_called_cancelled(
    patient: MessagingHarness, keeping: KeepingGateway
) -> None:
    """The user has chosen while the gateway was asked for the first one."""
    keeping.failures.append(NoAnswerError())
    record = await hand_over(patient, scheduled(patient, MAMAN))
    await patient.clock.advance(UNTIL_ASKED)
    assert patient.current(record).stage is Stage.HELD
    keeping.may_answer.clear()
    cancelling = asyncio.create_task(cancel(patient, record))
    while not keeping.cancelled:
        await asyncio.sleep(0)
    keeping.answer = asyncio.Event()

    await patient.outbox.resolve(record.message_id, Choice.RESEND)
    await let_run()
    keeping.may_answer.set()
    await cancelling
    keeping.answer.set()
    await until_idle()

    assert patient.current(record).outcome is Outcome.ACCEPTED
    assert len(keeping.taken) == 1
    await patient.leave()


async def test_what_was_under_way_is_not_called_cancelled(
    patient: MessagingHarness, keeping: KeepingGateway
) -> None:
    """Only what the gateway was asked for is."""
    keeping.answer = asyncio.Event()
    record = scheduled(patient, MAMAN)
    sending = asyncio.create_task(patient.outbox.send(record))
    while not patient.dispatcher.is_in_request(record.message_id, MAMAN):
        await asyncio.sleep(0)
    await let_run()

    with pytest.raises(NotCancellableError):
        await cancel(patient, record)

    keeping.answer.set()
    assert outcomes(await sending) == [Outcome.ACCEPTED]
    assert keeping.cancelled == []
    await until_idle()
    await patient.leave()


async def test_what_is_asked_for(
    patient: MessagingHarness, keeping: KeepingGateway
) -> None:
    """Everything that a gateway may know a message by, and the hour."""
    record = replace(scheduled(patient, MAMAN, PAPA), sender="CITERNE")
    await hand_over(patient, record)

    cancelled = await cancel(patient, record)

    assert cancelled.credits_back == 2
    assert keeping.cancelled == [
        Scheduled(
            recipients=(number,),
            text=record.text,
            sender="CITERNE",
            send_at=record.created + HOUR,
            submission_id=submission_id,
            options=record.options,
        )
        for number, submission_id in keeping.taken
    ]
    await patient.leave()


async def test_credit_that_came_back_unseen_hides_no_charge(
    by_id: MessagingHarness, simulator: Simulator
) -> None:
    """The answer to the cancel was lost, and with it that the balance has risen.

    Long after, a message that was taken leaves the balance where it was last told: that
    must not pass for one that never left.
    """
    gateway = simulator.envoyer_sms_pro
    for _ in range(3):
        await by_id.poll()
        await by_id.send()
    later = await hand_over(by_id, scheduled(by_id, MAMAN))
    gateway.fail(Fault.CUT_AFTER, operation="cancel", times=1)
    with pytest.raises(NoAnswerError):
        await cancel(by_id, later)
    await by_id.clock.advance(11 * 60)

    gateway.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await by_id.send()
    await by_id.clock.advance(UNTIL_ASKED)

    assert by_id.current(record).stage is Stage.HELD
    sent = [taken for taken in gateway.accepted if taken.text == record.text]
    assert len(sent) == 1
