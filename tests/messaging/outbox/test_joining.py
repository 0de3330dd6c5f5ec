"""Equal messages that wait are sent once, and each of their callers keeps his own."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AlreadyCancelledError,
    NotCancellableError,
    NotStoredError,
    OutboxFullError,
)
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import (
    LONGEST_LIFE,
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.outbox import joining
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import HOUR, MessagingHarness
from tests.messaging.idle import let_run, until_idle
from tests.simulator import Fault, SimulatedGateway, Simulator

TEXT = "Citerne vide"
LATER = timedelta(minutes=10)


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedGateway:
    """Return the gateway that is sent through."""
    return simulator.etech_keys


@pytest.fixture
async def harness(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> MessagingHarness:
    """Return a house that has started."""
    harness = make_house(simulated)
    await harness.start()
    return harness


@pytest.fixture
async def first(harness: MessagingHarness, simulator: Simulator) -> MessageRecord:
    """Return a message that waits for a gateway that is out of reach."""
    await simulator.close()
    return await repeat(harness)


@pytest.fixture
async def second(harness: MessagingHarness, first: MessageRecord) -> MessageRecord:
    """Return one that has joined it later."""
    harness.clock.tick(LATER)
    return await repeat(harness)


async def repeat(
    harness: MessagingHarness, *numbers: str, **changes: Any
) -> MessageRecord:
    """Send the same message once more, or one that differs, and return the answer."""
    record = replace(harness.message(*numbers, text=TEXT), **changes)
    answer = await harness.join_or_send(record)
    await until_idle()
    return answer


async def reconnect(harness: MessagingHarness, simulator: Simulator) -> None:
    """Let the gateway be back, and all be sent."""
    await simulator.open()
    await harness.clock.advance(31)


async def told(harness: MessagingHarness, record: MessageRecord) -> MessageRecord:
    """Return a message as its caller is told of it now."""
    found = await harness.store.get(record.message_id)
    assert found is not None
    return found


async def outcomes(harness: MessagingHarness, *records: MessageRecord) -> list[Outcome]:
    """Return what became of messages for Maman, one by one."""
    return [(await told(harness, record)).find(MAMAN).outcome for record in records]


# --- joining ------------------------------------------------------------------------


async def test_an_alert_that_repeats_through_an_outage_is_paid_once(
    harness: MessagingHarness, simulator: Simulator, simulated: SimulatedGateway
) -> None:
    """And everyone who has sent it learns that it was accepted."""
    await simulator.close()
    sent = []
    for _ in range(60):
        sent.append(await repeat(harness))
        await harness.clock.advance(60)
    assert len({record.message_id for record in sent}) == 60
    assert len(harness.store) == 1

    await reconnect(harness, simulator)

    assert len(simulated.accepted) == 1
    assert set(await outcomes(harness, *sent)) == {Outcome.ACCEPTED}


async def test_who_joins_keeps_an_id_and_a_time_of_his_own(
    harness: MessagingHarness, first: MessageRecord, second: MessageRecord
) -> None:
    """What is kept is one message, and each knows of the other."""
    assert second.message_id != first.message_id
    assert second.created - first.created >= LATER
    assert second.joined_ids == (first.message_id,)
    assert second.kept_id == first.message_id
    assert (await told(harness, first)).joined_ids == (second.message_id,)
    assert [record.message_id for record in harness.store] == [first.message_id]
    assert await told(harness, second) == second


async def test_it_is_worth_sending_for_as_long_as_the_last_one(
    harness: MessagingHarness, first: MessageRecord, second: MessageRecord
) -> None:
    """After a restart too; then both are over."""
    assert second.expires == second.created + HOUR
    assert (await told(harness, first)).expires == second.expires

    await harness.crash()
    await harness.start()
    await harness.clock.advance(3000)
    assert set(await outcomes(harness, first, second)) == {Outcome.QUEUED}

    await harness.clock.advance(3600)
    assert set(await outcomes(harness, first, second)) == {Outcome.EXPIRED}


async def test_its_time_ends_a_day_after_the_first_one(
    harness: MessagingHarness, first: MessageRecord
) -> None:
    """Old news stay at home, however often they are repeated."""
    second = await repeat(harness, time_to_live=LONGEST_LIFE)

    assert second.expires == first.created + LONGEST_LIFE


async def test_an_urgent_one_makes_it_urgent(
    harness: MessagingHarness, first: MessageRecord
) -> None:
    """On disk too; who listens hears of it."""
    await repeat(harness, urgent=True)

    assert harness.observer.latest[first.message_id].urgent
    await harness.crash()
    assert (await opened(harness)).urgent


async def opened(harness: MessagingHarness) -> MessageRecord:
    """Start anew, and return the only message that waits."""
    await harness.start()
    [record] = harness.store
    return record


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "Citerne pleine"},
        {"sender": "MAISON"},
        {"on_unknown": OnUnknown.RESEND},
        {"options": SmsOptions(flash=True)},
        {"options": SmsOptions(personalisation={MAMAN: {"a": "b"}})},
    ],
    ids=str,
)
async def test_what_differs_does_not_join(
    harness: MessagingHarness, first: MessageRecord, changes: dict[str, Any]
) -> None:
    """Each is a message of its own."""
    answer = await repeat(harness, **changes)

    assert answer.leader is None
    assert len(harness.store) == 2


@pytest.mark.parametrize("numbers", [(PAPA,), (MAMAN, PAPA)])
async def test_other_recipients_do_not_join(
    harness: MessagingHarness, first: MessageRecord, numbers: tuple[str, ...]
) -> None:
    """Not even some more."""
    await repeat(harness, *numbers)

    assert len(harness.store) == 2


async def test_what_is_planned_joins_nothing(
    harness: MessagingHarness, first: MessageRecord
) -> None:
    """Nor does anything join it, for the same hour either."""
    options = SmsOptions(send_at=harness.clock.now() + HOUR)
    await repeat(harness, options=options)
    await repeat(harness, options=options)

    assert len(harness.store) == 3


async def test_what_may_have_left_is_joined_by_nothing(
    harness: MessagingHarness, first: MessageRecord
) -> None:
    """What comes of it is not known, and it was paid perhaps."""
    await harness.store.change_open(
        first.message_id,
        lambda record: record.updated([replace(record.find(MAMAN), resent=True)]),
    )

    assert (await repeat(harness)).leader is None


async def test_what_is_under_way_is_joined_by_nothing(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Each is sent, as before."""
    await asyncio.gather(repeat(harness), repeat(harness))

    assert len(simulated.accepted) == 2


