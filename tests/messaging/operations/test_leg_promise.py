"""One attempt, whatever happens: a search for what breaks that, with every kind of trouble."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, override

import aiohttp
from hypothesis import given, settings, strategies as st

from custom_components.passerelle_sms.gateways.errors import (
    AuthenticationError,
    CannotConnectError,
    GatewayError,
    InsufficientCreditError,
    InvalidRecipientError,
    NoAnswerError,
    NotStoredError,
    RateLimitedError,
)
from custom_components.passerelle_sms.gateways.model.account import Balance
from custom_components.passerelle_sms.gateways.model.limits import Limits
from custom_components.passerelle_sms.gateways.model.message import SendResult, Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import Stage
from tests.messaging.fake_gateways import SilentGateway
from tests.messaging.harness import MessagingHarness
from tests.messaging.idle import let_run
from tests.messaging.legs import order, waits

NUMBERS = tuple(f"+2376950000{number:02}" for number in range(8))
ANSWERS: tuple[GatewayError | None, ...] = (
    None,
    CannotConnectError(),
    RateLimitedError(wait=timedelta(seconds=40)),
    RateLimitedError(is_presumed=True),
    NoAnswerError(),
    InvalidRecipientError(),
    AuthenticationError(),
    InsufficientCreditError(),
)


class AnsweredGateway(SilentGateway):
    """Answers each request when, and as, the test says."""

    limits = Limits(recipients_per_request=2, concurrency=2)

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Wait for the first request."""
        super().__init__(session)
        self.asked: list[tuple[str | None, str]] = []
        """The message and the number of all that was handed over."""
        self.given: set[tuple[str | None, str]] = set()
        """What was taken of that."""
        self.open: list[asyncio.Future[GatewayError | None]] = []
        self.always: list[GatewayError | None] = []
        """How it answers at once; nothing where it waits for the test."""
        self.holds = Decimal(1000)

    @override
    async def balance(self) -> Balance:
        return Balance(credits=self.holds)

    @override
    async def _send_batch(self, sms: Sms, numbers: Sequence[str]) -> SendResult:
        asked = [(sms.reference, number) for number in sms.recipients]
        self.asked += asked
        if self.always:
            error = self.always[0]
        else:
            answer: asyncio.Future[GatewayError | None] = asyncio.Future()
            self.open.append(answer)
            error = await answer
        if error is not None:
            raise error
        self.given.update(asked)
        return SendResult(submissions=tuple(map(self._take, sms.recipients)))

    def answer_one(self, error: GatewayError | None) -> None:
        """Answer the request that has waited longest, if any does."""
        while self.open:
            if not (answer := self.open.pop(0)).done():
                answer.set_result(error)
                return

    def answer_all(self, error: GatewayError | None) -> None:
        """Answer whatever waits, and at once from now on."""
        self.always = [error]
        while self.open:
            self.answer_one(error)


