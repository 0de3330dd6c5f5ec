"""Doubts: what evidence settles, and what is put before the user."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import override

import pytest

from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.message_store import MessageStore
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
)
from custom_components.passerelle_sms.messaging.observers import BalanceSource
from custom_components.passerelle_sms.messaging.outbox.dispatcher import Dispatcher
from custom_components.passerelle_sms.messaging.reconciliation.reconciler import (
    MIN_WAIT_FOR_EVIDENCE,
    Reconciler,
)
from custom_components.passerelle_sms.messaging.runtime.waiters import Waiters
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import HOUR, MessagingHarness
from tests.messaging.idle import let_run, until_idle
from tests.messaging.journal_files import copied, files_of, put_back
from tests.simulator import Fault, SimulatedGateway, Simulator

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedGateway:
    """Return a gateway that tells no cost, and a balance when asked."""
    return simulator.etech_keys


@pytest.fixture
async def harness(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> MessagingHarness:
    """Return a house that has seen the balance fall."""
    harness = make_house(simulated)
    await harness.start()
    for _ in range(2):
        await harness.poll()
        await harness.send()
    await harness.poll()
    await harness.clock.advance(300)
    simulated.accepted.clear()
    simulated.requests.clear()
    return harness


async def doubt(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    fault: Fault,
    **options: object,
) -> MessageRecord:
    """Return a message that may have left."""
    simulated.fail(fault, operation="send", times=1)
    record = await harness.send(**options)
    assert harness.current(record).is_unknown_open
    return record


# --- the balance --------------------------------------------------------------------


async def test_a_balance_that_has_fallen(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It was accepted."""
    record = await doubt(harness, simulated, Fault.CUT_AFTER)

    await harness.clock.advance(59)
    assert harness.current(record).is_unknown_open
    assert simulated.asked("balance") == 0
    await harness.clock.advance(2)

    submission = harness.current(record)
    assert (submission.outcome, submission.stage) == (Outcome.ACCEPTED, Stage.CLOSED)
    assert submission.failure is None
    assert simulated.asked("balance") == 1
    assert len(harness.store) == 0
    assert harness.clock.timers == 0


