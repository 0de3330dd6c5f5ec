"""The promise: an alert is never lost and never sent twice, whatever happens."""

import asyncio
from collections import Counter
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
from custom_components.passerelle_sms.gateways.errors import GatewayError, RejectedError
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget
from custom_components.passerelle_sms.gateways.wire.transport import Timeouts
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
    OnUnknown,
    Stage,
)
from tests.simulator import Acceptance, Fault, Simulator

from .fake_clock import START
from .harness import MessagingHarness, Traffic
from .idle import let_run, until_idle
from .scheduling import canceller_of, keep_time

NUMBERS = {
    "CM": "+2376956882{:02}",
    "CI": "+22507571234{:02}",
    "FR": "+336123456{:02}",
}
# For a longer search, with other examples each time: the suite has few seconds to spare.
EXAMPLES = os.environ.get("PROMISE_EXAMPLES")


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
        self.sending: set[asyncio.Task[MessageRecord]] = set()
        self.asked: dict[str, MessageRecord] = {}
        self.refused: set[str] = set()
        self.answered: dict[str, None] = {}
        self.resent: Counter[str] = Counter()
        self.declared: set[str] = set()
        self.dropped: set[str] = set()
        self.taken_back: dict[tuple[str, str], Outcome] = {}
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
        self.harness = MessagingHarness(gateway, Path(self.folder.name) / "journal")
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
                task = asyncio.create_task(self._send(record))
                self.sending.add(task)
                task.add_done_callback(self.sending.discard)
            for _ in range(steps):
                await asyncio.sleep(0)

        self.runner.run(send())

    async def _send(self, record: MessageRecord) -> MessageRecord:
        try:
            answer = await self.harness.outbox.send(record)
        except RejectedError:
            self.refused.add(record.message_id)
            raise
        self.answered[record.message_id] = None
        return answer

    @rule(choice=st.sampled_from(Choice), which=st.integers(0, 5))
    def choose(self, choice: Choice, which: int) -> None:
        """Decide about a message that is held."""
        held = [known for known in self.harness.outbox.messages if known.is_held]
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
        self.runner.run(self.simulator.__aexit__(None, None, None))
        self.is_listening = False

    @precondition(lambda self: not self.is_listening)
    @rule(wake=st.booleans())
    def mend(self, *, wake: bool) -> None:
        """Let the gateway be back, and perhaps notice that."""

        async def mend() -> None:
            await self.simulator.__aenter__()
            if wake:
                self.harness.outbox.wake()

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

    @rule(steps=st.integers(0, 80))
    def crash(self, steps: int) -> None:
        """Lose power at some moment."""

        async def crash() -> None:
            for _ in range(steps):
                await asyncio.sleep(0)
            for task in set(self.sending):
                task.cancel()
            await self.harness.crash()
            await self._arrive()
            await self._start()

        self.runner.run(crash())

    async def _arrive(self) -> None:
        """Let arrive what is on its way: it won't be there a minute later."""
        if self.is_listening:
            for _ in range(2):
                async with self.session.get(self.simulator.url(self.key)) as answer:
                    await answer.read()
        await let_run()

    @rule()
    def restart(self) -> None:
        """Stop and start again."""

        async def restart() -> None:
            await self.harness.stop()
            self.harness.build()
            await self._start()

        self.runner.run(restart())

    async def _start(self) -> None:
        # A house without any room does not start.
        await self.harness.start()

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
        for record in self.harness.observer.latest.values():
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
        finally:
            self.runner.run(self.session.close())
            self.runner.run(self.simulator.__aexit__(None, None, None))
            self.runner.close()
            self.folder.cleanup()

    async def _end(self) -> None:
        if not self.is_listening:
            await self.simulator.__aenter__()
        self.simulated.heal()
        self.harness.disk.room = None
        for _ in range(3):
            await self.harness.clock.advance(700)
        await self.harness.clock.advance(90_000)
        await until_idle()
        self.what_is_said_is_true()
        self.nothing_is_sent_twice()
        await asyncio.gather(*self.sending, return_exceptions=True)
        records = {
            record.message_id: record
            for record in await self.harness.journal.created_since(
                START - timedelta(days=1)
            )
        }
        assert self.answered.keys() <= records.keys()
        assert not self.refused & records.keys()
        for record in records.values():
            for submission in record.submissions:
                assert submission.stage is not Stage.OPEN, submission
                if submission.outcome is Outcome.UNKNOWN:
                    local = self.harness.gateway.local_number(
                        submission.recipient.number
                    )
                    is_shown = record.message_id in self.dropped
                    # Whoever took it back was told that it may be there twice.
                    told = self.taken_back.get((record.message_id, local))
                    assert (
                        submission.stage is Stage.HELD
                        or is_shown
                        or told is Outcome.UNKNOWN
                    )
                else:
                    assert submission.stage is Stage.CLOSED
                    assert submission.outcome is not Outcome.QUEUED
        shown = {record.message_id for record in self.harness.outbox.messages}
        assert shown == {
            message_id for message_id, record in records.items() if record.is_held
        }
        await self.harness.stop()
        assert self.harness.clock.timers == 0


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
        expires=min(record.expires + later, record.created + timedelta(days=1)),
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
