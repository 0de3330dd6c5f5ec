"""Keeps messages for switches at the gateway of one account.

Nobody knows whether a gateway charges a message when it takes it, and gives that back
when it is cancelled, or when it sends it. So what stands is a charge that is possible
(`StandingCharges`), and each request a movement of the ledger: handing over moves nothing
beyond that charge, cancelling gives back what the gateway tells, or nobody knows what.
"""

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import override

from ...gateways.abilities.delivery import CancelsByContent, CancelsMessages
from ...gateways.abilities.switches import holds_switches
from ...gateways.errors import (
    AlreadyCancelledError,
    GatewayError,
    NotCancellableError,
    NotStoredError,
    TakenAsMessageError,
    UnknownMessageError,
)
from ...gateways.gateway import Gateway
from ...gateways.model.message import Scheduled, SendResult, Sms, Submission
from ...gateways.model.options import SmsOptions
from ...gateways.outcome import Outcome
from ...gateways.wire.purpose import Purpose
from ..recipients.address_book import Recipient
from ..reconciliation.charges import tariff_with
from ..reconciliation.ledger import Ledger, Movement
from ..runtime.clock import Clock
from .carrier import Cancelled, CancelResult, Carrier, ScheduleResult
from .lanes import lanes_at
from .schedule_result import schedule_result
from .standing import Standing

# The more urgent comes last: one message may take several requests.
_BY_URGENCY = (
    Cancelled.GONE,
    Cancelled.SENT,
    Cancelled.FAILED,
    Cancelled.UNKNOWN,
    Cancelled.MISTAKEN,
)


