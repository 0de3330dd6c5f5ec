"""Doubts: what evidence settles, and what is put before the user."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import override

import pytest

from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.doubts import (
    PATIENCE,
    Choice,
    Doubts,
    Sender,
)
from custom_components.passerelle_sms.messaging.open_messages import OpenMessages
from custom_components.passerelle_sms.messaging.record import (
    MessageRecord,
    OnUnknown,
    Stage,
    SubmissionRecord,
)
from tests.conftest import MAMAN, PAPA
from tests.simulator import Fault, SimulatedGateway, Simulator

from .conftest import HouseMaker
from .house import HOUR, House
from .quiet import let_run, quiet

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedGateway:
    """Return a gateway that tells no cost, and a balance when asked."""
    return simulator.etech_keys


@pytest.fixture
async def house(make_house: HouseMaker, simulated: SimulatedGateway) -> House:
    """Return a house that has seen the balance fall."""
    house = make_house(simulated)
    await house.start()
    for _ in range(2):
        await house.poll()
        await house.send()
    await house.poll()
    await house.clock.advance(300)
    simulated.accepted.clear()
    simulated.requests.clear()
    return house


async def doubt(
    house: House, simulated: SimulatedGateway, fault: Fault, **options: object
) -> MessageRecord:
    """Return a message that may have left."""
    simulated.fail(fault, operation="send", times=1)
    record = await house.send(**options)
    assert house.current(record).is_in_doubt
    return record


# --- the balance --------------------------------------------------------------------


async def test_a_balance_that_has_fallen(
    house: House, simulated: SimulatedGateway
) -> None:
    """It was accepted."""
    record = await doubt(house, simulated, Fault.CUT_AFTER)

    await house.clock.advance(59)
    assert house.current(record).is_in_doubt
    assert simulated.asked("balance") == 0
    await house.clock.advance(2)

    made = house.current(record)
    assert (made.outcome, made.stage) == (Outcome.ACCEPTED, Stage.CLOSED)
    assert made.failure is None
    assert simulated.asked("balance") == 1
    assert len(house.outbox.messages) == 0
    assert house.clock.timers == 0


async def test_a_balance_that_stands_still(
    house: House, simulated: SimulatedGateway
) -> None:
    """It never left, once that was seen twice: it is sent then."""
    record = await doubt(house, simulated, Fault.CUT_BEFORE)

    await house.clock.advance(179)
    assert house.current(record).is_in_doubt
    assert simulated.accepted == []
    await house.clock.advance(2)

    made = house.current(record)
    assert (made.outcome, made.stage) == (Outcome.ACCEPTED, Stage.CLOSED)
    assert len(simulated.accepted) == 1
    assert simulated.asked("balance") == 2


async def test_a_charge_that_comes_late(
    house: House, simulated: SimulatedGateway
) -> None:
    """A balance that stands still for a minute proves nothing yet."""
    simulated.credits += 1
    record = await doubt(house, simulated, Fault.CUT_AFTER)
    await house.clock.advance(61)
    assert house.current(record).is_in_doubt
    simulated.credits -= 1

    await house.clock.advance(121)

    assert house.current(record).outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == 1


async def test_what_never_left_and_is_old_news(
    house: House, simulated: SimulatedGateway
) -> None:
    """It expires: that is certain."""
    record = await doubt(house, simulated, Fault.CUT_BEFORE, life=100 * SECOND)

    await house.clock.advance(190)

    assert house.current(record).outcome is Outcome.EXPIRED
    assert simulated.accepted == []


async def test_a_balance_that_was_never_seen_to_fall(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> None:
    """Perhaps it never does: the user is asked."""
    house = make_house(simulated)
    await house.start()
    await house.poll()
    record = await doubt(house, simulated, Fault.CUT_BEFORE)

    await house.clock.advance(61)

    assert house.current(record).stage is Stage.HELD


async def test_a_balance_that_nobody_knew(
    house: House, simulated: SimulatedGateway
) -> None:
    """The user is asked."""
    await house.send()
    record = await doubt(house, simulated, Fault.CUT_AFTER)

    await house.clock.advance(61)

    made = house.current(record)
    assert (made.outcome, made.stage) == (Outcome.UNKNOWN, Stage.HELD)
    assert list(house.outbox.messages)[0].is_held
    assert house.clock.timers == 0


async def test_a_message_after_the_doubt(
    house: House, simulated: SimulatedGateway
) -> None:
    """What it cost isn't told, so the balance proves nothing about the first."""
    record = await doubt(house, simulated, Fault.CUT_BEFORE)
    await house.send()

    await house.clock.advance(61)

    assert house.current(record).stage is Stage.HELD


