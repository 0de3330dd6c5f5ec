"""What happens to a relay, its accounts and their gateways."""

from contextlib import suppress
from datetime import timedelta
from itertools import cycle
import random

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from custom_components.passerelle_sms.messaging.guard.guard import GuardLimits
from tests.messaging.idle import let_run
from tests.messaging.journal_files import copied, files_of, put_back
from tests.messaging.promise.events import DOWN, JUMPS, PACES
from tests.simulator import Fault

from .house import House
from .texts import number_of

WHICH = st.integers(0, 2)
STEPS = st.integers(0, 80)
_FULL = GuardLimits(segments_per_hour=1, segments_per_day=1)


class Events(House):
    """Faults, disks, the clock, backups, accounts that go, and the end of a run."""

    @initialize(disk=PACES, wire=PACES, luck=st.integers(0, 9))
    def set_pace(self, disk: list[int], wire: list[int], luck: int) -> None:
        """Let disks and wires take so many turns, by turns, and pauses be others."""
        self.loop.pace, self.loop.wire.pace = cycle(disk), cycle(wire)
        random.seed(luck)

    @initialize(minutes=st.sampled_from([0, 0, 10]))
    def open(self, minutes: int) -> None:
        """Let what does not arrive in time be passed on, or not."""
        within = timedelta(minutes=minutes)
        self.relay.deliver_within = self.relay.parts.tracker.deliver_within = within
        self.judge.passes_on_late = bool(within)

    # --- the gateways ---

    @rule(
        which=WHICH,
        fault=st.sampled_from(Fault),
        operation=st.sampled_from(["send", "send", "balance"]),
        times=st.sampled_from([1, 1, 2, 5]),
    )
    def fail(self, which: int, fault: Fault, operation: str, times: int) -> None:
        """Let something go wrong a few times at one gateway."""
        self.gateway(which).fail(fault, operation=operation, times=times)

    @rule(which=WHICH)
    def heal(self, which: int) -> None:
        """Let all be well at one gateway."""
        self.gateway(which).heal()

    @rule(which=WHICH)
    def cut(self, which: int) -> None:
        """Let a gateway be out of reach, or back."""
        position = self.account(which)
        if position in self.listening:
            self.run(self.simulators[position].close())
            self.listening.remove(position)
        else:
            self.run(self.simulators[position].open())
            self.listening.add(position)

    @rule(which=WHICH, kind=st.integers(0, 9))
    def refuse(self, which: int, kind: int) -> None:
        """Let a gateway refuse the account, or take it again."""
        simulated = self.gateway(which)
        if simulated.refusal is not None:
            simulated.refusal = None
            return
        refusals = sorted(simulated.refusals, key=lambda refusal: refusal.value)
        simulated.refusal = refusals[kind % len(refusals)]

    @rule(which=WHICH, amount=st.integers(1, 3))
    def spend_elsewhere(self, which: int, amount: int) -> None:
        """Let somebody else use an account, who the house knows of."""
        account = self.relay.accounts[self.account(which)]
        account.is_alone = account.ledger.is_alone = False
        self.gateway(which).spend_elsewhere(amount)

    @rule(which=WHICH, seconds=st.sampled_from([0, 30, 200, 590]))
    def charge_late(self, which: int, seconds: int) -> None:
        """Charge what is taken from now on so much later."""
        self.gateway(which).seconds_to_charge = seconds

    # --- the accounts ---

    @rule(which=WHICH, is_told_first=st.booleans(), steps=STEPS)
    def remove(self, which: int, steps: int, *, is_told_first: bool) -> None:
        """Disable an account, or let it be there again."""
        position = self.account(which)

        async def remove() -> None:
            await self.go_on(steps)
            if position in self.relay.there:
                await self.relay.remove(position, is_told_first=is_told_first)
            else:
                await self._bring_back(position)

        self.run(remove())

    @rule(which=WHICH, steps=STEPS, is_told_first=st.booleans())
    def reload(self, which: int, steps: int, *, is_told_first: bool) -> None:
        """Let an account begin anew."""
        position = self.account(which)

        async def reload() -> None:
            await self.go_on(steps)
            if position in self.relay.there:
                await self.relay.remove(position, is_told_first=is_told_first)
            await self._bring_back(position)

        self.run(reload())

    async def _bring_back(self, position: int) -> None:
        disk = self.relay.accounts[position].disk
        # An account without any room does not start.
        room, disk.room = disk.room, None
        await self.relay.bring_back(position)
        disk.room = room

    @rule(which=WHICH)
    def cap(self, which: int) -> None:
        """Let the stop for runaway automations of an account forbid all, or nothing."""
        account = self.relay.accounts[self.account(which)]
        is_full = account.limits is _FULL
        limits = self.relay.limits if is_full else _FULL
        account.limits = account.guard.limits = limits

    # --- the disks ---

    @rule(which=st.integers(0, 3), room=st.sampled_from([None, None, 0, 0, 1, 2, 3]))
    def fill_disk(self, which: int, room: int | None) -> None:
        """Leave no more room, or little, or make some."""
        disks = self.disks()
        disks[which % len(disks)].room = room

    # --- the end of a run ---

    @rule(steps=STEPS, by=DOWN)
    def lose_power(self, steps: int, by: timedelta) -> None:
        """Lose power at some moment, and perhaps the time with it."""
        self.run(self.crash(steps, by))

    @rule(steps=STEPS, by=DOWN)
    def restart(self, steps: int, by: timedelta) -> None:
        """Stop in the middle of requests, and start again."""

        async def restart() -> None:
            await self.go_on(steps)
            await self.stop()
            await self.start(by)

        self.run(restart())

    @rule(steps=STEPS)
    def back_up(self, steps: int) -> None:
        """Make a backup while all goes on."""

        async def back_up() -> None:
            relay = self.relay
            there = [relay.accounts[position].journal for position in relay.there]
            begun = [*there, relay.journal]
            try:
                for journal in begun:
                    await journal.begin_backup()
            except NotStoredError:
                # Home Assistant makes no backup then.
                for journal in begun:
                    with suppress(NotStoredError):
                        await journal.end_backup()
                return
            said = {
                number_of(record.text)
                for record in self.judge.said().values()
                if relay.store.get_open(record.message_id) is None
                or relay.store.is_stored(record.message_id)
            }
            files = {name: copied(files_of(path)) for name, path in self.paths.items()}
            self.copy = files, frozenset(said)
            await self.go_on(steps)
            for journal in begun:
                with suppress(NotStoredError):
                    await journal.end_backup()

        self.run(back_up())

    @precondition(lambda self: self.copy is not None)
    @rule(which=st.integers(0, 4))
    def restore(self, which: int) -> None:
        """Put a backup of one journal, or of all, in the place of what came after it."""

        async def restore() -> None:
            assert self.copy is not None
            files, said = self.copy
            names = [[name] for name in self.paths] + [[*self.paths]]
            chosen = names[which % len(names)]
            await self.stop()
            for name in chosen:
                put_back(self.paths[name], files[name])
            if "relay" in chosen:
                known = {ask.number for ask in self.judge.asks}
                self.judge.forgotten.update(known - said)
                self.judge.put_back.update(known)
            await self.start()

        self.run(restore())

    # --- time ---

    @rule(by=JUMPS)
    def jump(self, by: timedelta) -> None:
        """Let somebody set the clock right, or wrong."""

        async def jump() -> None:
            self.relay.clock.jump(by)
            await let_run()

        self.run(jump())

    @rule(seconds=st.sampled_from([1, 6, 61, 61, 130, 130, 700, 4000]))
    def pass_time(self, seconds: int) -> None:
        """Let time pass."""
        self.run(self.relay.clock.advance(seconds))

    @rule(which=WHICH)
    def settle(self, which: int) -> None:
        """Let come to an end what is under way, and look at a balance."""
        position = self.account(which)
        if position in self.relay.there:
            self.run(self.relay.accounts[position].poll())
