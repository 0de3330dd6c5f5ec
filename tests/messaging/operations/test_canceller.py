"""Messages that are taken back: from the outbox, or from the gateway."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AlreadyCancelledError,
    NoAnswerError,
    NotCancellableError,
    NotStoredError,
    UnknownMessageError,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.guard.guard import Guard, GuardLimits
from custom_components.passerelle_sms.messaging.model.submission import Stage
from custom_components.passerelle_sms.messaging.operations.canceller import Cancelled
from custom_components.passerelle_sms.messaging.reconciliation.books_json import (
    books_from_json,
)
from tests.conftest import MAMAN, PAPA, GatewayMaker
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import HOUR, MessagingHarness, following
from tests.messaging.scheduling import (
    cancel,
    canceller_of,
    hand_over,
    hand_over_to_one,
    keep_time,
    outcomes,
    schedule,
    scheduled,
)
from tests.simulator import Fault, Simulator

MORE = "+33612345678"


# --- in the outbox ------------------------------------------------------------------


async def test_what_still_waits_here(
    by_id: MessagingHarness, simulator: Simulator
) -> None:
    """It never leaves, and the gateway isn't asked."""
    simulator.envoyer_sms_pro.fail(Fault.RATE_LIMITED, operation="send")
    record = await hand_over(by_id, scheduled(by_id, MAMAN, PAPA))

    cancelled = await cancel(by_id, record)
    simulator.envoyer_sms_pro.heal()
    await by_id.clock.advance(7200)

    assert outcomes(cancelled.record) == [Outcome.NOT_SENT, Outcome.NOT_SENT]
    assert cancelled.credits_back is None
    assert await by_id.kept(record) == cancelled.record
    assert simulator.envoyer_sms_pro.accepted == []
    assert simulator.envoyer_sms_pro.asked("cancel") == 0
    assert not by_id.ledger.books.is_disturbed


async def test_some_wait_here_and_some_at_the_gateway(
    by_text: MessagingHarness, simulator: Simulator
) -> None:
    """Both are taken back."""
    record = await hand_over_to_one(
        by_text, simulator.sms123, scheduled(by_text, MAMAN, PAPA)
    )
    assert outcomes(record) == [Outcome.QUEUED, Outcome.ACCEPTED]

    cancelled = await cancel(by_text, record)
    await by_text.clock.advance(7200)

    assert outcomes(cancelled.record) == [Outcome.NOT_SENT, Outcome.NOT_SENT]
    assert len(simulator.sms123.deleted) == len(simulator.sms123.accepted) == 1


async def test_no_room_to_take_it_out_of_the_outbox(
    by_text: MessagingHarness, simulator: Simulator
) -> None:
    """It goes on, and nothing is asked of the gateway either."""
    record = await hand_over_to_one(
        by_text, simulator.sms123, scheduled(by_text, MAMAN, PAPA)
    )
    by_text.disk.room = 0

    with pytest.raises(NotStoredError):
        await cancel(by_text, record)

    by_text.disk.room = None
    await by_text.clock.advance(60)
    assert len(simulator.sms123.scheduled) == 2
    assert outcomes(await by_text.kept(record)) == [Outcome.ACCEPTED] * 2


# --- at the gateway -----------------------------------------------------------------


async def test_by_its_id_for_everybody_at_once(
    by_id: MessagingHarness, simulator: Simulator
) -> None:
    """One request takes it back for all, and the credit comes back."""
    gateway = simulator.envoyer_sms_pro
    record = await schedule(by_id, MAMAN, PAPA, MORE)
    before = gateway.credits

    cancelled = await cancel(by_id, record)

    assert cancelled.credits_back == 3
    assert gateway.credits == before + 3
    assert gateway.asked("cancel") == 1
    assert outcomes(cancelled.record) == [Outcome.NOT_SENT] * 3
    for submission in cancelled.record.submissions:
        assert submission.failure is not None
        assert submission.failure.key == "cancelled"
        assert (submission.cost, submission.delivery, submission.stage) == (
            None,
            None,
            Stage.CLOSED,
        )
    assert await by_id.kept(record) == cancelled.record
    assert by_id.observer.taken_back == [cancelled.record]


