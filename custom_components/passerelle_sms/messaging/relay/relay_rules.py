"""The rules of all accounts of a relay: each recipient's are those of who can send there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final, Protocol, override

from ...gateways.errors import (
    EmptyMessageError,
    MessageTooLongError,
    RejectedError,
    RelayWithoutAccountsError,
)
from ...gateways.gateway import Gateway
from ...gateways.model.mail_merge import check_fields
from ...gateways.model.message import Encoding, Sms
from ...gateways.model.segments import Measure, measure
from ...gateways.model.visibility import is_blank
from ..model.parts import Parts
from ..model.submission import SubmissionRecord, Submissions
from ..operations.long_texts import shortened, with_parts
from ..operations.rules import MessageRules, Taken
from ..recipients.address_book import Recipient
from ..runtime.turns import Steps
from ..text.encoding import EncodingChoice, Preview, preview
from ..text.splitting import TooLong
from .failover import most_telling

RELAY_KEY: Final = "relay"
"""What stands in the place of a gateway's key before a gateway is chosen."""

# What is asked about the options alone: any gateway takes so much text.
_ANY_TEXT: Final = "SMS"


class HasGateway(Protocol):
    """An account of a relay, as far as its gateway's rules are concerned."""

    @property
    def gateway(self) -> Gateway:
        """The account's client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    """What a text takes for one recipient, in all messages that it is sent in."""

    segments: int
    encoding: Encoding


class RelayRules(MessageRules):
    """Asks the accounts of one relay, in their order."""

    def __init__(
        self,
        accounts: Callable[[], Sequence[HasGateway]],
        *,
        are_missing: Callable[[], bool] = lambda: False,
    ) -> None:
        """Ask those that `accounts` tells, whenever something is asked.

        While some `are_missing` that are on their way, nothing is refused: they may take
        it.
        """
        self._accounts = accounts
        self._are_missing = are_missing

    @property
    @override
    def key(self) -> str:
        """What stands in the place of a gateway's key."""
        return RELAY_KEY

    @override
    def measure(self, sms: Sms) -> Measure:
        """Return what a message takes, as the first gateway counts that knows its options.

        Raises:
            RelayWithoutAccountsError: there is none.

        """
        gateways = self._gateways()
        asked = replace(_plain(sms), text=_ANY_TEXT)
        able = (gateway for gateway in gateways if _refusal(gateway, asked) is None)
        gateway = next(chain(able, gateways), None)
        return measure(sms.text) if gateway is None else gateway.measure_sms(sms)

    @override
    def take(
        self, sms: Sms, recipients: Sequence[Recipient], too_long: TooLong
    ) -> Steps[Taken]:
        """Return a message as the accounts would take it, whoever can now.

        Nobody's text is split yet: each account does that by its own gateway's rules. What
        is to be sent later is kept here, so that another account can take it then.
        """
        questions = [
            _Questions(gateway, _plain(sms), too_long) for gateway in self._gateways()
        ]
        sizes: dict[Recipient, _Size | None] = {}
        refused: dict[str, RejectedError] = {}
        for recipient in recipients:
            number = recipient.number
            _check_fields(sms, number)
            text = sms.text_to(number)
            answer = _first_answer(questions, number, text)
            if self._are_missing() and isinstance(answer, RejectedError):
                # Who is on the way may take it.
                answer = _size_anywhere(text)
            if isinstance(answer, RejectedError):
                refused[number] = answer
                sizes[recipient] = None
            else:
                sizes[recipient] = answer
            yield
        return replace(_taken(sms, sizes, refused), too_long=too_long)

    @override
    def preview(self, text: str, choice: EncodingChoice, too_long: TooLong) -> Preview:
        """Return what a text would take at the first account.

        Raises:
            RelayWithoutAccountsError: there is none.

        """
        gateways = self._gateways()
        if not gateways:
            return preview(text, choice, measure)
        whole = preview(text, choice, gateways[0].measure)
        return with_parts(gateways[0], whole, too_long)

    def _gateways(self) -> Sequence[Gateway]:
        gateways = [account.gateway for account in self._accounts()]
        if not gateways and not self._are_missing():
            raise RelayWithoutAccountsError
        return gateways


@dataclass(frozen=True, slots=True)
class _Questions:
    """What one gateway is asked about a message, each text once."""

    gateway: Gateway
    sms: Sms = field(repr=False)
    """The message without what only some of its recipients read."""
    too_long: TooLong
    answers: dict[str, _Size | RejectedError] = field(default_factory=dict, repr=False)

    def answer(self, number: str, text: str) -> _Size | RejectedError:
        """Return what a text takes for a number, or why it is never sent there."""
        try:
            self.gateway.local_number(number)
        except RejectedError as error:
            return error
        if text not in self.answers:
            self.answers[text] = self._size(replace(self.sms, text=text))
        return self.answers[text]

    def _size(self, sms: Sms) -> _Size | RejectedError:
        texts: Sequence[str] = (sms.text,)
        if (refusal := _refusal(self.gateway, sms)) is not None:
            # All else of what is only too long has passed.
            is_too_long = isinstance(refusal, MessageTooLongError)
            texts = shortened(self.gateway, sms, self.too_long) if is_too_long else ()
            if not texts:
                return refusal
        measured = [self.gateway.measure_sms(replace(sms, text=text)) for text in texts]
        return _Size(
            segments=sum(one.segments for one in measured),
            encoding=_widest(one.encoding for one in measured),
        )


def _first_answer(
    questions: Sequence[_Questions], number: str, text: str
) -> _Size | RejectedError:
    """Return what a text takes by the first account that can send it to a number."""
    refusals: list[RejectedError] = []
    for question in questions:
        answer = question.answer(number, text)
        if not isinstance(answer, RejectedError):
            return answer
        refusals.append(answer)
    return most_telling(refusals) if refusals else RelayWithoutAccountsError()


def _size_anywhere(text: str) -> _Size:
    """Return what a text takes as most gateways count; raises `EmptyMessageError`."""
    if is_blank(text):
        raise EmptyMessageError
    measured = measure(text)
    return _Size(segments=measured.segments, encoding=measured.encoding)


def _taken(
    sms: Sms,
    sizes: Mapping[Recipient, _Size | None],
    refused: Mapping[str, RejectedError],
) -> Taken:
    """Return what is taken in; raises the first refusal if that is nothing."""
    known = [size for size in sizes.values() if size is not None]
    if not known:
        raise next(iter(refused.values()))
    return Taken(
        sms=sms,
        parts=Parts(),
        submissions=Submissions(
            SubmissionRecord(
                recipient=recipient, segments=None if size is None else size.segments
            )
            for recipient, size in sizes.items()
        ),
        segments=max(size.segments for size in known),
        encoding=_widest(size.encoding for size in known),
        is_kept=sms.options.send_at is not None,
        refused=refused,
    )


def _plain(sms: Sms) -> Sms:
    """Return a message to nobody, without its hour and what only some of them read."""
    options = replace(sms.options, send_at=None, personalisation={}, texts={})
    return replace(sms, recipients=(), options=options)


def _refusal(gateway: Gateway, sms: Sms) -> RejectedError | None:
    try:
        gateway.check(sms)
    except RejectedError as error:
        return error
    return None


def _check_fields(sms: Sms, number: str) -> None:
    """Raise `MissingFieldError` if a recipient's text can't be filled in."""
    if sms.options.personalisation:
        values = sms.options.personalisation.get(number, {})
        check_fields(sms.template_of(number), values)


def _widest(encodings: Iterable[Encoding]) -> Encoding:
    return Encoding.UCS2 if Encoding.UCS2 in encodings else Encoding.GSM7
