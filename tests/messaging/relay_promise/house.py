"""A house with a relay over some accounts, through stops and crashes."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, ExitStack
from datetime import timedelta
from pathlib import Path
import tempfile
from typing import Any, ClassVar, override

import aiohttp
from hypothesis.stateful import RuleBasedStateMachine
from yarl import URL

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget
from custom_components.passerelle_sms.gateways.wire.transport import Timeouts
from custom_components.passerelle_sms.messaging.guard.guard import GuardLimits
from custom_components.passerelle_sms.messaging.model.record import (
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.report import Report
from tests.messaging.fake_disk import FakeDisk, nothing
from tests.messaging.idle import let_run, until_idle
from tests.messaging.journal_files import Files, files_of, put_back
from tests.messaging.promise.house import LOGGER, Mistakes
from tests.messaging.promise.reproducible import reproducible
from tests.messaging.promise.simulated_loop import SimulatedLoop
from tests.messaging.promise.wire import SimulatorOnWire
from tests.messaging.relay_harness import RelayHarness
from tests.messaging.scheduling import keep_time
from tests.simulator import SimulatedGateway

from .judge import Judge
from .texts import number_of

NUMBERS = ("+33612345601", "+237695688202")
"""Every gateway takes them."""
_NO_CAP = GuardLimits(
    segments_per_hour=100_000, segments_per_day=100_000, identical_window=timedelta()
)
_RELAY = "relay"
_FIRST_PORT = 80
"""Where the first account's gateway listens; the others follow."""

type Copy = tuple[dict[str, Files], frozenset[int]]
"""What a backup holds of each journal, and what the house had told of by then."""


