"""A house and its gateway, through stops and crashes."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from datetime import timedelta
import logging
from pathlib import Path
import tempfile
from typing import Any, ClassVar, override

import aiohttp
from hypothesis.stateful import RuleBasedStateMachine
from yarl import URL

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget
from custom_components.passerelle_sms.gateways.wire.transport import Timeouts
from custom_components.passerelle_sms.messaging.guard.guard import GuardLimits
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from tests.messaging.fake_clock import START
from tests.messaging.fake_disk import nothing
from tests.messaging.harness import MessagingHarness, Traffic
from tests.messaging.idle import let_run, until_idle
from tests.messaging.journal_files import Files, files_of, put_back
from tests.messaging.scheduling import keep_time
from tests.simulator import Acceptance

from .features import Feature
from .judge import Judge
from .reproducible import reproducible
from .simulated_loop import SimulatedLoop
from .watch import Watch
from .wire import SimulatorOnWire

NUMBERS = {
    "CM": "+2376956882{:02}",
    "CI": "+22507571234{:02}",
    "FR": "+336123456{:02}",
}
ABROAD = {"CM": "FR", "CI": "CM", "FR": "CM"}
LOGGER = logging.getLogger("custom_components.passerelle_sms")


class Mistakes(logging.Handler):
    """All that is logged, or raised, and must never be."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record.getMessage())


