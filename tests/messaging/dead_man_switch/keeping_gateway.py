"""A gateway that keeps messages, and answers what it is told to."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

import aiohttp

from custom_components.passerelle_sms.gateways.abilities.delivery import (
    CancelsByContent,
    CancelsMessages,
)
from custom_components.passerelle_sms.gateways.abilities.options import (
    SchedulesMessages,
)
from custom_components.passerelle_sms.gateways.errors import (
    GatewayError,
    InvalidRecipientError,
    RejectedError,
)
from custom_components.passerelle_sms.gateways.model.account import Balance
from custom_components.passerelle_sms.gateways.model.message import (
    Cancellation,
    Scheduled,
    SendResult,
    Sms,
    Submission,
)
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget
from tests.messaging.fake_gateways import SilentGateway


class KeepingGateway(SilentGateway, SchedulesMessages, CancelsMessages):
    """Knows messages by their ids."""

    def __init__(
        self, session: aiohttp.ClientSession, *, budget: RequestBudget | None = None
    ) -> None:
        """Keep nothing yet."""
        super().__init__(session, budget=budget)
        self.there: datetime | None = None
        """What time it tells."""
        self.is_answered = True
        """Whether an answer could tell it."""
        self.silence: GatewayError | None = None
        """What the next question for its balance is answered with."""
        self.asked_for_balance = 0
        self.submissions: list[Submission] = []
        """What it answers to the next message; by itself it accepts it."""
        self.sent: list[Sms] = []
        self.answers: list[GatewayError | Cancellation] = []
        """What it answers to the next requests to cancel."""
        self.cancelled: list[Scheduled] = []
        self.parts = False
        """Whether each recipient takes a request to cancel."""

    @property
    @override
    def time_there(self) -> datetime | None:
        return self.there

    @property
    @override
    def may_tell_time(self) -> bool:
        return not self.is_answered

    @override
    async def balance(self) -> Balance:
        self.asked_for_balance += 1
        if self.silence is not None:
            self.is_answered |= isinstance(self.silence, RejectedError)
            raise self.silence
        self.is_answered = True
        return await super().balance()

    @override
    def local_number(self, recipient: str) -> str:
        if recipient.startswith("+237"):
            raise InvalidRecipientError
        return super().local_number(recipient)

    @override
    async def _send_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        self.sent.append(sms)
        if self.submissions:
            told, self.submissions = self.submissions, []
            return SendResult(submissions=tuple(told))
        return await super()._send_batch(sms, numbers)

    @override
    def cancel_requests(self, scheduled: Scheduled) -> tuple[Scheduled, ...]:
        if not self.parts:
            return (scheduled,)
        return tuple(
            Scheduled(
                recipients=(recipient,),
                text=scheduled.text,
                sender=scheduled.sender,
                send_at=scheduled.send_at,
                purpose=scheduled.purpose,
            )
            for recipient in scheduled.recipients
        )

    @override
    async def cancel(self, scheduled: Scheduled) -> Cancellation:
        self.cancelled.append(scheduled)
        answer = self.answers.pop(0) if self.answers else Cancellation()
        if isinstance(answer, GatewayError):
            raise answer
        return answer


class ContentGateway(KeepingGateway, CancelsByContent):
    """Knows messages by all that they say."""
