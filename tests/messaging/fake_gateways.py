"""Gateways that send nothing anywhere, to look at how deliveries are followed."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
import itertools
from typing import override

import aiohttp
from yarl import URL

from custom_components.passerelle_sms.gateways.abilities.delivery import (
    PushedAnswer,
    PushedReport,
    PushesDelivery,
    TellsDeliveryOnce,
    TracksDelivery,
)
from custom_components.passerelle_sms.gateways.errors import GatewayError
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.account import Balance, Credentials
from custom_components.passerelle_sms.gateways.model.delivery import (
    DeliveryReport,
    DeliveryStatus,
    Sent,
)
from custom_components.passerelle_sms.gateways.model.limits import Limits
from custom_components.passerelle_sms.gateways.model.message import (
    SendResult,
    Sms,
    Submission,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget

DELIVERED = DeliveryStatus.DELIVERED
UNDELIVERED = DeliveryStatus.UNDELIVERED
PENDING = DeliveryStatus.PENDING
UNKNOWN = DeliveryStatus.UNKNOWN


def report(
    submission_id: str | None,
    number: str,
    status: DeliveryStatus = DELIVERED,
    *,
    at: datetime | None = None,
    code: str | None = None,
) -> DeliveryReport:
    """Return what a gateway tells about a submission to an E.164 number."""
    return DeliveryReport(
        submission_id=submission_id,
        recipient=number.removeprefix("+"),
        status=status,
        code=code,
        at=at,
    )


class SilentGateway(Gateway):
    """Takes every message, and tells nothing more about it."""

    key = "silent"
    name = "Silent"
    region = "CM"
    site = "http://localhost/"
    default_url = URL("http://localhost/")
    limits = Limits(recipients_per_request=10)

    def __init__(
        self, session: aiohttp.ClientSession, *, budget: RequestBudget | None = None
    ) -> None:
        """Have heard of nothing yet."""
        super().__init__(session, Credentials(), sender="MAISON", budget=budget)
        self.failures: deque[GatewayError] = deque()
        """What becomes of the next requests to send."""
        self.answer: asyncio.Event | None = None
        """What requests to send wait for, where they don't answer at once."""
        self.tells_ids = True
        """Whether an answer says the ids of what was taken."""
        self.taken: list[tuple[str, str]] = []
        """The number and the id of everything that was taken, in order."""
        self._numbers = itertools.count(1)

    @override
    async def balance(self) -> Balance:
        return Balance(credits=Decimal(1000))

    @override
    async def _send_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        if self.answer is not None:
            await self.answer.wait()
        if self.failures:
            raise self.failures.popleft()
        return SendResult(submissions=tuple(map(self._take, sms.recipients)))

    def _take(self, recipient: str) -> Submission:
        submission_id = f"id-{next(self._numbers)}"
        self.taken.append((recipient, submission_id))
        return Submission(
            recipient=recipient,
            outcome=Outcome.ACCEPTED,
            submission_id=submission_id if self.tells_ids else None,
            segments=1,
        )


class AskedGateway(SilentGateway, TracksDelivery):
    """Tells of a submission whenever it is asked, each alone."""

    def __init__(
        self, session: aiohttp.ClientSession, *, budget: RequestBudget | None = None
    ) -> None:
        """Know of nothing what became of it."""
        super().__init__(session, budget=budget)
        self.told: dict[str, DeliveryReport | GatewayError] = {}
        """What it says of single submissions, by their ids."""
        self.asked: list[str | None] = []
        """The ids that it was asked about, in order."""
        self.is_slow: asyncio.Event | None = None
        """What its answers wait for, where they don't come at once."""

    @override
    def delivery_requests(self, sent: Sequence[Sent]) -> tuple[tuple[Sent, ...], ...]:
        return tuple((one,) for one in sent if one.submission_id is not None)

    @override
    async def delivery(self, sent: Sequence[Sent]) -> tuple[DeliveryReport, ...]:
        [one] = sent
        self.asked.append(one.submission_id)
        if self.is_slow is not None:
            await self.is_slow.wait()
        if self.budget is not None:
            self.budget.spend()
        told = self.told.get(one.submission_id or "")
        if isinstance(told, GatewayError):
            raise told
        return () if told is None else (told,)


class OnceGateway(AskedGateway, TellsDeliveryOnce):
    """Tells everything that is new, and only once."""

    def __init__(
        self, session: aiohttp.ClientSession, *, budget: RequestBudget | None = None
    ) -> None:
        """Have no news."""
        super().__init__(session, budget=budget)
        self.news: list[DeliveryReport] = []
        self.questions = 0

    @override
    async def delivery(self, sent: Sequence[Sent]) -> tuple[DeliveryReport, ...]:
        await super().delivery(sent)
        ids = {one.submission_id for one in sent}
        return self._read(one for one in self.news if one.submission_id in ids)

    @override
    async def new_deliveries(self) -> tuple[DeliveryReport, ...]:
        self.questions += 1
        news = self._read(self.news)
        if self.is_slow is not None:
            await self.is_slow.wait()
        if self.failures:
            raise self.failures.popleft()
        return news

    def _read(self, news: Iterable[DeliveryReport]) -> tuple[DeliveryReport, ...]:
        read = tuple(news)
        self.news = [one for one in self.news if one not in read]
        return read


class CallingGateway(SilentGateway, PushesDelivery):
    """Calls by itself, and writes ids in capitals then."""

    pushed_by = "POST"

    @override
    def read_pushed(self, said: str) -> tuple[PushedReport, ...]:
        raise NotImplementedError

    @override
    def answer_pushed(
        self, pushed: Sequence[PushedReport], taken: Sequence[bool]
    ) -> PushedAnswer:
        raise NotImplementedError

    @override
    def id_key(self, submission_id: str) -> str:
        return submission_id.casefold()
