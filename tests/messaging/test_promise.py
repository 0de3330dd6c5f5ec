"""The promise: an alert is never lost and never sent twice, whatever happens."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
import logging
import os
from pathlib import Path
import tempfile
from typing import override

import aiohttp
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
import pytest
from yarl import URL

from custom_components.passerelle_sms.gateways.abilities.delivery import CancelsMessages
from custom_components.passerelle_sms.gateways.abilities.options import (
    SchedulesMessages,
)
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.errors import (
    GatewayError,
    NotStoredError,
    RejectedError,
)
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget
from custom_components.passerelle_sms.gateways.wire.transport import Timeouts
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
)
from tests.simulator import Acceptance, Fault, Simulator

from .fake_disk import nothing
from .harness import MessagingHarness, Traffic
from .idle import let_run, until_idle
from .journal_files import Files, copied, damage_log, files_of, put_back
from .scheduling import canceller_of, keep_time

NUMBERS = {
    "CM": "+2376956882{:02}",
    "CI": "+22507571234{:02}",
    "FR": "+336123456{:02}",
}
JUMPS = st.sampled_from(
    [timedelta(seconds=s) for s in (-300_000, -21_600, -90, -1, 1, 90, 21_600, 300_000)]
)
DOWN = st.sampled_from(
    [timedelta(seconds=s) for s in (0, 0, 0, -21_600, -1, 90, 21_600)]
)
LOGGER = logging.getLogger("custom_components.passerelle_sms")
# For a longer search, with other examples each time: the suite has few seconds to spare.
EXAMPLES = os.environ.get("PROMISE_EXAMPLES")


class Mistakes(logging.Handler):
    """All that is logged, or raised, and must never be."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record.getMessage())


