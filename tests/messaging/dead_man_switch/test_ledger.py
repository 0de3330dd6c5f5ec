"""Whatever renewals cost and give back, the balance proves nothing that isn't so.

Both gateways, and both readings of what the documents leave open: charged when a message
is taken and given back when it is cancelled, or charged when it is sent.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import aiohttp
from hypothesis import HealthCheck, example, given, settings, strategies as st
import pytest
from yarl import URL

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.wire.transport import Timeouts
from custom_components.passerelle_sms.messaging.dead_man_switch.carrier import (
    Cancelled,
    CancelResult,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.standing import Standing
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.outbox.request_runner import (
    GatewayRunner,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.messaging.reconciliation.balance_evidence import (
    Evidence,
    Verdict,
    assess,
)
from tests.messaging.harness import MessagingHarness
from tests.messaging.idle import until_idle
from tests.messaging.scheduling import keep_time
from tests.simulator import Fault, SimulatedGateway, Simulator

from .standing import FRIEND, OTHER, standing

pytestmark = pytest.mark.usefixtures("socket_enabled")

EXAMPLES = int(os.environ.get("SWITCH_LEDGER_EXAMPLES", "25"))
MINUTE = timedelta(minutes=1)
AFRICAN = Recipient(number="+237695688207")
KEYS = ("envoyer_sms_pro", "sms123")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Which gateway it is, and how that charges."""

    key: str
    charges_when_sent: bool
    seconds_to_charge: int
    prices: bool = False
    """Whether an alert to Africa costs twice as much."""


class House:
    """A house that renews a message, and sends alerts through the same account."""

    def __init__(self, harness: MessagingHarness, simulated: SimulatedGateway) -> None:
        """Let nothing stand yet; hear of everything that the balance proves."""
        self.harness = harness
        self.simulated = simulated
        self.standing: list[Standing] = []
        self.delay = timedelta(hours=1)
        self.people: tuple[Recipient, ...] = (FRIEND,)
        self.false: list[tuple[Verdict, str]] = []
        self.proved: list[Verdict] = []
        self.watch()

    def watch(self) -> None:
        """Check each proof of this run against what is so."""
        settle = self.harness.ledger.on_sighted

        def check(evidence: Evidence) -> None:
            for (message_id, _), verdict in assess(evidence).items():
                record = self.harness.store.get_open(message_id)
                assert record is not None
                is_taken = self.taken(record) > 0
                if is_taken is not (verdict is Verdict.ACCEPTED):
                    self.false.append((verdict, record.text))
                self.proved.append(verdict)
            settle(evidence)

        self.harness.ledger.on_sighted = check

    def taken(self, record: MessageRecord) -> int:
        """Return how often the gateway has taken a message."""
        return sum(one.text == record.text for one in self.simulated.accepted)

    async def add_up(self) -> None:
        """Let the balance prove what an alert costs."""
        for recipient in (FRIEND, AFRICAN):
            await self.harness.poll()
            await self.harness.send(recipient.number)
            await self.harness.clock.advance(700)
            await self.harness.poll()
        assert self.harness.carrier.price_in("33") == 1

    async def renew(self, fault: Fault | None = None) -> None:
        """Hand over a message, and take back what stood."""
        carrier = self.harness.carrier
        if fault is not None:
            self.simulated.fail(fault, operation="send", times=1)
        for person in self.people:
            result = await carrier.schedule(
                message := standing(self.harness, person, after=self.delay),
                uses_reserve=False,
            )
            if result.accepted or result.doubtful:
                submission_id = result.submission_id or result.doubtful_id
                self.standing.append(
                    replace(
                        message,
                        submission_id=submission_id,
                        is_sure=bool(result.accepted),
                    )
                )
        self.simulated.heal()
        if fault is None:
            await self.take_back(keep=len(self.people))
        await until_idle()

    async def take_back(self, *, keep: int = 0) -> None:
        """Take back what stands, but for the newest."""
        for message in self.standing[: len(self.standing) - keep]:
            result = await self.cancel(message)
            if result.outcome in {Cancelled.GONE, Cancelled.SENT}:
                self.standing.remove(message)
        await until_idle()

    async def cancel(self, message: Standing) -> CancelResult:
        """Take one message back."""
        return await self.harness.carrier.cancel(message, uses_reserve=False)

    async def alert(
        self, fault: Fault | None = None, to: Recipient = FRIEND
    ) -> MessageRecord:
        """Send an alert, which may be in doubt."""
        if fault is not None:
            self.simulated.fail(fault, operation="send", times=1)
        record = await self.harness.send(to.number)
        self.simulated.heal()
        return record

    async def restart(self, *, is_clean: bool) -> None:
        """Begin a new run, in which a switch enters what stands."""
        if is_clean:
            await self.harness.stop()
            self.harness.build()
        else:
            await self.harness.crash()
        self.watch()
        await self.harness.start()
        for message in self.standing:
            self.harness.carrier.note_standing(message)


