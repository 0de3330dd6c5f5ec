"""The dispatcher: when a request is made, and when none is."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
import time

import aiohttp
import pytest

from custom_components.passerelle_sms import messaging
from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.model.message import SendResult, Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import RowKey, Stage
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.fake_gateways import SilentGateway
from tests.messaging.harness import MessagingHarness, following
from tests.messaging.idle import let_run, until_idle
from tests.messaging.outbox.conftest import texts
from tests.messaging.scheduling import outcomes
from tests.messaging.steps import count_steps
from tests.simulator import Fault, SimulatedGateway, Simulator

FRENCH = "+33612345678"
SECOND = timedelta(seconds=1)


async def send_all(
    harness: MessagingHarness, records: list[MessageRecord]
) -> list[MessageRecord]:
    """Hand in messages at the same moment, and return their answers."""
    return await asyncio.gather(*map(harness.outbox.send, records))


# --- the gateway is out of reach ----------------------------------------------------


async def test_a_gateway_that_is_away_is_left_alone(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Up to half a minute each time; and whoever comes meanwhile has an answer."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")

    await send_all(harness, [harness.message() for _ in range(200)])
    storm = simulated.asked("send")
    await harness.clock.advance(3600 - 1)

    assert storm <= harness.gateway.limits.concurrency
    assert 3600 / 30 <= simulated.asked("send") - storm <= 3600 / 20
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

    harness.dispatcher.retry_now()
    await until_idle()

    assert harness.current(record).outcome is Outcome.ACCEPTED
    assert harness.clock.now() == asked
    # What provably never left counts for nothing.
    assert harness.current(record).attempts == 1


async def test_a_new_message_tries_the_old_ones_first(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """One by one, so that they arrive in their order."""
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=2)
    first = await harness.send()
    await harness.clock.advance(5)
    assert simulated.asked("send") == 2
    harness.clock.tick(5 * SECOND)

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
    while len(harness.store) < 5:
        await asyncio.sleep(0)
    await let_run()

    harness.clock.tick(SECOND)
    harness.dispatcher.retry_now()

    assert outcomes(await waiting) == [Outcome.EXPIRED]
    await asyncio.gather(*busy)


async def test_a_loop_of_new_messages_does_not_besiege_a_gateway_that_is_away(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Each may cut a pause short, but not one that has only begun."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    for _ in range(240):
        assert outcomes(await harness.send()) == [Outcome.QUEUED]
        await harness.clock.advance(0.25)

    assert 60 / 30 <= simulated.asked("send") <= 60 / 5 + 1


async def test_an_alert_is_on_its_way_half_a_minute_after_the_gateway_is_back(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """However long it was away, and however long the last request has hung."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    record = await harness.send()
    await harness.clock.advance(1800)

    simulated.heal()
    await harness.clock.advance(30)

    assert harness.current(record).outcome is Outcome.ACCEPTED


# --- several at once ----------------------------------------------------------------


async def test_two_hundred_at_once(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> None:
    """None is lost or doubled, the account is not besieged, the loop never stalls."""
    harness = make_house(simulated)
    await harness.start()
    gaps: list[float] = []

    # How long the loop works without a break, whatever else the machine has to do.
    async def tick() -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0.001)
            now = time.thread_time()
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
    assert len(harness.store) == 0
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
    await harness.poll()
    numbers = [f"+225075712{index:04}" for index in range(150)]

    record = await harness.send(*numbers)

    assert set(outcomes(record)) == {Outcome.ACCEPTED}
    assert simulator.smseco.asked("send") == 2
    assert len(simulator.smseco.accepted) == 150
    # What both have told is no balance of one moment; the next one's is.
    assert harness.ledger.books.latest == 1000
    await harness.send("+2250757123456")
    assert harness.ledger.books.latest == simulator.smseco.credits == 849


# --- stopping -----------------------------------------------------------------------


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

    stopping = asyncio.create_task(harness.dispatcher.stop())
    assert outcomes(await sending[4]) == [Outcome.QUEUED]
    assert not stopping.done()
    await stopping

    assert [outcomes(await task) for task in sending[:4]] == [[Outcome.UNKNOWN]] * 4
    assert simulated.asked("send") == 4
    await harness.reconciler.stop()
    assert harness.clock.timers == 0
    stored = await harness.journal.not_closed()
    assert sorted(outcome for record in stored for outcome in outcomes(record)) == [
        Outcome.QUEUED,
        *[Outcome.UNKNOWN] * 4,
    ]


# --- mistakes of ours ---------------------------------------------------------------


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
    assert harness.current(record).is_unknown_open
    await harness.clock.advance(600)
    assert harness.current(record).stage is Stage.HELD
    assert len(simulated.accepted) == 1
    caplog.clear()


