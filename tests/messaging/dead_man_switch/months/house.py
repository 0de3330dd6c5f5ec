"""A house with a dead man's switch, through stops, crashes and restores."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import cycle
import logging
from pathlib import Path
import random
from typing import Final, override

import aiohttp

from custom_components.passerelle_sms.gateways.errors import (
    GatewayError,
    NotStoredError,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.carrier import (
    Carrier,
    Carriers,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.cost import (
    SwitchCost,
    cost_of,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.journal_rows import (
    JournalRows,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.plan import SwitchPlan
from custom_components.passerelle_sms.messaging.dead_man_switch.switch import (
    DeadManSwitch,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.messaging.idle import let_run, until_idle
from tests.messaging.journal_files import Files, copied
from tests.messaging.promise.simulated_loop import SimulatedLoop
from tests.messaging.promise.wire import Pace, SimulatorOnWire

from .account import SimulatedAccount
from .clock import MonthClock
from .ground import MARK, Ground
from .observer import RecordingSwitchObserver
from .record import Hindered, Hindrance, Record, Sample, Shown
from .setup import NUMBERS, Setup

LOGGER: Final = logging.getLogger("custom_components.passerelle_sms")
_SWITCH: Final = "switch-1"

type Backup = tuple[timedelta, list[Files]]
"""When it was made, and the files of each account."""


class House(Carriers):
    """A house and its gateways; `is_alive` while it runs."""

    switch: DeadManSwitch

    def __init__(self, setup: Setup, record: Record, folder: Path) -> None:
        """Build it; `begin` lets it live for the first time."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        self.loop = loop
        self.setup = setup
        self.record = record
        self.luck = random.Random(f"month {setup.seed}")
        self.clock = MonthClock(setup.begin)
        self.simulator = SimulatorOnWire(loop.wire)
        self.session = aiohttp.ClientSession()
        self.accounts = [
            SimulatedAccount(
                key, self.simulator, self.session, self.clock, folder, setup
            )
            for key in setup.gateways
        ]
        self.plan = SwitchPlan(
            template=f"{MARK} {{house}} {{since}}",
            recipients=tuple(Recipient(number=n) for n in NUMBERS[: setup.recipients]),
            delay=setup.delay,
            house="Villa",
            language="fr",
        )
        self.ground = Ground(self.clock, record, lambda: self.plan.delay)
        for account in self.accounts:
            self.ground.follow(account.name, account.simulated)
        self.observer = RecordingSwitchObserver(self.clock, record)
        self.is_alive = False
        self.is_listening = False
        self.gone: set[str] = set()
        """The accounts that were taken away."""
        self.backup: Backup | None = None
        self._since: dict[Hindrance, timedelta] = {}
        self._reasons: Counter[Hindrance] = Counter()
        """How many things hinder it in each way."""

    # --- the accounts of its switch -----------------------------------------------------

    @override
    def available(self) -> Sequence[Carrier]:
        return [one.carrier for one in self.accounts if one.name not in self.gone]

    @override
    def get(self, account: str) -> Carrier | None:
        found = [one.carrier for one in self.accounts if one.name == account]
        return found[0] if found and account not in self.left else None

    @property
    def left(self) -> set[str]:
        """The accounts that can't be asked any more."""
        return self.gone - self.leaving

    leaving: frozenset[str] = frozenset()
    """Those that go just now."""

    # --- its life -----------------------------------------------------------------------

    async def begin(self) -> None:
        """Listen at the gateways, and live for the first time: the user adds the switch."""
        await self.listen()
        self._begin_run()
        await self._load()
        self.ground.is_proving = True
        await self.switch.prove()
        self.ground.is_proving = False
        await self._go_on()

    async def start(self) -> None:
        """Live again."""
        self._begin_run()
        await self._load()
        await self._go_on()

    def _begin_run(self) -> None:
        for account in self.accounts:
            account.begin_run()

    async def _load(self) -> None:
        for account in self.accounts:
            room, account.harness.disk.room = account.harness.disk.room, None
            await account.harness.start()
            account.harness.disk.room = room
            account.carry()
        self.switch = DeadManSwitch(
            _SWITCH,
            self.plan,
            self,
            JournalRows(self.accounts[0].harness.journal),
            self.clock,
            self.observer,
        )
        await self.switch.load()
        for account in self.accounts:
            account.carrier.set_aside(_SWITCH, self.cost(account).requests_per_hour)

    def cost(self, account: SimulatedAccount) -> SwitchCost:
        """Return what the form says."""
        return cost_of(
            self.plan,
            account.gateway,
            price=lambda _tariff: Decimal(1),
            polls_per_hour=1,
            others_set_aside=0,
        )

    async def _go_on(self) -> None:
        self.record.starts.append(self.clock.elapsed())
        self.is_alive = True
        self.end_hindrance(Hindrance.DEAD)
        self.switch.start()
        for account in self.accounts:
            # As an account does when it is set up: nothing waits for that.
            await account.harness.observer.refresh_balance()
        await until_idle()
        self.sample()

    async def stop(self) -> None:
        """Stop as Home Assistant does."""
        self.record.stops.append(self.clock.elapsed())
        await self.switch.renew_before_stop()
        await self.switch.stop()
        for account in self.accounts:
            await account.harness.stop()
        self._die()

    async def lose_power(self) -> None:
        """Die at once, in the middle of whatever is under way."""
        self.accounts[0].harness.cancel_all()
        await until_idle()
        files = [account.files() for account in self.accounts]
        await self.accounts[0].harness.cut_power()
        self.clock.forget()
        for account, left in zip(self.accounts, files, strict=True):
            await account.harness.journal.close()
            account.put_back(left)
            if account.harness.disk.room is not None:
                self.note_lost_row()
        await self._arrive()
        self._die()

    def _die(self) -> None:
        assert not self.clock.next_due
        self.clock.forget()
        self.is_alive = False
        self.begin_hindrance(Hindrance.DEAD)

    async def _arrive(self) -> None:
        """Let arrive what is on its way: it won't be there a minute later."""
        while self.loop.wire.under_way:
            await asyncio.sleep(0)
        if self.is_listening:
            for _ in range(2):
                async with self.session.get(
                    self.simulator.url(self.accounts[0].name)
                ) as answer:
                    await answer.read()
        await let_run()

    async def end(self) -> None:
        """Let go of everything."""
        if self.is_alive:
            await self.switch.stop()
            for account in self.accounts:
                account.harness.disk.room = None
                await account.harness.stop()
            self.is_alive = False
        self._reasons.clear()
        for hindrance in tuple(self._since):
            self.end_hindrance(hindrance)
        for account in self.accounts:
            self.record.unexplained += map(str, account.harness.observer.unexplained)
        self.ground.look()
        await self.session.close()
        await self.simulator.__aexit__(None, None, None)

    # --- its user -------------------------------------------------------------------------

    async def arm(self) -> bool:
        """Arm; return whether it is armed now."""
        self.record.changes.append(self.clock.elapsed())
        self.ground.is_proving = True
        try:
            await self.switch.arm()
        except GatewayError:
            return False
        finally:
            self.ground.is_proving = False
        return True

    async def disarm(self) -> None:
        """Disarm; what can't be taken back is tried on."""
        self.record.changes.append(self.clock.elapsed())
        with suppress(GatewayError):
            await self.switch.disarm()

    async def leave(self, account: str) -> None:
        """Take an account away."""
        self.gone.add(account)
        self.leaving = frozenset({account})
        if len(self.gone) == len(self.accounts):
            self.begin_hindrance(Hindrance.NO_ACCOUNT)
        await self.switch.leave(account)
        self.leaving = frozenset()
        self.record.changes.append(self.clock.elapsed())
        self.switch.review()

    async def bring_back(self) -> None:
        """Bring back the account that was taken away."""
        self.gone.clear()
        self.end_hindrance(Hindrance.NO_ACCOUNT)
        self.record.changes.append(self.clock.elapsed())
        if self.is_alive:
            self.switch.review()

    # --- its backups ----------------------------------------------------------------------

    async def back_up(self) -> None:
        """Make a backup while all goes on."""
        files = []
        for account in self.accounts:
            with suppress(NotStoredError):
                await account.harness.journal.begin_backup()
                files.append(copied(account.files()))
                await account.harness.journal.end_backup()
        if len(files) == len(self.accounts):
            self.backup = self.clock.elapsed(), files

    def restore(self) -> None:
        """Put the last backup in the place of the journals, while the house is dead."""
        assert self.backup is not None
        for account, files in zip(self.accounts, self.backup[1], strict=True):
            account.put_back(files)
        self.note_lost_row()

    def note_lost_row(self) -> None:
        """Note that the row may know nothing of what stands now."""
        self.ground.unknown_before = self.clock.elapsed()
        self.record.restores.append(self.clock.elapsed())

    # --- the way to the gateways ----------------------------------------------------------

    async def listen(self) -> None:
        """Let the gateways be in reach."""
        if not self.is_listening:
            await self.simulator.open()
            self.is_listening = True
            self.end_hindrance(Hindrance.CUT_OFF)

    async def cut_line(self) -> None:
        """Let the gateways be out of reach."""
        if self.is_listening:
            await self.simulator.close()
            self.is_listening = False
            self.begin_hindrance(Hindrance.CUT_OFF)

    # --- what is written down -------------------------------------------------------------

    def happened(self, what: str) -> None:
        """Count something that happened."""
        self.record.happened[what] += 1

    def set_there(self, by: timedelta) -> None:
        """Set the clocks of the gateways forward or back."""
        self.record.shifts.append(self.clock.elapsed())
        self.clock.set_there(by)

    def draw_pace(self) -> Pace:
        """Return how many turns of the loop whatever takes from now on."""
        return cycle([self.luck.choice((0, 0, 1, 2, 5)) for _ in range(5)])

    def begin_hindrance(self, hindrance: Hindrance) -> None:
        """Note that something keeps it from renewing from now on."""
        self._reasons[hindrance] += 1
        self._since.setdefault(hindrance, self.clock.elapsed())

    def end_hindrance(self, hindrance: Hindrance) -> None:
        """Note that this is over."""
        self._reasons[hindrance] -= 1
        if self._reasons[hindrance] > 0:
            return
        begin = self._since.pop(hindrance, None)
        if begin is not None:
            self.record.hindered.append(
                Hindered(by=hindrance, begin=begin, end=self.clock.elapsed())
            )

    def change_plan(self, **changes: object) -> None:
        """Let the user change something of the switch."""
        self.plan = replace(self.plan, **changes)  # type: ignore[arg-type] # by name
        self.record.changes.append(self.clock.elapsed())

    def sample(self) -> None:
        """Write down how all stands."""
        if not self.is_alive:
            return
        status = self.switch.status
        self.record.samples.append(
            Sample(
                at=self.clock.elapsed(),
                is_armed=status.is_armed,
                is_alive=self.is_alive,
                wanted=frozenset(one.number for one in self.plan.recipients),
                delay=self.plan.delay,
                problems=tuple(
                    Shown(reason=one.reason.value, until=one.until)
                    for one in status.problems
                ),
                fires_at=status.fires_at,
                standing=tuple(self.ground.standing()),
                error_here=self.clock.error_here,
                error_there=self.clock.ahead_there,
            )
        )


class Mistakes(logging.Handler):
    """All that is logged as an error, and must never be."""

    def __init__(self, record: Record) -> None:
        """Write into a record."""
        super().__init__(logging.ERROR)
        self._record = record

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self._record.mistakes.append(record.getMessage())


type Happening = Callable[[House], Awaitable[None]]
"""Something that happens to a house."""