@asynccontextmanager
async def opened(account: Account) -> AsyncIterator[House]:
    """Open a house whose ledger has added up.

    It asks no gateway whether that knows a text: the balance is to tell.
    """
    with (
        TemporaryDirectory() as folder,
        patch.object(GatewayRunner, "may_repeat", return_value=False),
    ):
        async with Simulator() as simulator, aiohttp.ClientSession() as session:
            simulated = simulator.gateways[account.key]
            gateway = GATEWAYS[account.key](
                session,
                Credentials(
                    username=simulated.username,
                    password=simulated.password,
                    api_key=simulated.api_key,
                ),
                url=URL(simulator.url(account.key)),
                sender="MAISON",
                timeouts=Timeouts(connect=5, read=5, total=10),
            )
            if gateway.budget is not None:
                gateway.budget.limit = 1_000_000
            harness = MessagingHarness(gateway, Path(folder) / "journal")
            keep_time(simulator, harness)
            simulated.charges_when_sent = account.charges_when_sent
            if account.prices:
                simulated.prices = {"+237": 2}
            await harness.start()
            try:
                house = House(harness, simulated)
                await house.add_up()
                simulated.seconds_to_charge = account.seconds_to_charge
                yield house
            finally:
                await harness.leave()


ACCOUNTS = st.builds(
    Account,
    key=st.sampled_from(KEYS),
    charges_when_sent=st.booleans(),
    seconds_to_charge=st.sampled_from([0, 1, 45, 290, 301, 590]),
    prices=st.booleans(),
)
FAULTS = st.sampled_from([Fault.CUT_BEFORE, Fault.CUT_AFTER])
STEPS = st.one_of(
    st.tuples(st.just("renew"), st.none() | FAULTS),
    st.tuples(st.just("alert"), st.none() | FAULTS),
    st.tuples(st.just("alert far"), st.none() | FAULTS),
    st.tuples(st.just("poll"), st.none()),
    st.tuples(st.just("wait"), st.sampled_from([1, 20, 60, 299, 310, 600, 1200])),
    st.tuples(st.just("disarm"), st.none()),
    st.tuples(st.just("restart"), st.booleans()),
)
type Step = tuple[str, Fault | int | bool | None]


async def take(house: House, step: Step) -> MessageRecord | None:
    """Do one thing; return the alert, if it was one."""
    kind, what = step
    fault = what if isinstance(what, Fault) else None
    match kind:
        case "renew":
            await house.renew(fault)
        case "alert":
            return await house.alert(fault)
        case "alert far":
            return await house.alert(fault, AFRICAN)
        case "poll":
            await house.harness.poll()
        case "wait":
            await house.harness.clock.advance(what if isinstance(what, int) else 0)
        case "disarm":
            await house.take_back()
        case "restart":
            await house.restart(is_clean=bool(what))
    return None


