"""What every gateway is: a balance, and a way to send."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from itertools import batched, chain
import re
from typing import ClassVar, Final

import aiohttp
from yarl import URL

from .errors import (
    AuthenticationError,
    EmptyMessageError,
    GatewayBrokenError,
    GatewayError,
    InvalidMessageError,
    InvalidRequestError,
    InvalidSenderError,
    MessageTooLongError,
    NotAllowedError,
    OperationUnknownError,
    RateLimitedError,
    RejectedError,
    UnreadableAnswerError,
)
from .models import Balance, Credentials, SendResult, Sms, Submission
from .redaction import Redactor
from .segments import Measure, measure
from .transport import Answer, Timeouts, Transport

# Half a surrogate pair is no character: no request can carry it.
_HALF_PAIR = re.compile(r"[\ud800-\udfff]")
# Enough of an unreadable answer to understand it, not enough to be a burden.
EXCERPT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a gateway takes."""

    recipients_per_request: int = 1
    concurrency: int = 4
    """Requests under way at once."""
    segments: int = 10
    """Segments of one message: more is a mistake, where the document sets no bound."""
    minimum_poll: timedelta = timedelta(minutes=5)
    """The shortest time between two looks at the balance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderRule:
    """What a sender's name must be.

    A name of digits alone would pass for somebody's number, so none takes it.
    """

    shortest: int = 1
    longest: int = 11
    required: bool = True
    pattern: re.Pattern[str] = re.compile(r"[A-Za-z0-9 &'._-]+")

    def check(self, sender: str | None) -> None:
        """Raise `InvalidSenderError` if a gateway with this rule would refuse `sender`."""
        if not sender:
            if self.required:
                raise self._error("")
            return
        if (
            not self.shortest <= len(sender) <= self.longest
            or not self.pattern.fullmatch(sender)
            or sender.replace(" ", "").isdigit()
        ):
            raise self._error(sender)

    def _error(self, sender: str) -> InvalidSenderError:
        # A name of digits may be a phone number, and this text may be logged.
        shown = Redactor(())(sender)
        return InvalidSenderError(
            sender=shown, shortest=str(self.shortest), longest=str(self.longest)
        )


class Gateway(ABC):
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
    ) -> None:
        """Prepare a client: nothing is sent yet.

        `url` is the base address when it isn't the documented one, `sender` the name
        for messages that bring none.
        """
        self.credentials: Final = credentials
        self.url: Final = url or self.default_url
        self.sender: Final = sender
        self.last_unreadable: str | None = None
        """The last answer that made no sense, redacted and cut, for a report."""
        self._redact: Final = Redactor(
            (credentials.password, credentials.api_key, credentials.username)
        )
        self._transport: Final = Transport(session, self.url, timeouts)
        self._slots: Final = asyncio.Semaphore(self.limits.concurrency)

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
        refused, numbers = self._localise(sms.recipients)
        results = await asyncio.gather(
            *(
                self._send_one_batch(
                    replace(sms, recipients=recipients),
                    [numbers[recipient] for recipient in recipients],
                )
                for recipients in batched(
                    numbers, self.limits.recipients_per_request, strict=False
                )
            )
        )
        return _merge(sms.recipients, refused, results)

    def check(self, sms: Sms) -> None:
        """Raise `RejectedError` if the text or the sender breaks the gateway's rules."""
        if not sms.text.strip():
            raise EmptyMessageError
        if _HALF_PAIR.search(sms.text):
            raise InvalidMessageError
        self.sender_rule.check(sms.sender or self.sender)
        segments = self.measure(sms.text).segments
        if segments > self.limits.segments:
            raise MessageTooLongError(
                segments=str(segments), maximum=str(self.limits.segments)
            )

    def measure(self, text: str) -> Measure:
        """Return what `text` takes, as this gateway counts."""
        return measure(text)

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

    async def _send_one_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        async with self._slots:
            try:
                return await self._send_batch(sms, numbers)
            except GatewayError as error:
                return SendResult(
                    submissions=tuple(
                        Submission.failed(recipient, error)
                        for recipient in sms.recipients
                    )
                )

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

    def _unreadable(self, answer: Answer) -> UnreadableAnswerError:
        """Return the error for an answer that makes no sense, and keep an excerpt."""
        # Redacted first: what is cut through is no longer recognised.
        excerpt = self._redact(answer.text)[:EXCERPT]
        self.last_unreadable = f"HTTP {answer.status}: {excerpt}"
        return UnreadableAnswerError(code=f"HTTP {answer.status}")

    def _check_status(self, answer: Answer) -> None:
        """Raise what an HTTP status other than 200 means when the body says nothing."""
        status = answer.status
        if status == 200:
            return
        if status >= 500:
            self._unreadable(answer)
            raise GatewayBrokenError(code=f"HTTP {status}")
        if status in _STATUS_ERRORS:
            raise _STATUS_ERRORS[status](code=f"HTTP {status}")
        if status >= 400:
            self._unreadable(answer)
            raise InvalidRequestError(code=f"HTTP {status}")
        raise self._unreadable(answer)


_STATUS_ERRORS: Final[dict[int, type[GatewayError]]] = {
    401: AuthenticationError,
    403: NotAllowedError,
    404: OperationUnknownError,
    405: OperationUnknownError,
    415: OperationUnknownError,
    429: RateLimitedError,
}


def _merge(
    recipients: Sequence[str],
    refused: Sequence[Submission],
    results: Sequence[SendResult],
) -> SendResult:
    """Put the submissions of all batches back in the order of the recipients."""
    made = chain(refused, *(result.submissions for result in results))
    by_recipient = {submission.recipient: submission for submission in made}
    told: list[Decimal] = [
        result.remaining for result in results if result.remaining is not None
    ]
    return SendResult(
        submissions=tuple(by_recipient[recipient] for recipient in recipients),
        remaining=min(told, default=None),
    )
