"""Messages for later: handed over once, and what their charges hide."""

import asyncio
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import NotCancellableError
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.submission import Stage
from custom_components.passerelle_sms.messaging.reconciliation.books import (
    LATEST_CHARGE,
)
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import HOUR, MessagingHarness
from tests.messaging.idle import until_idle
from tests.messaging.scheduling import (
    cancel,
    hand_over,
    keep_time,
    outcomes,
    schedule,
    scheduled,
)
from tests.simulator import Fault, Simulator
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro
from tests.simulator.sms123 import SimulatedSms123

MINUTE = timedelta(minutes=1)
TEXT = "Citerne vide"


@pytest.fixture
def refusing(simulator: Simulator) -> SimulatedSms123:
    """Return a gateway that refuses a text which it has sent before."""
    return simulator.sms123


@pytest.fixture
async def refused(
    make_house: HouseMaker, simulator: Simulator, refusing: SimulatedSms123
) -> MessagingHarness:
    """Return a house with that gateway, which has seen the balance fall."""
    harness = make_house(refusing)
    await settle_in(harness, simulator)
    return harness


@pytest.fixture
def charging(simulator: Simulator) -> SimulatedEnvoyerSmsPro:
    """Return a gateway that tells what each message cost, and what is left."""
    return simulator.envoyer_sms_pro


@pytest.fixture
async def harness(
    make_house: HouseMaker, simulator: Simulator, charging: SimulatedEnvoyerSmsPro
) -> MessagingHarness:
    """Return a house with that gateway, which has seen the balance fall."""
    harness = make_house(charging)
    await settle_in(harness, simulator)
    return harness


async def settle_in(harness: MessagingHarness, simulator: Simulator) -> None:
    """Start a house, and let it see the balance fall."""
    keep_time(simulator, harness)
    await harness.start()
    for _ in range(2):
        await harness.poll()
        await harness.send()
    await harness.poll()
    await harness.clock.advance(2 * 3600)


async def doubt(
    harness: MessagingHarness, charging: SimulatedEnvoyerSmsPro, fault: Fault
) -> MessageRecord:
    """Return a message for now that may have left."""
    charging.fail(fault, operation="send", times=1)
    record = await harness.send(text=TEXT)
    assert harness.current(record).is_unknown_open
    return record


async def schedule_charged_after(
    harness: MessagingHarness,
    charging: SimulatedEnvoyerSmsPro,
    after: timedelta,
    *,
    send_after: timedelta | None = None,
) -> None:
    """Let the gateway take a message for later that it charges only then."""
    before = charging.credits
    charging.seconds_to_charge = after.total_seconds()
    await schedule(harness, MAMAN, after=send_after or after)
    charging.seconds_to_charge = 0
    assert charging.credits == before


async def move_credits(harness: MessagingHarness) -> None:
    """Let credits move for something that is no message, nobody knows how many."""
    harness.ledger.end_movement(await harness.ledger.begin_movement(), None)


def times_taken(charging: SimulatedEnvoyerSmsPro) -> int:
    """Return how often the message in doubt was taken."""
    return [taken.text for taken in charging.accepted].count(TEXT)


def is_held(harness: MessagingHarness, record: MessageRecord) -> bool:
    """Return whether the user is asked about a message."""
    submission = harness.current(record)
    return (submission.outcome, submission.stage) == (Outcome.UNKNOWN, Stage.HELD)


# --- handed over ----------------------------------------------------------------------


async def test_the_gateway_keeps_it(
    harness: MessagingHarness, charging: SimulatedEnvoyerSmsPro
) -> None:
    """It is handed over at once, and accepted."""
    record = await schedule(harness, MAMAN, PAPA)

    assert (
        charging.messages[record.submissions[0].submission_id or ""].send_at
        == (record.options.send_at or record.created).replace(second=0, microsecond=0)
        + MINUTE
    )
    assert await harness.kept(record) == record
    assert len(harness.store) == 0


async def test_a_gateway_that_sends_it_at_once(
    refused: MessagingHarness, refusing: SimulatedSms123
) -> None:
    """That is written down; it was charged now, and can't be taken back any more."""
    await refused.poll()
    refusing.overlooks_diff = True

    record = await hand_over(refused, scheduled(refused, MAMAN, after=48 * HOUR))
    await refused.clock.advance(LATEST_CHARGE.total_seconds())

    [submission] = (await refused.kept(record)).submissions
    assert (submission.outcome, submission.sent_at_once) == (Outcome.ACCEPTED, True)
    assert refused.ledger.is_due(record, MAMAN)
    await refused.poll()
    assert refused.ledger.books.credits == refusing.credits
    assert refused.ledger.books.carried == frozenset()
    with pytest.raises(NotCancellableError):
        await cancel(refused, record)
    assert refusing.asked("send") == 3


