"""The promise about equal messages: each caller has his answer, and one is paid.

Whatever happens while they wait, and in whatever order.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
import os
from pathlib import Path
import tempfile
from typing import override

import aiohttp
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from yarl import URL

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.errors import GatewayError, RejectedError
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.wire.transport import Timeouts
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import Stage
from tests.conftest import MAMAN
from tests.simulator import Simulator

from .harness import MessagingHarness
from .idle import let_run, until_idle
from .journal_files import files_of, put_back

TEXTS = ["Citerne vide", "Panne de courant"]
JUMPS = st.sampled_from(
    [timedelta(seconds=s) for s in (-300_000, -90, 90, 21_600, 300_000)]
)
# For a longer search, with other examples each time: the suite has few seconds to spare.
EXAMPLES = os.environ.get("PROMISE_EXAMPLES")


class JoiningPromise(RuleBasedStateMachine):
    """A house, a gateway that is there or not, and alerts that repeat."""

    def __init__(self) -> None:
        """Start the gateway and the house."""
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.simulator = Simulator()
        self.simulated = self.simulator.etech_keys
        self.is_listening = False
        self.asked: dict[str, MessageRecord] = {}
        self.answered: dict[str, None] = {}
        self.refused: set[str] = set()
        self.taken_back: set[str] = set()
        self.sending: set[asyncio.Task[None]] = set()
        self.mistakes: list[BaseException] = []
        self.runner.run(self._begin())

    async def _begin(self) -> None:
        await self.simulator.__aenter__()
        self.session = aiohttp.ClientSession()
        gateway = GATEWAYS["etech_keys"](
            self.session,
            Credentials(
                username=self.simulated.username, password=self.simulated.password
            ),
            url=URL(self.simulator.url("etech_keys")),
            sender="MAISON",
            timeouts=Timeouts(connect=2, read=2, total=4),
        )
        self.path = Path(self.folder.name) / "journal"
        self.harness = MessagingHarness(gateway, self.path)
        await self.harness.start()
        # What leaves at once is joined by nothing.
        await self.simulator.close()

    @rule(
        texts=st.lists(st.sampled_from([*TEXTS, TEXTS[0]]), min_size=1, max_size=4),
        urgent=st.booleans(),
        steps=st.integers(0, 60),
    )
    def send(self, texts: list[str], urgent: bool, steps: int) -> None:
        """Send some alerts, perhaps the same ones, and go on soon."""

        async def send() -> None:
            for text in texts:
                record = replace(self.harness.message(text=text), urgent=urgent)
                self.asked[record.message_id] = record
                task = asyncio.create_task(self._send(record))
                self.sending.add(task)
                task.add_done_callback(self._on_sent)
            await self._go_on(steps)

        self.runner.run(send())

    async def _send(self, record: MessageRecord) -> None:
        try:
            answer = await self.harness.join_or_send(record)
        except RejectedError:
            self.refused.add(record.message_id)
        else:
            assert answer.message_id == record.message_id
            self.answered[record.message_id] = None

    def _on_sent(self, task: asyncio.Task[None]) -> None:
        self.sending.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.mistakes.append(error)

    @rule(which=st.lists(st.integers(0, 9), min_size=1, max_size=3))
    def cancel(self, which: list[int]) -> None:
        """Take some of the last ones back."""
        known = [*self.answered]
        if known:
            ids = [known[-1 - each % len(known)] for each in which]
            self.runner.run(self._cancel(ids))

    async def _cancel(self, ids: Iterable[str]) -> None:
        for message_id in ids:
            with suppress(GatewayError):
                cancelled = await self.harness.canceller.cancel(message_id)
                [submission] = cancelled.record.submissions
                if submission.outcome is Outcome.NOT_SENT:
                    self.taken_back.add(message_id)

    @rule(which=st.integers(0, 5), steps=st.integers(0, 80))
    def crash_while_cancelling(self, which: int, steps: int) -> None:
        """Lose power while one is taken back."""
        waiting = [
            message_id
            for record in self.harness.store
            if record.joined
            for message_id in (record.message_id, *record.joined_ids)
        ]
        if not waiting:
            return
        message_id = waiting[which % len(waiting)]

        async def crash() -> None:
            cancelling = asyncio.create_task(self._cancel([message_id]))
            self.sending.add(cancelling)
            cancelling.add_done_callback(self._on_sent)
            await self._crash(steps)

        self.runner.run(crash())

    @rule()
    def cut_or_mend(self) -> None:
        """Let the gateway be out of reach, or back."""
        close, open_ = self.simulator.close, self.simulator.open
        self.runner.run(close() if self.is_listening else open_())
        self.is_listening = not self.is_listening

    @rule(room=st.sampled_from([0, 1, 2, None]))
    def fill_disk(self, room: int | None) -> None:
        """Leave little room, or as much as is wanted."""
        self.harness.disk.room = room

    @rule(steps=st.integers(0, 80))
    def crash(self, steps: int) -> None:
        """Lose power at some moment."""
        self.runner.run(self._crash(steps))

    @rule()
    def restart(self) -> None:
        """Stop, and start again."""

        async def restart() -> None:
            await self.harness.stop()
            self.harness.build()
            await self._start()

        self.runner.run(restart())

    @rule(by=JUMPS)
    def jump(self, by: timedelta) -> None:
        """Let somebody set the clock right, or wrong."""

        async def jump() -> None:
            self.harness.clock.jump(by)
            await let_run()

        self.runner.run(jump())

    @rule(seconds=st.sampled_from([1, 6, 31, 61, 700, 4000]))
    def pass_time(self, seconds: int) -> None:
        """Let time pass."""
        self.runner.run(self.harness.clock.advance(seconds))

    async def _go_on(self, steps: int) -> None:
        for _ in range(steps):
            await asyncio.sleep(0)

    async def _crash(self, steps: int) -> None:
        await self._go_on(steps)
        for task in set(self.sending):
            task.cancel()
        self.harness.cancel_all()
        await until_idle()
        # What is closed is put in order: a power cut leaves it as it was before.
        files = files_of(self.path)
        await self.harness.crash()
        put_back(self.path, files)
        if self.is_listening:
            # What is on its way arrives.
            async with self.session.get(self.simulator.url("etech_keys")) as answer:
                await answer.read()
        await self._start()

    async def _start(self) -> None:
        # A house without any room does not start.
        room, self.harness.disk.room = self.harness.disk.room, None
        await self.harness.start()
        self.harness.disk.room = room

    @invariant()
    def nobody_makes_a_mistake(self) -> None:
        """See that no error was raised but those that are documented."""
        assert not self.mistakes

    @invariant()
    def memory_knows_each_once(self) -> None:
        """See that no id belongs to two messages that wait."""
        ids = Counter(
            message_id
            for record in self.harness.store
            for message_id in (record.message_id, *record.joined_ids)
        )
        assert not [message_id for message_id, times in ids.items() if times > 1]

    @override
    def teardown(self) -> None:
        """Heal all, wait long enough, and see what has become of every message."""
        try:
            self.runner.run(self._end())
        finally:
            self.runner.run(self.session.close())
            self.runner.run(self.simulator.__aexit__(None, None, None))
            self.runner.close()
            self.folder.cleanup()

    async def _end(self) -> None:
        if not self.is_listening:
            await self.simulator.open()
        self.harness.disk.room = None
        for _ in range(3):
            await self.harness.clock.advance(700)
        assert not self.sending
        assert not self.mistakes
        await self._check()
        await self.harness.clock.advance(3600)
        await self.harness.crash()
        await self.harness.start()
        await self._check()
        await self.harness.stop()

    async def _check(self) -> None:
        paid = Counter(taken.text for taken in self.simulated.accepted)
        accepted: defaultdict[str, set[str]] = defaultdict(set)
        doubtful: defaultdict[str, set[str]] = defaultdict(set)
        for message_id, asked in self.asked.items():
            record = await self.harness.store.get(message_id)
            if record is None:
                # What a crash has cut off before its answer was told to nobody.
                assert message_id not in self.answered, message_id
                continue
            assert record.message_id == message_id
            submission = record.find(MAMAN)
            if message_id in self.taken_back:
                assert submission.outcome is Outcome.NOT_SENT, message_id
            elif submission.outcome is Outcome.ACCEPTED:
                accepted[asked.text].add(record.kept_id)
            elif submission.outcome is Outcome.UNKNOWN:
                doubtful[asked.text].add(record.kept_id)
            else:
                assert submission.stage is Stage.CLOSED, submission
        for text in TEXTS:
            least = len(accepted[text])
            assert least <= paid[text] <= least + len(doubtful[text]), text


def test_the_promise_about_equal_messages(socket_enabled: None) -> None:
    """The simulator is the judge of what was paid."""
    run_state_machine_as_test(
        JoiningPromise,
        settings=settings(
            max_examples=int(EXAMPLES or 25),
            stateful_step_count=30,
            derandomize=EXAMPLES is None,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