async def test_by_its_text_for_each_recipient(
    by_text: MessagingHarness, simulator: Simulator
) -> None:
    """As it was sent, with what the gateway added to it and whom it was from."""
    record = scheduled(by_text, MAMAN, PAPA, stop_mention=True)
    record = await hand_over(by_text, replace(record, sender="CITERNE"))
    before = simulator.sms123.credits

    cancelled = await cancel(by_text, record)

    assert cancelled.credits_back is None
    assert outcomes(cancelled.record) == [Outcome.NOT_SENT, Outcome.NOT_SENT]
    assert simulator.sms123.scheduled == []
    deleted = [waiting.acceptance for waiting in simulator.sms123.deleted]
    assert [taken.recipient for taken in deleted] == [MAMAN[1:], PAPA[1:]]
    assert {taken.text for taken in deleted} == {f"{record.text}\nstop SMS au 36177"}
    assert simulator.sms123.credits > before
    [first, second] = by_text.observer.taken_back
    assert outcomes(first) == [Outcome.NOT_SENT, Outcome.ACCEPTED]
    assert second == cancelled.record


async def test_by_all_that_it_was_asked_with(
    by_text: MessagingHarness, simulator: Simulator
) -> None:
    """A voice or flash message is known by its own request."""
    record = await schedule(by_text, "+33170719904", flash=True, voice=True)

    cancelled = await cancel(by_text, record)

    assert outcomes(cancelled.record) == [Outcome.NOT_SENT]
    assert len(simulator.sms123.deleted) == 1