# --- settled while it waits -----------------------------------------------------------


def settled(record: MessageRecord, key: RowKey) -> MessageRecord:
    """Return a message that was settled for a recipient by somebody else."""
    submission = record.find(key)
    return record.updated(
        [replace(submission, outcome=Outcome.ACCEPTED, stage=Stage.CLOSED)]
    )


def unchanged(record: MessageRecord, key: RowKey) -> MessageRecord:
    """Return a message as it is."""
    assert record.find(key)
    return record


async def test_a_second_request_that_begins_before_the_first_is_put_away(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is under way until its own answer, and that is told to who knows the balance."""
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=1)

    def retry(record: MessageRecord, _changed: object) -> None:
        if record.submissions[0].failure is not None:
            harness.dispatcher.retry_now()

    harness.store.listen(retry)
    sending = asyncio.create_task(harness.outbox.send(harness.message()))
    while simulated.asked("send") < 2:
        assert harness.ledger.request_count_if_idle() != 2
        await asyncio.sleep(0)
    assert harness.ledger.request_count_if_idle() is None

    assert outcomes(await sending) == [Outcome.ACCEPTED]
    await until_idle()
    assert len(harness.observer.results) == 2
    assert "Unexpected" not in caplog.text


async def test_what_is_settled_while_it_waits_is_not_sent(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Nothing is asked, and the next one has its turn."""
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=1)
    first = await harness.send()
    for settle in (settled, unchanged):
        await harness.store.change(first.message_id, partial(settle, key=MAMAN))
    harness.clock.tick(5 * SECOND)

    second = await harness.send()

    assert texts(simulated) == [second.text]
    assert simulated.asked("send") == 2
    assert harness.ledger.request_count_if_idle() is not None
    assert harness.clock.timers == 0


@pytest.mark.parametrize("by", [timedelta(), timedelta(hours=6)])
async def test_what_is_settled_while_it_waits_does_not_expire(
    harness: MessagingHarness, simulated: SimulatedGateway, by: timedelta
) -> None:
    """When its time is over there is nothing left to keep at home."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    record = await harness.send(life=timedelta(seconds=1))
    await harness.store.change(record.message_id, partial(settled, key=MAMAN))
    if by:
        harness.clock.jump(by)

    await harness.clock.advance(120)

    assert outcomes(await harness.kept(record)) == [Outcome.ACCEPTED]
    assert harness.clock.timers == 0


async def test_a_part_that_is_settled_while_it_waits_is_not_sent(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The message goes on for the other one."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    record = await harness.send(MAMAN, PAPA)
    await harness.store.change(record.message_id, partial(settled, key=MAMAN))
    simulated.heal()

    await harness.clock.advance(6)

    assert [taken.recipient for taken in simulated.accepted] == [PAPA[1:]]


async def test_who_is_settled_while_it_waits_is_left_out(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """The others of the same request get it."""
    harness = make_house(simulator.smseco)
    await harness.start()
    simulator.smseco.fail(Fault.RATE_LIMITED, operation="send", times=1)
    record = await harness.send("+2250757120001", "+2250757120002")
    await harness.store.change(
        record.message_id, partial(settled, key=RowKey("+2250757120001"))
    )

    await harness.clock.advance(6)

    assert [taken.recipient for taken in simulator.smseco.accepted] == ["2250757120002"]
    assert outcomes(await harness.kept(record)) == [Outcome.ACCEPTED] * 2


async def test_what_is_settled_during_its_request_stays_settled(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A report proves that it was taken; that the answer was lost says nothing more."""
    simulated.fail(Fault.STALL_AFTER, operation="send", times=1)
    record = harness.message()
    sending = asyncio.create_task(harness.outbox.send(record))
    await simulated.until_asked("send")
    await harness.store.change(record.message_id, partial(settled, key=MAMAN))
    await let_run()

    simulated.release()

    assert outcomes(await sending) == [Outcome.ACCEPTED]
    await until_idle()
    assert outcomes(await harness.kept(record)) == [Outcome.ACCEPTED]
    assert [line for line in caplog.records if line.levelname == "ERROR"] == []


# --- what the disk is asked for -------------------------------------------------------


