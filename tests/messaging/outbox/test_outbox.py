"""The outbox: what is tried, tried again, expired, and told to whom."""

import asyncio
from datetime import timedelta
import time

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    MessageTooLongError,
    NotStoredError,
    OutboxFullError,
)
from custom_components.passerelle_sms.gateways.model.message import SendResult, Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
    Stage,
    SubmissionRecord,
)
from custom_components.passerelle_sms.messaging.outbox import outbox as outbox_module
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import HOUR, MessagingHarness
from tests.messaging.idle import let_run, until_idle
from tests.simulator import Fault, SimulatedGateway, Simulator

FRENCH = "+33612345678"
SECOND = timedelta(seconds=1)


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedGateway:
    """Return the gateway that most tests send through."""
    return simulator.etech_keys


@pytest.fixture
async def harness(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> MessagingHarness:
    """Return a house that has started, with that gateway."""
    harness = make_house(simulated)
    await harness.start()
    return harness


def outcomes(record: MessageRecord) -> list[Outcome]:
    """Return what became of a message, recipient by recipient."""
    return [submission.outcome for submission in record.submissions]


def texts(simulated: SimulatedGateway) -> list[str]:
    """Return the texts that were taken, in their order."""
    return [taken.text for taken in simulated.accepted]


async def send_all(
    harness: MessagingHarness, records: list[MessageRecord]
) -> list[MessageRecord]:
    """Hand in messages at the same moment, and return their answers."""
    return await asyncio.gather(*map(harness.outbox.send, records))


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
    assert len(harness.outbox.messages) == 0
    assert [len(result.submissions) for result, _ in harness.observer.results] == [1, 1]
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
    assert harness.outbox.request_count_if_idle() is None
    assert outcomes(await sending) == [Outcome.UNKNOWN]
    await until_idle()
    assert harness.outbox.request_count_if_idle() == 1


async def test_a_refusal_is_final(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It says why, and is not repeated."""
    simulated.credits -= 1000

    [submission] = (await harness.send()).submissions
    await harness.clock.advance(3600)

    assert (submission.outcome, submission.stage) == (Outcome.REJECTED, Stage.CLOSED)
    assert submission.failure is not None
    assert submission.failure.key == "insufficient_credit"
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
    assert len(harness.outbox.messages) == 0


# --- the gateway is out of reach ----------------------------------------------------


async def test_fifty_messages_through_ten_minutes_without_network(
    make_house: HouseMaker, simulator: Simulator, simulated: SimulatedGateway
) -> None:
    """All are sent once and in order when it is back, but those that are old news."""
    harness = make_house(simulated)
    await harness.start()
    await simulator.__aexit__(None, None, None)
    answers = []
    for index in range(50):
        life = timedelta(minutes=5) if index in {3, 13, 23} else HOUR
        answers.append(await harness.send(life=life))
        await harness.clock.advance(12)
    assert {outcome for record in answers for outcome in outcomes(record)} == {
        Outcome.QUEUED
    }

    await simulator.__aenter__()
    await harness.clock.advance(150)

    expired = [answers[index] for index in (3, 13, 23)]
    assert texts(simulated) == [
        record.text for record in answers if record not in expired
    ]
    assert {harness.current(record).outcome for record in expired} == {Outcome.EXPIRED}
    assert len(harness.outbox.messages) == 0
    assert harness.clock.timers == 0


async def test_a_gateway_that_is_away_is_left_alone(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Ever longer, up to two minutes; and whoever comes meanwhile has an answer."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")

    await send_all(harness, [harness.message() for _ in range(200)])
    storm = simulated.asked("send")
    await harness.clock.advance(3600 - 1)

    assert storm <= harness.gateway.limits.concurrency
    assert 25 <= simulated.asked("send") - storm <= 50
    await harness.clock.advance(1)
    assert {
        record.submissions[0].outcome for record in harness.observer.history[-200:]
    } == {Outcome.EXPIRED}
    assert simulated.accepted == []


async def test_it_wakes_when_the_network_is_back(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """At once, however long the pause still is."""
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=3)
    record = await harness.send()
    await harness.clock.advance(25)
    assert simulated.asked("send") == 3
    asked = harness.clock.now()

    harness.outbox.wake()
    await until_idle()

    assert harness.current(record).outcome is Outcome.ACCEPTED
    assert harness.clock.now() == asked
    # What provably never left counts for nothing.
    assert harness.current(record).attempts == 1


async def test_a_new_message_tries_the_old_ones_first(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """One by one, so that they arrive in their order."""
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=1)
    first = await harness.send()

    second = await harness.send()

    assert outcomes(first) == [Outcome.QUEUED]
    assert texts(simulated) == [first.text, second.text]


async def test_it_expires_while_others_keep_the_gateway_busy(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The answer says so."""
    simulated.fail(Fault.STALL_BEFORE, operation="send", times=4)
    busy = [asyncio.create_task(harness.send()) for _ in range(4)]
    while simulated.asked("send") < 4:
        await simulated.until_asked("send")
        await asyncio.sleep(0)
    waiting = asyncio.create_task(harness.outbox.send(harness.message(life=SECOND)))
    while len(harness.outbox.messages) < 5:
        await asyncio.sleep(0)
    await let_run()

    harness.clock.time += SECOND
    harness.outbox.wake()

    assert outcomes(await waiting) == [Outcome.EXPIRED]
    await asyncio.gather(*busy)


async def test_a_clock_that_is_set_back(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Nothing waits for a time that has been."""
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=1)
    record = await harness.send()

    harness.clock.set_back(timedelta(days=1))
    await harness.clock.advance(7)

    assert harness.current(record).outcome is Outcome.ACCEPTED


# --- several at once ----------------------------------------------------------------


async def test_two_hundred_at_once(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> None:
    """None is lost or doubled, the account is not besieged, the loop never stalls."""
    harness = make_house(simulated)
    await harness.start()
    gaps: list[float] = []

    async def tick() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    ticking = asyncio.create_task(tick())
    answers = await send_all(harness, [harness.message() for _ in range(200)])
    ticking.cancel()

    assert {outcome for record in answers for outcome in outcomes(record)} == {
        Outcome.ACCEPTED
    }
    assert sorted(texts(simulated)) == sorted(record.text for record in answers)
    assert max(gaps) < 0.25
    await until_idle()
    assert len(harness.outbox.messages) == 0
    # Far fewer than three for each: what comes together is written together.
    assert harness.disk.writes < 300
    assert await harness.journal.not_closed() == []


async def test_two_hundred_share_a_transaction(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """And no more requests are made at once than the account takes."""
    simulated.fail(Fault.STALL_BEFORE, operation="send")
    messages = [harness.message() for _ in range(200)]
    sending = asyncio.create_task(send_all(harness, messages))
    while simulated.asked("send") < harness.gateway.limits.concurrency:
        await asyncio.sleep(0)
    await let_run()

    assert simulated.asked("send") == harness.gateway.limits.concurrency
    # All taken in together, and the first four begun together.
    assert harness.disk.writes <= 4
    simulated.heal()
    simulated.release()
    await sending


async def test_a_message_in_several_requests(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Each recipient has an outcome of its own, whatever the order of the answers."""
    numbers = [f"+2376956882{index:02}" for index in range(10)]
    simulated.fail(Fault.CUT_AFTER, operation="send", times=3)

    record = await harness.send(*numbers)

    assert sorted(outcomes(record)) == [Outcome.ACCEPTED] * 7 + [Outcome.UNKNOWN] * 3
    stored = await harness.journal.get(record.message_id)
    assert stored is not None
    assert outcomes(stored) == outcomes(record)
    assert len(simulated.accepted) == 10


async def test_a_request_for_many(make_house: HouseMaker, simulator: Simulator) -> None:
    """Where the gateway takes them, they go together, and it tells what is left."""
    harness = make_house(simulator.smseco)
    await harness.start()
    numbers = [f"+225075712{index:04}" for index in range(150)]

    record = await harness.send(*numbers)

    assert set(outcomes(record)) == {Outcome.ACCEPTED}
    assert simulator.smseco.asked("send") == 2
    assert len(simulator.smseco.accepted) == 150
    [(_, first_alone), (_, second_alone)] = harness.observer.results
    assert not (first_alone and second_alone)
    await harness.send("+2250757123456")
    assert harness.observer.results[-1][1]


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
    assert len(harness.outbox.messages) == 3
    with pytest.raises(OutboxFullError):
        await harness.send()


async def test_held_messages_do_not_stop_alerts(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody looks into repairs while on holiday."""
    monkeypatch.setattr(outbox_module, "MOST_OPEN", 1)
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    await harness.send()
    await harness.clock.advance(61)
    assert len(harness.outbox.messages) == 1

    assert outcomes(await harness.send()) == [Outcome.ACCEPTED]


# --- a gateway that refuses what it has had -----------------------------------------


@pytest.fixture
async def french(make_house: HouseMaker, simulator: Simulator) -> MessagingHarness:
    """Return a house whose gateway takes a text for a number once a day."""
    harness = make_house(simulator.sms123)
    await harness.start()
    return harness


@pytest.mark.parametrize(
    ("fault", "requests"), [(Fault.CUT_AFTER, 2), (Fault.CUT_BEFORE, 2)]
)
async def test_a_doubt_is_settled_by_asking_again(
    french: MessagingHarness, simulator: Simulator, fault: Fault, requests: int
) -> None:
    """Either the first one got through, or the second does; never both."""
    simulator.sms123.fail(fault, operation="send", times=1)

    record = await french.send(FRENCH)
    assert outcomes(record) == [Outcome.UNKNOWN]
    await french.clock.advance(7)

    assert french.current(record).outcome is Outcome.ACCEPTED
    assert len(simulator.sms123.accepted) == 1
    assert simulator.sms123.asked("send") == requests
    assert simulator.sms123.asked("balance") == 0
    assert french.clock.timers == 0


async def test_a_message_in_doubt_keeps_nobody_waiting(
    french: MessagingHarness, simulator: Simulator
) -> None:
    """It is asked about less and less often, and then held."""
    sms123 = simulator.sms123
    sms123.fail(Fault.CUT_BEFORE, operation="send", times=1)
    doubtful = await french.send(FRENCH)
    sms123.answer_next("")

    assert outcomes(await french.send(FRENCH)) == [Outcome.UNKNOWN]
    assert outcomes(await french.send(FRENCH)) == [Outcome.ACCEPTED]

    sms123.fail(Fault.HTML, operation="send")
    before = sms123.asked("send")
    await french.clock.advance(3600)
    assert sms123.asked("send") - before < 2 * 45
    submission = french.current(doubtful)
    assert (submission.outcome, submission.stage) == (Outcome.UNKNOWN, Stage.HELD)


async def test_a_doubt_is_no_proof_where_the_text_is_another_messages(
    french: MessagingHarness, simulator: Simulator
) -> None:
    """Code 91 may mean the one that was sent an hour ago."""
    await french.send(FRENCH, text="Porte ouverte")
    await french.clock.advance(3600)
    simulator.sms123.fail(Fault.CUT_BEFORE, operation="send", times=1)

    record = await french.send(FRENCH, text="Porte ouverte")
    await french.clock.advance(7)

    submission = french.current(record)
    assert (submission.outcome, submission.stage) == (Outcome.UNKNOWN, Stage.HELD)
    assert submission.failure is not None
    assert submission.failure.key == "duplicate_message"


async def test_a_doubt_is_no_proof_while_the_journal_cannot_be_read(
    french: MessagingHarness, simulator: Simulator
) -> None:
    """The result of the request is kept all the same."""
    simulator.sms123.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await french.send(FRENCH)

    french.disk.is_readable = False
    await french.clock.advance(7)

    assert french.current(record).stage is Stage.HELD


async def test_a_doubt_whose_second_request_does_not_leave(
    french: MessagingHarness, simulator: Simulator
) -> None:
    """That says nothing about the first."""
    simulator.sms123.fail(Fault.CUT_AFTER, operation="send", times=1)
    simulator.sms123.fail(Fault.RATE_LIMITED, operation="send", times=2)
    record = await french.send(FRENCH)

    await french.clock.advance(7)
    assert french.current(record).outcome is Outcome.UNKNOWN
    await french.clock.advance(60)

    assert french.current(record).outcome is Outcome.ACCEPTED
    assert len(simulator.sms123.accepted) == 1


async def test_a_doubt_after_a_restart(
    french: MessagingHarness, simulator: Simulator
) -> None:
    """It is asked about again."""
    simulator.sms123.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await french.send(FRENCH)
    await french.stop()
    french.build()

    await french.start()
    await french.clock.advance(7)

    assert french.current(record).outcome is Outcome.ACCEPTED


# --- stopping, crashing, starting ---------------------------------------------------


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


async def test_stopping_waits_for_what_is_under_way(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Whoever waits for something else is answered at once."""
    simulated.fail(Fault.STALL_AFTER, operation="send", times=4)
    sending = [
        asyncio.create_task(harness.outbox.send(harness.message())) for _ in range(5)
    ]
    while simulated.asked("send") < 4:
        await asyncio.sleep(0)

    stopping = asyncio.create_task(harness.outbox.stop())
    assert outcomes(await sending[4]) == [Outcome.QUEUED]
    assert not stopping.done()
    await stopping

    assert [outcomes(await task) for task in sending[:4]] == [[Outcome.UNKNOWN]] * 4
    assert simulated.asked("send") == 4
    assert harness.clock.timers == 0
    stored = await harness.journal.not_closed()
    assert sorted(outcome for record in stored for outcome in outcomes(record)) == [
        Outcome.QUEUED,
        *[Outcome.UNKNOWN] * 4,
    ]


async def test_a_message_that_comes_after_the_stop(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It is on disk, and goes on next time."""
    await harness.outbox.stop()
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
    while not harness.outbox.messages:
        await asyncio.sleep(0)
    await let_run()
    assert not sending.done()

    await harness.outbox.start()

    assert outcomes(await sending) == [Outcome.ACCEPTED]
    await until_idle()
    assert sorted(texts(simulated)) == [old.text, new.text]


async def test_a_journal_that_cannot_be_read(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> None:
    """The outbox doesn't start; who waits is answered, and all goes on next time."""
    harness = make_house(simulated)
    await harness.journal.open()
    record = harness.message()
    sending = asyncio.create_task(harness.outbox.send(record))
    while not harness.outbox.messages:
        await asyncio.sleep(0)
    harness.disk.is_readable = False

    with pytest.raises(NotStoredError):
        await harness.outbox.start()

    assert outcomes(await sending) == [Outcome.QUEUED]
    await until_idle()
    assert simulated.requests == []
    assert harness.clock.timers == 0


async def test_starting_after_a_crash(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Queued is sent, in doubt is looked at, held stays, and nothing leaves twice."""
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    held = await harness.send()
    await harness.clock.advance(61)
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

    states = {
        record.message_id: record.submissions[0] for record in harness.outbox.messages
    }
    assert states[held.message_id].stage is Stage.HELD
    assert states[doubtful.message_id].is_unknown_open
    assert len(simulated.accepted) >= 2
    await harness.clock.advance(130)
    assert texts(simulated).count(doubtful.text) == 1
    assert texts(simulated).count(held.text) == 1
    assert texts(simulated).count(queued.text) <= 1


# --- a disk that is full ------------------------------------------------------------


async def test_no_room_for_a_new_message(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It is refused aloud, and not sent."""
    harness.disk.room = 0

    with pytest.raises(NotStoredError):
        await harness.send()

    assert simulated.requests == []
    assert len(harness.outbox.messages) == 0


async def test_no_room_before_the_request(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Nothing leaves until there is; nothing is counted as an attempt."""
    harness.disk.room = 1
    record = await harness.send()

    assert outcomes(record) == [Outcome.QUEUED]
    assert simulated.requests == []
    [known] = harness.outbox.messages
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
    harness.disk.room = 2
    record = await harness.send()
    assert outcomes(record) == [Outcome.ACCEPTED]
    await harness.clock.advance(100)
    [stored] = await harness.journal.not_closed()
    assert outcomes(stored) == [Outcome.UNKNOWN]
    assert caplog.text.count("can't be written") == 1

    harness.disk.room = None
    await harness.clock.advance(31)

    assert await harness.journal.not_closed() == []
    assert len(harness.outbox.messages) == 0
    assert len(simulated.accepted) == 1


async def test_no_room_for_the_outcome_until_the_stop(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It is tried once more then, and no timer stays behind."""
    harness.disk.room = 2
    await harness.send()
    harness.disk.room = None

    await harness.outbox.stop()

    assert await harness.journal.not_closed() == []
    assert harness.clock.timers == 0


async def test_no_room_at_the_stop_either(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Then it is in doubt next time, and not sent twice."""
    harness.disk.room = 2
    await harness.send()

    await harness.outbox.stop()

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
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await harness.send()
    await harness.clock.advance(61)
    [before] = harness.outbox.messages
    harness.disk.room = 0

    for choice in Choice:
        with pytest.raises(NotStoredError):
            await harness.outbox.resolve(record.message_id, choice)

    assert list(harness.outbox.messages) == [before]
    harness.disk.room = None
    await harness.outbox.resolve(record.message_id, Choice.DROP)
    assert await harness.journal.not_closed() == []


# --- mistakes of ours ----------------------------------------------------------------


class Mistaken(Exception):
    """What no gateway should raise."""


async def test_a_mistake_in_the_middle_of_a_request(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is in doubt, it is logged without its text, and the others go on."""

    async def mistake(sms: Sms) -> SendResult:
        raise Mistaken(sms.recipients[0])

    with monkeypatch.context() as patch:
        patch.setattr(harness.gateway, "send", mistake)
        record = await harness.send()

    assert outcomes(record) == [Outcome.UNKNOWN]
    assert "Unexpected Mistaken" in caplog.text
    assert MAMAN not in caplog.text
    other = await harness.send()
    await harness.clock.advance(7)
    assert harness.current(other).outcome is Outcome.ACCEPTED
    await harness.clock.advance(61)
    assert harness.current(record).stage is Stage.HELD
    caplog.clear()


async def test_what_is_settled_meanwhile_is_not_sent(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Whoever comes with an old state of a message."""
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    message = harness.message(MAMAN, PAPA)
    await harness.outbox.send(message)
    await until_idle()
    assert len(simulated.accepted) == 2

    harness.outbox.enqueue(message)
    await until_idle()
    harness.outbox.enqueue(harness.message())
    await until_idle()

    assert simulated.asked("send") == 2
    assert harness.clock.timers == 1
