"""The ledger of an account: what it notes when, and when it knows that it can't tell."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import Choice, OnUnknown
from custom_components.passerelle_sms.messaging.reconciliation import ledger
from custom_components.passerelle_sms.messaging.reconciliation.books import Books
from custom_components.passerelle_sms.messaging.reconciliation.books_json import (
    books_from_json,
)
from tests.conftest import MAMAN
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import HOUR, MessagingHarness
from tests.messaging.idle import until_idle
from tests.messaging.journal_files import copied, files_of, put_back
from tests.messaging.journal_records import garble
from tests.messaging.scheduling import keep_time
from tests.simulator import Fault, SimulatedGateway, Simulator

from .conftest import add_up, doubt

TANTE = "+237699128531"
MINUTES = timedelta(minutes=1)
FIVE = Decimal(5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the journal of the only house is."""
    return tmp_path / "0.journal"


async def on_disk(harness: MessagingHarness) -> Books:
    """Return the books as a crash would leave them."""
    stored = await harness.journal.ledger()
    assert stored is not None
    return books_from_json(stored)


def credits_of(harness: MessagingHarness) -> Decimal | None:
    """Return the balance at the beginning of the period."""
    return harness.ledger.books.credits


def is_disturbed(harness: MessagingHarness) -> bool:
    """Return whether the balance proves nothing until a period begins."""
    return harness.ledger.books.is_disturbed


