"""Messages that a gateway keeps for later."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from custom_components.passerelle_sms.gateways.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.cancelling import Cancelled, Canceller
from custom_components.passerelle_sms.messaging.record import MessageRecord, OnUnknown
from tests.simulator import Fault, SimulatedGateway, Simulator

from .house import HOUR, House
from .quiet import quiet


def scheduled(
    house: House,
    *numbers: str,
    after: timedelta = HOUR,
    on_unknown: OnUnknown = OnUnknown.HOLD,
    **options: Any,
) -> MessageRecord:
    """Return a new message for later, with whatever other options."""
    record = house.message(*numbers, on_unknown=on_unknown)
    send_at = record.created + after
    return replace(
        record,
        expires=send_at + HOUR,
        options=SmsOptions(send_at=send_at, **options),
    )


async def hand_over(house: House, record: MessageRecord) -> MessageRecord:
    """Send a message, and return it as it is answered."""
    answer = await house.outbox.send(record)
    await quiet()
    return answer


async def schedule(house: House, *numbers: str, **options: Any) -> MessageRecord:
    """Return a new message that the gateway has taken for later."""
    record = await hand_over(house, scheduled(house, *numbers, **options))
    assert set(outcomes(record)) == {Outcome.ACCEPTED}
    return record


async def hand_over_to_one(
    house: House,
    simulated: SimulatedGateway,
    record: MessageRecord,
    fault: Fault | None = None,
) -> MessageRecord:
    """Hand over a message for the recipient with the lower number; the other waits."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    await hand_over(house, record)
    simulated.heal()
    if fault is not None:
        simulated.fail(fault, operation="send", times=1)
    # After a failure they go one by one.
    house.outbox.wake()
    while not simulated.accepted:
        await asyncio.sleep(0)
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    await quiet()
    simulated.heal()
    return house.books.latest[record.message_id]


def canceller_of(house: House) -> Canceller:
    """Return who takes back what was sent through a house."""
    return Canceller(
        house.gateway,
        house.outbox,
        house.records,
        house.journal,
        house.clock,
        house.books,
    )


async def cancel(house: House, record: MessageRecord) -> Cancelled:
    """Take a message back."""
    return await canceller_of(house).cancel(record.message_id)


def outcomes(record: MessageRecord) -> list[Outcome]:
    """Return what became of a message, recipient by recipient."""
    return [made.outcome for made in record.submissions]


def keep_time(simulator: Simulator, house: House) -> None:
    """Let the gateways that keep messages for later have the time of the house."""
    simulator.envoyer_sms_pro.now = house.clock.now
    simulator.sms123.clock = house.clock.now
    simulator.smseco.clock = house.clock.now