@pytest.mark.parametrize("set_back", [30 * SECOND, 2 * DAY])
async def test_a_message_after_the_clock_was_set_back(
    house: House, simulated: SimulatedGateway, set_back: timedelta
) -> None:
    """Its charge is not taken for that of the first, and nobody waits for days."""
    record = await doubt(house, simulated, Fault.CUT_BEFORE)
    house.clock.set_back(set_back)
    await house.send()

    await house.clock.advance(130)

    made = house.current(record)
    assert (made.outcome, made.stage) == (Outcome.UNKNOWN, Stage.HELD)


async def test_an_old_message_that_is_sent_again(
    house: House, simulated: SimulatedGateway
) -> None:
    """Its charge is not taken for that of another, however old it is."""
    await house.send()
    old = await doubt(house, simulated, Fault.CUT_BEFORE)
    await house.clock.advance(61)
    await house.clock.advance(3 * 86400)
    await house.poll()
    record = await doubt(house, simulated, Fault.CUT_BEFORE)

    await house.outbox.resolve(old.message_id, Choice.RESEND)
    await quiet()
    assert house.current(old).outcome is Outcome.ACCEPTED
    await house.clock.advance(61)

    assert house.current(record).stage is Stage.HELD


async def test_another_doubt_starts_the_wait_anew(
    house: House, simulated: SimulatedGateway
) -> None:
    """The charges of all must have had their time."""
    first = await doubt(house, simulated, Fault.CUT_AFTER)
    await house.clock.advance(40)
    second = await doubt(house, simulated, Fault.CUT_AFTER)

    await house.clock.advance(30)
    assert simulated.asked("balance") == 0
    await house.clock.advance(31)

    assert house.current(first).outcome is Outcome.ACCEPTED
    assert house.current(second).outcome is Outcome.ACCEPTED


async def test_a_balance_that_cannot_be_asked(
    house: House, simulated: SimulatedGateway
) -> None:
    """It is asked again until the message is old news; then the user is."""
    simulated.fail(Fault.ERROR_500, operation="balance")
    record = await doubt(house, simulated, Fault.CUT_AFTER)

    await house.clock.advance(3590)
    assert house.current(record).is_in_doubt
    await house.clock.advance(200)

    assert house.current(record).stage is Stage.HELD
    assert 20 < simulated.asked("balance") < 40


async def test_a_message_that_is_soon_old_news(
    house: House, simulated: SimulatedGateway
) -> None:
    """Evidence is waited for all the same, for a while."""
    simulated.fail(Fault.ERROR_500, operation="balance", times=1)
    record = await doubt(house, simulated, Fault.CUT_AFTER, life=SECOND)
    await house.clock.advance(61)
    assert house.current(record).is_in_doubt

    await house.clock.advance(121)

    assert house.current(record).outcome is Outcome.ACCEPTED


async def test_a_journal_that_cannot_be_read(
    house: House, simulated: SimulatedGateway
) -> None:
    """The doubt is not forgotten."""
    record = await doubt(house, simulated, Fault.CUT_AFTER)
    house.disk.is_readable = False
    await house.clock.advance(200)
    assert house.current(record).is_in_doubt
    house.disk.is_readable = True

    await house.clock.advance(121)

    assert house.current(record).outcome is Outcome.ACCEPTED


async def test_a_request_under_way(house: House, simulated: SimulatedGateway) -> None:
    """The balance is not asked for while it may change."""
    record = await doubt(house, simulated, Fault.CUT_BEFORE)
    simulated.fail(Fault.STALL_AFTER, operation="send", times=1)
    sending = asyncio.create_task(house.outbox.send(house.message()))
    while simulated.asked("send") < 2:
        await asyncio.sleep(0)

    wakes = house.clock.timers
    house.clock.time += 61 * SECOND
    await house.clock.advance(0)
    assert wakes == house.clock.timers
    await sending
    assert house.current(record).is_in_doubt


