"""The one door for every way to send: a message goes in, a report comes out."""

import asyncio
from collections.abc import Callable

from homeassistant.util.ulid import ulid_now

from ..gateways.errors import EmptyMessageError
from ..gateways.gateway import Gateway
from ..gateways.models import SendResult, Sms
from ..gateways.outcome import Outcome
from .encoding import EncodingChoice, Preview, encode, preview
from .message import Message, Recipient, RecipientResult, Report
from .recipients import AddressBook, UnusableTarget

type SentListener = Callable[[SendResult], None]


class Messenger:
    """Sends messages through one account."""

    def __init__(
        self,
        gateway: Gateway,
        address_book: AddressBook,
        *,
        encoding: EncodingChoice,
        on_sent: SentListener,
    ) -> None:
        """Send through `gateway`; `on_sent` hears of every answer at once."""
        self._gateway = gateway
        self._address_book = address_book
        self._encoding = encoding
        self._on_sent = on_sent
        self._under_way: set[asyncio.Task[SendResult]] = set()

    async def send(self, message: Message) -> Report:
        """Send a message and tell what became of it, recipient by recipient.

        A caller that is cancelled meanwhile cuts nothing off: a request that is under
        way is carried to its end.

        Raises:
            RejectedError: nothing was tried for anybody, because of the text, the
                sender or all of the targets.

        """
        text = self._encode(message)
        sms = Sms(text=text, recipients=(), sender=message.sender, reference=ulid_now())
        self._gateway.check(sms)
        targets = self._address_book.resolve(message.targets)
        recipients = [target for target in targets if isinstance(target, Recipient)]
        if not recipients:
            raise next(
                target.error for target in targets if isinstance(target, UnusableTarget)
            )
        result = await self._carry(sms, recipients)
        return self._report(sms, targets, result)

    def preview(self, message: Message) -> Preview:
        """Tell what a message would take, without sending anything.

        Raises:
            EmptyMessageError: there is no text.

        """
        if not message.body.strip():
            raise EmptyMessageError
        return preview(
            message.body, message.encoding or self._encoding, self._gateway.measure
        )

    async def finish(self) -> None:
        """Wait for the requests that are under way; each is bounded by its time-outs."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    def _encode(self, message: Message) -> str:
        return encode(
            message.body, message.encoding or self._encoding, self._gateway.measure
        )

    async def _carry(self, sms: Sms, recipients: list[Recipient]) -> SendResult:
        numbers = tuple(recipient.number for recipient in recipients)
        task = asyncio.create_task(self._hand_over(sms, numbers))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def _hand_over(self, sms: Sms, numbers: tuple[str, ...]) -> SendResult:
        result = await self._gateway.send(
            Sms(
                text=sms.text,
                recipients=numbers,
                sender=sms.sender,
                reference=sms.reference,
            )
        )
        self._on_sent(result)
        return result

    def _report(
        self,
        sms: Sms,
        targets: tuple[Recipient | UnusableTarget, ...],
        result: SendResult,
    ) -> Report:
        measured = self._gateway.measure(sms.text)
        submissions = {made.recipient: made for made in result.submissions}
        return Report(
            message_id=sms.reference or "",
            encoding=measured.encoding,
            segments=measured.segments,
            results=tuple(
                RecipientResult.of(
                    target, submissions[target.number], self._gateway.key
                )
                if isinstance(target, Recipient)
                else self._refused(target)
                for target in targets
            ),
        )

    def _refused(self, target: UnusableTarget) -> RecipientResult:
        return RecipientResult(
            label=target.target,
            public_label=target.public_label,
            outcome=Outcome.REJECTED,
            gateway=self._gateway.key,
            error=target.error,
        )