async def send_slowly(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> asyncio.Task[object]:
    """Return what ends with a request that is being made, once `release` is called."""
    simulated.requests.clear()
    simulated.seconds_to_answer["send"] = 60
    sending = asyncio.create_task(harness.outbox.send(harness.message()))
    await simulated.until_asked("send")
    return sending


# --- what is written, and when ------------------------------------------------------------


async def test_the_books_are_written_with_a_message_before_its_request(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """In its transaction, so that it costs no other."""
    await harness.poll()
    assert await on_disk(harness) != harness.ledger.books
    writes = harness.disk.writes

    sending = await send_slowly(harness, simulated)

    assert await on_disk(harness) == harness.ledger.books
    assert harness.disk.writes == writes + 1
    simulated.release()
    await sending


async def test_a_charge_survives_a_crash_in_the_middle_of_its_request(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The next run knows the same period, and what was handed over in it."""
    await harness.poll()
    await send_slowly(harness, simulated)
    books = harness.ledger.books
    harness.cancel_all()
    simulated.release()
    await harness.crash()

    await harness.start()
    assert harness.ledger.books == books
    await harness.poll()

    # It was taken, and is in doubt: the fall is explained by it.
    assert harness.observer.unexplained == []
    assert harness.ledger.books.period == books.period
    [record] = harness.store
    assert record.find(MAMAN).period == books.period


async def test_a_balance_is_written_at_once_while_something_is_in_doubt(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """A crash must not make a fall unseen that is hidden by a rise afterwards."""
    await doubt(harness, simulated, Fault.CUT_AFTER)
    harness.ledger.is_alone = False
    writes = harness.disk.writes

    await harness.poll()
    await harness.ledger.finish()
    assert harness.disk.writes == writes + 1
    assert (await on_disk(harness)).latest == simulated.credits

    await harness.crash()
    simulated.refund(1)
    await harness.start()
    await harness.poll()
    assert is_disturbed(harness)


async def test_a_rise_is_written_at_once(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """A crash must not make it unseen: it would hide what is charged afterwards."""
    simulated.top_up(2)
    await harness.poll()
    await harness.ledger.finish()

    assert (await on_disk(harness)).credits == simulated.credits
    await harness.crash()
    await harness.start()
    record = await doubt(harness, simulated, Fault.CUT_AFTER, MAMAN, TANTE)
    await harness.clock.advance(700)

    # Nor does it look unchanged, as if nothing had been sent.
    latest = harness.observer.latest[record.message_id]
    assert {one.outcome for one in latest.submissions} == {Outcome.UNKNOWN}
    assert len(simulated.accepted) == 2


async def test_what_could_not_be_written_is_written_with_the_next_message(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """A full disk keeps nothing from being sighted."""
    await doubt(harness, simulated, Fault.CUT_BEFORE)
    simulated.spend_elsewhere(3)
    harness.disk.room = 0
    await harness.poll()
    await harness.ledger.finish()
    assert harness.ledger.is_muted
    assert (await on_disk(harness)).muted is None

    harness.disk.room = None
    await harness.send()

    assert (await on_disk(harness)).muted == harness.ledger.books.muted


async def test_what_was_charged_in_an_earlier_period_is_forgotten(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Else a fall that nothing explains would be explained by it."""
    await harness.send()
    await harness.poll()
    await harness.stop()
    harness.build()
    await harness.start()
    simulated.spend_elsewhere(1)

    await harness.poll()

    assert harness.observer.unexplained == [1]


async def test_what_the_gateway_keeps_for_later_is_remembered_across_restarts(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """It may be charged when it is sent, periods later."""
    simulated = simulator.sms123
    harness = make_house(simulated)
    keep_time(simulator, harness)
    await harness.start()
    await add_up(harness, simulated)
    simulated.seconds_to_charge = (5 * HOUR).total_seconds()
    send_at = harness.clock.now() + 5 * HOUR
    record = replace(harness.message(), options=SmsOptions(send_at=send_at))
    await harness.outbox.send(record)
    await harness.poll()
    await harness.poll()
    simulated.seconds_to_charge = 0
    await harness.send(text="Autre chose")
    await harness.crash()
    await harness.start()
    assert harness.ledger.books.carried == {(record.message_id, MAMAN)}

    await harness.clock.advance((5 * HOUR).total_seconds())
    await harness.poll()

    assert simulated.credits == 997
    assert harness.observer.unexplained == []


# --- a balance that is told while something moves ------------------------------------------


async def test_a_balance_told_while_a_message_is_on_its_way_is_not_entered(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It may be from before or after it: asked for before, meanwhile, or told after."""
    await harness.poll()
    books = harness.ledger.books
    before = harness.ledger.look()
    sending = await send_slowly(harness, simulated)
    meanwhile = harness.ledger.look()
    for tell in (before, meanwhile):
        tell(Decimal(500))
    assert harness.ledger.books == books
    simulated.release()
    await sending
    await until_idle()
    for tell in (before, meanwhile):
        tell(Decimal(500))
    assert harness.ledger.books == books

    harness.ledger.look()(Decimal(500))

    assert harness.observer.unexplained == [498]


async def test_a_balance_told_while_credits_are_moved_is_not_entered(
    harness: MessagingHarness,
) -> None:
    """Nor one that was asked for before that had ended."""
    await harness.poll()
    before = harness.ledger.look()
    movement = await harness.ledger.begin_movement()
    meanwhile = harness.ledger.look()
    harness.ledger.end_movement(movement, FIVE)
    books = harness.ledger.books

    for tell in (before, meanwhile):
        tell(Decimal(500))

    assert harness.ledger.books == books


# --- movements of our own --------------------------------------------------------------------


async def test_a_movement_with_a_told_sum_disturbs_nothing(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """What is in doubt is still settled by the balance."""
    record = await doubt(harness, simulated, Fault.CUT_AFTER)

    movement = await harness.ledger.begin_movement()
    assert is_disturbed(harness)
    assert (await on_disk(harness)).is_disturbed
    simulated.top_up(5)
    harness.ledger.end_movement(movement, FIVE)
    await harness.poll()

    assert not is_disturbed(harness)
    await until_idle()
    assert harness.current(record).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("amount", [5, -5])
async def test_a_movement_whose_sum_is_not_told_disturbs_for_ten_minutes(
    harness: MessagingHarness, simulated: SimulatedGateway, amount: int
) -> None:
    """From its end on; then a period begins with whatever the balance is."""
    movement = await harness.ledger.begin_movement()
    await harness.clock.advance(300)
    simulated.credits += amount
    harness.ledger.end_movement(movement, None)

    await harness.clock.advance(599)
    await harness.poll()
    assert is_disturbed(harness)
    await harness.clock.advance(2)
    await harness.poll()

    assert not is_disturbed(harness)
    assert credits_of(harness) == simulated.credits
    assert harness.observer.unexplained == []


async def test_two_movements_at_once_disturb(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Also where both sums are told: one may hold a part of the other."""
    first = await harness.ledger.begin_movement()
    second = await harness.ledger.begin_movement()
    harness.ledger.end_movement(second, FIVE)
    harness.ledger.end_movement(first, FIVE)
    simulated.top_up(10)
    await harness.poll()

    assert is_disturbed(harness)
    assert harness.ledger.books.moved == 0


async def test_a_movement_while_the_books_are_disturbed_does_not_mend_them(
    harness: MessagingHarness,
) -> None:
    """It tells only its own sum."""
    harness.ledger.disturb()
    movement = await harness.ledger.begin_movement()

    harness.ledger.end_movement(movement, FIVE)

    assert is_disturbed(harness)


async def test_a_balance_that_changed_while_credits_were_moved_disturbs(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Nobody knows whether it holds the movement: what comes in could hide in it."""
    await harness.poll()
    movement = await harness.ledger.begin_movement()
    simulated.top_up(5)
    await harness.poll()

    harness.ledger.end_movement(movement, FIVE)

    assert is_disturbed(harness)


async def test_credits_that_cannot_be_noted_may_not_be_moved(
    harness: MessagingHarness,
) -> None:
    """As after a crash nobody would know of it."""
    harness.disk.room = 0

    with pytest.raises(NotStoredError):
        await harness.ledger.begin_movement()


async def test_a_crash_while_credits_are_moved_disturbs(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The next run doesn't know how it ended: for ten minutes of its own."""
    await harness.ledger.begin_movement()
    await harness.clock.advance(590)
    await harness.crash()
    await harness.start()
    simulated.credits -= 5

    await harness.clock.advance(590)
    await harness.poll()
    assert is_disturbed(harness)
    await harness.clock.advance(11)
    await harness.poll()

    assert not is_disturbed(harness)
    assert harness.observer.unexplained == []


# --- what disturbs the books ------------------------------------------------------------------


async def test_other_credentials_disturb(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Perhaps they are another account's, with another balance: nobody is alarmed."""
    harness.ledger.disturb()
    simulated.credits = Decimal(7)
    await harness.poll()
    assert is_disturbed(harness)
    await harness.clock.advance(600)
    await harness.poll()

    assert credits_of(harness) == 7
    assert harness.observer.unexplained == []


async def test_a_rise_disturbs_for_ten_minutes_while_a_charge_is_outstanding(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """From when it is seen on, although nothing can be charged any more by then."""
    simulated.elapsed = harness.clock.elapsed
    simulated.seconds_to_charge = (24 * HOUR).total_seconds()
    await harness.send()
    await harness.clock.advance(540)
    simulated.top_up(3)
    await harness.poll()
    assert is_disturbed(harness)

    await harness.clock.advance(590)
    await harness.poll()
    assert is_disturbed(harness)
    await harness.clock.advance(11)
    await harness.poll()

    assert not is_disturbed(harness)
    assert credits_of(harness) == simulated.credits


async def test_a_journal_that_was_opened_again_disturbs(
    harness: MessagingHarness, path: Path
) -> None:
    """Charges may be missing in it, also for the next run."""
    garble(path)
    await harness.send()
    assert is_disturbed(harness)

    await harness.crash()
    await harness.start()

    assert is_disturbed(harness)


async def test_a_backup_that_was_put_back_disturbs(
    harness: MessagingHarness, path: Path, simulated: SimulatedGateway
) -> None:
    """What was sent since it was made is not in it: that is no fall without reason."""
    await harness.journal.begin_backup()
    backup = copied(files_of(path))
    await harness.journal.end_backup()
    await harness.send()
    await harness.send()
    await harness.crash()
    put_back(path, backup)

    await harness.start()
    assert is_disturbed(harness)
    assert (await on_disk(harness)).is_disturbed
    assert not await harness.journal.is_balance_distrusted()
    await harness.poll()
    await harness.clock.advance(601)
    await harness.poll()

    assert not is_disturbed(harness)
    assert credits_of(harness) == simulated.credits
    assert harness.observer.unexplained == []


async def test_more_charges_than_are_remembered_begin_a_period_that_tells_nothing(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Prices stay known, and that the account was used elsewhere."""
    simulated.spend_elsewhere(1)
    await harness.poll()
    muted, prices = harness.ledger.books.muted, harness.ledger.books.prices
    assert muted is not None
    monkeypatch.setattr(ledger, "MOST_CHARGES", 3)
    for _ in range(3):
        await harness.send()
    assert credits_of(harness) is not None

    await harness.send()

    books = harness.ledger.books
    assert (books.credits, books.is_disturbed) == (None, True)
    assert (books.muted, books.prices) == (muted, prices)
    await harness.clock.advance(601)
    await harness.poll()
    assert credits_of(harness) == simulated.credits
    assert harness.observer.unexplained == [1]


# --- what an earlier run knew -------------------------------------------------------------------


@pytest.mark.parametrize("note", ["", "{", "[]", '{"period": 1}', "null", "\N{BOMB}"])
async def test_a_note_that_is_no_ledger_tells_nothing(
    harness: MessagingHarness, simulated: SimulatedGateway, note: str
) -> None:
    """Nobody knows what is still to be charged: for ten minutes nothing is believed."""
    await harness.send()
    period = harness.ledger.books.period
    await harness.journal.write_ledger(note)
    await harness.crash()

    await harness.start()

    assert harness.ledger.books == Books(period=period + 1, is_disturbed=True)
    await harness.poll()
    await harness.clock.advance(601)
    await harness.poll()
    assert credits_of(harness) == simulated.credits
    assert harness.observer.unexplained == []


async def test_a_house_that_has_sent_nothing_begins_with_the_first_balance(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> None:
    """There is nothing to wait for."""
    harness = make_house(simulated)
    await harness.start()

    await harness.poll()

    assert credits_of(harness) == simulated.credits


async def test_a_house_that_is_muted_stays_so_across_a_restart(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """And says so; for thirty days."""
    simulated.spend_elsewhere(1)
    await harness.poll()
    await harness.send()
    await harness.crash()

    await harness.start()

    assert harness.ledger.is_muted
    await harness.clock.advance((30 * 24 * HOUR).total_seconds())
    assert not harness.ledger.is_muted


# --- what never left ------------------------------------------------------------------------------


async def test_what_never_left_is_in_doubt_no_longer_once_it_has_expired(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Else it would explain what somebody else spends, until the house starts again."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    record = await harness.send(life=MINUTES)
    await harness.clock.advance(61)
    expired = harness.observer.latest[record.message_id]
    assert [one.outcome for one in expired.submissions] == [Outcome.EXPIRED]

    simulated.spend_elsewhere(1)
    await harness.poll()

    assert harness.ledger.is_muted
    assert harness.observer.unexplained == [1]


async def test_a_repetition_that_never_left_is_in_doubt_no_longer_once_it_is_dropped(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """What came before it is of an earlier period, and would have been charged by now."""
    record = await doubt(
        harness, simulated, Fault.CUT_BEFORE, on_unknown=OnUnknown.RESEND
    )
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    await harness.clock.advance(631)
    await harness.poll()
    # It is tried again in the period that has begun.
    period = harness.ledger.books.period
    await harness.clock.advance(31)
    await harness.dispatcher.withdraw(record.message_id)
    await harness.outbox.resolve(record.message_id, Choice.DROP)
    await harness.clock.advance(601)
    await harness.poll()
    assert harness.ledger.books.period > period

    simulated.spend_elsewhere(1)
    await harness.poll()

    assert harness.observer.unexplained == [1]


# --- when a charge is due -------------------------------------------------------------------------


def jump_back(harness: MessagingHarness) -> None:
    """Set the clock back by a day."""
    harness.clock.jump(-24 * HOUR)


def jump_ahead(harness: MessagingHarness) -> None:
    """Set the clock forward by a day."""
    harness.clock.jump(24 * HOUR)


def leave_alone(_harness: MessagingHarness) -> None:
    """Let the clock be."""


@pytest.mark.parametrize("jump", [leave_alone, jump_back, jump_ahead])
async def test_a_charge_is_due_ten_minutes_later_whatever_the_clock_says(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    jump: Callable[[MessagingHarness], None],
) -> None:
    """By elapsed time, from the end of its request on."""
    record = await doubt(harness, simulated, Fault.CUT_BEFORE, life=24 * HOUR)
    assert not harness.ledger.is_due(harness.message(), MAMAN)
    await harness.clock.advance(300)

    jump(harness)

    harness.clock.tick(299 * timedelta(seconds=1))
    assert not harness.ledger.is_due(record, MAMAN)
    harness.clock.tick(2 * timedelta(seconds=1))
    assert harness.ledger.is_due(record, MAMAN)


async def test_a_charge_is_due_ten_minutes_after_a_restart(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """As nobody knows how long nothing ran."""
    record = await doubt(harness, simulated, Fault.CUT_BEFORE)
    harness.clock.tick(9 * MINUTES)
    await harness.crash()
    await harness.start()

    harness.clock.tick(9 * MINUTES)
    assert not harness.ledger.is_due(record, MAMAN)
    harness.clock.tick(MINUTES)
    assert harness.ledger.is_due(record, MAMAN)


async def test_what_is_planned_is_due_ten_minutes_after_its_hour_by_the_clock(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """That follows the clock when it is set right; what has elapsed counts as well."""
    harness = make_house(simulator.sms123)
    keep_time(simulator, harness)
    await harness.start()
    send_at = harness.clock.now() + HOUR
    record = replace(harness.message(), options=SmsOptions(send_at=send_at))
    await harness.outbox.send(record)

    harness.clock.jump(2 * HOUR)
    assert not harness.ledger.is_due(record, MAMAN)
    harness.clock.tick(10 * MINUTES)
    assert harness.ledger.is_due(record, MAMAN)
    # Five minutes after its hour.
    harness.clock.jump(-65 * MINUTES)
    assert not harness.ledger.is_due(record, MAMAN)


async def test_a_doubt_that_is_settled_late_may_be_charged_later_than_one_that_is_held(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Asking the user is no request."""
    held = await doubt(harness, simulated, Fault.CUT_BEFORE)
    simulated.fail(Fault.ERROR_500, operation="balance")

    await harness.clock.advance(631)

    assert harness.observer.latest[held.message_id].is_held
    assert harness.ledger.is_due(held, MAMAN)