@dataclass
class House:
    """An account, and the relay that hands messages over to it."""

    harness: MessagingHarness
    gateway: AnsweredGateway
    taking: dict[str, asyncio.Task[MessageRecord | None]] = field(default_factory=dict)
    numbers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    async def settle(self) -> None:
        """Let all be done that waits for nobody."""
        for _ in range(4):
            await let_run()
            # After all that was asked of the disk before.
            await self.harness.journal.latest_period()

    async def take(self, count: int) -> None:
        """Hand one more message over."""
        message_id = f"leg-{len(self.numbers)}"
        numbers = self.numbers[message_id] = NUMBERS[:count]
        self.taking[message_id] = asyncio.create_task(
            self.harness.legs.take(order(message_id, *numbers))
        )

    async def answer(self, error: GatewayError | None) -> None:
        """Let the gateway answer a request."""
        self.gateway.answer_one(error)

    async def advance(self, seconds: int, error: GatewayError | None) -> None:
        """Let time pass; the gateway answers all alike meanwhile."""
        self.gateway.answer_all(error)
        await self.harness.clock.advance(seconds)
        self.gateway.always = []

    async def hurry(self) -> None:
        """Try at once what pauses."""
        self.harness.dispatcher.retry_now()
        self.harness.legs.probe_if_due()

    async def fill_disk(self) -> None:
        """Leave no room on the disk."""
        self.harness.disk.room = 0

    async def empty_disk(self) -> None:
        """Make room on the disk."""
        self.harness.disk.room = None

    async def pass_on(self, which: int, count: int) -> None:
        """Let nothing more of a message leave for some."""
        if self.numbers:
            message_id = [*self.numbers][which % len(self.numbers)]
            numbers = self.numbers[message_id][:count]
            self.taking[f"{message_id} to {count}"] = asyncio.create_task(
                self.harness.legs.give_back(message_id, numbers)
            )

    async def crash(self) -> None:
        """Lose power, and begin a new run."""
        await self.harness.crash()
        for task in self.taking.values():
            task.cancel()
        await self._begin()

    async def stop(self) -> None:
        """Stop as Home Assistant does, and begin a new run."""
        draining = asyncio.create_task(self.harness.dispatcher.drain())
        await self.settle()
        self.gateway.answer_all(None)
        await draining
        await self.collect()
        await self.harness.stop()
        self.harness.build()
        await self._begin()

    async def _begin(self) -> None:
        self.gateway.always = []
        self.taking.clear()
        self.harness.disk.room = None
        await self.harness.start()

    async def collect(self) -> None:
        """Let all attempts end, and see that nothing waits then."""
        for task in self.taking.values():
            try:
                record = await asyncio.wait_for(task, 10)
            except NotStoredError:
                continue
            if record is not None:
                self.check_ended(record)
        self.taking.clear()

    def check_ended(self, record: MessageRecord) -> None:
        """See that an attempt is over, and told as it was."""
        assert not waits(record)
        for row in record.submissions:
            was_given = (record.message_id, row.recipient.number) in self.gateway.given
            may_be = {Outcome.ACCEPTED, Outcome.UNKNOWN}
            assert not was_given or row.outcome in may_be
            assert was_given or row.outcome is not Outcome.ACCEPTED

    async def end(self) -> None:
        """Let all come to an end, and see what has become of every message."""
        self.harness.disk.room = None
        self.gateway.answer_all(None)
        await self.settle()
        await self.collect()
        self.harness.ledger.is_alone = False
        await self.harness.clock.advance(7200)
        assert max(Counter(self.gateway.asked).values(), default=1) == 1
        for message_id in self.numbers:
            record = await self.harness.legs.settled(message_id)
            # What never came to the disk has not left.
            if record is None:
                assert not any(asked == message_id for asked, _ in self.gateway.asked)
                continue
            self.check_ended(record)
            assert all(
                r.stage in {Stage.CLOSED, Stage.HELD} for r in record.submissions
            )
            assert all(r.notice is None for r in record.submissions)


answers = st.sampled_from(ANSWERS)
steps = st.one_of(
    st.tuples(st.just(House.take), st.integers(1, len(NUMBERS))),
    st.tuples(st.just(House.take), st.integers(1, len(NUMBERS))),
    st.tuples(st.just(House.answer), answers),
    st.tuples(st.just(House.answer), answers),
    st.tuples(st.just(House.advance), st.sampled_from((1, 10, 31, 400)), answers),
    st.tuples(st.just(House.hurry)),
    st.tuples(st.sampled_from((House.fill_disk, House.empty_disk))),
    st.tuples(st.just(House.pass_on), st.integers(0, 5), st.integers(1, 4)),
    st.tuples(st.sampled_from((House.crash, House.stop))),
)


async def live(script: Sequence[tuple[Any, ...]], pauses: Sequence[bool]) -> None:
    """Let all that happen to a house, step by step."""
    with TemporaryDirectory() as folder:
        async with aiohttp.ClientSession() as session:
            gateway = AnsweredGateway(session)
            harness = MessagingHarness(gateway, Path(folder) / "journal")
            house = House(harness, gateway)
            await harness.start()
            for (step, *given), pause in zip(script, cycle(pauses), strict=False):
                await step(house, *given)
                await (house.settle() if pause else asyncio.sleep(0))
            await house.end()
            await harness.leave()


@settings(max_examples=75, deadline=None)
@given(
    script=st.lists(steps, min_size=1, max_size=14),
    pauses=st.lists(st.booleans(), min_size=1, max_size=6),
)
def test_each_message_makes_one_request_and_waits_for_none(
    script: list[tuple[Any, ...]], pauses: list[bool]
) -> None:
    """Under any trouble, at any moment; and its record tells what became of it."""
    asyncio.run(live(script, pauses))
