"""What people and automations ask of a relay."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
import itertools

from hypothesis import strategies as st
from hypothesis.stateful import rule

from custom_components.passerelle_sms.gateways.errors import GatewayError, RejectedError
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.message import Message
from custom_components.passerelle_sms.messaging.model.record import Choice, OnUnknown
from custom_components.passerelle_sms.messaging.model.report import Report
from tests.messaging.idle import until_idle
from tests.simulator import Fault

from .house import NUMBERS, House
from .judge import Ask
from .texts import SHORT, number_of, text

ON_UNKNOWN = st.sampled_from(
    [OnUnknown.HOLD, OnUnknown.HOLD, OnUnknown.RESEND, OnUnknown.NEXT]
)
LIVES = st.sampled_from([30, 600, 3600, 3600, 86400])
WORDS = st.sampled_from([SHORT, SHORT, SHORT, 60, 260, 480])
FAULTS = st.sampled_from(
    [
        Fault.CUT_BEFORE,
        Fault.CUT_AFTER,
        Fault.RATE_LIMITED,
        Fault.HTML,
        Fault.HALF_ANSWER,
        None,
    ]
)


class People(House):
    """Those who send, take back, and decide."""

    def __init__(self) -> None:
        """Begin with the first text."""
        self.texts = itertools.count()
        super().__init__()

    @rule(
        messages=st.integers(1, 3),
        recipients=st.integers(1, 2),
        life=LIVES,
        on_unknown=ON_UNKNOWN,
        later=st.sampled_from([0, 0, 0, 90, 3600]),
        words=WORDS,
        urgent=st.booleans(),
        steps=st.integers(0, 80),
    )
    def send(
        self,
        messages: int,
        recipients: int,
        life: int,
        on_unknown: OnUnknown,
        later: int,
        *,
        words: int,
        urgent: bool,
        steps: int,
    ) -> None:
        """Send some messages at once, or for later, and perhaps interrupt them soon."""

        async def send() -> None:
            for _ in range(messages):
                message = self._message(recipients, life, on_unknown, words)
                message = replace(message, urgent=urgent)
                if later:
                    send_at = self.relay.clock.now() + timedelta(seconds=later)
                    message = replace(message, options=SmsOptions(send_at=send_at))
                self._begin_to_send(message)
            await self.go_on(steps)

        self.run(send())

    @rule(
        which=st.integers(0, 2),
        faults=st.lists(FAULTS, min_size=1, max_size=4),
        others=FAULTS,
        recipients=st.integers(1, 2),
        words=WORDS,
        on_unknown=ON_UNKNOWN,
        seconds=st.sampled_from([0, 0, 6, 31, 250, 650]),
    )
    def fail_in_between(
        self,
        which: int,
        faults: list[Fault | None],
        others: Fault | None,
        recipients: int,
        words: int,
        on_unknown: OnUnknown,
        seconds: int,
    ) -> None:
        """Send a text of which some requests fail at one account, and at the others."""

        async def fail() -> None:
            for position, simulated in enumerate(self.simulated):
                is_first = position == self.account(which)
                for fault in faults if is_first else [others]:
                    if fault is not None:
                        simulated.fail(fault, operation="send", times=1)
            self._begin_to_send(self._message(recipients, 3600, on_unknown, words))
            await until_idle()
            await self.relay.clock.advance(seconds)
            for simulated in self.simulated:
                simulated.heal()

        self.run(fail())

    @rule(
        which=st.integers(0, 2),
        seconds=st.sampled_from([0, 1, 6]),
        on_unknown=ON_UNKNOWN,
        words=WORDS,
        times=st.integers(1, 2),
    )
    def repeat_what_waits(
        self, which: int, seconds: int, on_unknown: OnUnknown, words: int, times: int
    ) -> None:
        """Send a text again and again while it can't leave."""

        async def repeat() -> None:
            for simulated in self.simulated:
                simulated.fail(Fault.RATE_LIMITED, operation="send")
            message = self._message(1, 3600, on_unknown, words)
            for _ in range(1 + times):
                self._begin_to_send(message)
                await until_idle()
            await self.relay.clock.advance(seconds)
            self.gateway(which).heal()

        self.run(repeat())

    @rule(which=st.integers(0, 3), urgent=st.booleans())
    def repeat(self, which: int, *, urgent: bool) -> None:
        """Send a text once more to the same."""
        if self.judge.asks:
            known = self.judge.asks[-1 - which % len(self.judge.asks)].message
            again = replace(known, urgent=urgent, options=SmsOptions())

            async def repeat() -> None:
                self._begin_to_send(again)
                await until_idle()

            self.run(repeat())

    @rule(choice=st.sampled_from(Choice), which=st.integers(0, 5))
    def choose(self, choice: Choice, which: int) -> None:
        """Decide about a message that is held."""
        held = [said for said in self.judge.said().values() if said.is_held]
        if not held:
            return
        record = held[which % len(held)]

        async def resolve() -> None:
            try:
                await self.relay.parts.outbox.resolve(record.message_id, choice)
            except RejectedError:
                return
            if choice is Choice.RESEND:
                self.judge.resent[number_of(record.text)] += 1
            elif choice is Choice.SENT:
                self.judge.declared.add(record.message_id)
            else:
                self.judge.dropped.add(record.message_id)

        self.run(resolve())

    @rule(which=st.integers(0, 9))
    def cancel(self, which: int) -> None:
        """Take one of the last messages back, as far as that is possible."""
        known = [*self.judge.answered]
        if known:
            self.run(self._cancel(known[-1 - which % len(known)]))

    async def _cancel(self, message_id: str) -> None:
        try:
            told = await self.relay.parts.canceller.cancel(message_id)
        except GatewayError:
            return
        for row in told.record.submissions:
            if row.outcome in {Outcome.NOT_SENT, Outcome.UNKNOWN}:
                number = number_of(told.record.text)
                self.judge.taken_back.add((number, row.recipient.number))

    # --- the steps of that ---

    def _message(
        self, recipients: int, life: int, on_unknown: OnUnknown, words: int
    ) -> Message:
        # Two messages are never made at the same moment.
        self.relay.clock.tick()
        return Message(
            text=text(next(self.texts), words),
            targets=NUMBERS[:recipients],
            time_to_live=timedelta(seconds=life),
            on_unknown=on_unknown,
        )

    def _begin_to_send(self, message: Message) -> None:
        ask = Ask(number=number_of(message.text), message=message)
        self.judge.asks.append(ask)
        task = asyncio.create_task(self.relay.send(message))
        self.sending[task] = None
        task.add_done_callback(partial(self._on_sent, ask))

    def _on_sent(self, ask: Ask, task: asyncio.Task[Report]) -> None:
        self.sending.pop(task, None)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self.judge.answered[task.result().message_id] = ask.number
        elif isinstance(error, RejectedError):
            self.judge.asks.remove(ask)
            self.judge.refused.append(ask)
        else:
            self.mistakes.found.append(repr(error))