async def test_an_alert_takes_two_writes(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """One before it leaves, with all that is begun; one after."""
    simulated.fail(Fault.STALL_BEFORE, operation="send", times=1)
    sending = asyncio.create_task(harness.outbox.send(harness.message()))
    await simulated.until_asked("send")
    assert harness.disk.writes == 1
    simulated.release()
    await sending
    await until_idle()

    assert harness.disk.writes == 2

    await harness.send(MAMAN, PAPA)
    assert harness.disk.writes in {4, 5}


class OneByOneGateway(SilentGateway):
    """Takes one recipient a request."""

    limits = replace(SilentGateway.limits, recipients_per_request=1)


class OneAfterTheOtherGateway(OneByOneGateway):
    """Takes them one after the other."""

    limits = replace(OneByOneGateway.limits, concurrency=1)


async def test_a_result_and_what_begins_next_are_one_write(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """However many requests a message takes: one write for each, and one before."""
    gateway = OneAfterTheOtherGateway(session)
    async with following(gateway, tmp_path) as harness:
        record = await harness.send(*(f"+23769{index:07}" for index in range(20)))

        assert set(outcomes(record)) == {Outcome.ACCEPTED}
        assert harness.disk.writes == 21


async def test_ten_times_as_many_recipients_take_ten_times_the_work(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """One by one at the gateway, and none looks at all the others."""
    work: list[int] = []
    async with following(OneByOneGateway(session), tmp_path) as harness:
        for many in (30, 300):
            message = harness.message(*(f"+23769{index:07}" for index in range(many)))
            with count_steps(messaging) as steps:
                record = await harness.outbox.send(message)
                await until_idle()
            work.append(steps.count)
            assert set(outcomes(record)) == {Outcome.ACCEPTED}

    assert work[1] < 11 * work[0]


# --- a request of a new message -------------------------------------------------------


async def test_nobody_is_told_while_the_message_is_taken_in(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """That others have to wait just now is no answer yet."""
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=1)
    await harness.send()
    sending = asyncio.create_task(harness.outbox.send(harness.message()))
    for _ in range(3):
        await asyncio.sleep(0)
    harness.dispatcher.retry_now()

    assert outcomes(await sending) == [Outcome.ACCEPTED]


async def test_a_message_that_is_not_taken_in_leaves_room_for_others(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Its requests count no more, whatever went wrong."""
    harness.disk.room = 0
    for _ in range(5):
        with pytest.raises(NotStoredError):
            await harness.outbox.send(harness.message())
    harness.disk.room = None
    with pytest.raises(TypeError):
        await harness.outbox.send(
            replace(harness.message(), created=datetime(2026, 11, 1))
        )

    assert harness.ledger.request_count_if_idle() is not None
    assert outcomes(await harness.send()) == [Outcome.ACCEPTED]


# --- draining -------------------------------------------------------------------------


async def test_draining_waits_for_what_is_under_way(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """What waits stays, and whoever waits for it is answered at once."""
    simulated.fail(Fault.STALL_BEFORE, operation="send", times=4)
    sending = [
        asyncio.create_task(harness.outbox.send(harness.message())) for _ in range(6)
    ]
    while simulated.asked("send") < 4 or len(harness.store) < 6:
        await asyncio.sleep(0)
    await let_run()

    draining = asyncio.create_task(harness.dispatcher.drain())
    assert [outcomes(await task) for task in sending[4:]] == [[Outcome.QUEUED]] * 2
    assert harness.observer.results == []
    assert not draining.done()
    simulated.release()
    await draining

    assert [outcomes(await task) for task in sending[:4]] == [[Outcome.UNKNOWN]] * 4
    assert simulated.asked("send") == 4
    await harness.clock.advance(3600)
    assert simulated.asked("send") == 4


async def test_draining_waits_for_a_message_that_is_being_taken_in(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It was begun: after the drain its outcome is known."""
    sending = asyncio.create_task(harness.outbox.send(harness.message()))
    while harness.disk.writes == 0:
        await asyncio.sleep(0)
    assert simulated.asked("send") == 0

    await harness.dispatcher.drain()

    assert len(simulated.accepted) == 1
    assert outcomes(await sending) == [Outcome.ACCEPTED]


async def test_a_message_that_comes_while_draining_is_sent_ahead(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Somebody wants to tell that the house goes down; the others wait."""
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=1)
    waits = await harness.send()
    await harness.dispatcher.drain()

    news = await harness.send()

    assert outcomes(news) == [Outcome.ACCEPTED]
    await harness.clock.advance(60)
    assert texts(simulated) == [news.text]
    assert harness.current(waits).is_waiting


async def test_draining_answers_for_whom_there_is_no_room(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """A new message that can't leave at once is on disk, and queued."""
    simulated.fail(Fault.STALL_AFTER, operation="send", times=4)
    busy = [
        asyncio.create_task(harness.outbox.send(harness.message())) for _ in range(4)
    ]
    while simulated.asked("send") < 4:
        await asyncio.sleep(0)
    draining = asyncio.create_task(harness.dispatcher.drain())
    await let_run()

    record = await harness.outbox.send(harness.message())

    assert outcomes(record) == [Outcome.QUEUED]
    assert await harness.kept(record) == record
    simulated.release()
    await asyncio.gather(draining, *busy)
