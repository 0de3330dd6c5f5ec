"""What the tests of 123-SMS.net share: whom they send to, and how."""

from custom_components.passerelle_sms.gateways.model.message import Sms, Submission
from custom_components.passerelle_sms.gateways.sms123 import Sms123
from tests.simulator.sms123 import SimulatedSms123

PARIS = "+33612345678"
FIFTY = tuple(f"+336123456{number:02}" for number in range(50))


def paths(simulated: SimulatedSms123) -> list[str]:
    """Return where requests came in, in order."""
    return [request.path for request in simulated.requests]


async def send(
    gateway: Sms123, text: str = "Citerne vide", recipient: str = PARIS
) -> Submission:
    """Send to one recipient and return what became of it."""
    result = await gateway.send(Sms(text=text, recipients=(recipient,)))
    [submission] = result.submissions
    return submission
