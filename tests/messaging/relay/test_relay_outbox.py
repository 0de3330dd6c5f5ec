"""What the user chooses for a relay's message in doubt, also at its accounts."""

from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.message import Message
from custom_components.passerelle_sms.messaging.model.record import Choice
from tests.conftest import MAMAN
from tests.messaging.idle import until_idle
from tests.messaging.relay_harness import RelayHarness
from tests.simulator import Fault, Simulator

from .conftest import RelayMaker

DAY = timedelta(days=1)
ALERT = Message(text="Citerne vide", targets=(MAMAN,))


async def doubtful_legs(relay: RelayHarness) -> int:
    """Return how many messages the first account does not know to have left or not."""
    records = await relay.accounts[0].journal.created_since(relay.clock.now() - DAY)
    return sum(record.is_held for record in records)


@pytest.mark.parametrize(
    ("choice", "outcome", "sent"),
    [
        (Choice.SENT, Outcome.ACCEPTED, 1),
        (Choice.DROP, Outcome.UNKNOWN, 1),
        (Choice.RESEND, Outcome.ACCEPTED, 2),
    ],
)
async def test_a_choice_settles_it_at_the_relay_and_at_the_account(
    simulator: Simulator,
    make_relay: RelayMaker,
    choice: Choice,
    outcome: Outcome,
    sent: int,
) -> None:
    """Nothing is in doubt any more; and it is sent again only where that was chosen."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second)
    first.fail(Fault.ERROR_500_AFTER, operation="send", times=1)
    record = await relay.sent(ALERT)
    # No evidence decides.
    first.fail(Fault.ERROR_500)
    await relay.clock.advance(660)
    assert await doubtful_legs(relay) == 1

    first.heal()
    await relay.parts.outbox.resolve(record.message_id, choice)
    await until_idle()

    assert await doubtful_legs(relay) == 0
    assert (await relay.row(record.message_id)).outcome is outcome
    assert len(first.accepted) + len(second.accepted) == sent


async def test_a_choice_about_what_is_not_in_doubt_changes_nothing(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """Whoever had the question open a moment too long."""
    first, second = simulator.etech_keys, simulator.smseco
    relay = await make_relay(first, second)
    record = await relay.sent(ALERT)

    await relay.parts.outbox.resolve(record.message_id, Choice.DROP)
    await until_idle()

    assert (await relay.row(record.message_id)).outcome is Outcome.ACCEPTED
