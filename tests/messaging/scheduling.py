"""Messages that a gateway keeps for later."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import (
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.operations.canceller import (
    Cancelled,
    Canceller,
)
from tests.simulator import Fault, SimulatedGateway, Simulator

from .harness import HOUR, MessagingHarness
from .idle import until_idle


def scheduled(
    harness: MessagingHarness,
    *numbers: str,
    after: timedelta = HOUR,
    on_unknown: OnUnknown = OnUnknown.HOLD,
    text: str | None = None,
    **options: Any,
) -> MessageRecord:
    """Return a new message for later, with whatever other options."""
    record = harness.message(*numbers, on_unknown=on_unknown, text=text)
    send_at = record.created + after
    return replace(record, options=SmsOptions(send_at=send_at, **options))


def for_later(
    harness: MessagingHarness,
    *numbers: str,
    life: timedelta = HOUR,
    urgent: bool = False,
    **options: Any,
) -> MessageRecord:
    """Return a new message that the house is to keep until its hour."""
    return replace(
        scheduled(harness, *numbers, **options),
        time_to_live=life,
        urgent=urgent,
        is_kept=True,
    )


async def plan(
    harness: MessagingHarness, *numbers: str, **options: Any
) -> MessageRecord:
    """Return a new message that the house keeps until its hour."""
    answer = await harness.planned.keep(for_later(harness, *numbers, **options))
    await until_idle()
    return answer


async def hand_over(harness: MessagingHarness, record: MessageRecord) -> MessageRecord:
    """Send a message, and return it as it is answered."""
    answer = await harness.outbox.send(record)
    await until_idle()
    return answer


async def schedule(
    harness: MessagingHarness, *numbers: str, **options: Any
) -> MessageRecord:
    """Return a new message that the gateway has taken for later."""
    record = await hand_over(harness, scheduled(harness, *numbers, **options))
    assert set(outcomes(record)) == {Outcome.ACCEPTED}
    return record


async def hand_over_to_one(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    record: MessageRecord,
    fault: Fault | None = None,
) -> MessageRecord:
    """Hand over a message for the recipient with the lower number; the other waits."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    await hand_over(harness, record)
    simulated.heal()
    if fault is not None:
        simulated.fail(fault, operation="send", times=1)
    # After a failure they go one by one.
    harness.dispatcher.retry_now()
    while not simulated.accepted:
        await asyncio.sleep(0)
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    await until_idle()
    simulated.heal()
    return harness.observer.latest[record.message_id]


def canceller_of(harness: MessagingHarness) -> Canceller:
    """Return who takes back what was sent through a house."""
    return harness.canceller


async def cancel(harness: MessagingHarness, record: MessageRecord) -> Cancelled:
    """Take a message back."""
    return await canceller_of(harness).cancel(record.message_id)


def outcomes(record: MessageRecord) -> list[Outcome]:
    """Return what became of a message, recipient by recipient."""
    return [submission.outcome for submission in record.submissions]


def keep_time(simulator: Simulator, harness: MessagingHarness) -> None:
    """Let the gateways have the time of the house."""
    for gateway in simulator.gateways.values():
        gateway.now, gateway.elapsed = harness.clock.now, harness.clock.elapsed
