"""What every gateway is: a balance, and a way to send."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import batched
import re
from typing import ClassVar, Final, Self

import aiohttp
from yarl import URL

from .abilities.delivery import PushesDelivery, TracksDelivery
from .abilities.options import OPTION_ABILITIES, AddsStopMention, TakesOwnOptions
from .answer_reader import AnswerReader
from .errors import (
    EmptyMessageError,
    GatewayError,
    InvalidMessageError,
    MessageTooLongError,
    MissingFieldError,
    OptionNotSupportedError,
    RejectedError,
)
from .model.account import Balance, Credentials
from .model.delivery import DeliveryStatus
from .model.limits import Limits, SenderRule
from .model.mail_merge import fields_of, fill_in
from .model.message import SendResult, Sms, Submission
from .model.segments import Measure, measure
from .outcome import Outcome
from .wire.redaction import Redactor
from .wire.request_budget import RequestBudget
from .wire.times import check_schedule
from .wire.transport import Timeouts, Transport

type HandOver = Callable[[Sms, Sequence[str]], Awaitable[SendResult]]
"""Makes one request for all recipients; their numbers are as the gateway writes them."""

# Half a surrogate pair is no character: no request can carry it.
_HALF_PAIR: Final = re.compile(r"[\ud800-\udfff]")


class Gateway(AnswerReader, ABC):
    """A client of one gateway, for one account.

    What a gateway can do beyond this is told by the classes of `abilities` that it
    also inherits; callers ask `isinstance`.
    """

    key: ClassVar[str]
    """Its name in the catalogue, the config flow and the translations."""
    name: ClassVar[str]
    """Its name as its users know it."""
    region: ClassVar[str]
    """The country of most of its users, ISO 3166-1 alpha-2."""
    site: ClassVar[str]
    """Where its users log in and top up."""
    default_url: ClassVar[URL]
    """The documented base address of its API."""
    credential_fields: ClassVar[tuple[str, ...]] = ("username", "password")
    """The fields of `Credentials` that its users are given."""
    identity_fields: ClassVar[tuple[str, ...]] = ("username",)
    """The fields of `Credentials` that tell one account from another."""
    limits: ClassVar[Limits] = Limits()
    sender_rule: ClassVar[SenderRule] = SenderRule()

    def __init__(
        self,
        session: aiohttp.ClientSession,
        credentials: Credentials,
        *,
        url: URL | None = None,
        sender: str | None = None,
        timeouts: Timeouts = Timeouts(),
        budget: RequestBudget | None = None,
    ) -> None:
        """Prepare a client: nothing is sent yet.

        `url` is the base address when it isn't the documented one, `sender` the name
        for messages that bring none. Where the gateway counts requests, `budget` counts
        those of all clients of the account that share it.
        """
        self.credentials: Final = credentials
        self.url: Final = url or self.default_url
        self.sender: Final = sender
        super().__init__(
            Redactor((credentials.password, credentials.api_key, credentials.username))
        )
        if budget is None and self.limits.requests_per_hour is not None:
            budget = RequestBudget(self.limits.requests_per_hour)
        self.budget: Final = budget
        """The requests that are left; `None` where nobody counts them."""
        self._transport: Final = Transport(session, self.url, timeouts, budget)
        self._slots: Final = asyncio.Semaphore(self.limits.concurrency)

    def become(self, other: Self) -> None:
        """Go on as another client of the same gateway: other credentials or address.

        What was learnt about the old address is forgotten; requests under way keep their
        place.
        """
        slots = self._slots
        vars(self).clear()
        vars(self).update(vars(other), _slots=slots)

    @abstractmethod
    async def balance(self) -> Balance:
        """Ask what the account holds.

        Raises:
            GatewayError: of the kind that says why there is no answer.

        """

    async def send(self, sms: Sms) -> SendResult:
        """Hand a message to the gateway, in as few requests as it allows.

        Whatever happens to a request is told in the submissions of its recipients:
        nothing is repeated here.

        Raises:
            RejectedError: the text or the sender breaks the gateway's rules, so nothing
                was sent to anybody.

        """
        sms = replace(sms, sender=sms.sender or self.sender)
        self.check(sms)
        return await self._in_batches(sms, self._send_batch)

    def check(self, sms: Sms) -> None:
        """Raise `RejectedError` if the text or the sender breaks the gateway's rules."""
        _check_text(sms.text)
        self.sender_rule.check(sms.sender or self.sender)
        self._check_options(sms)
        segments = self.measure_sms(sms).segments
        if segments > self.limits.segments:
            raise MessageTooLongError(
                segments=str(segments), maximum=str(self.limits.segments)
            )

    def measure(self, text: str) -> Measure:
        """Return what `text` takes, as this gateway counts."""
        return measure(text)

    def measure_sms(self, sms: Sms) -> Measure:
        """Return what a message takes with its options, for whom it takes most."""
        # Most messages say the same to everybody.
        texts = {self.text_for(sms, recipient) for recipient in sms.recipients}
        return max(
            map(self.measure, texts or {self.text_for(sms)}),
            key=lambda measured: (measured.segments, measured.units),
        )

    def text_for(self, sms: Sms, recipient: str | None = None) -> str:
        """Return what one recipient, or anybody, reads on the phone."""
        values = sms.options.personalisation.get(recipient or "", {})
        text = fill_in(sms.text, values)
        if sms.options.stop_mention and isinstance(self, AddsStopMention):
            return text + self.stop_mention
        return text

    def local_number(self, recipient: str) -> str:
        """Return an E.164 number as this gateway writes it.

        Raises:
            InvalidRecipientError: the gateway can't send there.

        """
        return recipient.removeprefix("+")

    @abstractmethod
    async def _send_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        """Send one request: `numbers` are `sms.recipients` as this gateway writes them.

        Raises:
            GatewayError: what became of the whole batch.

        """

    async def _in_batches(self, sms: Sms, hand_over: HandOver) -> SendResult:
        """Hand over for as many recipients at once as the gateway takes.

        What `hand_over` raises stands for the recipients of its request, and no others.
        """
        refused, numbers = self._localise(sms.recipients)

        async def hand_over_one(recipients: tuple[str, ...]) -> SendResult:
            batch = replace(sms, recipients=recipients)
            async with self._slots:
                try:
                    return await hand_over(batch, [numbers[r] for r in recipients])
                except GatewayError as error:
                    return SendResult.failed(recipients, error)

        results = await asyncio.gather(
            *map(hand_over_one, self._batches(sms, tuple(numbers)))
        )
        result = SendResult.joined([SendResult(submissions=tuple(refused)), *results])
        return self._followed(sms, result.in_order(sms.recipients))

    def _batches(
        self, sms: Sms, recipients: Sequence[str]
    ) -> Iterable[tuple[str, ...]]:
        """Return who shares a request, each recipient once."""
        return batched(recipients, self.limits.recipients_per_request, strict=False)

    def _check_options(self, sms: Sms) -> None:
        """Raise `RejectedError` if the gateway lacks an option, or a value is wrong."""
        options = sms.options
        for name in options.used:
            if not isinstance(self, OPTION_ABILITIES[name]):
                raise OptionNotSupportedError(option=name)
        if options.send_at is not None:
            check_schedule(options.send_at)
        own = self.own_options if isinstance(self, TakesOwnOptions) else {}
        for name, value in options.own.items():
            if name not in own:
                raise OptionNotSupportedError(option=name)
            own[name].check(name, value)
        if options.personalisation:
            for recipient in sms.recipients:
                _check_merged(sms.text, options.personalisation.get(recipient, {}))

    def _localise(
        self, recipients: Sequence[str]
    ) -> tuple[list[Submission], dict[str, str]]:
        """Split the recipients: those refused here, and the others' local numbers."""
        refused: list[Submission] = []
        numbers: dict[str, str] = {}
        for recipient in recipients:
            try:
                numbers[recipient] = self.local_number(recipient)
            except RejectedError as error:
                refused.append(Submission.failed(recipient, error))
        return refused, numbers

    def _followed(self, sms: Sms, result: SendResult) -> SendResult:
        """Return a result in which is told what more will be heard about."""
        return replace(
            result,
            submissions=tuple(
                replace(submission, delivery=DeliveryStatus.PENDING)
                if submission.outcome is Outcome.ACCEPTED
                and self._is_followed(sms, submission)
                else submission
                for submission in result.submissions
            ),
        )

    def _is_followed(self, sms: Sms, submission: Submission) -> bool:
        """Return whether more will be heard about what was accepted of a message."""
        return isinstance(self, TracksDelivery) or (
            isinstance(self, PushesDelivery) and self.tells_of(sms, submission)
        )


def _check_text(text: str) -> None:
    """Raise `InvalidMessageError` for a text that nobody could read."""
    if not text.strip():
        raise EmptyMessageError
    if _HALF_PAIR.search(text):
        raise InvalidMessageError


def _check_merged(text: str, values: Mapping[str, str]) -> None:
    """Raise `RejectedError` if a recipient's values make no text of `text`."""
    if missing := sorted(fields_of(text) - values.keys()):
        raise MissingFieldError(field=missing[0])
    _check_text(fill_in(text, values))