async def test_credits_of_several_requests_are_added(
    by_id: MessagingHarness, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a message was too large for one."""
    limits = replace(by_id.gateway.limits, recipients_per_request=2)
    monkeypatch.setattr(type(by_id.gateway), "limits", limits)
    record = await schedule(by_id, MAMAN, PAPA, MORE)

    cancelled = await cancel(by_id, record)

    assert simulator.envoyer_sms_pro.asked("cancel") == 2
    assert cancelled.credits_back == 3


async def test_only_a_part_is_taken_back(
    by_text: MessagingHarness, simulator: Simulator
) -> None:
    """It says why the rest was not; what was is written down."""
    record = await schedule(by_text, MAMAN, PAPA)
    simulator.sms123.scheduled = [
        waiting
        for waiting in simulator.sms123.scheduled
        if waiting.acceptance.recipient == MAMAN[1:]
    ]

    with pytest.raises(NotCancellableError):
        await cancel(by_text, record)

    kept = await by_text.kept(record)
    assert outcomes(kept) == [Outcome.NOT_SENT, Outcome.ACCEPTED]
    assert by_text.observer.taken_back == [kept]


async def test_its_delivery_is_no_longer_followed(
    client: GatewayMaker, simulator: Simulator, tmp_path: Path
) -> None:
    """There will be none."""
    gateway = client(simulator.envoyer_sms_pro)
    async with following(gateway, tmp_path) as harness:
        keep_time(simulator, harness)
        record = await schedule(harness, MAMAN, PAPA)
        assert len(harness.tracker) == 2

        await cancel(harness, record)
        for taken_back in harness.observer.taken_back:
            harness.tracker.follow(taken_back, taken_back.submissions)

        assert len(harness.tracker) == 0
        await harness.clock.advance(2 * 3600)
        assert simulator.envoyer_sms_pro.asked("delivery") == 0


async def test_the_guard_forgets_it(by_id: MessagingHarness) -> None:
    """What was taken back has cost nothing, so it doesn't count after a restart."""
    kept = await schedule(by_id, MAMAN)
    gone = await schedule(by_id, MAMAN, PAPA)
    await cancel(by_id, gone)
    guard = Guard(GuardLimits(), by_id.clock)

    guard.load(await by_id.journal.created_since(kept.created))

    assert guard.segments_last_hour == 1
    assert guard.admit(by_id.message(text=gone.text)) == {}


async def test_the_movement_of_credits_is_noted_first(
    by_id: MessagingHarness, simulator: Simulator
) -> None:
    """Whatever becomes of the request: the credit may have come back."""
    record = await schedule(by_id, MAMAN)
    simulator.envoyer_sms_pro.fail(Fault.CUT_BEFORE, operation="cancel")

    with pytest.raises(NoAnswerError):
        await cancel(by_id, record)

    stored = await by_id.journal.ledger()
    assert stored is not None
    assert books_from_json(stored).is_disturbed


async def test_a_movement_that_cannot_be_noted_is_not_made(
    by_id: MessagingHarness, simulator: Simulator
) -> None:
    """A crash after it would leave a balance that seems to prove something."""
    record = await schedule(by_id, MAMAN)
    by_id.disk.room = 0

    with pytest.raises(NotStoredError):
        await cancel(by_id, record)

    assert simulator.envoyer_sms_pro.asked("cancel") == 0


async def test_credit_that_is_told_to_come_back_disturbs_nothing(
    by_id: MessagingHarness,
) -> None:
    """The ledger knows by how much the balance rises."""
    record = await schedule(by_id, MAMAN, PAPA)

    cancelled = await cancel(by_id, record)

    assert cancelled.credits_back == 2
    assert by_id.ledger.books.moved == 2
    assert not by_id.ledger.books.is_disturbed


# --- asked again --------------------------------------------------------------------


async def test_twice(by_id: MessagingHarness, simulator: Simulator) -> None:
    """The second time there is nothing left, and nobody is asked."""
    record = await schedule(by_id, MAMAN)
    await cancel(by_id, record)

    with pytest.raises(AlreadyCancelledError):
        await cancel(by_id, record)

    assert simulator.envoyer_sms_pro.asked("cancel") == 1


async def test_twice_at_once(by_text: MessagingHarness, simulator: Simulator) -> None:
    """One of the two has done it, and the other is told so."""
    record = await schedule(by_text, MAMAN)
    canceller = canceller_of(by_text)

    one, other = await asyncio.gather(
        canceller.cancel(record.message_id),
        canceller.cancel(record.message_id),
        return_exceptions=True,
    )

    assert isinstance(one, Cancelled)
    assert isinstance(other, AlreadyCancelledError)
    assert len(simulator.sms123.deleted) == 1


async def test_an_answer_that_was_lost(
    by_id: MessagingHarness, simulator: Simulator
) -> None:
    """Asked again, the gateway says that it was cancelled before: that is proof."""
    gateway = simulator.envoyer_sms_pro
    record = await schedule(by_id, MAMAN, PAPA)
    gateway.fail(Fault.CUT_AFTER, operation="cancel", times=1)
    with pytest.raises(NoAnswerError):
        await cancel(by_id, record)
    assert outcomes(await by_id.kept(record)) == [Outcome.ACCEPTED] * 2
    assert by_id.observer.taken_back == []

    cancelled = await cancel(by_id, record)

    assert outcomes(cancelled.record) == [Outcome.NOT_SENT] * 2
    assert cancelled.credits_back is None


async def test_an_answer_that_was_lost_and_no_proof(
    by_text: MessagingHarness, simulator: Simulator
) -> None:
    """Code 95 doesn't say whether it was deleted or has left: nothing is concluded."""
    record = await schedule(by_text, MAMAN)
    simulator.sms123.fail(Fault.CUT_AFTER, operation="send", times=1)
    with pytest.raises(NoAnswerError):
        await cancel(by_text, record)

    with pytest.raises(NotCancellableError):
        await cancel(by_text, record)

    assert outcomes(await by_text.kept(record)) == [Outcome.ACCEPTED]


async def test_no_room_before_the_gateway_is_asked(
    by_id: MessagingHarness, simulator: Simulator
) -> None:
    """Then it isn't asked."""
    record = await schedule(by_id, MAMAN)
    by_id.disk.room = 0

    with pytest.raises(NotStoredError):
        await cancel(by_id, record)

    assert simulator.envoyer_sms_pro.asked("cancel") == 0


async def test_no_room_after_the_gateway_has_cancelled(
    by_id: MessagingHarness, simulator: Simulator
) -> None:
    """It is as if the answer was lost: asking again settles it."""
    record = await schedule(by_id, MAMAN)
    by_id.disk.room = 1
    with pytest.raises(NotStoredError):
        await cancel(by_id, record)
    assert outcomes(await by_id.kept(record)) == [Outcome.ACCEPTED]
    assert by_id.observer.taken_back == []
    by_id.disk.room = None

    cancelled = await cancel(by_id, record)

    assert outcomes(cancelled.record) == [Outcome.NOT_SENT]
    [message] = simulator.envoyer_sms_pro.messages.values()
    assert message.is_cancelled


async def test_a_caller_who_goes_away_cuts_nothing_off(
    by_text: MessagingHarness, simulator: Simulator
) -> None:
    """What the gateway has done is written down: it doesn't say it twice."""
    record = await schedule(by_text, MAMAN)
    canceller = canceller_of(by_text)
    cancelling = asyncio.create_task(canceller.cancel(record.message_id))
    while simulator.sms123.asked("send") < 2:
        await asyncio.sleep(0)

    cancelling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelling
    await canceller.finish()

    assert len(simulator.sms123.deleted) == 1
    assert outcomes(await by_text.kept(record)) == [Outcome.NOT_SENT]


async def test_after_a_crash(by_id: MessagingHarness, simulator: Simulator) -> None:
    """A crash on the way loses the answer: asking again settles it."""
    record = await schedule(by_id, MAMAN)
    simulator.envoyer_sms_pro.fail(Fault.STALL_AFTER, operation="cancel", times=1)
    cancelling = asyncio.create_task(cancel(by_id, record))
    await simulator.envoyer_sms_pro.until_asked("cancel")
    await by_id.crash()
    await asyncio.gather(cancelling, return_exceptions=True)
    await by_id.start()

    cancelled = await cancel(by_id, record)

    assert outcomes(cancelled.record) == [Outcome.NOT_SENT]


# --- nothing to take back -----------------------------------------------------------


async def test_a_message_that_nobody_knows(by_id: MessagingHarness) -> None:
    """That is said."""
    with pytest.raises(UnknownMessageError):
        await canceller_of(by_id).cancel("01M7W4EX1X")


async def test_a_message_that_was_for_now(
    by_id: MessagingHarness, simulator: Simulator
) -> None:
    """It has left."""
    record = await by_id.send(MAMAN)

    with pytest.raises(NotCancellableError) as raised:
        await cancel(by_id, record)

    assert not isinstance(raised.value, AlreadyCancelledError)
    assert simulator.envoyer_sms_pro.asked("cancel") == 0


async def test_a_message_whose_hour_has_come(
    by_id: MessagingHarness, simulator: Simulator
) -> None:
    """It has left, and nobody need be asked."""
    record = await schedule(by_id, MAMAN)
    await by_id.clock.advance(HOUR.total_seconds())

    with pytest.raises(NotCancellableError):
        await cancel(by_id, record)

    assert simulator.envoyer_sms_pro.asked("cancel") == 0
    assert outcomes(await by_id.kept(record)) == [Outcome.ACCEPTED]


async def test_a_gateway_that_takes_nothing_back(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """What it keeps for later leaves."""
    harness = make_house(simulator.smseco)
    keep_time(simulator, harness)
    await harness.start()
    record = await schedule(harness, MAMAN)

    with pytest.raises(NotCancellableError):
        await cancel(harness, record)

    assert outcomes(await harness.kept(record)) == [Outcome.ACCEPTED]


async def test_a_message_that_was_refused(
    by_id: MessagingHarness, simulator: Simulator
) -> None:
    """There is nothing at the gateway."""
    gateway = simulator.envoyer_sms_pro
    gateway.wrong_numbers.add(gateway.local_number(MAMAN))
    record = await hand_over(by_id, scheduled(by_id, MAMAN))
    assert outcomes(record) == [Outcome.REJECTED]

    with pytest.raises(NotCancellableError):
        await cancel(by_id, record)

    assert simulator.envoyer_sms_pro.asked("cancel") == 0