class Promise(RuleBasedStateMachine):
    """A house and its gateway, and all that can happen to them."""

    key: str

    def __init__(self) -> None:
        """Start the gateway and the house."""
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.simulator = Simulator()
        self.simulated = self.simulator.gateways[self.key]
        self.simulated.credits *= 100
        self.is_listening = True
        self.traffic = Traffic()
        self.sending: set[asyncio.Task[None]] = set()
        self.asked: dict[str, MessageRecord] = {}
        self.mistakes = Mistakes()
        LOGGER.addHandler(self.mistakes)
        self.refused: set[str] = set()
        self.answered: dict[str, None] = {}
        self.resent: Counter[str] = Counter()
        self.declared: set[str] = set()
        self.dropped: set[str] = set()
        self.taken_back: dict[tuple[str, str], Outcome] = {}
        self.forgotten: set[str] = set()
        """What was only on a disk that has been damaged, or came after its copy."""
        self.begun: dict[str, timedelta] = {}
        """When each message was sent, by elapsed time."""
        self.earlier: set[str] = set()
        """What was sent before this run: it ages by its date."""
        self.aged: dict[str, timedelta] = {}
        """How far the clock was set forward since a message became one of those."""
        self.copy: tuple[Files, frozenset[str]] | None = None
        """The last backup, and what the house had told of by then."""
        self.runner.run(self._begin())

    async def _begin(self) -> None:
        await self.simulator.__aenter__()
        self.session = aiohttp.ClientSession(trace_configs=[self.traffic.trace()])
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
        keep_time(self.simulator, self.harness)
        self.simulator.envoyer_sms_pro.request_limit = 1_000_000
        self.numbers = [NUMBERS[gateway.region].format(index) for index in range(3)]
        await self.harness.start()

    # --- what people and automations do ---

    @rule(
        messages=st.integers(1, 6),
        recipients=st.integers(1, 3),
        life=st.sampled_from([30, 600, 3600, 86400]),
        on_unknown=st.sampled_from([OnUnknown.HOLD, OnUnknown.HOLD, OnUnknown.RESEND]),
        later=st.sampled_from([0, 0, 90, 3600, 40_000]),
        steps=st.integers(0, 60),
    )
    def send(
        self,
        messages: int,
        recipients: int,
        life: int,
        on_unknown: OnUnknown,
        later: int,
        steps: int,
    ) -> None:
        """Send some messages at once, or for later, and perhaps interrupt them soon."""

        async def send() -> None:
            for _ in range(messages):
                record = self.harness.message(
                    *self.numbers[:recipients],
                    life=timedelta(seconds=life),
                    on_unknown=on_unknown,
                )
                if later and isinstance(self.harness.gateway, SchedulesMessages):
                    record = _for_later(record, timedelta(seconds=later))
                self.asked[record.message_id] = record
                self.begun[record.message_id] = self.harness.clock.elapsed()
                task = asyncio.create_task(self._send(record))
                self.sending.add(task)
                task.add_done_callback(self._on_sent)
            for _ in range(steps):
                await asyncio.sleep(0)

        self.runner.run(send())

    async def _send(self, record: MessageRecord) -> None:
        try:
            await self.harness.outbox.send(record)
        except RejectedError:
            self.refused.add(record.message_id)
        else:
            self.answered[record.message_id] = None

    def _on_sent(self, task: asyncio.Task[None]) -> None:
        self.sending.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.mistakes.found.append(repr(error))

    @rule(choice=st.sampled_from(Choice), which=st.integers(0, 5))
    def choose(self, choice: Choice, which: int) -> None:
        """Decide about a message that is held."""
        held = [said for said in self._said().values() if said.is_held]
        if not held:
            return
        message_id = held[which % len(held)].message_id

        async def resolve() -> None:
            try:
                await self.harness.outbox.resolve(message_id, choice)
            except RejectedError:
                return
            if choice is Choice.RESEND:
                self.resent[message_id] += 1
            elif choice is Choice.SENT:
                self.declared.add(message_id)
            else:
                self.dropped.add(message_id)

        self.runner.run(resolve())

    @rule(which=st.integers(0, 9))
    def cancel(self, which: int) -> None:
        """Take one of the last messages back, as far as that is possible."""
        known = [*self.answered]
        if known:
            self.runner.run(self._cancel(known[-1 - which % len(known)]))

    async def _cancel(self, message_id: str) -> None:
        harness = self.harness
        try:
            record = (await canceller_of(harness).cancel(message_id)).record
        except GatewayError:
            return
        for submission in record.submissions:
            local = harness.gateway.local_number(submission.recipient.number)
            self.taken_back[message_id, local] = submission.outcome

    # --- what happens ---

    @rule(
        fault=st.sampled_from(Fault),
        operation=st.sampled_from(["send", "send", "balance"]),
        times=st.sampled_from([1, 1, 2, 5]),
    )
    def fail(self, fault: Fault, operation: str, times: int) -> None:
        """Let something go wrong a few times."""
        self.simulated.fail(fault, operation=operation, times=times)

    @rule()
    def heal(self) -> None:
        """Let all be well."""
        self.simulated.heal()

    @precondition(lambda self: self.is_listening)
    @rule()
    def cut(self) -> None:
        """Let the gateway be out of reach."""
        self.runner.run(self.simulator.close())
        self.is_listening = False

    @precondition(lambda self: not self.is_listening)
    @rule(wake=st.booleans())
    def mend(self, *, wake: bool) -> None:
        """Let the gateway be back, and perhaps notice that."""

        async def mend() -> None:
            await self.simulator.open()
            if wake:
                self.harness.dispatcher.retry_now()

        self.runner.run(mend())
        self.is_listening = True

    @rule(room=st.sampled_from([0, 0, 1, 2, 3]))
    def fill_disk(self, room: int) -> None:
        """Leave no more room, or little."""
        self.harness.disk.room = room

    @rule()
    def free_disk(self) -> None:
        """Make room."""
        self.harness.disk.room = None

    @rule(bought=st.integers(500, 600))
    def top_up(self, bought: int) -> None:
        """Buy credits."""
        self.simulated.credits += bought

    @rule(steps=st.integers(0, 80), by=DOWN)
    def crash(self, steps: int, by: timedelta) -> None:
        """Lose power at some moment, and perhaps the time with it."""
        self.runner.run(self._crash(steps, by))

    @rule(steps=st.integers(0, 80), where=st.floats(0, 1))
    def damage(self, steps: int, where: float) -> None:
        """Lose power, and find the last of what was written damaged."""

        def damage() -> None:
            if damage_log(self.path, where):
                self.forgotten.update(self.asked)

        self.runner.run(self._crash(steps, while_down=damage))

    @rule(steps=st.integers(0, 80), by=DOWN)
    def restart(self, steps: int, by: timedelta) -> None:
        """Stop in the middle of requests, and start again."""

        async def restart() -> None:
            await self._go_on(steps)
            await self._stop()
            await self._start(by)

        self.runner.run(restart())

    @rule(steps=st.integers(0, 80))
    def back_up(self, steps: int) -> None:
        """Make a backup while all goes on."""

        async def back_up() -> None:
            try:
                await self.harness.journal.begin_backup()
            except NotStoredError:
                # Home Assistant makes no backup then.
                return
            self.copy = copied(files_of(self.path)), frozenset(self._said())
            await self._go_on(steps)
            with suppress(NotStoredError):
                await self.harness.journal.end_backup()

        self.runner.run(back_up())

    @precondition(lambda self: self.copy is not None)
    @rule()
    def restore(self) -> None:
        """Put the last backup in the place of all that came after it."""

        async def restore() -> None:
            assert self.copy is not None
            files, said = self.copy
            await self._stop()
            put_back(self.path, files)
            self.forgotten.update(self.asked.keys() - said)
            await self._start()

        self.runner.run(restore())

    @rule(by=JUMPS)
    def jump(self, by: timedelta) -> None:
        """Let somebody set the clock right, or wrong."""

        async def jump() -> None:
            self.harness.clock.jump(by)
            self._age(by)
            await let_run()

        self.runner.run(jump())

    async def _go_on(self, steps: int) -> None:
        for _ in range(steps):
            await asyncio.sleep(0)

    async def _crash(
        self,
        steps: int,
        by: timedelta = timedelta(),
        while_down: Callable[[], None] = nothing,
    ) -> None:
        await self._go_on(steps)
        for task in set(self.sending):
            task.cancel()
        self.harness.cancel_all()
        await until_idle()
        # What is closed is put in order: a power cut leaves it as it was before.
        files = files_of(self.path)
        await self.harness.crash()
        put_back(self.path, files)
        await self._arrive()
        while_down()
        await self._start(by)

    async def _arrive(self) -> None:
        """Let arrive what is on its way: it won't be there a minute later."""
        if self.is_listening:
            for _ in range(2):
                async with self.session.get(self.simulator.url(self.key)) as answer:
                    await answer.read()
        await let_run()

    async def _stop(self) -> None:
        await self.harness.stop()
        # Nothing that was under way is cut off.
        assert self.traffic.now == 0
        self.harness.build()

    async def _start(self, by: timedelta = timedelta()) -> None:
        self.harness.clock.set_while_down(by)
        self.earlier = set(self.asked)
        self._age(by)
        # A house without any room does not start.
        room, self.harness.disk.room = self.harness.disk.room, None
        await self.harness.start()
        self.harness.disk.room = room

    @rule(seconds=st.sampled_from([1, 6, 61, 61, 130, 130, 700, 4000]))
    def pass_time(self, seconds: int) -> None:
        """Let time pass."""
        self.runner.run(self.harness.clock.advance(seconds))

    @rule()
    def settle(self) -> None:
        """Let come to an end what is under way, and look at the balance."""
        self.runner.run(self.harness.poll())

    # --- what is promised ---

    @invariant()
    def nobody_makes_a_mistake(self) -> None:
        """See that no error was raised or logged but those that are documented."""
        assert not self.mistakes.found

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        """Unless somebody has asked for it."""
        for (message_id, _), times in self._accepted().items():
            asked = self.asked[message_id]
            allowed = 1 + self.resent[message_id]
            allowed += asked.on_unknown is OnUnknown.RESEND
            assert times <= allowed, message_id

    @invariant()
    def what_is_said_is_true(self) -> None:
        """See that what is called accepted was, and what is said not to have left was not."""
        accepted = self._accepted()
        for record in self._said().values():
            self._check(record, accepted)

    def _check(self, record: MessageRecord, accepted: Counter[tuple[str, str]]) -> None:
        for submission in record.submissions:
            local = self.harness.gateway.local_number(submission.recipient.number)
            times = accepted[record.message_id, local]
            match submission.outcome:
                case Outcome.ACCEPTED if record.message_id not in self.declared:
                    assert times >= 1, record.message_id
                case Outcome.REJECTED | Outcome.EXPIRED:
                    assert times == 0, record.message_id

    @invariant()
    def nothing_expires_early(self) -> None:
        """See that a clock that is set right makes no message old."""
        for record in self._said().values():
            message_id = record.message_id
            age = self.harness.clock.elapsed() - self.begun[message_id]
            age += self.aged.get(message_id, timedelta())
            if age < self.asked[message_id].time_to_live:
                assert all(
                    submission.outcome is not Outcome.EXPIRED
                    for submission in record.submissions
                ), record.message_id

    @invariant()
    def what_is_refused_is_not_sent(self) -> None:
        """See that nothing left that could not be written down."""
        sent = {message_id for message_id, _ in self._accepted()}
        assert not sent & self.refused

    @invariant()
    def what_is_taken_back_is_not_sent(self) -> None:
        """See that nothing is left at the gateway of what is said to be cancelled."""
        sent = self._counted(self._not_cancelled())
        for key, outcome in self.taken_back.items():
            assert outcome is not Outcome.NOT_SENT or not sent[key], key

    @invariant()
    def no_more_at_once_than_allowed(self) -> None:
        """See that the concurrency of the account holds.

        Besides, one message may be taken back, which some gateways are asked for in the
        same way.
        """
        gateway = self.harness.gateway
        allowed = gateway.limits.concurrency + isinstance(gateway, CancelsMessages)
        assert self.traffic.most <= allowed

    def _said(self) -> dict[str, MessageRecord]:
        """Return what the house has last said of each message."""
        return self.harness.observer.latest

    def _age(self, by: timedelta) -> None:
        """Let what an earlier run has left be older, as the clock says."""
        for message_id in self.earlier:
            known = self.aged.get(message_id, timedelta())
            self.aged[message_id] = known + max(by, timedelta())

    def _not_cancelled(self) -> list[Acceptance]:
        """Return what was taken and has been sent, or will be."""
        return self.simulated.accepted

    def _accepted(self) -> Counter[tuple[str, str]]:
        return self._counted(self.simulated.accepted)

    def _counted(self, taken: list[Acceptance]) -> Counter[tuple[str, str]]:
        by_text = {record.text: record.message_id for record in self.asked.values()}
        return Counter((by_text[one.text], one.recipient) for one in taken)

    @override
    def teardown(self) -> None:
        """Heal all, wait long enough, and see what has become of every message."""
        try:
            self.runner.run(self._end())
            assert not self.mistakes.found
        finally:
            LOGGER.removeHandler(self.mistakes)
            self.runner.run(self.session.close())
            self.runner.run(self.simulator.__aexit__(None, None, None))
            self.runner.close()
            self.folder.cleanup()

    async def _end(self) -> None:
        if not self.is_listening:
            await self.simulator.open()
        self.simulated.heal()
        self.harness.disk.room = None
        for _ in range(3):
            await self.harness.clock.advance(700)
        await self.harness.clock.advance(90_000)
        await until_idle()
        self.what_is_said_is_true()
        self.nothing_is_sent_twice()
        # Nobody waits for an answer for ever.
        assert not self.sending
        accepted = self._accepted()
        for message_id in self.asked.keys() - self.forgotten:
            # Asked for: what was written down just before a crash was told to nobody.
            record = await self.harness.store.get(message_id)
            if record is None:
                assert message_id not in self.answered, message_id
                continue
            assert message_id not in self.refused, message_id
            self._check(record, accepted)
            for submission in record.submissions:
                self._check_end(message_id, submission)
        await self.harness.stop()

    def _check_end(
        self,
        message_id: str,
        submission: SubmissionRecord,
    ) -> None:
        """See that nothing is left open: its end is known, or a person is asked."""
        local = self.harness.gateway.local_number(submission.recipient.number)
        if submission.outcome is Outcome.UNKNOWN:
            # Whoever took it back was told that it may be there twice.
            assert (
                submission.stage is Stage.HELD
                or message_id in self.dropped
                or self.taken_back.get((message_id, local)) is Outcome.UNKNOWN
            ), submission
        else:
            assert submission.outcome is not Outcome.QUEUED, submission


