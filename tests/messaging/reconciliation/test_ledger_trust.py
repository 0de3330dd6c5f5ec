"""When the ledger trusts neither a balance nor its own file."""

from dataclasses import replace
from decimal import Decimal

import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import OnUnknown
from custom_components.passerelle_sms.messaging.model.submission import Stage
from custom_components.passerelle_sms.messaging.reconciliation.books_json import (
    books_from_json,
    books_to_json,
)
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import MessagingHarness
from tests.messaging.journal_records import garble
from tests.simulator import Fault, SimulatedGateway

from .conftest import doubt

ABROAD = "+33612345678"
QUIET = 11 * 60
"""After how many seconds nothing more comes of what has moved credits."""


def is_disturbed(harness: MessagingHarness) -> bool:
    """Return what the ledger says now."""
    return harness.ledger.books.is_disturbed


async def is_disturbed_on_disk(harness: MessagingHarness) -> bool:
    """Return what the ledger on disk says."""
    stored = await harness.journal.ledger()
    assert stored is not None
    return books_from_json(stored).is_disturbed


async def test_a_balance_asked_for_before_credits_have_moved_proves_nothing(
    by_id: MessagingHarness,
) -> None:
    """It may be from before that, and told after the sum."""
    await by_id.poll()
    before = by_id.ledger.books
    assert before.credits is not None
    movement = await by_id.ledger.begin_movement()
    tell = by_id.ledger.look()

    by_id.ledger.end_movement(movement, Decimal(5))
    moved = by_id.ledger.books
    tell(before.credits)

    assert by_id.ledger.books == moved
    by_id.ledger.look()(before.credits + 5)
    assert by_id.ledger.books.credits == before.credits + 5
    assert by_id.ledger.books.period == before.period + 1


async def test_a_balance_asked_for_before_credits_begin_to_move_proves_nothing(
    by_id: MessagingHarness,
) -> None:
    """It may be told in the middle of that."""
    await by_id.poll()
    told = by_id.ledger.books.credits
    assert told is not None
    tell = by_id.ledger.look()

    movement = await by_id.ledger.begin_movement()
    by_id.ledger.end_movement(movement, Decimal(5))
    moved = by_id.ledger.books
    tell(told)

    assert by_id.ledger.books == moved


