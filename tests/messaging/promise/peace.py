"""What a house is to prove where nothing stands in its way."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from tests.messaging.idle import until_idle
from tests.simulator import Fault

from .account import RICH
from .house import House


class Peace(House):
    """A single doubt, in a house that is alone and knows what a message costs."""

    @rule(times=st.integers(0, 1))
    def doubt_in_peace(self, times: int) -> None:
        """Lose a message a few times, then only the answer, with nothing else going on.

        What can be proved is proved, as often as it is in doubt.
        """
        is_simple = self.simulated.refusal is None and self.simulated.credits >= RICH
        if is_simple and self.harness.is_alone and not self.harness.ledger.is_muted:
            self.run(self._doubt_in_peace(times))

    async def _doubt_in_peace(self, times: int) -> None:
        late, self.simulated.seconds_to_charge = self.simulated.seconds_to_charge, 0
        if await self._has_learnt():
            await self._prove(times)
            # At once: what is known of the first must not stand in its way.
            await self._prove(0)
        await self.put_in_order()
        self.simulated.seconds_to_charge = late

    async def _has_learnt(self) -> bool:
        """Let two falls tell what a message costs; return whether they could."""
        for _ in range(2):
            if not await self.calm_down():
                return False
            await self._send_one()
        return await self.calm_down()

    async def _prove(self, times: int) -> None:
        for _ in range(times):
            self.simulated.fail(Fault.CUT_BEFORE, operation="send", times=1)
        self.simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
        record = await self._send_one()
        await self.harness.clock.advance(90 + 610 * times)
        said = self.judge.said()[record.message_id]
        assert [s.outcome for s in said.submissions] == [Outcome.ACCEPTED]

    async def _send_one(self) -> MessageRecord:
        record = self.harness.message(self.numbers[0])
        self.judge.ask(record)
        await self.harness.outbox.send(record)
        self.judge.answered[record.message_id] = None
        await until_idle()
        return record