async def test_a_balance_is_noted_where_it_is_certain(
    house: House, simulated: SimulatedGateway
) -> None:
    """Not while something else may be charged, or may have been."""
    simulated.fail(Fault.STALL_AFTER, operation="send", times=1)
    first = house.message()
    sending = asyncio.create_task(house.outbox.send(first))
    await simulated.until_asked("send")
    second = await house.outbox.send(house.message())
    await sending
    await house.poll()
    third = await house.send()

    assert house.current(first).balance_before is not None
    assert second.submissions[0].balance_before is None
    assert third.submissions[0].balance_before is None


# --- a look, step by step -------------------------------------------------------------


class Scripted(Sender):
    """Somebody else who makes the requests, as a test wants it."""

    def __init__(self) -> None:
        """Be idle, with ten credits."""
        self.requests: int | None = 0
        self.while_asked: Callable[[], None] = lambda: None
        self.asked = 0
        self.enqueued: list[str] = []
        self.answer = asyncio.Event()
        self.answer.set()

    @override
    def activity(self) -> int | None:
        return self.requests

    @override
    async def ask_credits(self) -> Decimal | None:
        self.asked += 1
        await self.answer.wait()
        self.while_asked()
        return Decimal(9)

    @override
    def may_be_tried(self, record: MessageRecord, made: SubmissionRecord) -> bool:
        return False

    @override
    def enqueue(self, record: MessageRecord) -> None:
        self.enqueued.append(record.message_id)


@pytest.fixture
def sender() -> Scripted:
    """Return somebody who makes no requests."""
    return Scripted()


@pytest.fixture
async def messages(house: House) -> OpenMessages:
    """Return a single message, in doubt and no longer under way."""
    messages = OpenMessages(house.journal, house.clock, house.books.changed)
    await messages.admit(in_doubt(house))
    return messages


@pytest.fixture
def doubts(house: House, messages: OpenMessages, sender: Scripted) -> Doubts:
    """Return the doubts about it."""
    return Doubts(messages, house.journal, house.clock, sender)


def in_doubt(house: House) -> MessageRecord:
    """Return a message that was handed over now, and may have left."""
    record = house.message(life=30 * SECOND)
    return record.updated(
        SubmissionRecord(
            recipient=made.recipient,
            outcome=Outcome.UNKNOWN,
            segments=1,
            attempts=1,
            attempted=house.clock.now(),
            balance_before=Decimal(10),
        )
        for made in record.submissions
    )


async def test_a_look_while_something_is_under_way(
    house: House, messages: OpenMessages, doubts: Doubts, sender: Scripted
) -> None:
    """It is put off, and the user is asked if that goes on for too long."""
    sender.requests = None
    doubts.look_later()

    await house.clock.advance(PATIENCE.total_seconds() - 15)
    assert len(doubts.in_doubt()) == 1
    await house.clock.advance(30)

    assert sender.asked == 0
    assert doubts.in_doubt() == {}
    assert [record.is_held for record in messages] == [True]
    await doubts.stop()
    await messages.close()


async def test_a_clock_that_is_set_back_during_a_request(
    house: House, doubts: Doubts, sender: Scripted
) -> None:
    """What is under way is not put before the user."""
    sender.requests = None
    house.clock.set_back(DAY)
    doubts.look_later()
    await house.clock.advance(90)
    assert len(doubts.in_doubt()) == 1

    sender.requests = 1
    await house.clock.advance(10)

    assert doubts.in_doubt() == {}
    assert sender.asked == 0
    await doubts.stop()


async def test_something_begins_during_a_look(
    house: House, messages: OpenMessages, doubts: Doubts, sender: Scripted
) -> None:
    """What was seen proves nothing; it is looked at again soon."""

    def begin() -> None:
        sender.requests = sender.asked

    sender.while_asked = begin
    doubts.look_later()
    await house.clock.advance(61)
    assert len(doubts.in_doubt()) == 1

    sender.while_asked = lambda: None
    await house.clock.advance(10)

    assert doubts.in_doubt() == {}
    assert sender.asked == 2
    assert len(messages) == 0
    await doubts.stop()