async def test_too_late_for_its_hour(
    refused: MessagingHarness, refusing: SimulatedSms123
) -> None:
    """The gateway was out of reach until then: it leaves at once."""
    refusing.fail(Fault.RATE_LIMITED, operation="send")
    record = await hand_over(refused, scheduled(refused, MAMAN, after=10 * MINUTE))
    assert outcomes(record) == [Outcome.QUEUED]
    await refused.clock.advance(11 * 60)
    refusing.heal()

    await refused.clock.advance(150)

    assert refused.current(record).outcome is Outcome.ACCEPTED
    taken = refusing.accepted[-1]
    assert taken.text == record.text
    assert refusing.extras[taken.submission_id].diff == ""
    assert refusing.scheduled == []


async def test_in_time_after_all(
    refused: MessagingHarness, refusing: SimulatedSms123
) -> None:
    """The gateway is back before its hour: it keeps it until then."""
    refusing.fail(Fault.RATE_LIMITED, operation="send")
    record = await hand_over(refused, scheduled(refused, MAMAN))
    await refused.clock.advance(10 * 60)
    refusing.heal()

    await refused.clock.advance(150)

    assert refused.current(record).outcome is Outcome.ACCEPTED
    assert [waiting.acceptance.text for waiting in refusing.scheduled] == [record.text]


async def test_old_news(refused: MessagingHarness, refusing: SimulatedSms123) -> None:
    """It expires like any other message, and not before its own time is over."""
    refusing.fail(Fault.RATE_LIMITED, operation="send")
    record = await hand_over(refused, scheduled(refused, MAMAN))

    await refused.clock.advance(2 * 3600 - 1)
    assert refused.current(record).outcome is Outcome.QUEUED
    await refused.clock.advance(2)

    assert refused.current(record).outcome is Outcome.EXPIRED


# --- in doubt -------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER])
async def test_not_asked_again_where_the_gateway_charges_when_it_sends(
    refused: MessagingHarness, refusing: SimulatedSms123, fault: Fault
) -> None:
    """The gateway refuses only what it has sent: handed over again, it is there twice.

    Nor does the balance tell before the user is asked.
    """
    refusing.seconds_to_charge = 3600
    refusing.fail(fault, operation="send", times=1)
    asked = refusing.asked("send")
    record = await hand_over(refused, scheduled(refused, MAMAN))

    await refused.clock.advance(599)
    assert refused.current(record).is_unknown_open
    await refused.clock.advance(2)

    assert is_held(refused, record)
    await refused.clock.advance(24 * 3600)
    assert is_held(refused, record)
    assert refusing.asked("send") == asked + 1


async def test_charged_when_it_was_handed_over(
    refused: MessagingHarness, refusing: SimulatedSms123
) -> None:
    """Only this message explains that: the gateway keeps it."""
    refusing.fail(Fault.CUT_AFTER, operation="send", times=1)
    asked = refusing.asked("send")
    record = await hand_over(refused, scheduled(refused, MAMAN))

    await refused.clock.advance(21)

    assert refused.current(record).outcome is Outcome.ACCEPTED
    assert refusing.asked("send") == asked + 1
    assert [waiting.acceptance.text for waiting in refusing.scheduled] == [record.text]


@pytest.mark.parametrize("seconds_to_charge", [0, 3600])
async def test_in_doubt_after_a_crash(
    refused: MessagingHarness, refusing: SimulatedSms123, seconds_to_charge: int
) -> None:
    """The next run hands it over no second time either, whatever the balance tells.

    And asks: an earlier charge may have been forgotten.
    """
    refusing.seconds_to_charge = seconds_to_charge
    refusing.fail(Fault.STALL_AFTER, operation="send", times=1)
    asked = refusing.asked("send")
    record = scheduled(refused, MAMAN)
    sending = asyncio.create_task(refused.outbox.send(record))
    while refusing.asked("send") == asked:
        await asyncio.sleep(0)
    await refused.crash()
    await asyncio.gather(sending, return_exceptions=True)
    await refused.start()

    await refused.clock.advance(601)

    assert is_held(refused, record)
    assert refusing.asked("send") == asked + 1


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER])
async def test_rather_twice_than_never(
    refused: MessagingHarness, refusing: SimulatedSms123, fault: Fault
) -> None:
    """Handed over once more within half a minute, and only once."""
    refusing.seconds_to_charge = 3600
    refusing.fail(fault, operation="send", times=2)
    asked = refusing.asked("send")
    record = await hand_over(
        refused, scheduled(refused, MAMAN, on_unknown=OnUnknown.RESEND)
    )

    await refused.clock.advance(30)
    assert refusing.asked("send") == asked + 2
    await refused.clock.advance(12 * 3600)

    assert refusing.asked("send") == asked + 2
    assert is_held(refused, record)


