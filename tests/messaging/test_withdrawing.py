"""What still waits in the outbox is taken back, and never leaves."""

import asyncio

import pytest

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.doubts import Choice
from custom_components.passerelle_sms.messaging.record import MessageRecord, Stage
from tests.conftest import MAMAN, PAPA
from tests.simulator import Fault, SimulatedGateway, Simulator

from .conftest import HouseMaker
from .house import House
from .quiet import let_run, quiet
from .scheduling import hand_over_to_one, outcomes

FRENCH = "+33612345678"


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedGateway:
    """Return a gateway that takes one recipient a request."""
    return simulator.etech_keys


@pytest.fixture
async def house(make_house: HouseMaker, simulated: SimulatedGateway) -> House:
    """Return a house that has started, with that gateway."""
    house = make_house(simulated)
    await house.start()
    return house


async def wait_behind_others(
    house: House, simulated: SimulatedGateway, *numbers: str
) -> tuple[MessageRecord, asyncio.Task[MessageRecord]]:
    """Return a message that waits until one of four requests is over, and its answer."""
    simulated.fail(Fault.STALL_AFTER, operation="send", times=4)
    asyncio.gather(*(house.outbox.send(house.message()) for _ in range(4)))
    while simulated.asked("send") < 4:
        await asyncio.sleep(0)
    record = house.message(*numbers)
    sending = asyncio.create_task(house.outbox.send(record))
    while len(house.outbox.messages) < 5:
        await asyncio.sleep(0)
    await let_run()
    return record, sending


async def test_what_waits_never_leaves(
    house: House, simulated: SimulatedGateway
) -> None:
    """All of it, though it is as many requests as recipients."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    record = await house.send(MAMAN, PAPA)
    assert outcomes(record) == [Outcome.QUEUED, Outcome.QUEUED]

    await house.outbox.withdraw(record.message_id)
    simulated.heal()
    await house.clock.advance(3600)

    kept = await house.kept(record)
    assert outcomes(kept) == [Outcome.NOT_SENT, Outcome.NOT_SENT]
    assert kept.is_closed
    assert {made.failure.key for made in kept.submissions if made.failure} == {
        "cancelled"
    }
    assert house.books.latest[record.message_id] == kept
    assert simulated.accepted == []
    assert len(house.outbox.messages) == 0
    assert house.clock.timers == 0


async def test_whoever_waits_for_it_is_answered(
    house: House, simulated: SimulatedGateway
) -> None:
    """At once, however long the others take."""
    record, sending = await wait_behind_others(house, simulated)
    assert house.outbox.holds(record.message_id, MAMAN)

    await house.outbox.withdraw(record.message_id)

    assert not house.outbox.holds(record.message_id, MAMAN)
    assert outcomes(await sending) == [Outcome.NOT_SENT]
    assert simulated.asked("send") == 4
    assert house.outbox.activity() is None
    await quiet()
    assert record.text not in [taken.text for taken in simulated.accepted]


async def test_what_is_under_way_goes_on(
    house: House, simulated: SimulatedGateway
) -> None:
    """Of a message to five, the one that waits for its turn is taken back."""
    numbers = [f"+2376956882{index:02}" for index in range(5)]
    simulated.fail(Fault.STALL_AFTER, operation="send", times=4)
    record = house.message(*numbers)
    sending = asyncio.create_task(house.outbox.send(record))
    while simulated.asked("send") < 4:
        await asyncio.sleep(0)

    await house.outbox.withdraw(record.message_id)

    answer = await sending
    assert sorted(outcomes(answer)) == [Outcome.NOT_SENT, *[Outcome.UNKNOWN] * 4]
    await quiet()
    assert len(simulated.accepted) == 4
    assert simulated.asked("send") == 4


async def test_others_go_on(house: House, simulated: SimulatedGateway) -> None:
    """Only one message is taken back."""
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=1)
    first = await house.send()
    await house.outbox.withdraw(first.message_id)

    second = await house.send()

    assert [taken.text for taken in simulated.accepted] == [second.text]


async def test_nothing_waits(house: House, simulated: SimulatedGateway) -> None:
    """Whoever is too late changes nothing, and neither does who names nothing."""
    sent = await house.send()
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    doubtful = await house.send()
    writes = house.disk.writes

    for message_id in (sent.message_id, doubtful.message_id, "01M7W4EX1X"):
        await house.outbox.withdraw(message_id)

    assert house.current(sent).outcome is Outcome.ACCEPTED
    assert house.current(doubtful).is_in_doubt
    assert house.disk.writes == writes


async def test_no_room_on_the_disk(house: House, simulated: SimulatedGateway) -> None:
    """It goes on, and is sent once."""
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=1)
    record = await house.send()
    house.disk.room = 0

    with pytest.raises(NotStoredError):
        await house.outbox.withdraw(record.message_id)

    house.disk.room = None
    await house.clock.advance(60)
    assert house.current(record).outcome is Outcome.ACCEPTED
    assert house.current(record).failure is None
    assert len(simulated.accepted) == 1


async def test_nobody_is_told_before_it_is_on_disk(
    house: House, simulated: SimulatedGateway
) -> None:
    """A sender who is told that it stays at home sends it elsewhere; then it must."""
    record, sending = await wait_behind_others(house, simulated)
    house.disk.room = 0
    withdrawing = asyncio.create_task(house.outbox.withdraw(record.message_id))
    await asyncio.sleep(0)
    house.outbox.wake()

    with pytest.raises(NotStoredError):
        await withdrawing

    await let_run()
    assert not sending.done()
    house.disk.room = None
    assert outcomes(await sending) == [Outcome.ACCEPTED]
    assert [taken.text for taken in simulated.accepted].count(record.text) == 1


async def test_what_is_sent_again_may_have_arrived(
    house: House, simulated: SimulatedGateway
) -> None:
    """The second time is taken back; the first is the user's to judge."""
    await house.send()
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await house.send()
    await house.clock.advance(61)
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    await house.outbox.resolve(record.message_id, Choice.RESEND)
    await quiet()
    assert house.current(record).is_waiting

    await house.outbox.withdraw(record.message_id)
    simulated.heal()
    await house.clock.advance(3600)

    made = house.current(record)
    assert (made.outcome, made.stage) == (Outcome.UNKNOWN, Stage.HELD)
    assert [taken.text for taken in simulated.accepted].count(record.text) == 1


async def test_what_is_in_doubt_is_asked_about_all_the_same(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """Where the gateway refuses a text it has had; who hasn't had it is taken back."""
    house = make_house(simulator.sms123)
    await house.start()
    record = await hand_over_to_one(
        house, simulator.sms123, house.message(FRENCH, MAMAN), Fault.CUT_AFTER
    )
    assert outcomes(record) == [Outcome.QUEUED, Outcome.UNKNOWN]

    await house.outbox.withdraw(record.message_id)
    await house.clock.advance(30)

    assert outcomes(await house.kept(record)) == [Outcome.NOT_SENT, Outcome.ACCEPTED]
    assert len(simulator.sms123.accepted) == 1


async def test_after_a_restart(house: House, simulated: SimulatedGateway) -> None:
    """It stays at home for good."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    record = await house.send()
    await house.outbox.withdraw(record.message_id)
    simulated.heal()

    await house.crash()
    await house.start()
    await house.clock.advance(3600)

    assert outcomes(await house.kept(record)) == [Outcome.NOT_SENT]
    assert simulated.accepted == []
