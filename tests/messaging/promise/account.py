"""What happens to an account, beside the messages of the house."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from custom_components.passerelle_sms.gateways.errors import GatewayError
from custom_components.passerelle_sms.messaging.model.record import text_of

from .features import Feature
from .house import House

POOR: Final = 20
RICH: Final = 2_000
MUTE_FOR: Final = timedelta(days=25)
"""A house that has noticed something is mute for at least as long."""


class Account(House):
    """Who uses it, what it costs, and whether the gateway refuses it."""

    @initialize(
        is_poor=st.booleans(),
        home=st.sampled_from([1, 1, 2]),
        abroad=st.sampled_from([2, 3]),
        late=st.sampled_from([590, 200, 0]),
        is_known=st.booleans(),
    )
    def open(
        self,
        home: int,
        abroad: int,
        late: int,
        *,
        is_poor: bool,
        is_known: bool,
    ) -> None:
        """Open an account, and let the house perhaps learn what its country costs."""
        if self.has(Feature.PRICES):
            self.simulated.prices = {
                self.abroad[:4]: abroad,
                self.numbers[0][:4]: home,
            }
        if self.has(Feature.TOP_UP) and is_poor:
            self.simulated.credits = Decimal(POOR)
            self.was_refused = True
        if self.has(Feature.OTHERS) and not self.has(Feature.NOTICED):
            self.harness.is_alone = self.harness.ledger.is_alone = False
        if is_known:
            self.run(self._learn())
        if self.has(Feature.LATE):
            self.simulated.seconds_to_charge = late

    async def _learn(self) -> None:
        await self.harness.poll()
        # What one fall has taught, another one confirms.
        for _ in range(2):
            record = self.harness.message(self.numbers[0])
            self.judge.ask(record)
            await self.harness.outbox.send(record)
            self.judge.answered[record.message_id] = None
            await self.harness.poll()
            await self.harness.clock.advance(700)
            await self.harness.poll()

    # --- other users ---

    @property
    def has_others(self) -> bool:
        """Whether others use the account."""
        return self.has(Feature.OTHERS) or self.has(Feature.NOTICED)

    @property
    def may_others_spend(self) -> bool:
        """Whether the house knows of the others, or has noticed them."""
        return not self.harness.is_alone or self.is_noticed

    @precondition(lambda self: self.has_others)
    @rule(amount=st.sampled_from([1, 1, 1, 2, 3]))
    def spend_elsewhere(self, amount: int) -> None:
        """Let somebody else spend credits."""
        if self.may_others_spend and amount <= self.simulated.credits:
            self.simulated.spend_elsewhere(amount)
            self.occurred.add(Feature.OTHERS)

    @precondition(lambda self: self.has_others)
    @rule(which=st.sampled_from([0, 0, 0, 1, 3]))
    def send_elsewhere(self, which: int) -> None:
        """Let somebody else send one of the last texts to the same number."""
        known = [*self.judge.asked.values()]
        if not known or not self.may_others_spend:
            return
        record = known[-1 - which % len(known)]
        submission = record.submissions[0]
        if self.simulated.can_pay(10):
            self.simulated.send_elsewhere(
                submission.recipient.number, text_of(record, submission)
            )
            self.occurred.add(Feature.OTHERS)

    @precondition(lambda self: self.has(Feature.NOTICED))
    @rule(amount=st.integers(1, 3))
    def be_noticed(self, amount: int) -> None:
        """Spend, elsewhere, while nothing is outstanding and the house looks."""
        if not self.is_noticed:
            self.run(self._be_noticed(amount))

    async def _be_noticed(self, amount: int) -> None:
        if not await self.calm_down() or not self.simulated.can_pay(amount):
            return
        self.simulated.spend_elsewhere(amount)
        if await self.look():
            assert self.harness.ledger.is_muted
            self.is_noticed = True
            self.noticed_at = self.harness.clock.now()
            self.occurred.add(Feature.NOTICED)

    # --- what it costs, and when ---

    @precondition(lambda self: self.has(Feature.LATE))
    @rule(seconds=st.sampled_from([0, 30, 200, 590, 590]))
    def charge_late(self, seconds: int) -> None:
        """Charge what is taken from now on so much later."""
        self.simulated.seconds_to_charge = seconds
        self.accepted_before = len(self.simulated.accepted)

    @precondition(lambda self: self.has(Feature.LATE))
    @rule(wait=st.sampled_from([550, 0]), seconds=st.sampled_from([60, 90]))
    def look_slowly(self, wait: int, seconds: int) -> None:
        """Let a balance be asked for, perhaps later, and told so long after that."""
        self.run(self._look_slowly(wait, seconds))

    async def _look_slowly(self, wait: int, seconds: int) -> None:
        await self.harness.clock.advance(wait)
        tell = self.harness.ledger.look()
        try:
            told = (await self.harness.gateway.balance()).credits
        except GatewayError:
            return
        self.harness.clock.tick(timedelta(seconds=seconds))
        tell(told)
        # Nobody was woken meanwhile.
        await self.harness.clock.advance(0)

    @precondition(lambda self: self.has(Feature.REFUND))
    @rule(amount=st.sampled_from([1, 1, 1, 2, 3]), seconds=st.sampled_from([0, 0, 650]))
    def refund(self, amount: int, seconds: int) -> None:
        """Give credits back; what is charged between two looks can't be told from it."""
        self.run(self._give_back(amount, seconds))

    async def _give_back(self, amount: int, seconds: int) -> None:
        await self.put_in_order()
        if await self.look():
            self.simulated.refund(amount)
            self.watch.excuse()
            self.occurred.add(Feature.REFUND)
            await self.look()
            await self.harness.clock.advance(seconds)

    @precondition(lambda self: self.has(Feature.TOP_UP))
    @rule(amount=st.sampled_from([1, 2, RICH, RICH]), is_seen=st.booleans())
    def top_up(self, amount: int, *, is_seen: bool) -> None:
        """Buy credits, as many as make a difference or so few that they might not."""
        self.run(self._top_up(amount, is_seen=is_seen))

    async def _top_up(self, amount: int, *, is_seen: bool) -> None:
        is_small = amount < RICH
        if is_small:
            await self.put_in_order()
            if not await self.look():
                return
        self.simulated.top_up(amount)
        self.watch.excuse()
        self.occurred.add(Feature.TOP_UP)
        if is_seen or is_small:
            await self.look()

    # --- whether it is refused ---

    @precondition(lambda self: self.has(Feature.MENDED) or self.has(Feature.REFUSED))
    @rule(
        which=st.integers(0, 9),
        seconds=st.sampled_from([0, 45, 400]),
        is_mended=st.booleans(),
    )
    def refuse(self, which: int, seconds: int, *, is_mended: bool) -> None:
        """Let the gateway refuse the account, and a message meet that."""
        refusals = sorted(self.simulated.refusals, key=lambda refusal: refusal.value)
        self.simulated.refusal = refusals[which % len(refusals)]
        self.was_refused = True
        self.watch.begin_rest()
        if Feature.REFUSED in self.features:
            self.occurred.add(Feature.REFUSED)
        self.run(self.harness.clock.advance(seconds))
        if is_mended:
            self._mend_account()

    @precondition(lambda self: self.has(Feature.MENDED))
    @rule()
    def mend_account(self) -> None:
        """Let somebody mend what the account is refused for."""
        self._mend_account()

    def _mend_account(self) -> None:
        if self.simulated.refusal is None or not self.has(Feature.MENDED):
            return
        self.simulated.refusal = None
        self.watch.end_rest()
        self.watch.note_trouble()
        self.occurred.add(Feature.MENDED)
