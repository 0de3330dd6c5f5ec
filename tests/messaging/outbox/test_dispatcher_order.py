"""The dispatcher: urgent messages first, and a gateway's own pace."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import RateLimitedError
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from tests.messaging.fake_gateways import SilentGateway
from tests.messaging.harness import MessagingHarness, following
from tests.messaging.idle import until_idle
from tests.messaging.outbox.conftest import texts
from tests.messaging.scheduling import outcomes
from tests.simulator import Fault, SimulatedGateway

QUARTER = timedelta(minutes=15)


async def queue(
    harness: MessagingHarness, count: int, *, urgent: bool = False
) -> list[str]:
    """Send messages while the gateway is away, and return their texts."""
    waiting = []
    for _ in range(count):
        record = replace(harness.message(), urgent=urgent)
        assert outcomes(await harness.outbox.send(record)) == [Outcome.QUEUED]
        await until_idle()
        waiting.append(record.text)
    return waiting


def made_urgent(record: MessageRecord) -> MessageRecord:
    """Return a message that somebody else has asked for, urgently."""
    return replace(record, urgent=True)


async def test_urgent_messages_leave_first_and_one_ordinary_after_ten(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Each kind in the order in which it came."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    ordinary = await queue(harness, 3)
    urgent = await queue(harness, 12, urgent=True)
    simulated.heal()

    harness.dispatcher.retry_now()
    await until_idle()

    assert texts(simulated) == [
        *urgent[:10],
        ordinary[0],
        *urgent[10:],
        *ordinary[1:],
    ]


async def test_a_message_that_becomes_urgent_while_it_waits_leaves_first(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Also before those that came earlier."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    first, second, third = await queue(harness, 3)
    [*_, last] = harness.store
    await harness.store.change(last.message_id, made_urgent)
    simulated.heal()

    harness.dispatcher.retry_now()
    await until_idle()

    assert texts(simulated) == [third, first, second]


async def test_urgent_messages_leave_first_after_a_restart(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It is on disk that they are."""
    simulated.fail(Fault.RATE_LIMITED, operation="send")
    [ordinary] = await queue(harness, 1)
    [urgent] = await queue(harness, 1, urgent=True)
    await harness.stop()
    harness.build()
    simulated.heal()

    await harness.start()
    await until_idle()

    assert texts(simulated) == [urgent, ordinary]


@pytest.mark.parametrize("retry", [True, False])
async def test_a_rate_limit_is_left_the_time_that_it_wants(
    session: aiohttp.ClientSession, tmp_path: Path, *, retry: bool
) -> None:
    """Neither new messages nor a balance that is told cut it short."""
    gateway = SilentGateway(session)
    gateway.failures.append(RateLimitedError(wait=QUARTER))
    async with following(gateway, tmp_path) as harness:
        await harness.send()
        for _ in range(14):
            await harness.clock.advance(60)
            await harness.send()
            if retry:
                harness.dispatcher.retry_now()
        assert gateway.taken == []

        await harness.clock.advance(60)
        assert len(gateway.taken) == 15
