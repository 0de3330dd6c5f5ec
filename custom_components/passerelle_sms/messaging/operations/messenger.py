"""The one door for every way to send: a message goes in, a report comes out."""

from collections.abc import Mapping
from dataclasses import replace

from homeassistant.util.ulid import ulid

from ...gateways.errors import EmptyMessageError, RejectedError, ScheduleInPastError
from ...gateways.model.mail_merge import fields_of
from ...gateways.model.message import Sms
from ...gateways.model.visibility import is_blank
from ..guard.guard import Guard
from ..model.message import Message
from ..model.planning import refused_here
from ..model.record import MessageRecord
from ..model.report import Report
from ..outbox.outbox import Outbox
from ..recipients.address_book import AddressBook, Recipient
from ..runtime.clock import Clock
from ..runtime.tasks import Tasks
from ..runtime.turns import Steps, in_turns
from ..text.cleaning import clean, visible, with_title
from ..text.encoding import EncodingChoice, Preview, encode
from ..text.merging import merge
from ..text.splitting import TooLong
from ..text.tags import without_tags
from ..text.writing import Writing
from .admission import admissible, admitted, report, uncount, usable, without_identical
from .message_tester import Tester
from .planned_messages import PlannedMessages
from .rules import MessageRules, Taken


class Messenger:
    """Sends messages through one account."""

    def __init__(
        self,
        rules: MessageRules,
        address_book: AddressBook,
        guard: Guard,
        outbox: Outbox,
        planned: PlannedMessages,
        tester: Tester,
        clock: Clock,
        *,
        writing: Writing,
    ) -> None:
        """Send through `outbox` what `rules` and `guard` let pass, at its hour what is `planned`.

        `address_book` and `writing` may be replaced while messages are on their way.
        """
        self.address_book = address_book
        self.writing = writing
        self._rules = rules
        self._guard = guard
        self._outbox = outbox
        self._planned = planned
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
        self._rules.check_on_unknown(message.on_unknown)
        now = self._clock.now()
        if message.options.send_at is not None and message.options.send_at <= now:
            raise ScheduleInPastError
        resolving = self.address_book.resolving(
            message.targets, names_numbers=not message.by_guest
        )
        targets = await in_turns(resolving)
        recipients = [target for target in targets if isinstance(target, Recipient)]
        written = await in_turns(self._sms(message, recipients))
        take = self._rules.take(written, usable(targets), self._too_long(message))
        record = self._record(message, await in_turns(take))
        if record.options.test:
            record = admissible(self._guard, record)
            record = await self._tasks.complete(self._tester.test(record))
        else:
            record = await self._tasks.complete(self._take_in(record))
        return report(record, targets, self._rules.key)

    def preview(self, message: Message) -> Preview:
        """Tell what a message would take, without sending anything.

        Raises:
            EmptyMessageError: there is no text.

        """
        text = self._text(message)
        if is_blank(text):
            raise EmptyMessageError
        choice, too_long = self._choice(message), self._too_long(message)
        return self._rules.preview(text, choice, too_long)

    async def finish(self) -> None:
        """Wait for those who send; they are answered once the outbox has stopped."""
        await self._tasks.join()

    def _choice(self, message: Message) -> EncodingChoice:
        return message.encoding or self.writing.encoding

    def _too_long(self, message: Message) -> TooLong:
        return message.too_long or self.writing.too_long

    def _text(self, message: Message) -> str:
        """Return the title and the text of a message."""
        parts = (message.title or "", message.text)
        if self.writing.strip_tags:
            parts = without_tags(parts[0]), without_tags(parts[1])
        if self._choice(message) is not EncodingChoice.EXACT:
            parts = clean(parts[0]), clean(parts[1])
        return with_title(*parts)

    def _sms(self, message: Message, recipients: list[Recipient]) -> Steps[Sms]:
        """Return the message as the gateway is asked whether it takes it.

        Each recipient's text is written as if it were sent to him alone.
        """
        alone = Sms(
            text=self._text(message),
            recipients=(),
            sender=message.sender,
            options=message.options,
        )

        def write(text: str) -> str:
            return encode(
                text,
                self._choice(message),
                lambda text: self._rules.measure(replace(alone, text=text)),
            )

        numbers = tuple(dict.fromkeys(one.number for one in recipients))
        if not message.personalisation or not fields_of(alone.text):
            return replace(alone, text=write(alone.text), recipients=numbers)
        values = yield from self._values(message, recipients)
        merged = yield from merge(alone.text, values, write)
        return replace(
            alone,
            text=merged.text,
            recipients=numbers,
            options=replace(
                alone.options, personalisation=merged.values, texts=merged.texts
            ),
        )

    def _values(
        self, message: Message, recipients: list[Recipient]
    ) -> Steps[dict[str, Mapping[str, str]]]:
        """Return what stands for the fields, by number.

        For everybody, or whoever was forgotten would read the bare fields. What is given
        to a group is its members', but for those who are named alone. A guest's number
        has only what he gives that number: a name's would tell whose it is.
        """

        def key(recipient: Recipient) -> object:
            return recipient if message.by_guest else recipient.number

        def read(value: str) -> str:
            is_exact = self._choice(message) is EncodingChoice.EXACT
            return value if is_exact else visible(value)

        to_groups: dict[object, Mapping[str, str]] = {}
        alone: dict[object, Mapping[str, str]] = {}
        for written, values in message.personalisation.items():
            told = {field: read(value) for field, value in values.items()}
            meant = yield from self.address_book.resolving(
                (written,), names_numbers=not message.by_guest
            )
            given = to_groups if self.address_book.is_group(written) else alone
            given |= {key(one): told for one in meant if isinstance(one, Recipient)}
        given = to_groups | alone
        # Who is named twice reads what stands first.
        return {one.number: given.get(key(one), {}) for one in reversed(recipients)}

    def _record(self, message: Message, taken: Taken) -> MessageRecord:
        # Only now: the clock may have been set right meanwhile.
        now = self._clock.now()
        record = MessageRecord(
            message_id=message.message_id or ulid(now.timestamp()),
            created=now,
            time_to_live=message.time_to_live,
            text=taken.sms.text,
            sender=message.sender,
            encoding=taken.encoding,
            segments=taken.segments,
            on_unknown=message.on_unknown,
            urgent=message.urgent,
            options=taken.sms.options,
            is_kept=taken.is_kept,
            parts=taken.parts,
            too_long=taken.too_long,
            submissions=taken.submissions,
        )
        return refused_here(record, taken.refused)

    async def _take_in(self, record: MessageRecord) -> MessageRecord:
        if record.is_kept:
            return await self._planned.keep(record)
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
            uncount(self._guard, record, [row.key for row in record.submissions])
            raise