async def test_only_one_look_at_a_time(
    house: House, doubts: Doubts, sender: Scripted
) -> None:
    """A second one that comes too soon would pass for that of later."""
    house.clock.time += 61 * SECOND
    sender.answer.clear()
    doubts.look_later()
    house.clock.wake_next()
    await let_run()
    assert sender.asked == 1

    doubts.look_later()
    house.clock.wake_next()
    await let_run()

    assert sender.asked == 1
    assert house.clock.timers == 1
    sender.answer.set()
    await quiet()
    await doubts.stop()


async def test_a_look_that_fails_is_not_the_last(
    house: House,
    doubts: Doubts,
    sender: Scripted,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A mistake of ours is logged, and the doubt is not forgotten."""

    def fail() -> None:
        raise LookupError

    sender.while_asked = fail
    doubts.look_later(61 * SECOND)
    await house.clock.advance(62)
    assert "Unexpected LookupError" in caplog.text
    caplog.clear()

    sender.while_asked = lambda: None
    await house.clock.advance(121)

    assert doubts.in_doubt() == {}
    await doubts.stop()


async def test_a_stop_during_a_look(
    house: House, doubts: Doubts, sender: Scripted
) -> None:
    """It is waited for, and none comes after it."""

    def begin() -> None:
        sender.requests = 7

    sender.answer.clear()
    sender.while_asked = begin
    doubts.look_later(61 * SECOND)
    advancing = asyncio.create_task(house.clock.advance(61))
    while not sender.asked:
        await asyncio.sleep(0)
    stopping = asyncio.create_task(doubts.stop())
    await let_run()
    assert not stopping.done()

    sender.answer.set()
    await stopping
    await advancing

    assert len(doubts.in_doubt()) == 1
    assert house.clock.timers == 0


async def test_a_message_that_goes_during_a_look(
    house: House, messages: OpenMessages, doubts: Doubts, sender: Scripted
) -> None:
    """It is not missed."""
    [known] = messages

    def close() -> None:
        messages.keep_soon(
            known.message_id,
            lambda record: record.updated(
                SubmissionRecord(recipient=made.recipient, stage=Stage.CLOSED)
                for made in record.submissions
            ),
        )

    sender.while_asked = close
    doubts.look_later(61 * SECOND)

    await house.clock.advance(62)

    assert len(messages) == 0
    assert sender.enqueued == []
    await doubts.stop()


# --- the user's choice ----------------------------------------------------------------


async def hold(
    house: House, simulated: SimulatedGateway, fault: Fault, **options: object
) -> MessageRecord:
    """Return a message that no evidence has settled."""
    await house.send()
    record = await doubt(house, simulated, fault, **options)
    await house.clock.advance(61)
    assert house.current(record).stage is Stage.HELD
    simulated.accepted.clear()
    return record


@pytest.mark.parametrize(
    ("choice", "outcome"),
    [(Choice.SENT, Outcome.ACCEPTED), (Choice.DROP, Outcome.UNKNOWN)],
)
async def test_the_user_knows(
    house: House, simulated: SimulatedGateway, choice: Choice, outcome: Outcome
) -> None:
    """It is over, and nothing is sent."""
    record = await hold(house, simulated, Fault.CUT_AFTER)

    await house.outbox.resolve(record.message_id, choice)
    await house.outbox.resolve(record.message_id, Choice.RESEND)
    await house.clock.advance(3600)

    made = house.current(record)
    assert (made.outcome, made.stage) == (outcome, Stage.CLOSED)
    assert simulated.accepted == []
    assert await house.journal.unsettled() == []


async def test_the_user_wants_it_sent_again(
    house: House, simulated: SimulatedGateway
) -> None:
    """It has its time anew."""
    record = await hold(house, simulated, Fault.CUT_BEFORE)
    await house.clock.advance(7200)

    await house.outbox.resolve(record.message_id, Choice.RESEND)
    await quiet()

    made = house.current(record)
    assert (made.outcome, made.stage) == (Outcome.ACCEPTED, Stage.CLOSED)
    assert len(simulated.accepted) == 1
    stored = await house.journal.get(record.message_id)
    assert stored is not None
    assert stored.expires - stored.created == HOUR
    assert stored.created > record.created + 2 * HOUR


async def test_a_choice_about_what_is_not_held(
    house: House, simulated: SimulatedGateway
) -> None:
    """Nothing happens."""
    record = await doubt(house, simulated, Fault.CUT_AFTER)

    await house.outbox.resolve(record.message_id, Choice.RESEND)
    await quiet()

    assert house.current(record).is_in_doubt
    assert len(simulated.accepted) == 1


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.CUT_BEFORE])
async def test_what_is_sent_again_may_have_arrived_before(
    house: House, simulated: SimulatedGateway, fault: Fault
) -> None:
    """If it fails the second time, nobody says that it never left."""
    record = await hold(house, simulated, Fault.CUT_AFTER)
    simulated.fail(fault, operation="send")

    await house.outbox.resolve(record.message_id, Choice.RESEND)
    await house.clock.advance(7200)

    made = house.current(record)
    assert (made.outcome, made.stage) == (Outcome.UNKNOWN, Stage.HELD)


async def test_what_is_sent_again_may_be_refused(
    house: House, simulated: SimulatedGateway
) -> None:
    """That is of the second time only."""
    record = await hold(house, simulated, Fault.CUT_AFTER)
    simulated.credits = Decimal(0)

    await house.outbox.resolve(record.message_id, Choice.RESEND)
    await quiet()

    made = house.current(record)
    assert (made.outcome, made.stage) == (Outcome.UNKNOWN, Stage.HELD)
    assert made.failure is not None
    assert made.failure.key == "insufficient_credit"


# --- rather twice than never ------------------------------------------------------------


async def test_it_is_sent_again_without_asking(
    house: House, simulated: SimulatedGateway
) -> None:
    """Once, however often it could not be handed over before that."""
    await house.send()
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=3)
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=2)
    record = await house.send(on_unknown=OnUnknown.RESEND)
    await house.clock.advance(50)
    assert house.current(record).is_in_doubt
    asked = simulated.asked("send")
    # A minute after the doubt began, and pauses are not all of one length.
    await house.clock.advance(60)
    assert simulated.asked("send") == asked + 1
    # What that costs isn't told, so that nothing is proved.
    await house.send()

    await house.clock.advance(1800)

    assert simulated.asked("send") == asked + 2
    made = house.current(record)
    assert (made.outcome, made.stage) == (Outcome.UNKNOWN, Stage.HELD)


async def test_what_was_proved_not_to_have_left_was_not_sent_again(
    house: House, simulated: SimulatedGateway
) -> None:
    """After another doubt it may still be, for once."""
    record = await doubt(
        house, simulated, Fault.CUT_BEFORE, on_unknown=OnUnknown.RESEND
    )
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=1)
    await house.clock.advance(182)
    assert simulated.asked("send") == 2
    await house.send()

    await house.clock.advance(130)

    assert simulated.asked("send") == 4
    assert house.current(record).outcome is Outcome.ACCEPTED
    assert len(simulated.accepted) == 2


async def test_old_news_is_not_sent_again(
    house: House, simulated: SimulatedGateway
) -> None:
    """The user is asked."""
    await house.send()
    record = await doubt(
        house,
        simulated,
        Fault.CUT_AFTER,
        on_unknown=OnUnknown.RESEND,
        life=30 * SECOND,
    )

    await house.clock.advance(61)

    made = house.current(record)
    assert (made.outcome, made.stage) == (Outcome.UNKNOWN, Stage.HELD)


async def test_one_recipient_in_doubt_of_two(
    house: House, simulated: SimulatedGateway
) -> None:
    """Only that one is held."""
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await house.send(MAMAN, PAPA)
    await house.clock.advance(61)

    known = house.books.latest[record.message_id]
    assert sorted(made.stage for made in known.submissions) == [
        Stage.CLOSED,
        Stage.HELD,
    ]