async def test_not_twice_where_the_gateway_provably_keeps_it(
    refused: MessagingHarness, refusing: SimulatedSms123
) -> None:
    """The balance is looked at before it is handed over once more."""
    refusing.fail(Fault.CUT_AFTER, operation="send", times=2)
    asked = refusing.asked("send")
    record = await hand_over(
        refused, scheduled(refused, MAMAN, on_unknown=OnUnknown.RESEND)
    )

    await refused.clock.advance(12 * 3600)

    assert refusing.asked("send") == asked + 1
    assert refused.current(record).outcome is Outcome.ACCEPTED


async def test_the_user_wants_it_sent_again(
    refused: MessagingHarness, refusing: SimulatedSms123
) -> None:
    """It is handed over for its hour, or at once when that is over."""
    refusing.fail(Fault.CUT_BEFORE, operation="send", times=2)
    in_time = await hand_over(refused, scheduled(refused, MAMAN))
    late = await hand_over(refused, scheduled(refused, MAMAN, after=5 * MINUTE))
    await refused.clock.advance(10 * 60)
    assert is_held(refused, in_time)
    assert is_held(refused, late)

    for record in (in_time, late):
        await refused.outbox.resolve(record.message_id, Choice.RESEND)
    await until_idle()

    diffs = {
        taken.text: refusing.extras[taken.submission_id].diff
        for taken in refusing.accepted
    }
    assert diffs[in_time.text] != ""
    assert diffs[late.text] == ""


async def test_a_gateway_that_charges_when_it_sends(
    harness: MessagingHarness, charging: SimulatedEnvoyerSmsPro
) -> None:
    """A balance that stands still doesn't say that it was not taken."""
    charging.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await hand_over(harness, scheduled(harness, MAMAN, after=24 * HOUR))
    charging.credits += 1

    await harness.clock.advance(700)

    assert is_held(harness, record)
    assert len(charging.messages) == 3


# --- what else moves the balance ------------------------------------------------------


async def test_credit_given_back_hides_a_charge(
    harness: MessagingHarness, charging: SimulatedEnvoyerSmsPro
) -> None:
    """The message was taken and charged: it must not be sent again."""
    before = charging.credits
    record = await doubt(harness, charging, Fault.CUT_AFTER)
    await move_credits(harness)
    charging.refund(1)
    assert charging.credits == before

    await harness.clock.advance(700)

    assert is_held(harness, record)
    assert times_taken(charging) == 1


async def test_credit_given_back_that_was_told_hides_nothing(
    harness: MessagingHarness, charging: SimulatedEnvoyerSmsPro
) -> None:
    """The gateway has said how much: a balance that stands still tells, as ever."""
    kept = await schedule(harness, MAMAN, after=24 * HOUR)
    await harness.clock.advance(3600)
    record = await doubt(harness, charging, Fault.CUT_BEFORE)
    assert (await cancel(harness, kept)).credits_back == 1

    await harness.clock.advance(599)
    assert harness.current(record).is_unknown_open
    await harness.clock.advance(2)

    assert harness.current(record).outcome is Outcome.ACCEPTED
    assert times_taken(charging) == 1


async def test_credit_that_may_come_back_late_proves_no_charge(
    harness: MessagingHarness, charging: SimulatedEnvoyerSmsPro
) -> None:
    """Without it the balance would have fallen by as much."""
    kept = await schedule(harness, MAMAN, after=24 * HOUR)
    await harness.clock.advance(3600)
    record = await doubt(harness, charging, Fault.CUT_AFTER)
    await cancel(harness, kept)

    await harness.clock.advance(700)

    assert is_held(harness, record)
    assert times_taken(charging) == 1


