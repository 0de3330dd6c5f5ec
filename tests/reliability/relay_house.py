"""A relay of which some accounts are in trouble."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import aiohttp
from aiohttp import web
import pytest
from yarl import URL

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.errors import RejectedError
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.model.message import SendResult, Sms
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget
from custom_components.passerelle_sms.gateways.wire.transport import Timeouts
from custom_components.passerelle_sms.messaging.guard.guard import GuardLimits
from custom_components.passerelle_sms.messaging.journal.journal import JournalQuery
from custom_components.passerelle_sms.messaging.model.message import Message
from custom_components.passerelle_sms.messaging.model.record import (
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
)
from tests.messaging.idle import until_idle
from tests.messaging.journal_files import copied, files_of, put_back
from tests.messaging.promise.reproducible import reproducible
from tests.messaging.promise.simulated_loop import SimulatedLoop
from tests.messaging.promise.wire import End, SimulatorOnWire, Wire
from tests.messaging.relay_harness import RelayHarness
from tests.messaging.scheduling import keep_time
from tests.simulator import AccountRefusal, SimulatedGateway, Simulator

from .house import NAME
from .names import Names
from .relay_cells import RelayCell, RelayFate
from .relay_troubles import During, Event, RelayTrouble

NUMBER: Final = "+33612345601"
"""Every gateway takes it."""
FIRST_PORT: Final = 80
"""Where the first account's gateway listens; the others follow."""
DAY: Final = timedelta(days=1)
MINUTE: Final = timedelta(minutes=1)
MOMENTS: Final = tuple(range(10))
"""After so many writes to any disk something happens; at the last, once it was taken."""


