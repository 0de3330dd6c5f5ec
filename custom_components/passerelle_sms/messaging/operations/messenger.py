"""The one door for every way to send: a message goes in, a report comes out."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from homeassistant.util.ulid import ulid

from ...gateways.errors import EmptyMessageError, RejectedError, ScheduleInPastError
from ...gateways.gateway import Gateway
from ...gateways.model.message import Sms
from ...gateways.outcome import Outcome
from ..guard.guard import Guard
from ..model.message import Message
from ..model.record import Choice, Failure, MessageRecord, Stage, SubmissionRecord
from ..model.report import RecipientResult, Report
from ..model.transitions import attempted
from ..outbox.outbox import Outbox
from ..recipients.address_book import AddressBook, Recipient, UnusableTarget
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks
from ..text.encoding import EncodingChoice, Preview, encode, preview

# How long a scheduled message may wait for a gateway that can't be reached.
LONGEST_WAIT: Final = timedelta(hours=24)


class Messenger:
    """Sends messages through one account."""

    def __init__(
        self,
        gateway: Gateway,
        address_book: AddressBook,
        guard: Guard,
        outbox: Outbox,
        clock: Clock,
        *,
        encoding: EncodingChoice,
    ) -> None:
        """Send through `outbox` what `guard` lets pass."""
        self._gateway = gateway
        self._address_book = address_book
        self._guard = guard
        self._outbox = outbox
        self._clock = clock
        self._encoding = encoding
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
        targets = self._address_book.resolve(message.targets)
        recipients = [target for target in targets if isinstance(target, Recipient)]
        sms = self._sms(message, recipients)
        self._gateway.check(sms)
        if not recipients:
            raise next(
                target.error for target in targets if isinstance(target, UnusableTarget)
            )
        record = self._record(message, sms, recipients, now)
        if sms.options.test:
            return self._report(await self._test(record, sms), targets)
        record = self._admitted(record)
        taking_in = self._tasks.spawn(self._take_in(record))
        # Not awaited itself: that would cancel it together with the caller.
        await asyncio.wait([taking_in])
        return self._report(taking_in.result(), targets)

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

    async def resolve(self, message_id: str, choice: Choice) -> None:
        """Do with a held message what the user has chosen; raises `NotStoredError`."""
        await self._outbox.resolve(message_id, choice)

    async def finish(self) -> None:
        """Start nothing more, and wait for the requests that are under way."""
        await self._outbox.stop()
        await self._tasks.join()

    def _sms(self, message: Message, recipients: list[Recipient]) -> Sms:
        """Return the message as the gateway is asked whether it takes it."""
        values = {
            meant.number: message.personalisation[written]
            for written in message.personalisation
            for meant in self._address_book.resolve((written,))
            if isinstance(meant, Recipient)
        }
        numbers = tuple(recipient.number for recipient in recipients)
        sms = Sms(
            text=message.body,
            recipients=numbers,
            sender=message.sender,
            options=replace(
                message.options,
                # For everybody, or whoever was forgotten would read the bare fields.
                personalisation={number: values.get(number, {}) for number in numbers}
                if message.personalisation
                else {},
            ),
        )
        choice = message.encoding or self._encoding
        text = encode(
            sms.text,
            choice,
            lambda text: self._gateway.measure_sms(replace(sms, text=text)),
        )
        return replace(sms, text=text)

    def _record(
        self, message: Message, sms: Sms, recipients: list[Recipient], now: datetime
    ) -> MessageRecord:
        measured = self._gateway.measure_sms(sms)
        expires = now + message.time_to_live
        if sms.options.send_at is not None:
            # Until its hour it is no old news.
            planned = sms.options.send_at + message.time_to_live
            expires = max(expires, min(planned, now + LONGEST_WAIT))
        return MessageRecord(
            message_id=ulid(now.timestamp()),
            created=now,
            expires=expires,
            text=sms.text,
            sender=message.sender,
            encoding=measured.encoding,
            segments=measured.segments,
            on_unknown=message.on_unknown,
            urgent=message.urgent,
            options=sms.options,
            submissions=tuple(
                SubmissionRecord(recipient=recipient, segments=measured.segments)
                for recipient in recipients
            ),
        )

    async def _test(self, record: MessageRecord, sms: Sms) -> MessageRecord:
        """Ask whether the gateway would take a message: no contract, no journal."""
        result = await self._gateway.send(sms)
        return record.updated(
            replace(
                attempted(record.find(submission.recipient), submission),
                stage=Stage.CLOSED,
            )
            for submission in result.submissions
        )

    def _admitted(self, record: MessageRecord) -> MessageRecord:
        """Return the message as the guard lets it pass.

        Raises:
            RejectedError: it lets nothing of it pass.

        """
        refused = self._guard.admit(record)
        if len(refused) == len(record.submissions):
            raise next(iter(refused.values()))
        return record.updated(
            SubmissionRecord(
                recipient=submission.recipient,
                outcome=Outcome.REJECTED,
                stage=Stage.CLOSED,
                segments=submission.segments,
                failure=Failure.of(refused[submission.recipient.number]),
            )
            for submission in record.submissions
            if submission.recipient.number in refused
        )

    async def _take_in(self, record: MessageRecord) -> MessageRecord:
        try:
            return await self._outbox.send(record)
        except RejectedError:
            for submission in record.submissions:
                self._guard.uncount(record.message_id, submission.recipient.number)
            raise

    def _report(
        self, record: MessageRecord, targets: tuple[Recipient | UnusableTarget, ...]
    ) -> Report:
        key = self._gateway.key
        return Report(
            record=record,
            results=tuple(
                RecipientResult.of(record.find(target.number), key)
                if isinstance(target, Recipient)
                else RecipientResult.unusable(target, key)
                for target in targets
            ),
        )
