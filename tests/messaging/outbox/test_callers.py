"""Who waits for the first request of a message, and who has been answered before."""

from custom_components.passerelle_sms.messaging.model.joining import joined_by
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.outbox.callers import Callers
from custom_components.passerelle_sms.messaging.outbox.pace import Pace
from custom_components.passerelle_sms.messaging.outbox.queue import RequestQueue
from custom_components.passerelle_sms.messaging.runtime.waiters import Waiters
from tests.messaging.conftest import HouseMaker
from tests.messaging.journal_records import OPEN, message
from tests.simulator import Simulator


async def test_whoever_was_told_that_it_waits_has_to_be_told_otherwise(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """Also where another caller, who has joined it, waits for his answer."""
    waiters: Waiters[MessageRecord] = Waiters()
    harness, queue = make_house(simulator.etech_keys), RequestQueue()
    pace = Pace(
        harness.store,
        queue,
        harness.clock,
        harness.ledger.cost_of,
        concurrency=1,
        batch_size=1,
    )
    callers = Callers(waiters, queue, pace)
    first, second = message(1, OPEN), message(2, OPEN)
    both = joined_by(first, second)
    assert callers.has_answered(first)
    waiters.wait_for(first.message_id, first)
    assert not callers.has_answered(first)

    assert callers.has_answered(both)
    waiters.wait_for(first.message_id, both, second.message_id)
    assert not callers.has_answered(both)
    waiters.forget(first.message_id, first.message_id)
    assert callers.has_answered(both)
