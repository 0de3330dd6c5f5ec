"""What becomes of a relay's deliveries: asked of its accounts, waited for, told once."""

import asyncio
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    NoAnswerError,
    NotStoredError,
)
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.messaging.model.message import Message
from tests.conftest import MAMAN, PAPA
from tests.messaging.idle import until_idle
from tests.messaging.relay_harness import RelayHarness
from tests.simulator import Fault, Simulator

from .conftest import RelayMaker

ALERT = Message(text="Citerne vide", targets=(MAMAN,))
A_WHILE = timedelta(minutes=10)


def told(relay: RelayHarness) -> list[str]:
    """Return how deliveries have ended, in the order in which the relay told that."""
    return [row.delivery.status for _, row in relay.observer.deliveries if row.delivery]


async def begun(relay: RelayHarness, message_id: str) -> asyncio.Task[None]:
    """Begin to wait for a delivery, as whoever has sent it may."""
    timers = relay.clock.timers
    waiting = asyncio.create_task(relay.parts.tracker.wait(message_id, A_WHILE))
    while relay.clock.timers == timers:
        await asyncio.sleep(0)
    return waiting


async def test_there_is_nothing_to_wait_for(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """Of what has arrived, or is not known."""
    relay = await make_relay(simulator.etech_keys, simulator.smseco)
    simulator.etech_keys.label = "DELIVERED"
    record = await relay.sent(ALERT)
    assert len(relay.parts.tracker) == 1
    await relay.parts.tracker.ask_about(record.message_id)

    await relay.parts.tracker.wait(record.message_id, A_WHILE)
    await relay.parts.tracker.wait("01M7W4EX1X0000000000000000", A_WHILE)

    assert len(relay.parts.tracker) == 0


async def test_what_cannot_be_read_is_not_waited_for(
    simulator: Simulator, make_relay: RelayMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the wait stays behind."""
    relay = await make_relay(simulator.etech_keys, simulator.smseco)
    record = await relay.sent(ALERT)
    timers = relay.clock.timers

    async def unreadable(_message_id: str) -> None:
        raise NotStoredError

    with monkeypatch.context() as disk:
        disk.setattr(relay.journal, "get", unreadable)
        with pytest.raises(NotStoredError):
            await relay.parts.tracker.wait(record.message_id, A_WHILE)

    assert relay.clock.timers == timers


async def test_a_stop_lets_nobody_wait(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """Who waits gets what is known, and so does who comes after it."""
    relay = await make_relay(simulator.etech_keys, simulator.smseco)
    record = await relay.sent(ALERT)
    waiting = [await begun(relay, record.message_id) for _ in range(2)]

    await relay.parts.tracker.stop()

    await asyncio.gather(*waiting)
    await relay.parts.tracker.wait(record.message_id, A_WHILE)


async def test_one_recipient_is_asked_about_and_nobody_else(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """Where the gateway is asked one by one; what has arrived is asked of nobody."""
    relay = await make_relay(simulator.etech_keys, simulator.smseco)
    record = await relay.sent(Message(text="Citerne vide", targets=(MAMAN, PAPA)))
    simulator.etech_keys.label = "DELIVERED"

    await relay.parts.tracker.ask_about(record.message_id, MAMAN)
    await until_idle()
    assert simulator.etech_keys.asked("delivery") == 1
    assert told(relay) == [DeliveryStatus.DELIVERED]

    await relay.parts.tracker.ask_about(record.message_id, MAMAN)
    await relay.parts.tracker.ask_about("01M7W4EX1X0000000000000000")
    assert simulator.etech_keys.asked("delivery") == 1


async def test_who_does_not_answer_hides_nothing_that_the_others_tell(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """It is late at the first, so that the second has sent it, too."""
    first, second = simulator.etech_keys, simulator.envoyer_sms_pro
    relay = await make_relay(first, second, deliver_within=timedelta(minutes=5))
    record = await relay.sent(ALERT)
    await relay.clock.advance(310)
    assert len((await relay.row(record.message_id)).legs) == 2
    first.fail(Fault.CUT_BEFORE, operation="delivery")
    [taken] = second.accepted
    second.deliver(taken.submission_id, taken.recipient, 1)

    with pytest.raises(NoAnswerError):
        await relay.parts.tracker.ask_about(record.message_id)

    row = await relay.row(record.message_id)
    assert row.delivery is not None
    assert row.delivery.status is DeliveryStatus.DELIVERED


async def test_an_account_that_is_gone_is_not_asked(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """What it has told stands."""
    relay = await make_relay(simulator.etech_keys, simulator.smseco)
    record = await relay.sent(ALERT)
    await relay.remove(0)

    await relay.parts.tracker.ask_about(record.message_id)

    assert simulator.etech_keys.asked("delivery") == 0


async def test_all_news_take_one_request_of_each_that_has_such_a_one(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """However many deliveries are awaited; what one tells counts, if another is away."""
    first, second = simulator.smseco, simulator.etech_keys
    relay = await make_relay(first, second)
    for number in range(3):
        await relay.sent(Message(text=f"Alerte {number}", targets=(MAMAN,)))
    second.label = "DELIVERED"
    for taken in first.accepted:
        first.report(taken, 56)

    await relay.parts.tracker.ask_for_all()
    await until_idle()

    assert (first.asked("delivery"), second.asked("delivery")) == (1, 0)
    assert told(relay) == [DeliveryStatus.DELIVERED] * 3
    first.fail(Fault.CUT_BEFORE, operation="delivery")
    with pytest.raises(NoAnswerError):
        await relay.parts.tracker.ask_for_all()


async def test_what_is_heard_in_a_pause_is_told_once_after_it(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """Kept meanwhile: nobody could hear of it."""
    relay = await make_relay(simulator.etech_keys, simulator.smseco)
    record = await relay.sent(ALERT)
    await relay.parts.tracker.pause()
    simulator.etech_keys.label = "DELIVERED"

    await relay.parts.tracker.ask_about(record.message_id)
    await until_idle()
    assert told(relay) == []

    for _ in range(2):
        await relay.parts.tracker.start()
        await until_idle()
    assert told(relay) == [DeliveryStatus.DELIVERED]


async def test_what_does_not_arrive_has_its_time_as_it_is_set_now(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """The option is changed while it is on its way, and the relay is running."""
    relay = await make_relay(simulator.smseco, simulator.etech_keys)
    await relay.sent(ALERT)
    await relay.clock.advance(600)

    relay.parts.tracker.deliver_within = timedelta(minutes=5)
    await relay.clock.advance(20)

    assert relay.parts.tracker.deliver_within == timedelta(minutes=5)
    assert len(simulator.etech_keys.accepted) == 1
