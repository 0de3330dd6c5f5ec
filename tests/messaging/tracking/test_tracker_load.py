"""A thousand messages in a day, at a gateway that takes a hundred requests an hour."""

from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
import random

import aiohttp
import pytest
from yarl import URL

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget
from custom_components.passerelle_sms.messaging.model.failure import DeliveryState
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import Stage
from tests.messaging.fake_clock import START, FakeClock
from tests.messaging.harness import MessagingHarness, following
from tests.simulator import Simulator
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro, SimulatedMessage

MESSAGES = 1000
LIMIT = 100
HOUR = timedelta(hours=1)
DAY = 24 * HOUR
MINUTE = timedelta(minutes=1)
# What the document calls final, and what it means.
ENDS = {
    1: DeliveryStatus.DELIVERED,
    2: DeliveryStatus.UNDELIVERED,
    5: DeliveryStatus.OPTED_OUT,
}


@dataclass(kw_only=True)
class Traffic:
    """Every request, and when it came."""

    clock: FakeClock
    times: list[datetime] = field(default_factory=list)

    def seconds(self) -> float:
        """Return the gateway's time, which it looks at for every request."""
        self.times.append(self.clock.now())
        return (self.clock.now() - START).total_seconds()

    def most_in_an_hour(self) -> int:
        """Return how many came within sixty minutes at most, whenever these began."""
        return max(
            bisect_left(self.times, begin + HOUR) - index
            for index, begin in enumerate(self.times)
        )


@pytest.fixture
def traffic(simulator: Simulator) -> Traffic:
    """Return what comes in."""
    traffic = Traffic(clock=FakeClock())
    simulator.envoyer_sms_pro.clock = traffic.seconds
    simulator.envoyer_sms_pro.now = traffic.clock.now
    return traffic


@pytest.fixture
async def harness(
    simulator: Simulator,
    session: aiohttp.ClientSession,
    traffic: Traffic,
    tmp_path: Path,
) -> AsyncIterator[MessagingHarness]:
    """Return a house whose budget and gateway have the same clock."""
    simulated = simulator.envoyer_sms_pro
    gateway = GATEWAYS[simulated.key](
        session,
        Credentials(username=simulated.username, password=simulated.password),
        url=URL(simulator.url(simulated.key)),
        sender="MAISON",
        budget=RequestBudget(LIMIT, traffic.clock.elapsed),
    )
    async with following(gateway, tmp_path, traffic.clock) as harness:
        yield harness


def accepted(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro, number: int
) -> MessageRecord:
    """Return a message as if it had been sent some time ago, here and there."""
    to, message_id = f"336{number:08}", f"{900_000 + number}"
    record = harness.message(f"+{to}")
    [submission] = record.submissions
    simulated.messages[message_id] = SimulatedMessage(
        account_id="",
        text=record.text,
        sender="MAISON",
        sms=1,
        taken_at=record.created,
        send_at=record.created,
        tag=None,
        takes_replies=False,
        statuses={to: 4},
    )
    taken = replace(
        submission,
        outcome=Outcome.ACCEPTED,
        stage=Stage.CLOSED,
        submission_id=message_id,
        attempts=1,
        attempted=record.created,
        delivery=DeliveryState(),
    )
    return record.updated([taken])


async def test_a_thousand_messages_in_a_day(
    harness: MessagingHarness, simulator: Simulator, traffic: Traffic
) -> None:
    """All are heard of, no request is one too many, and messages are never refused."""
    simulated, clock = simulator.envoyer_sms_pro, traffic.clock
    dice = random.Random(1)
    records = [accepted(harness, simulated, number) for number in range(MESSAGES)]
    for record in records:
        await harness.journal.put(record)
    await harness.crash()
    # Most arrive soon, some take hours.
    ends = [
        (START + dice.choice((0, 0, 0, 1)) * dice.random() * 16 * HOUR, number)
        for number in range(MESSAGES)
    ]
    ends.sort()
    statuses = {number: dice.choice([1, 1, 1, 2, 5]) for number in range(MESSAGES)}
    await harness.start()

    sent = 0
    while clock.now() < START + DAY:
        while ends and ends[0][0] <= clock.now():
            _, number = ends.pop(0)
            to = f"336{number:08}"
            simulated.deliver(f"{900_000 + number}", to, statuses[number])
        # As many as a house sends in a bad hour, in bursts.
        if dice.random() < 0.1:
            for _ in range(3):
                [submission] = (await harness.send(f"+337{sent:08}")).submissions
                assert submission.outcome is Outcome.ACCEPTED
                sent += 1
        await clock.advance(10 * MINUTE.total_seconds())

    heard = Counter(
        (record.message_id, submission.delivery and submission.delivery.status)
        for record, submission in harness.observer.deliveries
    )
    assert heard == {
        (record.message_id, ENDS[statuses[number]]): 1
        for number, record in enumerate(records)
    }
    assert sent > 30
    assert traffic.most_in_an_hour() <= LIMIT
    assert harness.observer.failures == []
    assert len(harness.tracker) == sent
