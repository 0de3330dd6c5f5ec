"""Doubts: what evidence settles, and what is put before the user."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import (
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.submission import Stage
from tests.conftest import MAMAN
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import HOUR, MessagingHarness
from tests.messaging.idle import until_idle
from tests.messaging.journal_files import files_of, put_back
from tests.simulator import Fault, SimulatedGateway, Simulator

from .conftest import add_up, doubt

TANTE = "+237699128531"
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def outcomes(harness: MessagingHarness, record: MessageRecord) -> list[Outcome]:
    """Return what has become of a message, recipient by recipient."""
    latest = harness.observer.latest[record.message_id]
    return [submission.outcome for submission in latest.submissions]


def stages(harness: MessagingHarness, record: MessageRecord) -> list[Stage]:
    """Return who has the next move for a message, recipient by recipient."""
    latest = harness.observer.latest[record.message_id]
    return [submission.stage for submission in latest.submissions]


async def look_for(
    harness: MessagingHarness, simulated: SimulatedGateway, time: timedelta
) -> None:
    """Let the next look at the balance last so long."""
    simulated.requests.clear()
    simulated.seconds_to_answer["balance"] = 60
    looking = asyncio.create_task(harness.clock.advance(60))
    await simulated.until_asked("balance")
    harness.clock.tick(time)
    simulated.seconds_to_answer.clear()
    simulated.release()
    await looking


# --- the balance --------------------------------------------------------------------


async def test_a_balance_that_has_fallen_proves_that_it_was_accepted(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It is seen at the first look."""
    record = await doubt(harness, simulated, Fault.CUT_AFTER)

    await harness.clock.advance(19)
    assert harness.current(record).is_unknown_open
    assert simulated.asked("balance") == 0
    await harness.clock.advance(2)

    submission = harness.current(record)
    assert (submission.outcome, submission.stage) == (Outcome.ACCEPTED, Stage.CLOSED)
    assert submission.failure is None
    assert simulated.asked("balance") == 1
    assert len(harness.store) == 0