async def test_credit_given_back_late_hides_a_charge(
    harness: MessagingHarness, charging: SimulatedEnvoyerSmsPro
) -> None:
    """It was asked back before the message was sent."""
    kept = await schedule(harness, MAMAN, after=24 * HOUR)
    await harness.clock.advance(3600)
    await cancel(harness, kept)
    charging.credits -= 1
    await harness.poll()
    await harness.clock.advance(LATEST_CHARGE.total_seconds() - 1)
    record = await doubt(harness, charging, Fault.CUT_AFTER)
    charging.credits += 1

    await harness.clock.advance(700)

    assert is_held(harness, record)
    assert times_taken(charging) == 1


async def test_credits_spent_for_something_else_look_like_a_charge(
    harness: MessagingHarness, charging: SimulatedEnvoyerSmsPro
) -> None:
    """The message was not taken: nobody says that it was."""
    record = await doubt(harness, charging, Fault.CUT_BEFORE)
    await move_credits(harness)
    charging.credits -= 1

    await harness.clock.advance(700)

    assert is_held(harness, record)
    assert times_taken(charging) == 0


async def test_credits_that_moved_long_before(
    harness: MessagingHarness, charging: SimulatedEnvoyerSmsPro
) -> None:
    """They hide nothing: the balance tells."""
    await move_credits(harness)
    await harness.clock.advance(LATEST_CHARGE.total_seconds() + 1)
    await harness.poll()
    record = await doubt(harness, charging, Fault.CUT_AFTER)

    await harness.clock.advance(61)

    assert harness.current(record).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("minutes", [-9, 9])
async def test_something_scheduled_leaves_at_that_time(
    harness: MessagingHarness, charging: SimulatedEnvoyerSmsPro, minutes: int
) -> None:
    """If it is charged then, that looks like the charge of a message that was lost."""
    after = HOUR + minutes * MINUTE
    await schedule_charged_after(harness, charging, after)
    await harness.clock.advance(3600)
    record = await doubt(harness, charging, Fault.CUT_BEFORE)

    await harness.clock.advance(700)

    assert is_held(harness, record)
    assert times_taken(charging) == 0


async def test_something_is_scheduled_after_the_doubt(
    harness: MessagingHarness, charging: SimulatedEnvoyerSmsPro
) -> None:
    """If it is charged later, the charge of the message in doubt passes for its own."""
    record = await doubt(harness, charging, Fault.CUT_AFTER)
    await schedule_charged_after(harness, charging, 24 * HOUR)

    await harness.clock.advance(700)

    assert is_held(harness, record)
    assert times_taken(charging) == 1


async def test_something_was_scheduled_just_before(
    harness: MessagingHarness, charging: SimulatedEnvoyerSmsPro
) -> None:
    """If it is charged a moment later, that looks like the charge of what was lost."""
    await schedule_charged_after(harness, charging, MINUTE, send_after=24 * HOUR)
    record = await doubt(harness, charging, Fault.CUT_BEFORE)

    await harness.clock.advance(700)

    assert is_held(harness, record)
    assert times_taken(charging) == 0


@pytest.mark.parametrize(
    ("fault", "seconds"), [(Fault.CUT_AFTER, 21), (Fault.CUT_BEFORE, 601)]
)
async def test_something_waits_for_tomorrow(
    harness: MessagingHarness,
    charging: SimulatedEnvoyerSmsPro,
    fault: Fault,
    seconds: int,
) -> None:
    """It was taken long ago and leaves much later: the balance tells, as ever."""
    await schedule(harness, MAMAN, after=24 * HOUR)
    await harness.clock.advance(3600)
    record = await doubt(harness, charging, fault)

    await harness.clock.advance(seconds - 2)
    assert harness.current(record).is_unknown_open
    await harness.clock.advance(2)

    assert harness.current(record).outcome is Outcome.ACCEPTED
    assert times_taken(charging) == 1


@pytest.mark.parametrize("is_moved", [False, True])
async def test_what_moved_is_known_while_the_journal_cannot_be_read(
    harness: MessagingHarness, charging: SimulatedEnvoyerSmsPro, is_moved: bool
) -> None:
    """The balance tells as far as it would if the journal could be read."""
    record = await doubt(harness, charging, Fault.CUT_AFTER)
    if is_moved:
        await move_credits(harness)
    harness.disk.is_readable = False

    await harness.clock.advance(700)

    assert is_held(harness, record) is is_moved
    if not is_moved:
        assert harness.current(record).outcome is Outcome.ACCEPTED
    assert times_taken(charging) == 1
