"""What is so when a request is about to be made."""

from custom_components.passerelle_sms.messaging.outbox.queue import QueuedRequest
from custom_components.passerelle_sms.messaging.outbox.request_runner import (
    GatewayRunner,
)
from tests.conftest import PAPA
from tests.messaging.conftest import HouseMaker
from tests.simulator import Simulator


async def test_what_was_settled_meanwhile_is_not_sent_again(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """A report may have told that it arrived."""
    simulated = simulator.sms123
    harness = make_house(simulated)
    await harness.start()
    record = await harness.send(PAPA)
    keys = tuple(row.key for row in record.submissions)
    runner = GatewayRunner(
        harness.gateway,
        harness.store,
        harness.journal,
        harness.clock,
        harness.ledger,
    )
    assert record.is_closed
    asked = len(simulated.requests)

    request = QueuedRequest(
        created=record.created, message_id=record.message_id, keys=keys
    )

    assert await runner.begin(request) is None
    assert len(simulated.requests) == asked
    assert await harness.kept(record) == record
