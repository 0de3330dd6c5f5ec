"""Long texts through faults, crashes and choices in any order."""

import asyncio
from collections import Counter
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import aiohttp
from hypothesis import HealthCheck, given, settings, strategies as st
from yarl import URL

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.errors import RejectedError
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.wire.transport import Timeouts
from custom_components.passerelle_sms.messaging.guard.guard import Guard, GuardLimits
from custom_components.passerelle_sms.messaging.model.message import Message
from custom_components.passerelle_sms.messaging.model.record import Choice, OnUnknown
from custom_components.passerelle_sms.messaging.model.submission import Stage
from tests.messaging.harness import MessagingHarness
from tests.messaging.idle import let_run, until_idle
from tests.messaging.scheduling import keep_time
from tests.simulator import Fault, Simulator

from .conftest import LongTexts

FAULTS: Final = [
    Fault.CUT_AFTER,
    Fault.CUT_BEFORE,
    Fault.ERROR_500_AFTER,
    Fault.EMPTY,
    Fault.RATE_LIMITED,
    Fault.HALF_ANSWER,
]
STEPS: Final = st.lists(
    st.one_of(
        st.tuples(st.just("fail"), st.sampled_from(FAULTS)),
        st.tuples(st.just("wait"), st.sampled_from([1, 6, 31, 700])),
        st.tuples(st.just("crash"), st.integers(0, 60)),
        st.tuples(st.just("choose"), st.sampled_from(Choice)),
        st.tuples(st.just("cancel"), st.just(0)),
        st.tuples(st.just("credit"), st.just(100)),
    ),
    max_size=8,
)


class Example:
    """One long message, and what happens to it."""

    def __init__(self, house: LongTexts) -> None:
        """Send nothing yet."""
        self.house = house
        self.resent = 0
        self.was_declared = False
        self.mistakes: list[BaseException] = []

    async def send(self, message: Message, steps: int) -> None:
        """Begin to send it, and be interrupted soon."""
        task = asyncio.create_task(self.house.messenger.send(message))
        for _ in range(steps):
            await asyncio.sleep(0)
        await until_idle()
        if task.done() and not task.cancelled() and task.exception() is not None:
            self.mistakes.append(task.exception() or ValueError())

    async def take(self, kind: str, value: object) -> None:
        """Let one thing happen."""
        harness, simulated = self.house.harness, self.house.simulated
        match kind, value:
            case "fail", Fault():
                simulated.fail(value, operation="send", times=1)
            case "wait", int():
                await harness.clock.advance(value)
            case "crash", int():
                for _ in range(value):
                    await asyncio.sleep(0)
                await harness.crash()
                await harness.start()
            case "credit", int():
                simulated.credits += value
            case "choose", Choice():
                for record in harness.store:
                    self.resent += record.is_held and value is Choice.RESEND
                    self.was_declared |= record.is_held and value is Choice.SENT
                    await harness.outbox.resolve(record.message_id, value)
            case "cancel", _:
                for record in harness.store:
                    try:
                        await harness.canceller.cancel(record.message_id)
                    except RejectedError:
                        continue
        await until_idle()

    async def check(self) -> None:
        """See that what is said of each part is so."""
        for record in await self.house.harness.journal.created_since(
            self.house.harness.clock.now().replace(year=2000)
        ):
            current = self.house.harness.store.get_open(record.message_id) or record
            taken = Counter(
                (one.recipient, one.text) for one in self.house.simulated.accepted
            )
            for number in {row.recipient.number for row in current.submissions}:
                local = self.house.harness.gateway.local_number(number)
                texts = current.parts.of(number)
                times = [taken[local, text] for text in texts]
                most = 1 + self.resent + (current.on_unknown is OnUnknown.RESEND)
                assert max(times) <= most
                for row, count in zip(current.rows_of(number), times, strict=True):
                    if row.outcome is Outcome.ACCEPTED and not self.was_declared:
                        assert count >= 1, "lost"
                    if row.outcome in {Outcome.REJECTED, Outcome.EXPIRED}:
                        assert count == 0 or row.resent, "left all the same"
                for earlier, later in pairwise(times):
                    assert earlier or not later or self.was_declared, "out of order"

    async def end(self) -> None:
        """Heal all, and see that each part ends, or is asked about."""
        self.house.simulated.heal()
        await self.house.harness.clock.advance(2 * 3600)
        await self.check()
        for record in self.house.harness.store:
            assert record.is_held
            assert {row.stage for row in record.submissions} <= {
                Stage.HELD,
                Stage.CLOSED,
            }
        assert not self.mistakes


async def run_example(
    key: str, steps: list[tuple[str, object]], first: Fault | None, message: Message
) -> None:
    """Send a long message through a house of its own, and see what becomes of it."""
    with TemporaryDirectory() as folder:
        async with Simulator() as simulator, aiohttp.ClientSession() as session:
            simulated = simulator.gateways[key]
            gateway = GATEWAYS[key](
                session,
                Credentials(
                    username=simulated.username,
                    password=simulated.password,
                    api_key=simulated.api_key,
                ),
                url=URL(simulator.url(key)),
                sender="MAISON",
                timeouts=Timeouts(connect=2, read=2, total=4),
            )
            harness = MessagingHarness(gateway, Path(folder) / "journal")
            keep_time(simulator, harness)
            await harness.start()
            guard = Guard(GuardLimits(segments_per_hour=1000), harness.clock)
            house = LongTexts(harness, simulated, guard)
            example = Example(house)
            if first is not None:
                simulated.fail(first, operation="send", times=1)
            try:
                await example.send(
                    Message(
                        text=house.text(),
                        targets=message.targets,
                        on_unknown=message.on_unknown,
                    ),
                    0,
                )
                for kind, value in steps:
                    await example.take(kind, value)
                    await example.check()
                await example.end()
            finally:
                await let_run()
                await harness.leave()


def test_no_part_is_sent_twice_lost_or_out_of_order(socket_enabled: None) -> None:
    """Whatever happens, and in which order."""

    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    @given(
        key=st.sampled_from(["sms123", "devcodesms", "smseco"]),
        steps=STEPS,
        first=st.none() | st.sampled_from(FAULTS),
        targets=st.sampled_from([("Maman",), ("Maman", "Papa")]),
        on_unknown=st.sampled_from([OnUnknown.HOLD, OnUnknown.RESEND]),
    )
    def look(
        key: str,
        steps: list[tuple[str, object]],
        first: Fault | None,
        targets: tuple[str, ...],
        on_unknown: OnUnknown,
    ) -> None:
        message = Message(text="", targets=targets, on_unknown=on_unknown)
        asyncio.run(run_example(key, steps, first, message))

    look()
