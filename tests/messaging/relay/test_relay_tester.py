"""A relay's message that is only tested: by the rules of its accounts."""

from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.message import Message
from tests.conftest import MAMAN
from tests.messaging.idle import until_idle
from tests.simulator import Simulator

from .conftest import RelayMaker


async def test_a_test_asks_no_gateway_and_keeps_nothing(
    simulator: Simulator, make_relay: RelayMaker
) -> None:
    """Only that an account could send it is told."""
    first, second = simulator.etech_keys, simulator.devcodesms
    relay = await make_relay(first, second)
    message = Message(text="Test", targets=(MAMAN,), options=SmsOptions(test=True))

    report = await relay.send(message)
    await until_idle()

    assert [row.outcome for row in report.results] == [Outcome.NOT_SENT]
    assert (first.asked("send"), second.asked("send")) == (0, 0)
    assert await relay.store.get(report.message_id) is None