class AccountCarrier(Carrier):
    """The account as switches see it."""

    def __init__(
        self,
        account_id: str,
        gateway: Gateway,
        ledger: Ledger,
        clock: Clock,
        invalidate_balance: Callable[[], None],
    ) -> None:
        """Keep messages at `gateway`, as the account of the config entry `account_id`.

        `invalidate_balance` is called when the balance has changed but for a renewal.
        """
        self.account = account_id
        self._gateway = gateway
        self._ledger = ledger
        self._clock = clock
        self._invalidate_balance = invalidate_balance

    @property
    def can_hold(self) -> bool:
        """Whether its gateway can keep a message, and take it back."""
        return holds_switches(self._gateway)

    @property
    @override
    def can_cancel_doubtful(self) -> bool:
        return isinstance(self._gateway, CancelsByContent)

    @property
    @override
    def time_there(self) -> datetime | None:
        return self._gateway.time_there

    @override
    async def learn_time(self) -> GatewayError | None:
        if self._gateway.may_tell_time:
            try:
                await self._gateway.balance()
            except GatewayError as error:
                # A refusal tells the time as well as a balance does.
                return error if self._gateway.may_tell_time else None
        return None

    @property
    @override
    def sender(self) -> str | None:
        return self._gateway.sender

    @override
    def lanes(
        self, recipients: Sequence[Recipient], text: str
    ) -> tuple[tuple[Recipient, ...], ...]:
        by_number = {recipient.number: recipient for recipient in recipients}
        return tuple(
            tuple(by_number[number] for number in lane)
            for lane in lanes_at(self._gateway, by_number, text)
        )

    @override
    async def schedule(
        self, message: Standing, *, uses_reserve: bool
    ) -> ScheduleResult:
        self._note_taken(message)
        movement = self._ledger.note_movement()
        try:
            result = await self._send(message, _purpose(uses_reserve=uses_reserve))
        finally:
            # What it may take is a charge that is possible.
            self._ledger.end_movement(movement, Decimal(0))
            # It may have been taken as late as now.
            self._note_taken(message)
        for submission in result.submissions:
            self._note_result(message, submission)
        return schedule_result(message, result)

    @override
    async def cancel(self, message: Standing, *, uses_reserve: bool) -> CancelResult:
        assert isinstance(self._gateway, CancelsMessages)
        if message.submission_id is None and not self.can_cancel_doubtful:
            return CancelResult(outcome=Cancelled.FAILED, error=UnknownMessageError())
        scheduled = _scheduled(message, _purpose(uses_reserve=uses_reserve))
        results = list[CancelResult]()
        for part in self._gateway.cancel_requests(scheduled):
            results.append(await self._cancel_one(message, part))
            if results[-1].outcome is Cancelled.MISTAKEN:
                break
        return max(results, key=lambda one: _BY_URGENCY.index(one.outcome))

    @override
    def note_standing(self, message: Standing) -> None:
        for recipient in message.recipients:
            key = _key(message, recipient.number)
            if not self._ledger.standing.knows(key):
                self._stand(key, message, recipient.number)

    @override
    def set_aside(self, key: str, requests: int) -> None:
        if (budget := self._gateway.budget) is not None:
            budget.set_aside(key, requests)

    def price_in(self, tariff: str) -> Decimal | None:
        """Return what a segment costs in a tariff; `None` while that is not proved."""
        price = self._ledger.books.prices.get(tariff)
        return price.credits if price is not None and price.is_confirmed else None

    # --- handing over -------------------------------------------------------------------

    async def _send(self, message: Standing, purpose: Purpose) -> SendResult:
        """Hand a message over; what is raised stands for all of its recipients."""
        numbers = tuple(recipient.number for recipient in message.recipients)
        sms = Sms(
            text=message.text,
            recipients=numbers,
            sender=message.sender,
            options=SmsOptions(send_at=message.fires_at),
            purpose=purpose,
        )
        try:
            return await self._gateway.send(sms)
        except GatewayError as error:
            return SendResult.failed(numbers, error)

    def _note_taken(self, message: Standing) -> None:
        for recipient in message.recipients:
            self._stand(_key(message, recipient.number), message, recipient.number)

    def _note_result(self, message: Standing, submission: Submission) -> None:
        key = _key(message, submission.recipient)
        if submission.outcome.is_free:
            self._ledger.standing.discard(key)
        elif submission.sent_at_once:
            self._ledger.standing.end(key, was_sent=True)
            self._invalidate_balance()

    # --- taking back --------------------------------------------------------------------

    async def _cancel_one(self, message: Standing, part: Scheduled) -> CancelResult:
        """Make one request to take a message back, and tell the ledger what it did."""
        assert isinstance(self._gateway, CancelsMessages)
        movement = await self._begin_movement()
        error: GatewayError | None = None
        told: Decimal | None = None
        try:
            told = (await self._gateway.cancel(part)).credits_back
        except GatewayError as raised:
            error = raised
            # What was refused, or never left, has moved nothing.
            if error.outcome is not Outcome.UNKNOWN:
                told = Decimal(0)
        finally:
            self._ledger.end_movement(movement, told)
        # A balance that is told once nothing more can come of this proves again.
        self._ledger.on_incomplete()
        outcome = Cancelled.GONE if error is None else self._outcome(message, error)
        self._note_cancelled(message, part, outcome)
        return CancelResult(outcome=outcome, error=error)

    async def _begin_movement(self) -> Movement:
        """Note that credits may come back, on disk.

        After a crash they would hide what was charged. A disk that fails keeps no message
        standing that is to be taken back.
        """
        with suppress(NotStoredError):
            return await self._ledger.begin_movement()
        return self._ledger.note_movement()

    def _outcome(self, message: Standing, error: GatewayError) -> Cancelled:
        """Return what an error says of a message that was to be taken back."""
        is_past = self._is_past(message)
        match error:
            case AlreadyCancelledError():
                return Cancelled.GONE
            case NotCancellableError():
                # By its id a message is known to be sent. By its content nobody knows
                # whether it was, or an earlier request has taken it back: only what
                # stood for certain until its hour is said to be sent.
                is_unclear = message.was_cancelled or not message.is_sure
                if is_past and not (is_unclear and self.can_cancel_doubtful):
                    return Cancelled.SENT
                return Cancelled.GONE if is_unclear else Cancelled.FAILED
            case UnknownMessageError():
                return Cancelled.SENT if is_past else Cancelled.GONE
            case TakenAsMessageError():
                return Cancelled.MISTAKEN
        is_unknown = error.outcome is Outcome.UNKNOWN
        return Cancelled.UNKNOWN if is_unknown else Cancelled.FAILED

    def _is_past(self, message: Standing) -> bool:
        """Return whether the hour of a message has come, by the clock that is ahead."""
        now = self._clock.now()
        return max(now, self.time_there or now) >= message.fires_at

    def _note_cancelled(
        self, message: Standing, part: Scheduled, outcome: Cancelled
    ) -> None:
        standing = self._ledger.standing
        for number in part.recipients:
            key = _key(message, number)
            if outcome in {Cancelled.GONE, Cancelled.SENT}:
                standing.end(key, was_sent=outcome is Cancelled.SENT)
            elif outcome is Cancelled.MISTAKEN:
                self._stand((key, "again"), message, number)
        if outcome in {Cancelled.SENT, Cancelled.MISTAKEN}:
            self._invalidate_balance()

    # --- what both share ----------------------------------------------------------------

    def _stand(self, key: Hashable, message: Standing, number: str) -> None:
        options = SmsOptions(send_at=message.fires_at)
        self._ledger.standing.stand(
            key,
            tariff=tariff_with(options, number),
            segments=self._gateway.measure(message.text).segments,
            hour=message.fires_at,
        )


def _purpose(*, uses_reserve: bool) -> Purpose:
    return Purpose.MESSAGE if uses_reserve else Purpose.RENEWAL


def _key(message: Standing, number: str) -> Hashable:
    """Return what tells a message to one recipient from others, also of other switches."""
    return message.number, number, message.fires_at, message.text


def _scheduled(message: Standing, purpose: Purpose) -> Scheduled:
    return Scheduled(
        recipients=tuple(recipient.number for recipient in message.recipients),
        text=message.text,
        sender=message.sender,
        send_at=message.fires_at,
        submission_id=message.submission_id,
        options=SmsOptions(send_at=message.fires_at),
        purpose=purpose,
    )