class House(RuleBasedStateMachine):
    """What the rules have in common: the house, its gateways, and who judges them."""

    keys: ClassVar[tuple[str, ...]]
    """The gateways of the accounts, in the relay's order."""

    def __init__(self) -> None:
        """Start the gateways and the house."""
        super().__init__()
        self._reproduced = ExitStack()
        self._reproduced.enter_context(reproducible(luck=0))
        self.loop = SimulatedLoop()
        self.runner = asyncio.Runner(loop_factory=lambda: self.loop)
        self.loop.set_exception_handler(self._on_error)
        self.folder = tempfile.TemporaryDirectory()
        self.opened = AsyncExitStack()
        self.listening: set[int] = set()
        """The accounts whose gateways can be reached."""
        self.sending: dict[asyncio.Task[Report], None] = {}
        self.mistakes = Mistakes()
        LOGGER.addHandler(self.mistakes)
        self.copy: Copy | None = None
        self.run(self._begin())

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do something while the house and its gateways are there."""
        return self.runner.run(work)

    def _on_error(self, _loop: object, context: dict[str, Any]) -> None:
        self.mistakes.found.append(repr(context))

    async def _begin(self) -> None:
        self.simulators = [
            await self.opened.enter_async_context(
                SimulatorOnWire(self.loop.wire, _FIRST_PORT + position)
            )
            for position in range(len(self.keys))
        ]
        self.listening = {*range(len(self.keys))}
        self.simulated = [
            one.gateways[key]
            for one, key in zip(self.simulators, self.keys, strict=True)
        ]
        self.session = await self.opened.enter_async_context(aiohttp.ClientSession())
        folder = Path(self.folder.name)
        gateways = [self._client(position) for position in range(len(self.keys))]
        self.relay = RelayHarness(gateways, folder)
        self.paths = {
            f"account-{position}": folder / f"account-{position}.journal"
            for position in range(len(self.keys))
        } | {_RELAY: folder / "relay.journal"}
        self.relay.limits = self.relay.guard.limits = _NO_CAP
        for simulator, account in zip(
            self.simulators, self.relay.accounts, strict=True
        ):
            keep_time(simulator, account)
            simulator.envoyer_sms_pro.request_limit = 1_000_000
            account.limits = account.guard.limits = _NO_CAP
            account.follows_deliveries = True
        for simulated in self.simulated:
            simulated.credits *= 100
        self.judge = Judge(self.relay, self.simulated, NUMBERS)
        await self.relay.start()

    def _client(self, position: int) -> Gateway:
        simulated = self.simulated[position]
        return GATEWAYS[simulated.key](
            self.session,
            Credentials(
                username=simulated.username,
                password=simulated.password,
                api_key=simulated.api_key,
            ),
            url=URL(self.simulators[position].url(simulated.key)),
            sender="MAISON",
            timeouts=Timeouts(connect=2, read=0.3, total=4),
            # Only the house's clock runs fast: an hour's requests would soon be used up.
            budget=RequestBudget(1_000_000),
        )

    # --- what the rules need ---

    def account(self, which: int) -> int:
        """Return the position of one of the accounts."""
        return which % len(self.keys)

    def gateway(self, which: int) -> SimulatedGateway:
        """Return the gateway of one of the accounts."""
        return self.simulated[self.account(which)]

    def disks(self) -> list[FakeDisk]:
        """Return all disks: the relay's is the last."""
        return [*(account.disk for account in self.relay.accounts), self.relay.disk]

    async def go_on(self, steps: int) -> None:
        """Let some of what is under way be done."""
        for _ in range(steps):
            await asyncio.sleep(0)

    async def heal_all(self) -> None:
        """Let all be well, and all accounts be there."""
        for position, simulator in enumerate(self.simulators):
            if position not in self.listening:
                await simulator.open()
        self.listening = {*range(len(self.keys))}
        for simulated in self.simulated:
            simulated.heal()
            simulated.refusal = None
        for disk in self.disks():
            disk.room = None
        for account in self.relay.accounts:
            account.guard.limits = account.limits = _NO_CAP
        for position in range(len(self.keys)):
            if position not in self.relay.there:
                await self.relay.bring_back(position)

    # --- how it ends and begins again ---

    async def crash(
        self, steps: int, by: timedelta, while_down: Callable[[], None] = nothing
    ) -> None:
        """Lose power after so many steps, and come back as much later by the clock."""
        await self.go_on(steps)
        for task in tuple(self.sending):
            task.cancel()
        self.relay.accounts[0].cancel_all()
        await until_idle()
        self._note_unstored()
        # What is closed is put in order: a power cut leaves it as it was before.
        files = {name: files_of(path) for name, path in self.paths.items()}
        await self.relay.crash()
        for name, path in self.paths.items():
            put_back(path, files[name])
        await self._arrive()
        while_down()
        await self.start(by)

    async def stop(self) -> None:
        """Stop as Home Assistant does."""
        await self.relay.stop()
        self._note_unstored()
        self.relay.build()

    async def start(self, by: timedelta = timedelta()) -> None:
        """Start again, as much later by the clock."""
        self.relay.clock.set_while_down(by)
        # A house without any room does not start.
        rooms = [disk.room for disk in self.disks()]
        for disk in self.disks():
            disk.room = None
        await self.relay.start()
        for disk, room in zip(self.disks(), rooms, strict=True):
            disk.room = room

    def _note_unstored(self) -> None:
        """Note what was so urgent that it left although it could not be written."""
        stores = [account.store for account in self.relay.accounts]
        for store in (*stores, self.relay.store):
            for record in store:
                if not store.is_stored(record.message_id) and _leaves(record):
                    is_lost = store is self.relay.store
                    self.judge.lose_unstored(number_of(record.text), is_lost=is_lost)

    async def _arrive(self) -> None:
        """Let arrive what is on its way: it won't be there a minute later."""
        while self.loop.wire.under_way:
            await asyncio.sleep(0)
        for position in sorted(self.listening):
            url = self.simulators[position].url(self.keys[position])
            for _ in range(2):
                async with self.session.get(url) as answer:
                    await answer.read()
        await let_run()

    @override
    def teardown(self) -> None:
        """Heal all, wait long enough, and see what has become of every message."""
        try:
            self.run(self._end())
            assert not self.mistakes.found, self.mistakes.found
        finally:
            LOGGER.removeHandler(self.mistakes)
            self.run(self.opened.aclose())
            self.runner.close()
            self.folder.cleanup()
            self._reproduced.close()

    async def _end(self) -> None:
        await self.heal_all()
        # What is still being written may be planned.
        await until_idle()
        while len(self.relay.parts.planned):
            await self.relay.clock.advance(300_000)
        for _ in range(3):
            await self.relay.clock.advance(700)
        await self.relay.clock.advance(90_000)
        await until_idle()
        self.judge.check()
        # Nobody waits for an answer for ever.
        assert not self.sending
        await self.judge.check_end()
        await self.relay.stop()


def _leaves(record: MessageRecord) -> bool:
    return record.urgent and record.on_unknown is OnUnknown.RESEND