LATE = Account(key="sms123", charges_when_sent=False, seconds_to_charge=590)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    ACCOUNTS,
    st.sampled_from([15, 60, 180]),
    st.booleans(),
    st.lists(STEPS, min_size=3, max_size=14),
)
@example(
    LATE,
    60,
    False,
    [
        ("renew", None),
        ("wait", 1200),
        ("poll", None),
        ("alert", Fault.CUT_AFTER),
        ("wait", 299),
        ("wait", 299),
        ("renew", None),
        ("wait", 60),
    ],
)
@example(
    replace(LATE, key="envoyer_sms_pro"),
    15,
    False,
    [("renew", None), ("wait", 310), ("renew", None), ("restart", True), ("wait", 600)],
)
@example(
    replace(LATE, seconds_to_charge=0),
    180,
    False,
    [
        ("renew", None),
        ("wait", 1200),
        ("poll", None),
        ("alert", None),
        ("wait", 600),
        ("disarm", None),
        ("restart", False),
        ("alert", Fault.CUT_AFTER),
        ("wait", 600),
    ],
)
async def test_nothing_false_is_proved_and_no_fall_is_a_riddle(
    account: Account, minutes: int, two: bool, steps: list[Step]
) -> None:
    """An alert is neither lost nor sent twice because of a renewal."""
    async with opened(account) as house:
        house.delay = minutes * MINUTE
        house.people = (FRIEND, OTHER) if two else (FRIEND,)
        alerts = [alert for step in steps if (alert := await take(house, step))]
        # Each charge lands, and is looked at; what stands is sent.
        for seconds in (60, 600, 1200, minutes * 60, 4000, 700):
            await house.harness.clock.advance(seconds)
            await house.harness.poll()

        assert house.false == []
        assert house.harness.observer.unexplained == []
        assert not house.harness.ledger.is_muted
        for alert in alerts:
            outcome = (await house.harness.kept(alert)).submissions[0].outcome
            assert house.taken(alert) <= 1
            if outcome is Outcome.ACCEPTED:
                assert house.taken(alert) == 1
            if outcome.is_free:
                assert house.taken(alert) == 0


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("charges_when_sent", [False, True])
@pytest.mark.parametrize("seconds_to_charge", [0, 590])
@pytest.mark.parametrize("poll", [5, 20])
async def test_steady_renewals_leave_a_balance_that_proves(
    key: str, charges_when_sent: bool, seconds_to_charge: int, poll: int
) -> None:
    """What was taken between two renewals of an hour's delay, also after many."""
    account = Account(
        key=key,
        charges_when_sent=charges_when_sent,
        seconds_to_charge=seconds_to_charge,
    )
    async with opened(account) as house:
        for minute in range(1, 101):
            if minute % 20 == 1:
                await house.renew()
            await house.harness.clock.advance(60)
            if minute % poll == 5 % poll:
                await house.harness.poll()
        # Eleven minutes after a renewal: nothing more of it can be charged.
        await house.renew()
        await house.harness.clock.advance(660)
        house.simulated.seconds_to_charge = 0

        record = await house.alert(Fault.CUT_AFTER)
        await house.harness.clock.advance(30)

        assert house.proved == [Verdict.ACCEPTED]
        assert house.harness.current(record).outcome is Outcome.ACCEPTED
        assert house.harness.observer.unexplained == house.false == []


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("charges_when_sent", [False, True])
async def test_what_was_not_taken_is_proved_where_nothing_is_renewed_meanwhile(
    key: str, charges_when_sent: bool
) -> None:
    """That takes ten minutes, so that the delay must be longer."""
    account = Account(key=key, charges_when_sent=charges_when_sent, seconds_to_charge=0)
    async with opened(account) as house:
        house.delay = timedelta(hours=2)
        for _ in range(3):
            await house.renew()
            await house.harness.clock.advance(2400)
        await house.renew()
        await house.harness.clock.advance(660)
        await house.harness.poll()

        record = await house.alert(Fault.CUT_BEFORE)
        await house.harness.clock.advance(660)

        assert house.proved == [Verdict.NOT_SENT]
        assert house.taken(record) == 1
        assert house.harness.current(record).outcome is Outcome.ACCEPTED
        assert house.harness.observer.unexplained == house.false == []
