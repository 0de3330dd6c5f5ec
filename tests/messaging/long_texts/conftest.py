"""Houses that send long texts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.message import SendResult, Sms
from custom_components.passerelle_sms.messaging.guard.guard import Guard, GuardLimits
from custom_components.passerelle_sms.messaging.model.message import Message
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.report import Report
from custom_components.passerelle_sms.messaging.model.submission import SubmissionRecord
from custom_components.passerelle_sms.messaging.operations.gateway_rules import (
    GatewayRules,
)
from custom_components.passerelle_sms.messaging.operations.message_tester import (
    MessageTester,
)
from custom_components.passerelle_sms.messaging.operations.messenger import Messenger
from custom_components.passerelle_sms.messaging.operations.planned_messages import (
    PlannedMessages,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import (
    AddressBook,
    Recipient,
)
from custom_components.passerelle_sms.messaging.text.splitting import split
from custom_components.passerelle_sms.messaging.text.writing import Writing
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import MessagingHarness
from tests.messaging.scheduling import keep_time
from tests.simulator import SimulatedGateway, Simulator

type Step = Callable[[], Any]


def text_of(gateway: Gateway, parts: int) -> str:
    """Return a text that a gateway takes in so many parts."""
    sms = Sms(text="", recipients=(MAMAN,))

    def fits(text: str) -> bool:
        return gateway.fits(replace(sms, text=text))

    words = [f"mot{number:04}" for number in range(1, 2_000)]
    pieces = split(" ".join(words), fits)[:parts]
    # A few words of the last piece are enough.
    said = [*(piece.split(" ", 1)[1] for piece in pieces[:-1]), "fin de cette alarme"]
    return " ".join(said)


@dataclass(slots=True)
class LongTexts:
    """A house, its gateway, and what is done between two parts."""

    harness: MessagingHarness
    simulated: SimulatedGateway
    guard: Guard

    @property
    def messenger(self) -> Messenger:
        """Return a messenger of the house as it runs now."""
        harness = self.harness
        return Messenger(
            GatewayRules(harness.gateway),
            AddressBook(
                [
                    Recipient(name="Maman", number=MAMAN),
                    Recipient(name="Papa", number=PAPA),
                ],
                "CM",
            ),
            self.guard,
            harness.outbox,
            PlannedMessages(harness.store, self.guard, harness.clock),
            MessageTester(
                harness.gateway,
                self.guard,
                harness.store,
                harness.ledger,
                harness.clock,
                harness.observer,
            ),
            harness.clock,
            writing=Writing(),
        )

    def text(self, parts: int = 3) -> str:
        """Return a text that takes so many parts."""
        return text_of(self.harness.gateway, parts)

    async def send(self, text: str | None = None, **options: Any) -> Report:
        """Send a long text to Maman, or to whom `options` name."""
        options.setdefault("targets", ("Maman",))
        return await self.messenger.send(Message(text=text or self.text(), **options))

    def rows(self, record: MessageRecord) -> tuple[SubmissionRecord, ...]:
        """Return where the parts of a message stand now."""
        return tuple(self.harness.observer.latest[record.message_id].submissions)

    def outcomes(self, record: MessageRecord) -> list[str]:
        """Return the outcomes of the parts as they are now."""
        return [row.outcome.value for row in self.rows(record)]

    @contextmanager
    def before_request(
        self, number: int, step: Step, patch: pytest.MonkeyPatch
    ) -> Iterator[None]:
        """Do something just before the request with this number is made."""
        send, count = self.harness.gateway.send, 0

        async def counted(sms: Sms) -> SendResult:
            nonlocal count
            count += 1
            if count == number:
                step()
            return await send(sms)

        with patch.context() as context:
            context.setattr(self.harness.gateway, "send", counted)
            yield


@pytest.fixture
def key() -> str:
    """Return the gateway that is sent through."""
    return "sms123"


@pytest.fixture
async def house(make_house: HouseMaker, simulator: Simulator, key: str) -> LongTexts:
    """Return a house whose outbox has started."""
    simulated = simulator.gateways[key]
    simulated.credits = Decimal(10_000)
    harness = make_house(simulated)
    keep_time(simulator, harness)
    harness.follows_deliveries = True
    await harness.start()
    limits = GuardLimits(segments_per_hour=1000, segments_per_day=1000)
    return LongTexts(harness, simulated, Guard(limits, harness.clock))
