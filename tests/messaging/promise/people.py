"""What people and automations ask of a house."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from custom_components.passerelle_sms.gateways.abilities.options import (
    SchedulesMessages,
)
from custom_components.passerelle_sms.gateways.errors import GatewayError, RejectedError
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
    OnUnknown,
)
from tests.messaging.idle import until_idle
from tests.messaging.scheduling import canceller_of
from tests.simulator import Fault

from .features import Feature
from .house import House

ON_UNKNOWN = st.sampled_from([OnUnknown.HOLD, OnUnknown.HOLD, OnUnknown.RESEND])
PARTS = st.sampled_from([1, 1, 2, 3])
LIVES = st.sampled_from([30, 600, 3600, 86400])


class People(House):
    """Those who send, take back, and decide."""

    @rule(
        messages=st.integers(1, 6),
        recipients=st.integers(1, 3),
        life=LIVES,
        on_unknown=ON_UNKNOWN,
        later=st.sampled_from([0, 0, 90, 3600, 40_000]),
        parts=PARTS,
        urgent=st.booleans(),
        steps=st.integers(0, 60),
    )
    def send(
        self,
        messages: int,
        recipients: int,
        life: int,
        on_unknown: OnUnknown,
        later: int,
        *,
        parts: int,
        urgent: bool,
        steps: int,
    ) -> None:
        """Send some messages at once, or for later, and perhaps interrupt them soon."""

        async def send() -> None:
            for _ in range(messages):
                record = self._message(
                    recipients, life, on_unknown, parts=parts, urgent=urgent
                )
                if later:
                    record = self._for_later(record, timedelta(seconds=later))
                self._begin_to_send(record)
            await self.go_on(steps)

        self.run(send())

    @precondition(lambda self: Feature.PRICES in self.features)
    @rule(recipients=st.integers(1, 2), on_unknown=ON_UNKNOWN)
    def send_abroad(self, recipients: int, on_unknown: OnUnknown) -> None:
        """Send a message to two countries."""

        async def send() -> None:
            numbers = [*self.numbers[: recipients - 1], self.abroad]
            record = self.harness.message(*numbers, on_unknown=on_unknown)
            self._begin_to_send(record)
            await until_idle()

        self.run(send())
        self.occurred.add(Feature.PRICES)

    @precondition(lambda self: Feature.DOUBTS in self.features)
    @rule(
        taken=st.lists(st.booleans(), min_size=4, max_size=4),
        parts=PARTS,
        on_unknown=ON_UNKNOWN,
        seconds=st.sampled_from([0, 31, 650]),
    )
    def lose_answers(
        self, taken: list[bool], parts: int, on_unknown: OnUnknown, seconds: int
    ) -> None:
        """Send two messages to two recipients, and hear nothing of them."""

        async def lose() -> None:
            await self.put_in_order()
            for is_taken in taken:
                fault = Fault.CUT_AFTER if is_taken else Fault.CUT_BEFORE
                self.simulated.fail(fault, operation="send", times=1)
            for _ in range(2):
                self._begin_to_send(self._message(2, 3600, on_unknown, parts=parts))
            await until_idle()
            self.watch.check(
                is_well=False,
                was_refused=True,
                has_urgent=Feature.URGENT in self.features,
            )
            self._heal()
            await self.harness.clock.advance(seconds)

        self.run(lose())

    @rule(
        before=st.integers(0, 1),
        taken=st.lists(st.booleans(), min_size=1, max_size=4),
        on_unknown=ON_UNKNOWN,
        seconds=st.sampled_from([0, 0, 31, 250, 650]),
    )
    def lose_again(
        self, before: int, taken: list[bool], on_unknown: OnUnknown, seconds: int
    ) -> None:
        """Hear nothing of a message, nor of its repetitions; perhaps after another."""
        self.run(self._lose_again(before, taken, 1, on_unknown, seconds))

    @rule(
        taken=st.lists(st.booleans(), min_size=1, max_size=4),
        parts=st.integers(2, 3),
        on_unknown=ON_UNKNOWN,
        seconds=st.sampled_from([0, 0, 31, 250, 650]),
    )
    def lose_parts(
        self, taken: list[bool], parts: int, on_unknown: OnUnknown, seconds: int
    ) -> None:
        """Hear nothing of some parts of a text."""
        self.run(self._lose_again(0, taken, parts, on_unknown, seconds))

    async def _lose_again(
        self,
        before: int,
        taken: list[bool],
        parts: int,
        on_unknown: OnUnknown,
        seconds: int,
    ) -> None:
        await self.put_in_order()
        for _ in range(before):
            self._begin_to_send(self._message(1, 3600, OnUnknown.HOLD))
            await until_idle()
        for is_taken in taken:
            fault = Fault.CUT_AFTER if is_taken else Fault.CUT_BEFORE
            self.simulated.fail(fault, operation="send", times=1)
        self._begin_to_send(self._message(1, 3600, on_unknown, parts=parts))
        await until_idle()
        await self.harness.clock.advance(seconds)
        self._heal()

    @precondition(lambda self: Feature.JOIN in self.features)
    @rule(which=st.integers(0, 3), life=LIVES, urgent=st.booleans())
    def repeat(self, which: int, life: int, *, urgent: bool) -> None:
        """Send a text once more to the same."""
        known = [*self.judge.asked.values()]
        if known:
            self.run(self._repeat(known[-1 - which % len(known)], life, urgent=urgent))

    @precondition(lambda self: Feature.JOIN in self.features)
    @rule(
        times=st.integers(1, 2),
        recipients=st.integers(1, 2),
        parts=PARTS,
        on_unknown=ON_UNKNOWN,
        life=LIVES,
        seconds=st.sampled_from([0, 1, 6]),
    )
    def repeat_what_waits(
        self,
        times: int,
        recipients: int,
        parts: int,
        on_unknown: OnUnknown,
        life: int,
        seconds: int,
    ) -> None:
        """Send a text again and again while it can't leave."""

        async def repeat() -> None:
            self.simulated.fail(Fault.RATE_LIMITED, operation="send", times=3)
            record = self._message(recipients, life, on_unknown, parts=parts)
            self._begin_to_send(record)
            await until_idle()
            for _ in range(times):
                await self._repeat(record, life, urgent=False)
            await self.harness.clock.advance(seconds)
            self._heal()

        self.run(repeat())

    @precondition(lambda self: Feature.URGENT in self.features)
    @rule(ordinary=st.integers(1, 3), urgent=st.integers(1, 2))
    def hurry(self, ordinary: int, urgent: int) -> None:
        """Send ordinary and urgent messages while the gateway is out of reach."""
        self.run(self._hurry(ordinary, urgent))
        self.occurred.add(Feature.URGENT)

    async def _hurry(self, ordinary: int, urgent: int) -> None:
        await self.put_in_order()
        await self.simulator.close()
        await until_idle()
        # One ordinary message goes after ten urgent ones.
        is_first = not any(
            submission.stays_here
            for record in self.harness.store
            for submission in record.submissions
        )
        batch = [self._message(1, 3600, OnUnknown.HOLD) for _ in range(ordinary)]
        batch += [
            self._message(1, 3600, OnUnknown.HOLD, urgent=True) for _ in range(urgent)
        ]
        for record in batch:
            self._begin_to_send(record)
            await until_idle()
        before = len(self.simulated.accepted)
        await self.simulator.open()
        await self.harness.clock.advance(31)
        is_urgent = {record.text: record.urgent for record in batch}
        order = [
            is_urgent[one.text]
            for one in self.simulated.accepted[before:]
            if one.text in is_urgent
        ]
        if is_first and self.is_well and not self.was_refused:
            assert order == sorted(order, reverse=True), order

    @rule(choice=st.sampled_from(Choice), which=st.integers(0, 5))
    def choose(self, choice: Choice, which: int) -> None:
        """Decide about a message that is held."""
        held = [said for said in self.judge.said().values() if said.is_held]
        if not held:
            return
        record = held[which % len(held)]
        message_id = record.message_id

        async def resolve() -> None:
            try:
                await self.harness.outbox.resolve(message_id, choice)
            except RejectedError:
                return
            if choice is Choice.RESEND:
                self.judge.resend(record)
            elif choice is Choice.SENT:
                self.judge.declared.add(message_id)
            else:
                self.judge.dropped.add(message_id)

        self.run(resolve())

    @rule(which=st.integers(0, 9))
    def cancel(self, which: int) -> None:
        """Take one of the last messages back, as far as that is possible."""
        known = [*self.judge.answered]
        if known:
            self.watch.excuse()
            self.run(self._cancel(known[-1 - which % len(known)]))

    async def _cancel(self, message_id: str) -> None:
        try:
            record = (await canceller_of(self.harness).cancel(message_id)).record
        except GatewayError:
            return
        for submission in record.submissions:
            self.judge.taken_back[message_id, submission.key] = submission.outcome

    # --- the steps of that ---

    def _message(
        self,
        recipients: int,
        life: int,
        on_unknown: OnUnknown,
        *,
        parts: int = 1,
        urgent: bool = False,
    ) -> MessageRecord:
        record = self.harness.message(
            *self.numbers[:recipients],
            life=timedelta(seconds=life),
            on_unknown=on_unknown,
            parts=parts,
        )
        if not urgent or Feature.URGENT not in self.features:
            return record
        self.occurred.add(Feature.URGENT)
        return replace(record, urgent=True)

    def _heal(self) -> None:
        self.simulated.heal()
        self.is_faulty = False
        self.watch.note_trouble()

    async def _repeat(self, record: MessageRecord, life: int, *, urgent: bool) -> None:
        current = self.harness.store.get_open(record.message_id)
        if current is not None and all(s.is_waiting for s in current.submissions):
            self.occurred.add(Feature.JOIN)
        again = self.harness.message(
            *dict.fromkeys(row.recipient.number for row in record.submissions),
            life=timedelta(seconds=life),
            on_unknown=record.on_unknown,
            text=record.text,
            parts=max(1, len(record.parts.common)),
        )
        is_urgent = urgent and Feature.URGENT in self.features
        self._begin_to_send(replace(again, urgent=is_urgent))
        await until_idle()

    def _begin_to_send(self, record: MessageRecord) -> None:
        self.judge.ask(record)
        task = asyncio.create_task(self._send(record))
        self.sending[task] = None
        task.add_done_callback(self._on_sent)

    async def _send(self, record: MessageRecord) -> None:
        outbox = self.harness.outbox
        try:
            if record.is_kept:
                await self.harness.planned.keep(record)
            else:
                joined = await outbox.join(record)
                await (outbox.send(record) if joined is None else joined.answer())
        except RejectedError:
            self.judge.refused.add(record.message_id)
        else:
            self.judge.answered[record.message_id] = None

    def _on_sent(self, task: asyncio.Task[None]) -> None:
        del self.sending[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            self.mistakes.found.append(repr(error))

    def _for_later(self, record: MessageRecord, later: timedelta) -> MessageRecord:
        """Return a message for later, with its time from then on."""
        return replace(
            record,
            time_to_live=min(record.time_to_live + later, timedelta(days=1)),
            options=SmsOptions(send_at=record.created + later),
            is_kept=not isinstance(self.harness.gateway, SchedulesMessages),
        )
