"""What a relay's message takes at one account, and how it is sent and kept there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ...gateways.errors import MessageTooLongError, RejectedError
from ...gateways.gateway import Gateway
from ...gateways.model.account import Credentials
from ...gateways.model.message import Encoding, Sms
from ...gateways.model.segments import Measure
from ..model.leg_order import LegOrder, Remainder
from ..model.parts import Parts
from ..model.record import MessageRecord
from ..model.submission import SubmissionRecord, Submissions
from ..recipients.address_book import Recipient
from ..runtime.turns import Steps
from ..text.splitting import TooLong
from .gateway_rules import GatewayRules
from .long_texts import shortened
from .rules import Taken

# A mail merge says something else to each recipient.
_MOST_KNOWN = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LegSize:
    """What a message takes for one recipient."""

    segments: int = 0
    refusal: RejectedError | None = None
    """Which rule of the gateway it breaks."""


class LegSizes:
    """Finds out what messages take at one gateway, each text once."""

    def __init__(self, gateway: Gateway) -> None:
        """Ask `gateway`, which may become another client meanwhile."""
        self._gateway = gateway
        self._frame: tuple[Sms, TooLong] | None = None
        """What messages have in common of which only the texts differ."""
        self._client: Credentials | None = None
        """Another object tells that the gateway has become another client."""
        self._known: dict[tuple[str, ...] | str, LegSize] = {}

    def size(
        self,
        sms: Sms,
        number: str,
        too_long: TooLong,
        remainder: Remainder | None = None,
    ) -> LegSize:
        """Return what a message takes for one recipient, or why it can't be sent."""
        plain = _plain(sms)
        frame = plain, too_long
        client = self._gateway.credentials
        is_same = frame == self._frame and client is self._client
        if not is_same or len(self._known) > _MOST_KNOWN:
            self._frame, self._client, self._known = frame, client, {}
        texts = sms.text_to(number) if remainder is None else _left(remainder)
        if (known := self._known.get(texts)) is None:
            known = self._known[texts] = self._size(plain, texts, too_long)
        return known

    def _size(
        self, plain: Sms, texts: tuple[str, ...] | str, too_long: TooLong
    ) -> LegSize:
        try:
            if isinstance(texts, str):
                texts = self._parts(replace(plain, text=texts), too_long)
            else:
                check_texts(self._gateway, plain, texts)
        except RejectedError as error:
            return LegSize(refusal=error)
        return LegSize(
            segments=sum(
                self._gateway.measure_sms(replace(plain, text=text)).segments
                for text in texts
            )
        )

    def _parts(self, sms: Sms, too_long: TooLong) -> tuple[str, ...]:
        """Return what is sent of a text; raises `RejectedError` for nothing."""
        try:
            self._gateway.check(sms)
        except MessageTooLongError:
            # All else of it has passed.
            if parts := shortened(self._gateway, sms, too_long):
                return parts
            raise
        return (sms.text,)


def check_texts(gateway: Gateway, plain: Sms, texts: Sequence[str]) -> None:
    """Raise `RejectedError` if one of the parts of a text can't be sent as it is."""
    for text in texts:
        gateway.check(replace(plain, text=text))


def taken_for(gateway: Gateway, rules: GatewayRules, order: LegOrder) -> Steps[Taken]:
    """Return what an account is asked to send, as its gateway takes it.

    What is left of a text that another account has begun is sent as that one has split
    it, from the part on that is still to be sent.

    Raises:
        RejectedError: it breaks a rule of the gateway.

    """
    numbers = [recipient.number for recipient in order.recipients]
    others = [r for r in order.recipients if r.number not in order.remainders]
    sms = replace(order.sms, options=replace(order.sms.options, send_at=None))
    if not order.remainders:
        return (
            yield from rules.take(
                replace(sms, recipients=tuple(numbers)), others, order.too_long
            )
        )
    rows: dict[str, list[SubmissionRecord]] = {}
    encodings: set[Encoding] = set()
    parts = Parts()
    if others:
        whole = replace(sms, recipients=tuple(one.number for one in others))
        taken = yield from rules.take(whole, others, order.too_long)
        sms, parts = taken.sms, taken.parts
        encodings.add(taken.encoding)
        for row in taken.submissions:
            rows.setdefault(row.recipient.number, []).append(row)
    for recipient in order.recipients:
        remainder = order.remainders.get(recipient.number)
        if remainder is not None:
            measured = _measured(gateway, _plain(sms), remainder)
            encodings.update(one.encoding for one in measured)
            rows[recipient.number] = [*_rows(recipient, remainder.first, measured)]
            yield
    return Taken(
        sms=replace(sms, recipients=tuple(numbers)),
        parts=Parts(common=parts.common, own={**parts.own, **_texts(order.remainders)}),
        submissions=Submissions(row for number in numbers for row in rows[number]),
        segments=max(sum(row.segments or 0 for row in each) for each in rows.values()),
        encoding=Encoding.UCS2 if Encoding.UCS2 in encodings else Encoding.GSM7,
        is_kept=False,
    )


def record_of(order: LegOrder, taken: Taken, now: datetime) -> MessageRecord:
    """Return what an account is asked to send as it keeps it; nothing has left yet."""
    return MessageRecord(
        message_id=order.message_id,
        created=now,
        time_to_live=max(order.time_to_live, timedelta()),
        text=taken.sms.text,
        sender=order.sms.sender,
        encoding=taken.encoding,
        segments=taken.segments,
        on_unknown=order.on_unknown,
        urgent=order.urgent,
        options=taken.sms.options,
        parts=taken.parts,
        submissions=taken.submissions,
        relay=order.relay,
        relay_message=order.relay_message,
    )


def _measured(gateway: Gateway, plain: Sms, remainder: Remainder) -> list[Measure]:
    texts = _left(remainder)
    check_texts(gateway, plain, texts)
    return [gateway.measure_sms(replace(plain, text=text)) for text in texts]


def _rows(
    recipient: Recipient, first: int, measured: Sequence[Measure]
) -> Iterator[SubmissionRecord]:
    for part, one in enumerate(measured, start=first):
        yield SubmissionRecord(recipient=recipient, part=part, segments=one.segments)


def _texts(remainders: Mapping[str, Remainder]) -> dict[str, tuple[str, ...]]:
    return {number: remainder.texts for number, remainder in remainders.items()}


def _left(remainder: Remainder) -> tuple[str, ...]:
    return remainder.texts[remainder.first - 1 :]


def _plain(sms: Sms) -> Sms:
    """Return a message to nobody, without its text and what stands for its fields."""
    plain = sms.saying("")
    options = replace(plain.options, send_at=None)
    return replace(plain, recipients=(), reference=None, options=options)