async def test_what_is_about_to_be_marked_as_under_way_is_joined_by_nothing(
    harness: MessagingHarness, first: MessageRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its request has begun, and nothing of that is written yet."""
    monkeypatch.setattr(harness.dispatcher, "is_under_way", lambda _message_id: True)

    assert (await repeat(harness)).leader is None
    assert (await told(harness, first)).joined == ()


async def test_two_that_come_at_once_while_others_wait_join(
    harness: MessagingHarness, first: MessageRecord
) -> None:
    """The second waits until the first is on disk."""
    records = [harness.message(PAPA, text=TEXT) for _ in range(2)]

    answers = await asyncio.gather(*map(harness.join_or_send, records))

    assert sorted(answer.kept_id for answer in answers) == [records[0].message_id] * 2
    assert len(harness.store) == 2


async def test_whoever_joins_what_is_about_to_be_tried_waits_for_that(
    harness: MessagingHarness, simulator: Simulator, simulated: SimulatedGateway
) -> None:
    """He hears what its first caller would hear."""
    await simulator.close()
    await harness.send()
    first = await repeat(harness)
    await simulator.open()
    # After a failure they go one by one.
    harness.dispatcher.retry_now()

    answer = await harness.join_or_send(harness.message(text=TEXT))

    assert answer.find(MAMAN).outcome is Outcome.ACCEPTED
    assert answer.leader == first.message_id
    assert len(simulated.accepted) == 2


async def test_more_than_a_day_of_minutes_is_refused(
    harness: MessagingHarness, first: MessageRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a full outbox; those who have joined stay."""
    monkeypatch.setattr(joining, "MOST_JOINED", 2)
    await repeat(harness)
    await repeat(harness)

    with pytest.raises(OutboxFullError):
        await repeat(harness)

    assert len((await told(harness, first)).joined) == 2


async def test_what_can_not_be_written_has_not_joined(
    harness: MessagingHarness, first: MessageRecord
) -> None:
    """Its caller is refused, and nothing is changed, in memory or on disk."""
    before = await told(harness, first)
    record = replace(harness.message(text=TEXT), urgent=True)
    harness.disk.room = 0

    with pytest.raises(NotStoredError):
        await harness.join_or_send(record)

    harness.disk.room = None
    assert await told(harness, first) == before
    assert await harness.store.get(record.message_id) is None
    await harness.crash()
    assert await opened(harness) == before


async def test_of_two_that_join_at_once_on_a_failing_disk_neither_has(
    harness: MessagingHarness, first: MessageRecord
) -> None:
    """Nor is anybody left who waits."""
    before = await told(harness, first)
    harness.disk.room = 0

    answers = await asyncio.gather(
        *(harness.join_or_send(harness.message(text=TEXT)) for _ in range(2)),
        return_exceptions=True,
    )

    assert [type(answer) for answer in answers] == [NotStoredError] * 2
    assert await told(harness, first) == before


async def test_what_is_sent_whatever_the_disk_says_joins_all_the_same(
    harness: MessagingHarness, simulator: Simulator, simulated: SimulatedGateway
) -> None:
    """Urgent, and rather twice than never; its answer tells that it isn't on disk."""
    await simulator.close()
    at_any_price = {"urgent": True, "on_unknown": OnUnknown.RESEND}
    await repeat(harness, **at_any_price)
    harness.disk.room = 0
    answer = await repeat(harness, **at_any_price)
    assert not harness.store.is_stored(answer.message_id)
    harness.disk.room = None

    await reconnect(harness, simulator)

    assert await outcomes(harness, answer) == [Outcome.ACCEPTED]
    assert harness.store.is_stored(answer.message_id)
    assert len(simulated.accepted) == 1


# --- taking back --------------------------------------------------------------------


async def test_taking_back_the_second_leaves_the_first(
    harness: MessagingHarness,
    first: MessageRecord,
    second: MessageRecord,
    simulator: Simulator,
    simulated: SimulatedGateway,
) -> None:
    """Each ends as its caller wanted, with one write."""
    writes = harness.disk.writes

    cancelled = await harness.canceller.cancel(second.message_id)

    assert harness.disk.writes == writes + 1
    assert cancelled.record.find(MAMAN).outcome is Outcome.NOT_SENT
    assert cancelled.record == await harness.journal.get(second.message_id)
    assert (await told(harness, first)).expires == first.created + HOUR
    await reconnect(harness, simulator)
    assert await outcomes(harness, first, second) == [
        Outcome.ACCEPTED,
        Outcome.NOT_SENT,
    ]
    assert len(simulated.accepted) == 1


async def test_taking_back_the_first_leaves_the_second(
    harness: MessagingHarness,
    first: MessageRecord,
    second: MessageRecord,
    simulator: Simulator,
    simulated: SimulatedGateway,
) -> None:
    """It goes on under its own id, and the third with it, with one write."""
    third = await repeat(harness)
    writes = harness.disk.writes

    cancelled = await harness.canceller.cancel(first.message_id)

    assert harness.disk.writes == writes + 1
    assert cancelled.record == await harness.journal.get(first.message_id)
    assert [record.message_id for record in harness.store] == [second.message_id]
    assert (await told(harness, second)).joined_ids == (third.message_id,)
    assert (await told(harness, third)).kept_id == second.message_id
    assert (await told(harness, second)).created == second.created
    await reconnect(harness, simulator)
    assert await outcomes(harness, first, second, third) == [
        Outcome.NOT_SENT,
        Outcome.ACCEPTED,
        Outcome.ACCEPTED,
    ]
    assert len(simulated.accepted) == 1


async def test_all_may_take_it_back_and_nothing_is_sent(
    harness: MessagingHarness,
    first: MessageRecord,
    second: MessageRecord,
    simulator: Simulator,
    simulated: SimulatedGateway,
) -> None:
    """Each once."""
    await harness.canceller.cancel(first.message_id)
    await harness.canceller.cancel(second.message_id)
    for record in (first, second):
        with pytest.raises(AlreadyCancelledError):
            await harness.canceller.cancel(record.message_id)

    await reconnect(harness, simulator)

    assert len(harness.store) == 0
    assert simulated.accepted == []


@pytest.mark.parametrize("which", ["first", "second"])
async def test_a_full_disk_lets_nobody_take_his_back(
    harness: MessagingHarness,
    first: MessageRecord,
    second: MessageRecord,
    simulator: Simulator,
    simulated: SimulatedGateway,
    which: str,
) -> None:
    """Both go on as they were, also after a crash."""
    before = await told(harness, first)
    harness.disk.room = 0
    with pytest.raises(NotStoredError):
        await harness.canceller.cancel(
            {"first": first, "second": second}[which].message_id
        )

    harness.disk.room = None
    assert await told(harness, first) == before
    await harness.crash()
    assert await opened(harness) == before
    await reconnect(harness, simulator)
    assert set(await outcomes(harness, first, second)) == {Outcome.ACCEPTED}
    assert len(simulated.accepted) == 1


@pytest.mark.parametrize("which", ["first", "second"])
@pytest.mark.parametrize("steps", range(0, 40, 3))
async def test_a_crash_while_one_is_taken_back_loses_none(
    harness: MessagingHarness,
    first: MessageRecord,
    second: MessageRecord,
    simulator: Simulator,
    simulated: SimulatedGateway,
    which: str,
    steps: int,
) -> None:
    """Either all of it is on disk or nothing; the other one is sent once."""
    leaving, staying = (first, second) if which == "first" else (second, first)
    cancelling = asyncio.create_task(harness.canceller.cancel(leaving.message_id))
    for _ in range(steps):
        await asyncio.sleep(0)
    harness.cancel_all()
    await harness.crash()
    await asyncio.gather(cancelling, return_exceptions=True)
    await harness.start()

    await reconnect(harness, simulator)

    left, stayed = await outcomes(harness, leaving, staying)
    assert stayed is Outcome.ACCEPTED
    assert left in {Outcome.ACCEPTED, Outcome.NOT_SENT}
    assert len(simulated.accepted) == 1


async def test_what_has_left_can_not_be_taken_back_by_anybody(
    harness: MessagingHarness,
    first: MessageRecord,
    second: MessageRecord,
    simulator: Simulator,
) -> None:
    """It is as for any other message."""
    await reconnect(harness, simulator)

    for record in (first, second):
        with pytest.raises(NotCancellableError):
            await harness.canceller.cancel(record.message_id)


@pytest.mark.parametrize("which", [0, 1])
async def test_once_it_has_reached_somebody_nobody_takes_it_from_the_others(
    harness: MessagingHarness,
    simulator: Simulator,
    simulated: SimulatedGateway,
    which: int,
) -> None:
    """Each of its callers wants it to reach all; alone, he may take back the rest."""
    await simulator.close()
    sent = [await repeat(harness, MAMAN, PAPA) for _ in range(2)]
    await simulator.open()
    harness.dispatcher.retry_now()
    while not simulated.accepted:
        await asyncio.sleep(0)
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    await until_idle()
    [waiting] = harness.store
    assert {row.outcome for row in waiting.submissions} == {
        Outcome.ACCEPTED,
        Outcome.QUEUED,
    }

    with pytest.raises(NotCancellableError):
        await harness.canceller.cancel(sent[which].message_id)

    simulated.heal()
    await harness.clock.advance(31)
    assert len(simulated.accepted) == 2
    for record in sent:
        settled = await told(harness, record)
        assert {row.outcome for row in settled.submissions} == {Outcome.ACCEPTED}


async def test_one_that_comes_while_the_first_is_taken_back_joins_what_goes_on(
    harness: MessagingHarness,
    first: MessageRecord,
    second: MessageRecord,
    simulator: Simulator,
    simulated: SimulatedGateway,
) -> None:
    """Never one that is about to end."""
    third = harness.message(text=TEXT)
    cancelling = asyncio.create_task(harness.canceller.cancel(first.message_id))
    await let_run()
    answer = await harness.join_or_send(third)
    await cancelling

    assert answer.kept_id == second.message_id
    await reconnect(harness, simulator)
    assert await outcomes(harness, first, second, third) == [
        Outcome.NOT_SENT,
        Outcome.ACCEPTED,
        Outcome.ACCEPTED,
    ]
    assert len(simulated.accepted) == 1


async def test_who_waits_for_an_answer_and_is_taken_back_is_told_so(
    harness: MessagingHarness, first: MessageRecord
) -> None:
    """The others go on waiting for theirs."""
    second, third = (harness.message(text=TEXT) for _ in range(2))
    answers = [asyncio.ensure_future(harness.join_or_send(r)) for r in (second, third)]
    while len((await told(harness, first)).joined) < 2:
        await asyncio.sleep(0)
    await harness.canceller.cancel(first.message_id)
    await harness.canceller.cancel(second.message_id)

    told_to_second, told_to_third = await asyncio.gather(*answers)

    assert told_to_second.message_id == second.message_id
    assert told_to_third.message_id == third.message_id


# --- clocks -------------------------------------------------------------------------


@pytest.mark.parametrize("by", [-HOUR * 80, -HOUR / 2, HOUR / 2, HOUR * 80], ids=str)
@pytest.mark.parametrize("cancel", [True, False])
async def test_a_clock_that_is_set_ages_nobody(
    harness: MessagingHarness,
    first: MessageRecord,
    second: MessageRecord,
    by: timedelta,
    cancel: bool,
) -> None:
    """The whole of it moves, in memory and on disk, whoever has taken his back."""
    ids = [first.message_id, second.message_id]
    if cancel:
        await harness.canceller.cancel(ids.pop(0))
    harness.clock.jump(by)
    await until_idle()

    record = harness.store.get_open(ids[0])
    assert record == await harness.journal.get(ids[0])
    assert record is not None
    assert record.expires == second.expires + by
    await harness.clock.advance(3590)
    assert await outcomes(harness, second) == [Outcome.QUEUED]
    await harness.clock.advance(11)
    assert await outcomes(harness, second) == [Outcome.EXPIRED]


@pytest.mark.parametrize("by", [HOUR / 2, -HOUR / 2], ids=str)
async def test_what_an_earlier_run_has_dated_stays_when_the_clock_is_set_forward(
    harness: MessagingHarness, first: MessageRecord, by: timedelta
) -> None:
    """Who has joined in this run moves; memory and disk agree, also once it is led anew."""
    await harness.crash()
    await harness.start()
    await until_idle()
    second = await repeat(harness)
    harness.clock.jump(by)
    await until_idle()

    kept = harness.store.get_open(first.message_id)
    assert kept is not None
    assert kept == await harness.journal.get(first.message_id)
    assert kept.created == first.created + min(by, timedelta())
    assert kept.joined[0].created == second.created + by
    await harness.canceller.cancel(first.message_id)
    harness.clock.jump(by)
    await until_idle()
    assert harness.store.get_open(second.message_id) == await harness.journal.get(
        second.message_id
    )


async def test_a_start_with_the_clock_behind_ages_nobody(
    harness: MessagingHarness, first: MessageRecord, second: MessageRecord
) -> None:
    """Memory and disk agree, and go on together once it is right."""
    await harness.crash()
    harness.clock.set_while_down(-2 * HOUR)
    kept = await opened(harness)
    assert kept.expires == harness.clock.now() + HOUR
    harness.clock.jump(2 * HOUR)
    await until_idle()

    assert harness.store.get_open(first.message_id) == await harness.journal.get(
        first.message_id
    )
    assert (await told(harness, second)).expires == harness.clock.now() + HOUR
