"""A gateway that sends nothing anywhere, to look at what every gateway inherits."""

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import override

from yarl import URL

from custom_components.passerelle_sms.gateways.errors import InvalidRecipientError
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.account import Balance
from custom_components.passerelle_sms.gateways.model.limits import Limits
from custom_components.passerelle_sms.gateways.model.message import (
    SendResult,
    Sms,
    Submission,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome

RECIPIENTS = tuple(f"+2376956882{number:02}" for number in range(7))

type Answering = Callable[[Sequence[str]], Awaitable[Decimal | None]]


async def take_all(numbers: Sequence[str]) -> Decimal | None:
    """Take every message, and say nothing of the credit."""
    return None


class StubGateway(Gateway):
    """A gateway of three recipients per request, and two requests at once."""

    key = "workbench"
    name = "Workbench"
    region = "CM"
    site = "http://localhost/"
    default_url = URL("http://localhost/")
    limits = Limits(recipients_per_request=3, concurrency=2, segments=2)

    answering: Answering = staticmethod(take_all)
    """What becomes of a request: the credit left, or an error."""
    asked_for: Sequence[tuple[str, ...]] = ()
    """The numbers of each request, in order."""
    senders: Sequence[str | None] = ()
    texts: Sequence[str] = ()
    """What each request said."""

    @override
    async def balance(self) -> Balance:
        """Ask at the simulated gateway, for nothing but the status."""
        answer = await self._transport.request("GET", "api_credit.php")
        return self._granted(answer, None)

    @override
    def local_number(self, recipient: str) -> str:
        if recipient.startswith("+44"):
            raise InvalidRecipientError
        return super().local_number(recipient)

    @override
    async def _send_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        self.asked_for = [*self.asked_for, tuple(numbers)]
        self.senders = [*self.senders, sms.sender]
        self.texts = [*self.texts, sms.text]
        remaining = await self.answering(numbers)
        return SendResult(
            submissions=tuple(
                Submission(
                    recipient=recipient, outcome=Outcome.ACCEPTED, submission_id=number
                )
                for recipient, number in zip(sms.recipients, numbers, strict=True)
            ),
            remaining=remaining,
        )


def sms(*recipients: str, text: str = "Test", sender: str | None = None) -> Sms:
    """Return a message."""
    return Sms(text=text, recipients=recipients, sender=sender)