@dataclass(kw_only=True)
class RelayHouse:
    """A house with a relay, whose first accounts are each in some trouble."""

    keys: Sequence[str]
    troubles: Sequence[RelayTrouble]
    folder: Path
    wire: Wire
    text: str
    simulators: list[Simulator] = field(default_factory=list)
    names: Names = field(default_factory=Names)

    async def see(self, on_unknown: OnUnknown, moment: int = 0) -> RelayFate:
        """Send a message while all is so, and return what becomes of it."""
        async with self._open():
            message = Message(text=self.text, targets=(NUMBER,), on_unknown=on_unknown)
            at_once = await self._send(message, moment)
            await self._go_on()
            rows = [row for one in await self._records() for row in one.submissions]
            row = rows[0] if rows else None
            fate = RelayFate(
                at_once=at_once, in_the_end=_named(row), taken=self._taken()
            )
            await self.relay.stop()
            return fate

    # --- how it begins ------------------------------------------------------------------

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            with pytest.MonkeyPatch.context() as self.patch:
                for position in range(len(self.keys)):
                    simulator = SimulatorOnWire(self.wire, FIRST_PORT + position)
                    self.simulators.append(await stack.enter_async_context(simulator))
                connector = aiohttp.TCPConnector(resolver=self.names)
                session = aiohttp.ClientSession(connector=connector)
                self.session = await stack.enter_async_context(session)
                gateways = [
                    self._client(position) for position in range(len(self.keys))
                ]
                self.relay = RelayHarness(gateways, self.folder)
                for position, account in enumerate(self.relay.accounts):
                    keep_time(self.simulators[position], account)
                    account.is_alone = not self._is_shared(position)
                    account.ledger.is_alone = account.is_alone
                await self.relay.start()
                for position in range(len(self.keys)):
                    await self._begin(position)
                yield

    def _client(self, position: int) -> Gateway:
        simulated, trouble = self._simulated(position), self._trouble(position)
        url = self.simulators[position].url(simulated.key)
        at_gateway = None if trouble is None else trouble.at_gateway
        if at_gateway is not None and at_gateway.has_no_name:
            url = url.replace("127.0.0.1", NAME)
        if at_gateway is not None and at_gateway.has_no_trust:
            # There is no certificate, and so nobody who vouches for one.
            url = url.replace("http:", "https:")
        return GATEWAYS[simulated.key](
            self.session,
            Credentials(
                username=simulated.username,
                password=simulated.password,
                api_key=simulated.api_key,
            ),
            url=URL(url),
            sender="MAISON",
            timeouts=Timeouts(connect=2, read=0.2, total=4),
            budget=RequestBudget(1_000_000),
        )

    async def _begin(self, position: int) -> None:
        """Let some messages tell what they cost; then the trouble begins."""
        trouble = self._trouble(position)
        at_gateway = None if trouble is None else trouble.at_gateway
        account, simulated = self.relay.accounts[position], self._simulated(position)
        if at_gateway is None or not (
            at_gateway.has_no_name or at_gateway.has_no_trust
        ):
            await account.poll()
            for _ in range(2):
                await account.outbox.send(account.message(NUMBER))
                await account.poll()
                await self.relay.clock.advance(31)
        if trouble is None:
            return
        if at_gateway is not None:
            simulated.seconds_to_charge = at_gateway.charged_late
            if at_gateway.is_after_another:
                await account.outbox.send(account.message(NUMBER))
                await until_idle()
            if at_gateway.fault is not None:
                simulated.fail(at_gateway.fault, operation="send")
            if at_gateway.is_reset:
                self.patch.setattr("tests.simulator.gateway._cut", _reset)
            if at_gateway.refusal is AccountRefusal.NO_CREDIT:
                simulated.credits = Decimal(0)
                await account.poll()
            simulated.refusal = at_gateway.refusal
        if trouble.refusal is not None:
            self._refuse(account.gateway, trouble.refusal, by_rule=trouble.by_rule)
        if trouble.event is not None:
            await self._let_happen(position, trouble.event)

    def _refuse(self, gateway: Gateway, error: RejectedError, *, by_rule: bool) -> None:
        def refuse(_number: str) -> str:
            raise error

        async def send(sms: Sms) -> SendResult:
            return SendResult.failed(sms.recipients, error)

        if by_rule:
            self.patch.setattr(gateway, "local_number", refuse)
        self.patch.setattr(gateway, "send", send)

    async def _let_happen(self, position: int, event: Event) -> None:
        account = self.relay.accounts[position]
        match event:
            case Event.CAPPED:
                account.guard.limits = GuardLimits(
                    segments_per_hour=0, segments_per_day=0
                )
            case Event.FULL_DISK:
                account.disk.room = 0
            case Event.FULL_DISK_AFTER:
                # The message, and that it is about to leave.
                account.disk.room = 2
            case Event.AWAY:
                await self.relay.remove(position)

    # --- what happens -------------------------------------------------------------------

    async def _send(self, message: Message, moment: int) -> str:
        relay, event = self.relay, self.troubles[0].event
        self.files = copied(files_of(self._paths()[0]))
        if not self.troubles[0].is_at_any_moment:
            try:
                report = await relay.send(message)
            except RejectedError:
                return "refused"
            await until_idle()
            [result] = report.results
            return str(result.outcome)
        sending = asyncio.create_task(relay.send(message))
        before = self._written()
        while not sending.done() and (
            self._written() - before < moment
            if moment < MOMENTS[-1]
            else not any(self._taken())
        ):
            await asyncio.sleep(0)
        if event is Event.POWER_CUT:
            await self._cut_power(sending)
        elif event is Event.STOP:
            await relay.stop()
            await asyncio.wait([sending])
            relay.build()
            await relay.start()
        else:
            await relay.remove(0, is_told_first=False)
            await relay.bring_back(0)
            await asyncio.wait([sending])
        return "–"

    async def _cut_power(self, sending: asyncio.Task[object] | None = None) -> None:
        if sending is not None:
            sending.cancel()
        self.relay.accounts[0].cancel_all()
        await until_idle()
        files = {path: files_of(path) for path in self._paths()}
        await self.relay.crash()
        for path, content in files.items():
            put_back(path, content)
        await self.relay.start()

    async def _go_on(self) -> None:
        """Let the faults be over, and the hour of the message; and what else happens."""
        await self._happen_in_doubt()
        self.names.is_up = True
        for position, trouble in enumerate(self.troubles):
            simulated = self._simulated(position)
            simulated.heal()
            simulated.release()
            if trouble.at_gateway is not None and trouble.at_gateway.is_spent_elsewhere:
                simulated.spend_elsewhere(1)
        await self.relay.clock.advance(60)
        for position, trouble in enumerate(self.troubles):
            if trouble.at_gateway is not None and trouble.at_gateway.is_given_back:
                self._simulated(position).refund(1)
        await self.relay.clock.advance(640)
        for position, trouble in enumerate(self.troubles):
            if trouble.at_gateway is not None and trouble.at_gateway.is_mended:
                self._simulated(position).refusal = None
                self._simulated(position).top_up(100)
            self.relay.accounts[position].disk.room = None
        await self.relay.clock.advance(3700)
        await until_idle()

    async def _happen_in_doubt(self) -> None:
        relay = self.relay
        match self.troubles[0].during:
            case During.AHEAD:
                relay.clock.jump(DAY)
            case During.BACK:
                relay.clock.jump(-DAY)
            case During.REMOVED:
                await relay.remove(0)
            case During.RELOADED:
                await relay.remove(0)
                await relay.bring_back(0)
            case During.RESTORED | During.RESTORED_RELAY as during:
                is_relay = during is During.RESTORED_RELAY
                path = self._paths()[-1 if is_relay else 0]
                files = copied(files_of(path)) if is_relay else self.files
                await relay.stop()
                relay.build()
                put_back(path, files)
                await relay.start()
            case During.POWER_CUT:
                await self._cut_power()

    # --- what is seen -------------------------------------------------------------------

    def _paths(self) -> list[Path]:
        names = [f"account-{position}" for position in range(len(self.keys))]
        return [self.folder / f"{name}.journal" for name in (*names, "relay")]

    def _written(self) -> int:
        """Return how often anything was written."""
        disks = [self.relay.disk, *(one.disk for one in self.relay.accounts)]
        return sum(disk.writes for disk in disks)

    def _simulated(self, position: int) -> SimulatedGateway:
        return self.simulators[position].gateways[self.keys[position]]

    def _trouble(self, position: int) -> RelayTrouble | None:
        return self.troubles[position] if position < len(self.troubles) else None

    def _is_shared(self, position: int) -> bool:
        trouble = self._trouble(position)
        at_gateway = None if trouble is None else trouble.at_gateway
        return at_gateway is not None and at_gateway.is_shared

    async def _records(self) -> Collection[MessageRecord]:
        found = await self.relay.journal.find(JournalQuery())
        return [record for record in found if record.text == self.text]

    def _taken(self) -> tuple[int, ...]:
        return tuple(
            sum(one.text == self.text for one in self._simulated(position).accepted)
            for position in range(len(self.keys))
        )