async def test_who_has_just_been_said_to_be_alone_believes_no_fall_yet(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """What others have sent until then is still to be seen in the balance."""
    harness.ledger.is_alone = False
    await harness.poll()
    simulated.spend_elsewhere(1)
    harness.ledger.is_alone = True
    record = await doubt(harness, simulated, Fault.CUT_BEFORE)

    await harness.clock.advance(QUIET)

    assert harness.current(record).stage is Stage.HELD
    assert harness.observer.unexplained == []
    await harness.poll()
    assert not is_disturbed(harness)


async def test_a_balance_before_the_journal_is_open_hides_nothing_that_is_in_it(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Else a crash would let an account be trusted that was used elsewhere."""
    simulated.spend_elsewhere(1)
    await harness.poll()
    await harness.stop()
    harness.build()

    await harness.poll()
    await harness.start()
    await harness.send()

    assert harness.ledger.is_muted
    assert await harness.journal.ledger() == books_to_json(harness.ledger.books)


async def test_what_disturbs_before_the_journal_is_open_is_not_forgotten(
    harness: MessagingHarness,
) -> None:
    """As when credentials change meanwhile."""
    await harness.stop()
    harness.build()

    harness.ledger.note_other_account()
    await harness.start()

    assert is_disturbed(harness)


async def test_the_prices_of_another_account_prove_nothing(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """A message that was taken and one in doubt may cost there what one did here."""
    simulated.prices["+33"] = 2
    for _ in range(2):
        await harness.send(ABROAD)
        await harness.clock.advance(QUIET)
        await harness.poll()
    simulated.prices["+33"] = 1
    harness.ledger.note_other_account()
    await harness.clock.advance(QUIET)
    await harness.poll()
    simulated.accepted.clear()

    await harness.send(ABROAD)
    record = await doubt(harness, simulated, Fault.CUT_AFTER, ABROAD)
    await harness.clock.advance(QUIET)

    assert harness.current(record).stage is Stage.HELD
    assert len(simulated.accepted) == 2


@pytest.mark.parametrize("is_first_over", [True, False])
async def test_of_two_movements_at_once_the_sums_are_not_trusted(
    by_id: MessagingHarness, is_first_over: bool
) -> None:
    """Which of them a balance holds, nobody knows."""
    await by_id.poll()
    one = await by_id.ledger.begin_movement()
    other = await by_id.ledger.begin_movement()

    for movement in (one, other) if is_first_over else (other, one):
        by_id.ledger.end_movement(movement, Decimal(5))

    assert by_id.ledger.books.is_disturbed
    assert by_id.ledger.books.moved == 0


async def test_a_movement_is_told_of_after_one_that_is_over(
    by_id: MessagingHarness,
) -> None:
    """One after the other, both sums count."""
    for _ in range(2):
        movement = await by_id.ledger.begin_movement()
        by_id.ledger.end_movement(movement, Decimal(5))

    assert by_id.ledger.books.moved == 10
    assert not by_id.ledger.books.is_disturbed


async def test_a_movement_that_cannot_be_noted_is_noted_with_the_next_message(
    by_id: MessagingHarness,
) -> None:
    """Nothing has moved, but neither is the ledger on disk another one than this."""
    await by_id.poll()
    by_id.disk.room = 0
    with pytest.raises(NotStoredError):
        await by_id.ledger.begin_movement()
    by_id.disk.room = None

    await by_id.send()

    assert await is_disturbed_on_disk(by_id)


async def test_a_file_that_was_opened_again_is_not_trusted_even_after_a_crash(
    by_id: MessagingHarness,
) -> None:
    """Charges may be missing in it, whatever was written with the next message."""
    await by_id.poll()
    await by_id.send()
    await by_id.poll()
    assert is_disturbed(by_id) is False
    garble(by_id.journal._path)  # noqa: SLF001  # as somebody else's hand does

    await by_id.send()
    assert is_disturbed(by_id)
    await by_id.crash()
    await by_id.start()

    assert is_disturbed(by_id)
    await by_id.poll()
    assert is_disturbed(by_id)
    await by_id.clock.advance(QUIET)
    await by_id.poll()
    assert is_disturbed(by_id) is False


async def test_a_file_is_distrusted_until_a_ledger_that_knows_is_on_disk(
    by_id: MessagingHarness,
) -> None:
    """A start that can't write it leaves the mark where it is."""
    await by_id.journal.write_ledger(books_to_json(by_id.ledger.books))
    garble(by_id.journal._path)  # noqa: SLF001  # as somebody else's hand does
    await by_id.send()
    await by_id.crash()
    assert await _is_marked(by_id)
    by_id.disk.room = 0
    with pytest.raises(NotStoredError):
        await by_id.start()
    assert await by_id.journal.is_balance_distrusted()
    by_id.disk.room = None
    await by_id.crash()

    await by_id.start()

    assert not await by_id.journal.is_balance_distrusted()
    assert await is_disturbed_on_disk(by_id)


async def _is_marked(harness: MessagingHarness) -> bool:
    """Return whether the file is distrusted, between two runs."""
    await harness.journal.open()
    return await harness.journal.is_balance_distrusted()


@pytest.mark.parametrize("stored", ["", "{}", '{"prices": []}', "null"])
async def test_a_ledger_that_is_none_begins_anew(
    by_id: MessagingHarness, stored: str
) -> None:
    """In a period of its own, in which nothing of before is a charge."""
    await by_id.poll()
    record = await by_id.send()
    period = record.submissions[0].period
    assert period is not None
    await by_id.journal.write_ledger(stored)
    await by_id.crash()

    await by_id.start()

    assert by_id.ledger.books.period == period + 1
    assert by_id.ledger.books.credits is None


# --- what an earlier run has forgotten ------------------------------------------------


async def restart(harness: MessagingHarness) -> None:
    """Stop as Home Assistant does, and start again."""
    await harness.stop()
    harness.build()
    await harness.start()


async def start_on_full_disk(harness: MessagingHarness) -> None:
    """Stop, and start again as an account does, though the disk has no room for that."""
    await harness.stop()
    harness.build()
    harness.disk.room = 0
    with pytest.raises(NotStoredError):
        await harness.start()
    harness.dispatcher.start()


async def forget_one(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    *,
    is_full_at_start: bool = False,
) -> None:
    """Lose power after a message that left unwritten, and is charged almost at the latest."""
    # What it has learnt is on disk.
    await restart(harness)
    simulated.elapsed = harness.clock.elapsed
    simulated.seconds_to_charge = 590
    if is_full_at_start:
        await start_on_full_disk(harness)
    harness.disk.room = 0
    record = harness.message(on_unknown=OnUnknown.RESEND)
    await harness.outbox.send(replace(record, urgent=True))
    simulated.seconds_to_charge = 0
    await harness.crash()
    harness.disk.room = None
    await harness.start()


@pytest.mark.parametrize("is_full_at_start", [False, True])
@pytest.mark.parametrize("is_restarted", [False, True])
async def test_a_charge_that_a_crash_made_it_forget_proves_nothing(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    is_restarted: bool,
    is_full_at_start: bool,
) -> None:
    """Nor after a stop within its time; nor does it tell of somebody else."""
    await forget_one(harness, simulated, is_full_at_start=is_full_at_start)
    if is_restarted:
        await restart(harness)
    [forgotten] = simulated.accepted

    record = await doubt(harness, simulated, Fault.CUT_BEFORE)
    await harness.clock.advance(700)
    await harness.poll()

    assert simulated.accepted == [forgotten]
    assert harness.current(record).stage is Stage.HELD
    assert harness.observer.unexplained == []
    assert not harness.ledger.is_muted


async def test_ten_minutes_after_a_crash_a_fall_proves_again(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Whatever was forgotten has been charged by then, and the balance is asked for."""
    await forget_one(harness, simulated)
    await harness.clock.advance(QUIET)

    record = await doubt(harness, simulated, Fault.CUT_AFTER)
    await harness.clock.advance(30)

    assert harness.current(record).outcome is Outcome.ACCEPTED


async def test_after_a_crash_an_unchanged_balance_proves_as_ever(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Neither this nor anything forgotten was charged: it is sent."""
    await harness.crash()
    await harness.start()

    record = await doubt(harness, simulated, Fault.CUT_BEFORE)
    await harness.clock.advance(QUIET)

    assert harness.current(record).outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == 1


async def test_after_a_stop_a_fall_proves_at_once(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """All of that run is on disk."""
    await restart(harness)

    record = await doubt(harness, simulated, Fault.CUT_AFTER)
    await harness.clock.advance(30)

    assert harness.current(record).outcome is Outcome.ACCEPTED


async def test_a_stop_that_leaves_something_unwritten_is_like_a_crash(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Though there is room for everything else in the end."""
    harness.disk.room = 0
    record = harness.message(on_unknown=OnUnknown.RESEND)
    await harness.outbox.send(replace(record, urgent=True))
    await harness.dispatcher.stop()
    await harness.store.close()
    harness.disk.room = None

    await harness.ledger.finish_run()

    assert await harness.journal.is_unfinished()


async def test_a_stop_before_the_ledger_is_known_leaves_it_as_it_was(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> None:
    """Of an earlier run that nothing is known of, nothing is said."""
    harness = make_house(simulated)
    await harness.journal.open()
    await harness.journal.begin_run(harness.clock.now())

    await harness.ledger.finish_run()

    assert await harness.journal.is_unfinished()
    assert await harness.journal.ledger() is None


async def test_a_full_disk_hinders_no_stop(harness: MessagingHarness) -> None:
    """The next run takes it for a crash."""
    harness.disk.room = 0

    await harness.stop()

    harness.build()
    await harness.journal.open()
    assert await harness.journal.is_unfinished()