async def test_a_balance_that_stands_still(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It never left, once that was seen twice: it is sent then."""
    record = await doubt(harness, simulated, Fault.CUT_BEFORE)

    await harness.clock.advance(179)
    assert harness.current(record).is_unknown_open
    assert simulated.accepted == []
    await harness.clock.advance(2)

    submission = harness.current(record)
    assert (submission.outcome, submission.stage) == (Outcome.ACCEPTED, Stage.CLOSED)
    assert len(simulated.accepted) == 1
    assert simulated.asked("balance") == 2


async def test_a_charge_that_comes_late(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """A balance that stands still for a minute proves nothing yet."""
    simulated.credits += 1
    record = await doubt(harness, simulated, Fault.CUT_AFTER)
    await harness.clock.advance(61)
    assert harness.current(record).is_unknown_open
    simulated.credits -= 1

    await harness.clock.advance(121)

    assert harness.current(record).outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == 1


async def test_what_never_left_and_is_old_news(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It expires: that is certain."""
    record = await doubt(harness, simulated, Fault.CUT_BEFORE, life=100 * SECOND)

    await harness.clock.advance(190)

    assert harness.current(record).outcome is Outcome.EXPIRED
    assert simulated.accepted == []


async def test_a_balance_that_was_never_seen_to_fall(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> None:
    """Perhaps it never does: the user is asked."""
    harness = make_house(simulated)
    await harness.start()
    await harness.poll()
    record = await doubt(harness, simulated, Fault.CUT_BEFORE)

    await harness.clock.advance(61)

    assert harness.current(record).stage is Stage.HELD


async def test_a_balance_that_nobody_knew(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The user is asked."""
    await harness.send()
    record = await doubt(harness, simulated, Fault.CUT_AFTER)

    await harness.clock.advance(61)

    submission = harness.current(record)
    assert (submission.outcome, submission.stage) == (Outcome.UNKNOWN, Stage.HELD)
    assert list(harness.store)[0].is_held
    assert harness.clock.timers == 0


async def test_a_message_after_the_doubt(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """What it cost isn't told, so the balance proves nothing about the first."""
    record = await doubt(harness, simulated, Fault.CUT_BEFORE)
    await harness.send()

    await harness.clock.advance(61)

    assert harness.current(record).stage is Stage.HELD


@pytest.mark.parametrize("set_back", [30 * SECOND, 2 * DAY])
async def test_a_message_after_the_clock_was_set_back(
    harness: MessagingHarness, simulated: SimulatedGateway, set_back: timedelta
) -> None:
    """Its charge is not taken for that of the first, and nobody waits for days."""
    record = await doubt(harness, simulated, Fault.CUT_BEFORE)
    harness.clock.jump(-set_back)
    await harness.send()

    await harness.clock.advance(130)

    submission = harness.current(record)
    assert (submission.outcome, submission.stage) == (Outcome.UNKNOWN, Stage.HELD)


@pytest.mark.parametrize("set_back", [timedelta(), SECOND])
async def test_a_message_before_the_doubt_by_a_clock_that_does_not_tell(
    make_house: HouseMaker, simulator: Simulator, set_back: timedelta
) -> None:
    """Its charge is in the balance before the doubt, and not taken off once more.

    Else the charge of the doubt would pass for the other's: "not sent", and so expired or
    sent twice. The clock stands still between the two requests, or is set back.
    """
    simulated = simulator.smseco
    harness = make_house(simulated)
    await harness.start()
    for _ in range(3):
        await harness.send()
    await harness.clock.advance(300)
    # Nobody knows the balance before the first of the two; its answer tells it.
    harness.observer.invalidate_balance()
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    earlier = await harness.send(life=100 * SECOND)
    record = await harness.send(life=100 * SECOND)
    simulated.heal()
    taken = len(simulated.accepted)

    # What has failed goes one by one now.
    harness.dispatcher.retry_now()
    while len(simulated.accepted) == taken:
        await asyncio.sleep(0)
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    harness.clock.jump(-set_back)
    await until_idle()
    assert harness.current(earlier).balance_before is None
    assert harness.current(record).is_unknown_open
    assert harness.current(record).balance_before == simulated.credits + 1
    await harness.clock.advance(200)

    assert harness.current(record).outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == taken + 2


@pytest.mark.parametrize("by", [-DAY, -SECOND, 6 * HOUR])
async def test_a_clock_that_is_set_while_evidence_is_waited_for(
    harness: MessagingHarness, simulated: SimulatedGateway, by: timedelta
) -> None:
    """It is asked for at the same time, and proves the same."""
    record = await doubt(
        harness, simulated, Fault.CUT_AFTER, on_unknown=OnUnknown.RESEND
    )
    await harness.clock.advance(30)
    harness.clock.jump(by)

    await harness.clock.advance(29)
    assert harness.current(record).is_unknown_open
    assert simulated.asked("balance") == 0
    await harness.clock.advance(2)

    assert harness.current(record).outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == 1


@pytest.mark.parametrize("back", [timedelta(), 6 * HOUR, 6 * HOUR + DAY])
async def test_a_doubt_of_an_earlier_run_after_a_boot_with_an_old_clock(
    harness: MessagingHarness, simulated: SimulatedGateway, back: timedelta
) -> None:
    """It is not given up before anything was asked, and not sent twice."""
    record = await doubt(
        harness, simulated, Fault.CUT_AFTER, on_unknown=OnUnknown.RESEND
    )
    await harness.clock.advance(10)
    await harness.crash()
    harness.clock.set_while_down(-back)
    await harness.start()
    await harness.clock.advance(30)
    assert harness.current(record).is_unknown_open
    harness.clock.jump(back)

    await harness.clock.advance(29)
    assert harness.current(record).is_unknown_open
    assert simulated.asked("balance") == 0
    await harness.clock.advance(2)

    assert harness.current(record).outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == 1


async def test_a_doubt_of_an_earlier_run_after_the_clock_was_set_back(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Nobody waits until its date has come: the past moves along with the clock."""
    record = await doubt(harness, simulated, Fault.CUT_AFTER)
    await harness.clock.advance(10)
    await harness.crash()
    await harness.start()
    harness.clock.jump(-DAY)

    await harness.clock.advance(130)

    assert harness.current(record).outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == 1


@pytest.mark.parametrize("by", [timedelta(), -HOUR, HOUR])
async def test_a_message_of_this_run_and_a_doubt_of_an_earlier_one(
    harness: MessagingHarness, simulated: SimulatedGateway, by: timedelta
) -> None:
    """Its charge is never taken for that of the doubt, whatever the clock says."""
    record = await doubt(harness, simulated, Fault.CUT_BEFORE)
    await harness.clock.advance(10)
    await harness.crash()
    await harness.start()
    await harness.clock.advance(10)
    await harness.send()
    harness.clock.jump(by)

    await harness.clock.advance(600)

    assert harness.current(record).stage is Stage.HELD


@pytest.mark.parametrize("by", [timedelta(), -HOUR, HOUR])
async def test_a_message_of_an_earlier_run_and_a_doubt_of_this_one(
    make_house: HouseMaker, simulator: Simulator, by: timedelta
) -> None:
    """Its charge is never taken off once more: the doubt would be sent twice."""
    simulated = simulator.smseco
    harness = make_house(simulated)
    await harness.start()
    await harness.send()
    for seconds in (60, 3600, 60):
        taken = await harness.send()
        await harness.clock.advance(seconds)
        # Nobody knows the balance before the next one.
        harness.observer.invalidate_balance()
    assert harness.current(taken).balance_before is None
    await harness.crash()
    await harness.start()
    await harness.poll()
    await harness.clock.advance(10)
    record = await doubt(harness, simulated, Fault.CUT_AFTER)
    harness.clock.jump(by)

    await harness.clock.advance(600)

    assert harness.current(record).outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == 5


@pytest.mark.parametrize("is_open", [True, False])
async def test_a_journal_that_may_be_old(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    tmp_path: Path,
    is_open: bool,
) -> None:
    """The charge of a message that is no more in it is not taken for that of the doubt.

    It is a copy that was put back while the house was down, or while it was there.
    """
    path = tmp_path / "0.journal"
    record = await doubt(harness, simulated, Fault.CUT_BEFORE)
    await harness.journal.begin_backup()
    copy = copied(files_of(path))
    await harness.journal.end_backup()
    await harness.send()
    if is_open:
        put_back(path, copy)
    else:
        await harness.stop()
        put_back(path, copy)
        harness.build()
        await harness.start()

    await harness.clock.advance(200)

    assert harness.current(record).stage is Stage.HELD


async def test_an_old_message_that_is_sent_again(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Its charge is not taken for that of another, however old it is."""
    await harness.send()
    old = await doubt(harness, simulated, Fault.CUT_BEFORE)
    await harness.clock.advance(61)
    await harness.clock.advance(3 * 86400)
    await harness.poll()
    record = await doubt(harness, simulated, Fault.CUT_BEFORE)

    await harness.outbox.resolve(old.message_id, Choice.RESEND)
    await until_idle()
    assert harness.current(old).outcome is Outcome.ACCEPTED
    await harness.clock.advance(61)

    assert harness.current(record).stage is Stage.HELD


async def test_another_doubt_starts_the_wait_anew(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The charges of all must have had their time."""
    first = await doubt(harness, simulated, Fault.CUT_AFTER)
    await harness.clock.advance(40)
    second = await doubt(harness, simulated, Fault.CUT_AFTER)

    await harness.clock.advance(30)
    assert simulated.asked("balance") == 0
    await harness.clock.advance(31)

    assert harness.current(first).outcome is Outcome.ACCEPTED
    assert harness.current(second).outcome is Outcome.ACCEPTED


async def test_a_balance_that_cannot_be_asked(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It is asked again until the message is old news; then the user is."""
    simulated.fail(Fault.ERROR_500, operation="balance")
    record = await doubt(harness, simulated, Fault.CUT_AFTER)

    await harness.clock.advance(3590)
    assert harness.current(record).is_unknown_open
    await harness.clock.advance(200)

    assert harness.current(record).stage is Stage.HELD
    assert 20 < simulated.asked("balance") < 40


async def test_a_message_that_is_soon_old_news(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Evidence is waited for all the same, for a while."""
    simulated.fail(Fault.ERROR_500, operation="balance", times=1)
    record = await doubt(harness, simulated, Fault.CUT_AFTER, life=SECOND)
    await harness.clock.advance(61)
    assert harness.current(record).is_unknown_open

    await harness.clock.advance(121)

    assert harness.current(record).outcome is Outcome.ACCEPTED


async def test_a_journal_that_cannot_be_read(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The doubt is not forgotten."""
    record = await doubt(harness, simulated, Fault.CUT_AFTER)
    harness.disk.is_readable = False
    await harness.clock.advance(200)
    assert harness.current(record).is_unknown_open
    harness.disk.is_readable = True

    await harness.clock.advance(121)

    assert harness.current(record).outcome is Outcome.ACCEPTED


async def test_a_request_under_way(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The balance is not asked for while it may change."""
    record = await doubt(harness, simulated, Fault.CUT_BEFORE)
    simulated.fail(Fault.STALL_AFTER, operation="send", times=1)
    sending = asyncio.create_task(harness.outbox.send(harness.message()))
    while simulated.asked("send") < 2:
        await asyncio.sleep(0)

    harness.clock.tick(61 * SECOND)
    harness.clock.wake_next()
    await let_run()
    assert not sending.done()
    assert harness.clock.timers == 1
    assert simulated.asked("balance") == 0
    await sending
    assert harness.current(record).is_unknown_open


async def test_a_balance_is_noted_where_it_is_certain(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Not while something else may be charged, or may have been."""
    simulated.fail(Fault.STALL_AFTER, operation="send", times=1)
    first = harness.message()
    sending = asyncio.create_task(harness.outbox.send(first))
    await simulated.until_asked("send")
    second = await harness.outbox.send(harness.message())
    await sending
    await harness.poll()
    third = await harness.send()

    assert harness.current(first).balance_before is not None
    assert second.submissions[0].balance_before is None
    assert third.submissions[0].balance_before is None


# --- a look, step by step -------------------------------------------------------------


class Scripted(Dispatcher, BalanceSource):
    """A dispatcher that makes no requests, but is as busy as a test wants it."""

    def __init__(self, harness: MessagingHarness, store: MessageStore) -> None:
        """Be idle, with nine credits."""
        super().__init__(
            harness.gateway,
            store,
            harness.journal,
            harness.clock,
            harness.observer,
            self,
            Waiters(),
        )
        self.requests: int | None = 0
        self.while_asked: Callable[[], None] = lambda: None
        self.asked = 0
        self.answer = asyncio.Event()
        self.answer.set()

    @override
    def request_count_if_idle(self) -> int | None:
        return self.requests

    @override
    def known_credits(self) -> Decimal | None:
        return None

    @override
    async def refresh_balance(self) -> Decimal | None:
        self.asked += 1
        await self.answer.wait()
        self.while_asked()
        return Decimal(9)


@pytest.fixture
async def messages(harness: MessagingHarness) -> MessageStore:
    """Return messages that nobody follows yet, alone in their journal."""
    await harness.store.close()
    return MessageStore(harness.journal, harness.clock)


@pytest.fixture
def sender(harness: MessagingHarness, messages: MessageStore) -> Scripted:
    """Return somebody who makes no requests."""
    return Scripted(harness, messages)


@pytest.fixture
async def doubts(
    harness: MessagingHarness, messages: MessageStore, sender: Scripted
) -> AsyncIterator[Reconciler]:
    """Return the doubts about a single message, which is no longer under way."""
    doubts = Reconciler(messages, harness.journal, harness.clock, sender, sender)
    await messages.add(in_doubt(harness))
    yield doubts
    await doubts.stop()
    await sender.stop()
    await messages.close()


def in_doubt(harness: MessagingHarness) -> MessageRecord:
    """Return a message that was handed over now, and may have left."""
    record = harness.message(life=30 * SECOND)
    return record.updated(
        SubmissionRecord(
            recipient=submission.recipient,
            outcome=Outcome.UNKNOWN,
            segments=1,
            attempts=1,
            attempted=harness.clock.now(),
            balance_before=Decimal(10),
        )
        for submission in record.submissions
    )


@pytest.mark.usefixtures("doubts")
async def test_a_look_while_something_is_under_way(
    harness: MessagingHarness, messages: MessageStore, sender: Scripted
) -> None:
    """It is put off, and the user is asked if that goes on for too long."""
    sender.requests = None

    await harness.clock.advance(MIN_WAIT_FOR_EVIDENCE.total_seconds() - 15)
    assert messages.has_unknown_open
    await harness.clock.advance(30)

    assert sender.asked == 0
    assert [record.is_held for record in messages] == [True]


@pytest.mark.usefixtures("doubts")
@pytest.mark.parametrize("by", [-DAY, DAY])
async def test_a_clock_that_is_set_during_a_request(
    harness: MessagingHarness, messages: MessageStore, sender: Scripted, by: timedelta
) -> None:
    """It changes nothing: what is in doubt is neither given up nor waits any longer."""
    sender.requests = None
    harness.clock.jump(by)
    await harness.clock.advance(90)
    assert messages.has_unknown_open

    sender.requests = 1
    await harness.clock.advance(10)

    assert len(messages) == 0
    assert sender.asked == 1


@pytest.mark.usefixtures("doubts")
async def test_something_begins_during_a_look(
    harness: MessagingHarness, messages: MessageStore, sender: Scripted
) -> None:
    """What was seen proves nothing; it is looked at again soon."""

    def begin() -> None:
        sender.requests = sender.asked

    sender.while_asked = begin
    await harness.clock.advance(61)
    assert messages.has_unknown_open

    sender.while_asked = lambda: None
    await harness.clock.advance(10)

    assert len(messages) == 0
    assert sender.asked == 2


@pytest.mark.usefixtures("doubts")
@pytest.mark.parametrize("by", [-DAY, DAY])
async def test_a_clock_that_is_set_during_a_look(
    harness: MessagingHarness, messages: MessageStore, sender: Scripted, by: timedelta
) -> None:
    """A charge is not taken for that of the doubt because the clock says it was before it.

    Another message has gone and was charged: its cost isn't told, so nothing is proved.
    """
    other = in_doubt(harness)
    await messages.add(
        other.updated(
            replace(submission, outcome=Outcome.ACCEPTED, stage=Stage.CLOSED)
            for submission in other.submissions
        )
    )

    def jump() -> None:
        harness.clock.jump(by)
        sender.while_asked = lambda: None

    sender.while_asked = jump
    await harness.clock.advance(61)
    assert sender.asked == 1
    assert messages.has_unknown_open

    await harness.clock.advance(11)

    assert sender.asked == 2
    assert [record.is_held for record in messages] == [True]


async def test_only_one_look_at_a_time(
    harness: MessagingHarness,
    messages: MessageStore,
    doubts: Reconciler,
    sender: Scripted,
) -> None:
    """A second one that comes too soon would pass for that of later."""
    harness.clock.tick(61 * SECOND)
    sender.answer.clear()
    harness.clock.wake_next()
    await let_run()
    assert sender.asked == 1

    # A second doubt causes a look of its own.
    await messages.add(in_doubt(harness))
    harness.clock.wake_next()
    await let_run()

    assert sender.asked == 1
    assert harness.clock.timers == 1
    sender.answer.set()
    await doubts.stop()


@pytest.mark.usefixtures("doubts")
async def test_a_look_that_fails_is_not_the_last(
    harness: MessagingHarness,
    messages: MessageStore,
    sender: Scripted,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A mistake of ours is logged, and the doubt is not forgotten."""

    def fail() -> None:
        raise LookupError

    sender.while_asked = fail
    await harness.clock.advance(62)
    assert "Unexpected LookupError" in caplog.text
    caplog.clear()

    sender.while_asked = lambda: None
    await harness.clock.advance(121)

    assert len(messages) == 0


async def test_a_stop_during_a_look(
    harness: MessagingHarness,
    messages: MessageStore,
    doubts: Reconciler,
    sender: Scripted,
) -> None:
    """It is waited for, and none comes after it."""

    def begin() -> None:
        sender.requests = 7

    sender.answer.clear()
    sender.while_asked = begin
    advancing = asyncio.create_task(harness.clock.advance(61))
    while not sender.asked:
        await asyncio.sleep(0)
    stopping = asyncio.create_task(doubts.stop())
    await let_run()
    assert not stopping.done()

    sender.answer.set()
    await stopping
    await advancing

    assert messages.has_unknown_open
    assert harness.clock.timers == 0


@pytest.mark.usefixtures("doubts")
async def test_a_message_that_goes_during_a_look(
    harness: MessagingHarness, messages: MessageStore, sender: Scripted
) -> None:
    """It is not missed."""
    [known] = messages

    def close() -> None:
        messages.change_in_background(
            known.message_id,
            lambda record: record.updated(
                SubmissionRecord(recipient=submission.recipient, stage=Stage.CLOSED)
                for submission in record.submissions
            ),
        )

    sender.while_asked = close

    await harness.clock.advance(62)

    assert len(messages) == 0
    assert not sender.holds(known.message_id, MAMAN)


# --- the user's choice ----------------------------------------------------------------


async def hold(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    fault: Fault,
    **options: object,
) -> MessageRecord:
    """Return a message that no evidence has settled."""
    await harness.send()
    record = await doubt(harness, simulated, fault, **options)
    await harness.clock.advance(61)
    assert harness.current(record).stage is Stage.HELD
    simulated.accepted.clear()
    return record


@pytest.mark.parametrize(
    ("choice", "outcome"),
    [(Choice.SENT, Outcome.ACCEPTED), (Choice.DROP, Outcome.UNKNOWN)],
)
async def test_the_user_knows(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    choice: Choice,
    outcome: Outcome,
) -> None:
    """It is over, and nothing is sent."""
    record = await hold(harness, simulated, Fault.CUT_AFTER)

    await harness.outbox.resolve(record.message_id, choice)
    await harness.outbox.resolve(record.message_id, Choice.RESEND)
    await harness.clock.advance(3600)

    submission = harness.current(record)
    assert (submission.outcome, submission.stage) == (outcome, Stage.CLOSED)
    assert simulated.accepted == []
    assert await harness.journal.not_closed() == []


async def test_the_user_wants_it_sent_again(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It has its time anew."""
    record = await hold(harness, simulated, Fault.CUT_BEFORE)
    await harness.clock.advance(7200)

    await harness.outbox.resolve(record.message_id, Choice.RESEND)
    await until_idle()

    submission = harness.current(record)
    assert (submission.outcome, submission.stage) == (Outcome.ACCEPTED, Stage.CLOSED)
    assert len(simulated.accepted) == 1
    stored = await harness.journal.get(record.message_id)
    assert stored is not None
    assert stored.expires - stored.created == HOUR
    assert stored.created > record.created + 2 * HOUR


async def test_a_choice_about_what_is_not_held(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Nothing happens."""
    record = await doubt(harness, simulated, Fault.CUT_AFTER)

    await harness.outbox.resolve(record.message_id, Choice.RESEND)
    await until_idle()

    assert harness.current(record).is_unknown_open
    assert len(simulated.accepted) == 1


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.CUT_BEFORE])
async def test_what_is_sent_again_may_have_arrived_before(
    harness: MessagingHarness, simulated: SimulatedGateway, fault: Fault
) -> None:
    """If it fails the second time, nobody says that it never left."""
    record = await hold(harness, simulated, Fault.CUT_AFTER)
    simulated.fail(fault, operation="send")

    await harness.outbox.resolve(record.message_id, Choice.RESEND)
    await harness.clock.advance(7200)

    submission = harness.current(record)
    assert (submission.outcome, submission.stage) == (Outcome.UNKNOWN, Stage.HELD)


async def test_what_is_sent_again_may_be_refused(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """That is of the second time only."""
    record = await hold(harness, simulated, Fault.CUT_AFTER)
    simulated.credits = Decimal(0)

    await harness.outbox.resolve(record.message_id, Choice.RESEND)
    await until_idle()

    submission = harness.current(record)
    assert (submission.outcome, submission.stage) == (Outcome.UNKNOWN, Stage.HELD)
    assert submission.failure is not None
    assert submission.failure.key == "insufficient_credit"


# --- rather twice than never ------------------------------------------------------------


async def test_it_is_sent_again_without_asking(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Once, however often it could not be handed over before that."""
    await harness.send()
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=3)
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=2)
    record = await harness.send(on_unknown=OnUnknown.RESEND)
    await harness.clock.advance(50)
    assert harness.current(record).is_unknown_open
    asked = simulated.asked("send")
    # A minute after the doubt began, and pauses are not all of one length.
    await harness.clock.advance(60)
    assert simulated.asked("send") == asked + 1
    # What that costs isn't told, so that nothing is proved.
    await harness.send()

    await harness.clock.advance(1800)

    assert simulated.asked("send") == asked + 2
    submission = harness.current(record)
    assert (submission.outcome, submission.stage) == (Outcome.UNKNOWN, Stage.HELD)


async def test_what_was_proved_not_to_have_left_was_not_sent_again(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """After another doubt it may still be, for once."""
    record = await doubt(
        harness, simulated, Fault.CUT_BEFORE, on_unknown=OnUnknown.RESEND
    )
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=1)
    await harness.clock.advance(182)
    assert simulated.asked("send") == 2
    await harness.send()

    await harness.clock.advance(130)

    assert simulated.asked("send") == 4
    assert harness.current(record).outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == 2


async def test_old_news_is_not_sent_again(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The user is asked."""
    await harness.send()
    record = await doubt(
        harness,
        simulated,
        Fault.CUT_AFTER,
        on_unknown=OnUnknown.RESEND,
        life=30 * SECOND,
    )

    await harness.clock.advance(61)

    submission = harness.current(record)
    assert (submission.outcome, submission.stage) == (Outcome.UNKNOWN, Stage.HELD)


async def test_one_recipient_in_doubt_of_two(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Only that one is held."""
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await harness.send(MAMAN, PAPA)
    await harness.clock.advance(61)

    known = harness.observer.latest[record.message_id]
    assert sorted(submission.stage for submission in known.submissions) == [
        Stage.CLOSED,
        Stage.HELD,
    ]
