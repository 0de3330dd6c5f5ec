"""The one door for every way to send: a message goes in, a report comes out."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from homeassistant.util.ulid import ulid

from ...gateways.errors import EmptyMessageError, RejectedError, ScheduleInPastError
from ...gateways.gateway import Gateway
from ...gateways.model.message import Sms
from ..guard.guard import Guard
from ..model.message import Message
from ..model.record import MessageRecord
from ..model.report import Report
from ..model.submission import SubmissionRecord, Submissions
from ..outbox.outbox import Outbox
from ..recipients.address_book import AddressBook, Recipient
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks
from ..text.encoding import EncodingChoice, Preview, encode, preview
from .admission import admitted, report, uncount, usable, without_identical
from .message_tester import MessageTester


class Messenger:
    """Sends messages through one account."""

    def __init__(
        self,
        gateway: Gateway,
        address_book: AddressBook,
        guard: Guard,
        outbox: Outbox,
        tester: MessageTester,
        clock: Clock,
        *,
        encoding: EncodingChoice,
    ) -> None:
        """Send through `outbox` what `guard` lets pass.

        `address_book` and `encoding`, how a text is written that doesn't say, may be
        replaced while messages are on their way.
        """
        self.address_book = address_book
        self.encoding = encoding
        self._gateway = gateway
        self._guard = guard
        self._outbox = outbox
        self._tester = tester
        self._clock = clock
        self._tasks = Tasks()

    async def send(self, message: Message) -> Report:
        """Send a message and tell what became of it, recipient by recipient.

        A caller that is cancelled meanwhile cuts nothing off: what has been taken in is
        carried to its end.

        Raises:
            RejectedError: nothing was taken in for anybody, because of the text, the
                sender, an option, all of the targets, the guard, or a disk that holds
                no more.

        """
        now = self._clock.now()
        if message.options.send_at is not None and message.options.send_at <= now:
            raise ScheduleInPastError
        targets = self.address_book.resolve(
            message.targets, names_numbers=not message.by_guest
        )
        recipients = [target for target in targets if isinstance(target, Recipient)]
        sms = self._sms(message, recipients)
        self._gateway.check(sms)
        record = self._record(message, sms, usable(targets), now)
        if sms.options.test:
            record = await self._tasks.complete(self._tester.test(record, sms))
        else:
            record = await self._tasks.complete(self._take_in(record))
        return report(record, targets, self._gateway.key)

    def preview(self, message: Message) -> Preview:
        """Tell what a message would take, without sending anything.

        Raises:
            EmptyMessageError: there is no text.

        """
        if not message.body.strip():
            raise EmptyMessageError
        return preview(
            message.body, message.encoding or self.encoding, self._gateway.measure
        )

    async def finish(self) -> None:
        """Wait for those who send; they are answered once the outbox has stopped."""
        await self._tasks.join()

    def _sms(self, message: Message, recipients: list[Recipient]) -> Sms:
        """Return the message as the gateway is asked whether it takes it."""
        sms = Sms(
            text=message.body,
            recipients=tuple(dict.fromkeys(one.number for one in recipients)),
            sender=message.sender,
            options=replace(
                message.options,
                personalisation=self._values(message, recipients)
                if message.personalisation
                else {},
            ),
        )
        choice = message.encoding or self.encoding
        text = encode(
            sms.text,
            choice,
            lambda text: self._gateway.measure_sms(replace(sms, text=text)),
        )
        return replace(sms, text=text)

    def _values(
        self, message: Message, recipients: list[Recipient]
    ) -> dict[str, Mapping[str, str]]:
        """Return what stands for the fields, by number.

        For everybody, or whoever was forgotten would read the bare fields. A guest's
        number has only what he gives that number: a name's would tell whose it is.
        """

        def key(recipient: Recipient) -> object:
            return recipient if message.by_guest else recipient.number

        given = {
            key(meant): values
            for written, values in message.personalisation.items()
            for meant in self.address_book.resolve(
                (written,), names_numbers=not message.by_guest
            )
            if isinstance(meant, Recipient)
        }
        # Who is named twice reads what stands first.
        return {one.number: given.get(key(one), {}) for one in reversed(recipients)}

    def _record(
        self, message: Message, sms: Sms, recipients: list[Recipient], now: datetime
    ) -> MessageRecord:
        measured = self._gateway.measure_sms(sms)
        return MessageRecord(
            message_id=ulid(now.timestamp()),
            created=now,
            time_to_live=message.time_to_live,
            text=sms.text,
            sender=message.sender,
            encoding=measured.encoding,
            segments=measured.segments,
            on_unknown=message.on_unknown,
            urgent=message.urgent,
            options=sms.options,
            submissions=Submissions(
                SubmissionRecord(recipient=recipient, segments=measured.segments)
                for recipient in recipients
            ),
        )

    async def _take_in(self, record: MessageRecord) -> MessageRecord:
        record, booted = without_identical(self._guard, record), self._clock.booted()
        if (joined := await self._outbox.join(record)) is not None:
            self._guard.say_again(record, joined.kept_id)
            return await joined.answer()
        # Where that took a while, the clock may have been set right, and others may have
        # said the same meanwhile.
        record = record.dated(self._clock.booted() - booted)
        record = admitted(self._guard, record)
        try:
            return await self._outbox.send(record)
        except RejectedError:
            numbers = [s.recipient.number for s in record.submissions]
            uncount(self._guard, record, numbers)
            raise
