"""A house with an account at each gateway, in which something goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
import socket
import struct
from typing import Final

from aiohttp import web
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.passerelle_sms.const import CONF_ALONE
from custom_components.passerelle_sms.entries.account import Account
from custom_components.passerelle_sms.messaging.journal.journal import JournalQuery
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import Stage, row_key
from homeassistant.core import HomeAssistant
from tests.conftest import AccountMaker
from tests.passing_time import pass_time, quiet
from tests.simulator import AccountRefusal, SimulatedGateway, Simulator
from tests.simulator.tls import served_over_tls

from .cells import Cell, Fate
from .names import Names
from .troubles import Trouble
from .ways import RECIPIENTS, Sent, Way, by_action

# Longer than any gateway's patience, shorter than any pause.
STALL: Final = timedelta(seconds=31)
# The time that passes until nothing more happens: minutes for evidence and pauses, then
# what is left of a message's life. Around the tenth minute each alarm has its own turn.
_HALF, _WHOLE = timedelta(seconds=30), timedelta(minutes=1)
MINUTES: Final = (*[_HALF] * 4, *[_WHOLE] * 7, *[_HALF] * 6)
REST: Final = (timedelta(minutes=15),) * 4
# How many of these have passed when credits are given back.
GIVEN_BACK: Final = 2
# A balance is not told before everybody has seen what there was at once.
LONG: Final = 3600
# Where the accounts live whose name cannot be resolved.
NAME: Final = "gateway.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What there was to see of a message at the moment at which its caller was told."""

    sent: Sent
    at_once: str
    taken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityHouse:
    """What the tests here play with."""

    hass: HomeAssistant
    freezer: FrozenDateTimeFactory
    simulator: Simulator
    add_account: AccountMaker
    names: Names
    certificate: Path
    monkeypatch: pytest.MonkeyPatch

    async def see(self, trouble: Trouble, way: Way, text: str) -> Mapping[str, Cell]:
        """Send through each gateway that knows a trouble while it has it.

        Returns what became of that, by gateway.
        """
        async with AsyncExitStack() as stack:
            entries = {
                key: await stack.enter_async_context(self._account(simulated, trouble))
                for key, simulated in self.simulator.gateways.items()
                if trouble.refusal is None or trouble.refusal in simulated.refusals
            }
            async with quiet(self.hass):
                sights = await self._send(trouble, entries, way, text)
                self._end_faults(trouble, entries)
            await self._pass_time(trouble, entries)
            return {
                key: Cell(
                    fates=tuple(
                        [await self._fate(entries[key], sight) for sight in seen]
                    )
                )
                for key, seen in sights.items()
            }

    # --- what goes wrong -------------------------------------------------------------

    @asynccontextmanager
    async def _account(
        self, simulated: SimulatedGateway, trouble: Trouble
    ) -> AsyncIterator[MockConfigEntry]:
        """Have a new account while its gateway is in trouble."""
        url = self.simulator.url(simulated.key)
        self.names.is_up = not trouble.has_no_name
        if trouble.has_no_name:
            # What was resolved a moment ago is still known.
            self.freezer.tick(STALL)
            url = url.replace("127.0.0.1", NAME)
        is_poor = trouble.refusal is AccountRefusal.NO_CREDIT
        simulated.credits = Decimal(1 if is_poor else 1000)
        async with AsyncExitStack() as stack:
            if trouble.has_no_trust:
                served = served_over_tls(simulated, self.certificate)
                url = await stack.enter_async_context(served)
            entry = await self.add_account(
                simulated,
                recipients=RECIPIENTS,
                options={CONF_ALONE: not trouble.is_shared},
                url=url,
            )
            if not trouble.has_no_name and not trouble.has_no_trust:
                await self._begin(simulated, entry, trouble)
            yield entry
            _recover(simulated)
            await self.hass.config_entries.async_remove(entry.entry_id)
            await self.hass.async_block_till_done()

    async def _begin(
        self, simulated: SimulatedGateway, entry: MockConfigEntry, trouble: Trouble
    ) -> None:
        """Let a message tell what it costs; then the trouble begins."""
        await self._accept(entry, f"Tout va bien, {entry.entry_id}")
        await pass_time(self.hass, self.freezer, STALL)
        simulated.seconds_to_charge = trouble.charged_late
        if trouble.is_after_another:
            await self._accept(entry, f"Encore, {entry.entry_id}")
        if trouble.fault is not None:
            simulated.fail(trouble.fault, operation="send")
        if trouble.refusal not in {None, AccountRefusal.NO_CREDIT}:
            # Without credit it is by now.
            simulated.refusal = trouble.refusal

    async def _accept(self, entry: MockConfigEntry, text: str) -> None:
        async with quiet(self.hass):
            [(_, _, told)] = await by_action(self.hass, entry, text)
            assert told == "`accepted`"

    def _end_faults(
        self, trouble: Trouble, entries: Mapping[str, MockConfigEntry]
    ) -> None:
        """Let whatever is about single requests be over."""
        self.names.is_up = True
        for key in entries:
            simulated = self.simulator.gateways[key]
            simulated.heal()
            simulated.release()
            if trouble.is_spent_elsewhere:
                simulated.spend_elsewhere(1)

    async def _pass_time(
        self, trouble: Trouble, entries: Mapping[str, MockConfigEntry]
    ) -> None:
        """Let time pass, and what else is to happen meanwhile."""
        simulated = [self.simulator.gateways[key] for key in entries]
        for number, time in enumerate(MINUTES):
            if trouble.is_given_back and number == GIVEN_BACK:
                for one in simulated:
                    one.refund(1)
            await pass_time(self.hass, self.freezer, time)
        if trouble.refusal is not None and trouble.is_mended:
            for one in simulated:
                one.refusal = None
                one.top_up(100)
        for time in REST:
            await pass_time(self.hass, self.freezer, time)

    # --- what is seen ------------------------------------------------------------------

    async def _send(
        self,
        trouble: Trouble,
        entries: Mapping[str, MockConfigEntry],
        way: Way,
        text: str,
    ) -> Mapping[str, Sequence[Sight]]:
        """Send through all accounts at once, and return what there was to see."""

        async def call(entry: MockConfigEntry) -> Sequence[Sight]:
            return [
                await self._sight(entry, sent)
                for sent in await way(self.hass, entry, text)
            ]

        for key in entries:
            simulated = self.simulator.gateways[key]
            simulated.requests.clear()
            simulated.seconds_to_answer["balance"] = LONG
        with self.monkeypatch.context() as patched:
            if trouble.is_reset:
                patched.setattr("tests.simulator.gateway._cut", reset)
            calls = [asyncio.create_task(call(entry)) for entry in entries.values()]
            if trouble.stalls:
                await self._lose_patience(calls, entries)
            return dict(zip(entries, await asyncio.gather(*calls), strict=True))

    async def _lose_patience(
        self, calls: Sequence[asyncio.Task[object]], entries: Mapping[str, object]
    ) -> None:
        """Let time pass whenever all that isn't answered yet stalls."""
        waiting = dict(zip(entries, calls, strict=True))
        asked = dict.fromkeys(entries, 0)
        while waiting:
            for key, called in tuple(waiting.items()):
                simulated = self.simulator.gateways[key]
                while simulated.asked("send") == asked[key] and not called.done():
                    await asyncio.sleep(0)
                asked[key] = simulated.asked("send")
                if called.done():
                    del waiting[key]
            self.freezer.tick(STALL)

    async def _sight(self, entry: MockConfigEntry, sent: Sent) -> Sight:
        # Counted first: the next attempt may be under way already.
        count = self._taken(entry, sent)
        return Sight(sent=sent, at_once=await _outcome(entry, sent), taken=count)

    async def _fate(self, entry: MockConfigEntry, sight: Sight) -> Fate:
        return Fate(
            told=sight.sent[-1],
            at_once=sight.at_once,
            in_the_end=await _outcome(entry, sight.sent),
            taken_at_once=sight.taken,
            taken_in_the_end=self._taken(entry, sight.sent),
        )

    def _taken(self, entry: MockConfigEntry, sent: Sent) -> int:
        """Return how often the gateway has accepted a message for a recipient."""
        simulated = self.simulator.gateways[entry.data["gateway"]]
        return sum(
            (taken.text, simulated.international(taken.recipient)) == sent[:2]
            for taken in simulated.accepted
        )


def reset(request: web.Request) -> None:
    """Reset a connection, as a firewall does."""
    transport = request.transport
    if transport is not None:
        at_once = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, at_once
        )
        transport.abort()


def _recover(simulated: SimulatedGateway) -> None:
    """Leave a gateway as if nothing had happened."""
    simulated.heal()
    simulated.release()
    simulated.refusal = None
    simulated.seconds_to_charge = 0


async def _outcome(entry: MockConfigEntry, sent: Sent) -> str:
    """Return an outcome as the tables name it, as the account's journal holds it."""
    text, number, _ = sent
    account: Account = entry.runtime_data
    found: list[MessageRecord] = await account.journal.find(JournalQuery())
    [record] = [record for record in found if record.text == text]
    submission = record.find(row_key(number))
    held = ", held" if submission.stage is Stage.HELD else ""
    return f"{submission.outcome}{held}"