def see(
    folder: Path,
    keys: Sequence[str],
    troubles: Sequence[RelayTrouble],
    on_unknown: OnUnknown,
) -> RelayCell:
    """Send through a relay whose first accounts have these troubles."""
    moments = MOMENTS if troubles[0].is_at_any_moment else MOMENTS[:1]
    return RelayCell(
        fates=tuple(
            _see_at(moment, folder, keys, troubles, on_unknown) for moment in moments
        )
    )


def _see_at(
    moment: int,
    folder: Path,
    keys: Sequence[str],
    troubles: Sequence[RelayTrouble],
    on_unknown: OnUnknown,
) -> RelayFate:
    loop = SimulatedLoop()
    with (
        reproducible(luck=moment),
        asyncio.Runner(loop_factory=lambda: loop) as runner,
        TemporaryDirectory(dir=folder) as at,
    ):
        house = RelayHouse(
            keys=keys,
            troubles=troubles,
            folder=Path(at),
            wire=loop.wire,
            text="Citerne vide",
        )
        return runner.run(house.see(on_unknown, moment))


def _reset(request: web.Request) -> None:
    """Reset a connection, as a firewall does."""
    assert isinstance(request.transport, End)
    request.transport.reset()


def _named(row: SubmissionRecord | None) -> str:
    """Return an outcome as the tables name it."""
    if row is None:
        return "nothing"
    held = ", held" if row.stage is Stage.HELD else ""
    return f"{row.outcome}{held}"