class PromiseAtEtechKeys(Promise):
    """One recipient a request; the balance is asked for."""

    key = "etech_keys"


class PromiseAtSmsEco(Promise):
    """Many recipients a request; the answer tells what is left."""

    key = "smseco"


class PromiseAtSms123(Promise):
    """A text that was sent is refused: code 91. What is for later is taken back by it."""

    key = "sms123"

    @override
    def _not_cancelled(self) -> list[Acceptance]:
        deleted = [waiting.acceptance for waiting in self.simulator.sms123.deleted]
        return [taken for taken in self.simulated.accepted if taken not in deleted]


class PromiseAtEnvoyerSmsPro(Promise):
    """What is for later is taken back by its id, for all recipients at once."""

    key = "envoyer_sms_pro"

    @override
    def _not_cancelled(self) -> list[Acceptance]:
        messages = self.simulator.envoyer_sms_pro.messages
        return [
            taken
            for taken in self.simulated.accepted
            if not messages[taken.submission_id].is_cancelled
        ]


def _for_later(record: MessageRecord, later: timedelta) -> MessageRecord:
    """Return a message for later, with its time from then on."""
    return replace(
        record,
        time_to_live=min(record.time_to_live + later, timedelta(days=1)),
        options=SmsOptions(send_at=record.created + later),
    )


@pytest.mark.parametrize(
    "promise",
    [PromiseAtEtechKeys, PromiseAtSmsEco, PromiseAtSms123, PromiseAtEnvoyerSmsPro],
)
def test_the_promise(socket_enabled: None, promise: type[Promise]) -> None:
    """Whatever happens, in whatever order, the simulator is the judge."""
    run_state_machine_as_test(
        promise,
        settings=settings(
            max_examples=int(EXAMPLES or 20),
            stateful_step_count=30,
            derandomize=EXAMPLES is None,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


async def test_nobody_takes_the_port_of_a_gateway_that_is_out_of_reach(
    simulator: Simulator,
) -> None:
    """Another run's would answer in its place, with a balance that proves nothing."""
    port = URL(simulator.url("smseco")).port
    assert port is not None
    await simulator.close()

    with pytest.raises(OSError, match="in use"):
        await Simulator(port).open()
