"""What happens to a house and its gateway, from faults to a power cut."""

from contextlib import suppress
from datetime import timedelta
from itertools import cycle
import random

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from custom_components.passerelle_sms.gateways.errors import NotStoredError
from tests.messaging.idle import let_run
from tests.messaging.journal_files import copied, damage_log, files_of, put_back
from tests.simulator import Fault

from .house import House

JUMPS = st.sampled_from(
    [timedelta(seconds=s) for s in (-300_000, -21_600, -90, -1, 1, 90, 21_600, 300_000)]
)
DOWN = st.sampled_from(
    [timedelta(seconds=s) for s in (0, 0, 0, -21_600, -1, 90, 21_600)]
)
PACES = st.lists(st.sampled_from([0, 0, 1, 2, 5, 20]), min_size=1, max_size=6)


class Events(House):
    """Faults, the disk, the clock, backups, and the end of a run."""

    # --- what comes first ---

    @initialize(disk=PACES, wire=PACES, luck=st.integers(0, 9))
    def set_pace(self, disk: list[int], wire: list[int], luck: int) -> None:
        """Let the disk and the wire take so many turns, by turns, and pauses be others."""
        self.loop.pace, self.loop.wire.pace = cycle(disk), cycle(wire)
        random.seed(luck)

    # --- the gateway ---

    @rule(
        fault=st.sampled_from(Fault),
        operation=st.sampled_from(["send", "send", "balance"]),
        times=st.sampled_from([1, 1, 2, 5]),
    )
    def fail(self, fault: Fault, operation: str, times: int) -> None:
        """Let something go wrong a few times."""
        self.simulated.fail(fault, operation=operation, times=times)
        self.is_faulty = True

    @rule()
    def heal(self) -> None:
        """Let all be well."""
        self.simulated.heal()
        self.is_faulty = False

    @precondition(lambda self: self.is_listening)
    @rule()
    def cut(self) -> None:
        """Let the gateway be out of reach."""
        self.run(self.simulator.close())
        self.is_listening = False

    @precondition(lambda self: not self.is_listening)
    @rule(wake=st.booleans())
    def mend(self, *, wake: bool) -> None:
        """Let the gateway be back, and perhaps notice that."""

        async def mend() -> None:
            await self.simulator.open()
            if wake:
                self.harness.dispatcher.retry_now()

        self.run(mend())
        self.is_listening = True

    # --- the disk ---

    @rule(room=st.sampled_from([None, None, 0, 0, 1, 2, 3]))
    def fill_disk(self, room: int | None) -> None:
        """Leave no more room, or little, or make some."""
        self.harness.disk.room = room

    # --- the end of a run ---

    @rule(steps=st.integers(0, 80), by=DOWN)
    def lose_power(self, steps: int, by: timedelta) -> None:
        """Lose power at some moment, and perhaps the time with it."""
        self.run(self.crash(steps, by))

    @rule(steps=st.integers(0, 80), where=st.floats(0, 1))
    def damage(self, steps: int, where: float) -> None:
        """Lose power, and find the last of what was written damaged."""

        def damage() -> None:
            if damage_log(self.path, where):
                self.forget(set(self.judge.asked))

        self.run(self.crash(steps, while_down=damage))

    @rule(steps=st.integers(0, 80), by=DOWN)
    def restart(self, steps: int, by: timedelta) -> None:
        """Stop in the middle of requests, and start again."""

        async def restart() -> None:
            await self.go_on(steps)
            await self.stop()
            await self.start(by)

        self.run(restart())

    @rule(steps=st.integers(0, 80))
    def back_up(self, steps: int) -> None:
        """Make a backup while all goes on."""

        async def back_up() -> None:
            try:
                await self.harness.journal.begin_backup()
            except NotStoredError:
                # Home Assistant makes no backup then.
                return
            said = set(self.judge.said())
            for record in self._unstored():
                # No backup holds what the disk doesn't.
                said -= {record.message_id, *record.joined_ids}
            self.copy = copied(files_of(self.path)), frozenset(said)
            await self.go_on(steps)
            with suppress(NotStoredError):
                await self.harness.journal.end_backup()

        self.run(back_up())

    @precondition(lambda self: self.copy is not None)
    @rule()
    def restore(self) -> None:
        """Put the last backup in the place of all that came after it."""

        async def restore() -> None:
            assert self.copy is not None
            files, said = self.copy
            await self.stop()
            put_back(self.path, files)
            self.forget(self.judge.asked.keys() - said)
            await self.start()

        self.run(restore())

    def forget(self, lost: set[str]) -> None:
        """Note what a disk has lost; with it, who else was seen to spend."""
        self.judge.forgotten.update(lost)
        self.judge.losses += 1
        self.is_noticed = False

    # --- time ---

    @rule(by=JUMPS)
    def jump(self, by: timedelta) -> None:
        """Let somebody set the clock right, or wrong."""

        async def jump() -> None:
            self.harness.clock.jump(by)
            self.watch.note_shift()
            self.judge.age(by)
            await let_run()

        self.run(jump())

    @rule(seconds=st.sampled_from([1, 6, 61, 61, 130, 130, 700, 4000]))
    def pass_time(self, seconds: int) -> None:
        """Let time pass."""
        self.run(self.harness.clock.advance(seconds))

    @rule()
    def settle(self) -> None:
        """Let come to an end what is under way, and look at the balance."""
        self.run(self.harness.poll())
