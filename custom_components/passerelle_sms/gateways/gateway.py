"""What every gateway is: a balance, and a way to send."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar, Final, Self

import aiohttp
from yarl import URL

from .abilities.options import (
    DONE_HERE,
    OPTION_ABILITIES,
    AddsStopMention,
    TakesOwnOptions,
)
from .batches import BatchSender
from .errors import (
    EmptyMessageError,
    InvalidMessageError,
    InvalidOptionError,
    MessageTooLongError,
    OptionNotSupportedError,
)
from .model.account import Balance, Credentials
from .model.limits import SenderRule
from .model.mail_merge import check_fields
from .model.message import SendResult, Sms, Submission
from .model.options import LONGEST_TAG
from .model.segments import Measure, measure
from .model.visibility import is_blank
from .outcome import Outcome
from .wire.charset import is_valid_unicode
from .wire.elapsed_time import time_since_boot
from .wire.redaction import Redactor
from .wire.request_budget import RequestBudget
from .wire.times import check_schedule
from .wire.transport import Timeouts, Transport


class Gateway(BatchSender, ABC):
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
    other_countries: ClassVar[frozenset[str]] = frozenset()
    """Those of the others, whose national numbers a new account may read instead."""
    site: ClassVar[str]
    """Where its users log in and top up."""
    default_url: ClassVar[URL]
    """The documented base address of its API."""
    credential_fields: ClassVar[tuple[str, ...]] = ("username", "password")
    """The fields of `Credentials` that its users are given."""
    identity_fields: ClassVar[tuple[str, ...]] = ("username",)
    """The fields of `Credentials` that tell one account from another."""
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
        elapsed: Callable[[], timedelta] = time_since_boot,
    ) -> None:
        """Prepare a client: nothing is sent yet.

        `url` is the base address when it isn't the documented one, `sender` the name
        for messages that bring none. Where the gateway counts requests, `budget` counts
        those of all clients of the account that share it. `elapsed` tells how much time
        has passed.
        """
        self.credentials: Final = credentials
        self.url: Final = url or self.default_url
        self.sender: Final = sender
        self._elapsed: Final = elapsed
        super().__init__(
            Redactor((credentials.password, credentials.api_key, credentials.username))
        )
        if budget is None and self.limits.requests_per_hour is not None:
            budget = RequestBudget(self.limits.requests_per_hour)
        self.budget: Final = budget
        """The requests that are left; `None` where nobody counts them."""
        self._transport: Final = Transport(session, self.url, timeouts, budget, elapsed)
        self._slots = asyncio.Semaphore(self.limits.concurrency)

    @property
    def time_there(self) -> datetime | None:
        """What time it is at the gateway, in UTC, by its newest answer.

        `None` where that told none that makes sense, where it is older than a month, and at
        an address of the user's: what stands between may answer with a time of its own.
        """
        return self._transport.told_time.now() if self.url == self.default_url else None

    @property
    def may_tell_time(self) -> bool:
        """Whether its first answer is still to come, which may tell the time there."""
        is_told = self._transport.told_time.is_answered
        return self.url == self.default_url and not is_told

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
            RejectedError: the text, the sender or an option breaks the gateway's rules,
                or the gateway can't test or wait: nothing was sent to anybody.

        """
        sms = replace(sms, sender=sms.sender or self.sender)
        self.check(sms)
        self._check_ability("send_at", sms)
        self._check_ability("test", sms)
        return await self._in_batches(sms, self._send_batch)

    def try_here(self, sms: Sms) -> SendResult:
        """Return what can be told of a message without asking whether it is taken.

        What passes is `not_sent`, without an error.

        Raises:
            RejectedError: as `check` does.

        """
        self.check(sms)
        refused, numbers = self._localise(sms.recipients)
        passed = [Submission(recipient=r, outcome=Outcome.NOT_SENT) for r in numbers]
        result = SendResult(submissions=(*refused, *passed))
        return result.in_order(sms.recipients)

    def check(self, sms: Sms) -> None:
        """Raise `RejectedError` if the text or the sender breaks the gateway's rules.

        What can be done here of the options is not refused (`DONE_HERE`).
        """
        _check_text(sms.text)
        self.sender_rule.check(sms.sender or self.sender)
        self._check_options(sms)
        if not self.fits(sms):
            raise MessageTooLongError(
                segments=str(self.measure_sms(sms).segments),
                maximum=str(self.most_segments),
            )

    def check_tag(self, tag: str) -> None:
        """Raise `InvalidOptionError` for a tag that the gateway does not take."""
        check_tag(tag)

    @property
    def most_segments(self) -> int:
        """The segments that one message may take."""
        return self.limits.segments

    def fits(self, sms: Sms) -> bool:
        """Return whether a message is short enough, for whoever reads most."""
        return self.measure_sms(sms).segments <= self.most_segments

    def may_split(self, sms: Sms) -> bool:
        """Return whether several messages can say what is too long for one."""
        return True

    def measure(self, text: str) -> Measure:
        """Return what `text` takes, as this gateway counts."""
        return measure(text)

    def measure_sms(self, sms: Sms) -> Measure:
        """Return what a message takes with its options, for whom it takes most."""
        return max(
            map(self.measure, self.texts_of(sms)),
            key=lambda measured: (measured.segments, measured.units),
        )

    def texts_of(self, sms: Sms) -> set[str]:
        """Return all that is read of a message: most say the same to everybody."""
        if not sms.options.personalisation:
            return {self.text_for(sms)}
        texts = {self.text_for(sms, recipient) for recipient in sms.recipients}
        return texts or {self.text_for(sms)}

    def text_for(self, sms: Sms, recipient: str | None = None) -> str:
        """Return what one recipient, or anybody, reads on the phone."""
        text = sms.text_to(recipient)
        if sms.options.stop_mention and isinstance(self, AddsStopMention):
            return text + self.stop_mention
        return text

    @abstractmethod
    async def _send_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        """Send one request: `numbers` are `sms.recipients` as this gateway writes them.

        Raises:
            GatewayError: what became of the whole batch.

        """

    def _check_ability(self, option: str, sms: Sms) -> None:
        """Raise `OptionNotSupportedError` if an option can't be handed over."""
        is_able = isinstance(self, OPTION_ABILITIES[option])
        if option in sms.options.used and not is_able:
            raise OptionNotSupportedError(option=option)

    def _check_options(self, sms: Sms) -> None:
        """Raise `RejectedError` if the gateway lacks an option, or a value is wrong."""
        options = sms.options
        for name in set(options.used) - DONE_HERE:
            self._check_ability(name, sms)
        if options.send_at is not None:
            check_schedule(options.send_at)
        own = self.own_options if isinstance(self, TakesOwnOptions) else {}
        for name, value in options.own.items():
            if name not in own:
                raise OptionNotSupportedError(option=name)
            own[name].check(name, value)
        if options.tag is not None:
            self.check_tag(options.tag)
        if options.personalisation:
            for recipient in sms.recipients:
                values = options.personalisation.get(recipient, {})
                check_fields(sms.template_of(recipient), values)
                _check_text(sms.text_to(recipient))


def check_tag(tag: str) -> None:
    """Raise `InvalidOptionError` for a tag that can't be kept: any text may be."""
    if not 1 <= len(tag) <= LONGEST_TAG or not is_valid_unicode(tag):
        raise InvalidOptionError(
            option="tag", allowed=f"(A, é, 7, …) × 1 – {LONGEST_TAG}"
        )


def _check_text(text: str) -> None:
    """Raise `InvalidMessageError` for a text that nobody could read."""
    if is_blank(text):
        raise EmptyMessageError
    if not is_valid_unicode(text):
        # No request can carry it.
        raise InvalidMessageError