class House(RuleBasedStateMachine):
    """What the rules have in common: the house, its gateway, and who judges them."""

    key: ClassVar[str]
    """The name of the gateway."""
    features: ClassVar[frozenset[Feature]]
    """What each example is about."""

    def __init__(self) -> None:
        """Start the gateway and the house."""
        super().__init__()
        self.occurred: set[Feature] = set()
        self._reproduced = ExitStack()
        self._reproduced.enter_context(reproducible(luck=0))
        self.loop = SimulatedLoop()
        self.runner = asyncio.Runner(loop_factory=lambda: self.loop)
        self.folder = tempfile.TemporaryDirectory()
        self.simulator = SimulatorOnWire(self.loop.wire)
        self.simulated = self.simulator.gateways[self.key]
        self.simulated.credits *= 100
        self.is_listening = True
        self.is_faulty = False
        self.was_refused = False
        """Whether the account may have been refused, for its credit or otherwise."""
        self.is_noticed = False
        """Whether the house must know that it was told wrongly to be alone."""
        self.noticed_at = START
        self.accepted_before = 0
        """What was taken when charges were put off last."""
        self.traffic = Traffic()
        self.sending: dict[asyncio.Task[None], None] = {}
        self.mistakes = Mistakes()
        LOGGER.addHandler(self.mistakes)
        self.copy: tuple[Files, frozenset[str]] | None = None
        """The last backup, and what the house had told of by then."""
        self.run(self._begin())

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do something while the house and its gateway are there."""
        return self.runner.run(work)

    async def _begin(self) -> None:
        await self.simulator.__aenter__()
        self.session = aiohttp.ClientSession(
            trace_configs=[self.traffic.trace()],
        )
        gateway = GATEWAYS[self.key](
            self.session,
            Credentials(
                username=self.simulated.username,
                password=self.simulated.password,
                api_key=self.simulated.api_key,
            ),
            url=URL(self.simulator.url(self.key)),
            sender="MAISON",
            timeouts=Timeouts(connect=2, read=0.3, total=4),
            # Only the house's clock runs fast: an hour's requests would soon be used up.
            budget=RequestBudget(1_000_000),
        )
        self.path = Path(self.folder.name) / "journal"
        self.harness = MessagingHarness(gateway, self.path)
        # No cap is what an example is about.
        self.harness.limits = self.harness.guard.limits = GuardLimits(
            segments_per_hour=10_000, segments_per_day=10_000
        )
        keep_time(self.simulator, self.harness)
        self.simulator.envoyer_sms_pro.request_limit = 1_000_000
        region = gateway.region
        self.numbers = [NUMBERS[region].format(index) for index in range(3)]
        self.abroad = NUMBERS[ABROAD[region]].format(7)
        self.judge = Judge(self.harness, self.simulated)
        self.watch = Watch(self.harness, self.simulated)
        self.watch.begin_run()
        await self.harness.start()

    @property
    def is_well(self) -> bool:
        """Whether nothing keeps a message from being sent."""
        return (
            self.is_listening
            and not self.is_faulty
            and self.harness.disk.room is None
            and self.simulated.refusal is None
            and self.simulated.credits >= 500
        )

    def not_cancelled(self) -> list[Acceptance]:
        """Return what was taken and has been sent, or will be."""
        return self.simulated.accepted

    def has(self, *features: Feature) -> bool:
        """Return whether the examples have these features."""
        return self.features >= {*features}

    async def put_in_order(self) -> None:
        """Let all be well, but for what the account is refused for."""
        if not self.is_listening:
            await self.simulator.open()
            self.is_listening = True
        self.simulated.heal()
        self.is_faulty = False
        self.harness.disk.room = None
        self.watch.note_trouble()

    async def look(self) -> bool:
        """Let the house look at the balance; return whether it has seen it."""
        for _ in range(3):
            await self.harness.poll()
            await until_idle()
            if self.harness.ledger.books.latest == self.simulated.credits:
                return True
        return False

    async def calm_down(self) -> bool:
        """Let what is outstanding be over; return whether the house knows that it is."""
        await self.put_in_order()
        for _ in range(2):
            await self.harness.clock.advance(650)
            if not await self.look():
                return False
        books = self.harness.ledger.books
        return (
            not any(record.is_open for record in self.harness.store)
            and not books.carried
            and books.fallen_to(self.simulated.credits) == 0
        )

    # --- how it ends and begins again ---

    async def go_on(self, steps: int) -> None:
        """Let some of what is under way be done."""
        for _ in range(steps):
            await asyncio.sleep(0)

    async def crash(
        self,
        steps: int,
        by: timedelta = timedelta(),
        while_down: Callable[[], None] = nothing,
    ) -> None:
        """Lose power after so many steps, and come back as much later by the clock."""
        await self.go_on(steps)
        for task in tuple(self.sending):
            task.cancel()
        self.harness.cancel_all()
        await until_idle()
        self._note_unstored()
        # What is closed is put in order: a power cut leaves it as it was before.
        files = files_of(self.path)
        await self.harness.crash()
        put_back(self.path, files)
        await self._arrive()
        while_down()
        await self.start(by)

    def _unstored(self) -> Iterator[MessageRecord]:
        """Yield what was so urgent that it left although it could not be written."""
        for record in self.harness.store:
            if not self.harness.store.is_stored(record.message_id) and record.urgent:
                yield record

    def _note_unstored(self) -> None:
        """Note what was not written, and what has joined it."""
        for record in self._unstored():
            self.judge.forgotten.update((record.message_id, *record.joined_ids))
            self.judge.spare[record.message_id] += 1

    async def _arrive(self) -> None:
        """Let arrive what is on its way: it won't be there a minute later."""
        while self.loop.wire.under_way:
            await asyncio.sleep(0)
        if self.is_listening:
            for _ in range(2):
                async with self.session.get(self.simulator.url(self.key)) as answer:
                    await answer.read()
        await let_run()

    async def stop(self) -> None:
        """Stop as Home Assistant does."""
        await self.harness.stop()
        # Nothing that was under way is cut off.
        assert self.traffic.now == 0
        self._note_unstored()
        self.harness.build()

    async def start(self, by: timedelta = timedelta()) -> None:
        """Start again, as much later by the clock."""
        self.harness.clock.set_while_down(by)
        self.judge.begin_run()
        self.judge.age(by)
        self.watch.begin_run()
        # A house without any room does not start.
        room, self.harness.disk.room = self.harness.disk.room, None
        await self.harness.start()
        self.harness.disk.room = room

    @override
    def teardown(self) -> None:
        """Heal all, wait long enough, and see what has become of every message."""
        try:
            self.run(self._end())
            assert not self.mistakes.found
        finally:
            LOGGER.removeHandler(self.mistakes)
            self.run(self.session.close())
            self.run(self.simulator.__aexit__(None, None, None))
            self.runner.close()
            self.folder.cleanup()
            self._reproduced.close()

    def _has_an_hour_to_come(self) -> bool:
        """Return whether the life of any message begins later.

        That of one that was let go at its hour does, too, if the clock was set back since.
        """
        now = self.harness.clock.now()
        return any(
            record.options.send_at is not None and record.options.send_at > now
            for record in self.harness.store
        )

    async def _end(self) -> None:
        if not self.is_listening:
            await self.simulator.open()
        self.simulated.heal()
        if Feature.REFUSED not in self.features:
            self.simulated.refusal = None
        self.harness.disk.room = None
        # What is still being written may be planned.
        await until_idle()
        while self._has_an_hour_to_come():
            await self.harness.clock.advance(300_000)
        for _ in range(3):
            await self.harness.clock.advance(700)
        await self.harness.clock.advance(90_000)
        await until_idle()
        self.judge.check()
        # Nobody waits for an answer for ever.
        assert not self.sending
        await self.judge.check_end()
        await self.harness.stop()