async def test_a_balance_that_has_not_fallen_in_ten_minutes_proves_that_it_never_left(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It is sent then, and not before."""
    record = await doubt(harness, simulated, Fault.CUT_BEFORE)

    await harness.clock.advance(599)
    assert harness.current(record).is_unknown_open
    assert simulated.accepted == []
    await harness.clock.advance(2)

    assert outcomes(harness, record) == [Outcome.ACCEPTED]
    assert len(simulated.accepted) == 1
    # Once a minute: what is charged and given back in between would be unseen.
    assert simulated.asked("balance") <= 12


async def test_a_balance_that_was_asked_for_too_early_proves_nothing(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It was told after ten minutes, and is from before the charge."""
    simulated.now = harness.clock.now
    simulated.seconds_to_charge = 590
    record = await doubt(harness, simulated, Fault.CUT_AFTER)
    await harness.clock.advance(555)
    await look_for(harness, simulated, 46 * SECOND)

    assert harness.current(record).is_unknown_open
    assert len(simulated.accepted) == 1
    await harness.clock.advance(60)
    assert outcomes(harness, record) == [Outcome.ACCEPTED]


async def test_a_balance_beside_an_answer_is_as_old_as_its_request(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """What is charged while the request is made may not be in it."""
    simulated = simulator.devcodesms
    harness = make_house(simulated)
    await harness.start()
    await add_up(harness, simulated)
    simulated.now = harness.clock.now
    simulated.seconds_to_charge = 590
    record = await doubt(harness, simulated, Fault.CUT_AFTER)
    await harness.clock.advance(555)

    simulated.requests.clear()
    simulated.seconds_to_answer["send"] = 60
    sending = asyncio.create_task(harness.send())
    await simulated.until_asked("send")
    harness.clock.tick(46 * SECOND)
    simulated.release()
    await sending

    assert harness.current(record).is_unknown_open
    assert len(simulated.accepted) == 2


@pytest.mark.parametrize("late", [30, 200, 590])
async def test_a_late_charge_is_waited_for(
    harness: MessagingHarness, simulated: SimulatedGateway, late: int
) -> None:
    """It is accepted as soon as it was charged, and never sent twice."""
    simulated.now = harness.clock.now
    simulated.seconds_to_charge = late
    record = await doubt(harness, simulated, Fault.CUT_AFTER)

    await harness.clock.advance(700)

    assert outcomes(harness, record) == [Outcome.ACCEPTED]
    assert len(simulated.accepted) == 1


async def test_the_late_charge_of_another_is_not_taken_for_that_of_a_doubt(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The one before was accepted, and is charged while the next is in doubt."""
    simulated.now = harness.clock.now
    simulated.seconds_to_charge = 30
    await harness.send()
    await harness.poll()
    record = await doubt(harness, simulated, Fault.CUT_BEFORE)

    await harness.clock.advance(599)
    assert harness.current(record).is_unknown_open
    await harness.clock.advance(2)

    assert outcomes(harness, record) == [Outcome.ACCEPTED]
    assert len(simulated.accepted) == 2


@pytest.mark.parametrize(
    ("fault", "times"), [(Fault.CUT_AFTER, 2), (Fault.ERROR_500, 2)]
)
async def test_two_recipients_in_doubt_are_settled_together(
    harness: MessagingHarness, simulated: SimulatedGateway, fault: Fault, times: int
) -> None:
    """Whether both left or neither did."""
    record = await doubt(harness, simulated, fault, MAMAN, TANTE)

    await harness.clock.advance(700)

    assert outcomes(harness, record) == [Outcome.ACCEPTED] * 2
    assert len(simulated.accepted) == times


async def test_one_of_two_in_doubt_cannot_be_told_from_the_other(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The user is asked."""
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=1)
    record = await harness.send(MAMAN, TANTE)

    await harness.clock.advance(700)

    assert stages(harness, record) == [Stage.HELD] * 2
    assert len(simulated.accepted) == 1


async def test_a_second_doubt_of_the_same_message_is_settled_like_the_first(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """An attempt that provably never left doesn't count."""
    record = await doubt(harness, simulated, Fault.CUT_BEFORE)
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)

    await harness.clock.advance(1300)

    assert outcomes(harness, record) == [Outcome.ACCEPTED]
    assert harness.current(record).attempts == 1
    assert len(simulated.accepted) == 1


async def test_credits_given_back_close_the_proof(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Else they would hide the charge, and it would be sent twice."""
    simulated.now = harness.clock.now
    record = await doubt(harness, simulated, Fault.CUT_AFTER)
    # Not alone, so that the fall doesn't settle it at once.
    harness.ledger.is_alone = False
    await harness.poll()
    simulated.refund(1)

    await harness.clock.advance(700)

    assert stages(harness, record) == [Stage.HELD]
    assert len(simulated.accepted) == 1


async def test_a_shared_account_proves_nothing_by_a_fall(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Somebody else may have spent it."""
    harness.ledger.is_alone = False
    record = await doubt(harness, simulated, Fault.CUT_BEFORE)
    simulated.spend_elsewhere(1)

    await harness.clock.advance(700)

    assert stages(harness, record) == [Stage.HELD]
    assert simulated.accepted == []


async def test_an_account_that_was_used_elsewhere_proves_nothing_for_thirty_days(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The house has been told so once."""
    simulated.spend_elsewhere(2)
    await harness.poll()
    record = await doubt(harness, simulated, Fault.CUT_AFTER)

    await harness.clock.advance(700)
    assert stages(harness, record) == [Stage.HELD]
    assert harness.observer.unexplained == [2]
    await harness.clock.advance(30 * DAY.total_seconds())
    await add_up(harness, simulated)
    record = await doubt(harness, simulated, Fault.CUT_AFTER)
    await harness.clock.advance(700)

    assert outcomes(harness, record) == [Outcome.ACCEPTED]


async def test_a_power_cut_does_not_make_an_account_trusted_that_was_used_elsewhere(
    harness: MessagingHarness, simulated: SimulatedGateway, tmp_path: Path
) -> None:
    """Else the next message, which was not taken, would explain the fall."""
    simulated.spend_elsewhere(1)
    await harness.poll()
    await until_idle()
    journal = tmp_path / "0.journal"
    # What is closed is put in order: a power cut leaves it as it was before.
    files = files_of(journal)
    await harness.crash()
    put_back(journal, files)
    await harness.start()

    record = await doubt(harness, simulated, Fault.CUT_BEFORE)
    await harness.clock.advance(61)

    assert harness.ledger.is_muted
    assert harness.current(record).outcome is Outcome.UNKNOWN


async def test_a_balance_that_was_never_seen_to_fall_proves_nothing(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> None:
    """Perhaps it never does: the user is asked."""
    harness = make_house(simulated)
    await harness.start()
    await harness.poll()
    record = await doubt(harness, simulated, Fault.CUT_BEFORE)

    await harness.clock.advance(631)

    assert stages(harness, record) == [Stage.HELD]


async def test_the_price_of_a_country_is_learnt(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """By the first message to it, and confirmed by the second."""
    abroad = "+33612345678"
    simulated.prices["+33"] = 3
    for _ in range(2):
        await harness.send(abroad)
        await harness.clock.advance(700)
        await harness.poll()
    record = await doubt(harness, simulated, Fault.CUT_AFTER, abroad)

    await harness.clock.advance(30)

    assert outcomes(harness, record) == [Outcome.ACCEPTED]
    assert harness.observer.unexplained == []


# --- what is done when ----------------------------------------------------------------


async def test_a_balance_that_cannot_be_asked_for_makes_the_user_be_asked(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """After ten minutes, however long the message is worth sending."""
    record = await doubt(harness, simulated, Fault.CUT_AFTER, life=24 * HOUR)
    simulated.fail(Fault.ERROR_500, operation="balance")

    await harness.clock.advance(590)
    assert harness.current(record).is_unknown_open
    await harness.clock.advance(41)

    assert stages(harness, record) == [Stage.HELD]
    assert simulated.asked("balance") <= 12


async def test_a_doubt_does_not_expire(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """What is proved not to have left after its time is old news, and told."""
    record = await doubt(harness, simulated, Fault.CUT_BEFORE, life=100 * SECOND)
    await harness.clock.advance(500)
    assert harness.current(record).is_unknown_open

    await harness.clock.advance(200)

    assert outcomes(harness, record) == [Outcome.EXPIRED]
    assert harness.current(record).notice is not None
    assert simulated.accepted == []


async def test_what_is_to_be_sent_again_is_on_its_way_within_thirty_seconds(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Once: of the second doubt the user is asked."""
    record = await doubt(
        harness, simulated, Fault.CUT_BEFORE, on_unknown=OnUnknown.RESEND
    )
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=1)
    await harness.clock.advance(31)
    assert simulated.asked("send") == 2
    assert harness.current(record).resent

    await harness.clock.advance(1400)

    # Both attempts provably never left: so it is sent.
    assert outcomes(harness, record) == [Outcome.ACCEPTED]
    assert len(simulated.accepted) == 1


async def test_what_was_proved_accepted_is_not_sent_again(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The balance is looked at before."""
    record = await doubt(
        harness, simulated, Fault.CUT_AFTER, on_unknown=OnUnknown.RESEND
    )

    await harness.clock.advance(700)

    assert outcomes(harness, record) == [Outcome.ACCEPTED]
    assert len(simulated.accepted) == 1


async def test_a_balance_that_stalls_does_not_keep_it_from_being_sent_again(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Thirty seconds are thirty seconds."""
    await doubt(harness, simulated, Fault.CUT_BEFORE, on_unknown=OnUnknown.RESEND)
    simulated.seconds_to_answer["balance"] = 60
    advancing = asyncio.create_task(harness.clock.advance(20))
    await simulated.until_asked("balance")
    harness.clock.tick(11 * SECOND)
    harness.clock.wake_next()
    await simulated.until_asked("send")
    while simulated.asked("send") < 2:
        await asyncio.sleep(0)

    simulated.release()
    await advancing
    await until_idle()
    assert len(simulated.accepted) == 1


async def test_a_look_that_lasts_is_waited_for(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Without asking again and again whether it is over."""
    await doubt(harness, simulated, Fault.CUT_BEFORE)
    simulated.seconds_to_answer["balance"] = 60
    advancing = asyncio.create_task(harness.clock.advance(20))
    await simulated.until_asked("balance")

    harness.clock.tick(90 * SECOND)
    harness.clock.wake_next()

    assert harness.clock.next_wake > harness.clock.elapsed()
    simulated.release()
    await advancing


async def test_what_is_old_news_is_not_sent_again(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It stays in doubt until evidence or the user decides."""
    record = await doubt(
        harness,
        simulated,
        Fault.CUT_BEFORE,
        on_unknown=OnUnknown.RESEND,
        life=10 * SECOND,
    )

    await harness.clock.advance(500)

    assert harness.current(record).is_unknown_open
    assert simulated.asked("send") == 1


@pytest.mark.parametrize("by", [-DAY, -SECOND, 6 * HOUR])
async def test_a_clock_that_is_set_changes_nothing(
    harness: MessagingHarness, simulated: SimulatedGateway, by: timedelta
) -> None:
    """Ten minutes are ten minutes."""
    record = await doubt(harness, simulated, Fault.CUT_BEFORE, life=24 * HOUR)
    await harness.clock.advance(30)
    harness.clock.jump(by)

    await harness.clock.advance(569)
    assert harness.current(record).is_unknown_open
    await harness.clock.advance(2)

    assert outcomes(harness, record) == [Outcome.ACCEPTED]


@pytest.mark.parametrize("by", [timedelta(), -6 * HOUR, 6 * HOUR])
async def test_a_doubt_of_an_earlier_run_is_settled_by_the_same_ledger(
    harness: MessagingHarness, simulated: SimulatedGateway, by: timedelta
) -> None:
    """A charge in the ten minutes after the start would be seen."""
    record = await doubt(harness, simulated, Fault.CUT_BEFORE, life=24 * HOUR)
    await harness.clock.advance(30)
    await harness.crash()
    harness.clock.set_while_down(by)
    await harness.start()

    await harness.clock.advance(599)
    assert harness.current(record).is_unknown_open
    await harness.clock.advance(2)

    assert outcomes(harness, record) == [Outcome.ACCEPTED]
    assert len(simulated.accepted) == 1


# --- other evidence -------------------------------------------------------------------


async def test_a_gateway_that_lists_what_it_has_sent_is_believed(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> None:
    """Also where the balance proves nothing."""
    harness = make_house(simulated)
    simulated.now = harness.clock.now
    simulated.heal()
    harness.ledger.is_alone = False
    await harness.start()
    record = await doubt(harness, simulated, Fault.CUT_AFTER)

    await harness.clock.advance(30)

    assert outcomes(harness, record) == [Outcome.ACCEPTED]


async def test_the_text_of_another_message_in_the_list_proves_nothing(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> None:
    """Two had the same text, and one is listed."""
    harness = make_house(simulated)
    simulated.now = harness.clock.now
    simulated.heal()
    harness.ledger.is_alone = False
    await harness.start()
    await harness.send(text="Fuite d'eau")
    record = await doubt(harness, simulated, Fault.CUT_BEFORE, text="Fuite d'eau")

    await harness.clock.advance(700)

    assert stages(harness, record) == [Stage.HELD]


async def test_an_identical_text_is_repeated_once_where_it_would_be_refused(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """Not until its time is over: each repetition may be charged."""
    simulated = simulator.sms123
    harness = make_house(simulated)
    await harness.start()
    await add_up(harness, simulated)
    simulated.fail(Fault.ERROR_500, operation="send")
    record = await harness.send()

    await harness.clock.advance(599)
    assert simulated.asked("send") == 2
    assert harness.current(record).is_unknown_open
    await harness.clock.advance(100)
    # Provably not sent, it is tried again, and repeated once again.
    assert simulated.asked("send") == 4


@pytest.mark.parametrize(
    ("is_alone", "fault"), [(True, Fault.RATE_LIMITED), (False, None)]
)
async def test_a_repetition_that_is_not_taken_puts_off_no_proof(
    make_house: HouseMaker, simulator: Simulator, is_alone: bool, fault: Fault | None
) -> None:
    """It did not leave, or was refused: ten minutes after the first they are over."""
    simulated = simulator.sms123
    harness = make_house(simulated)
    await harness.start()
    await add_up(harness, simulated)
    harness.ledger.is_alone = is_alone
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=1)
    record = await harness.send()
    if fault is None:
        # Code 91: it has had this text.
        simulated.answer_next("91", operation="send")
    else:
        simulated.fail(fault, operation="send")

    await harness.clock.advance(599)
    assert harness.current(record).is_unknown_open
    await harness.clock.advance(2)

    assert not harness.current(record).is_unknown_open
    assert stages(harness, record) != [Stage.HELD]
