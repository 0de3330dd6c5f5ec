"""What a gateway's own list of what it has sent proves, row by row."""

from dataclasses import replace
from datetime import timedelta
from typing import override

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.abilities.delivery import (
    ListsSentMessages,
)
from custom_components.passerelle_sms.gateways.errors import (
    CannotConnectError,
    GatewayError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.delivery import SentMessage
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import Stage
from custom_components.passerelle_sms.messaging.reconciliation.sent_list_evidence import (
    CLOCK_DIFFERENCE,
    LISTED,
    SentListEvidence,
)
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.fake_gateways import SilentGateway
from tests.messaging.harness import HOUR, MessagingHarness
from tests.simulator import Fault, Simulator

SECOND = timedelta(seconds=1)
TEXT = "Fuite d'eau à l'école"


class ListingGateway(SilentGateway, ListsSentMessages):
    """Lists what it is told to."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Have sent nothing."""
        super().__init__(session)
        self.listed: list[SentMessage] = []
        self.error: GatewayError | None = None
        self.asked: list[int] = []
        """How many messages it was asked for, each time."""

    @override
    async def sent_messages(self, count: int) -> tuple[SentMessage, ...]:
        self.asked.append(count)
        if self.error is not None:
            raise self.error
        return tuple(self.listed)


@pytest.fixture
async def gateway(session: aiohttp.ClientSession) -> ListingGateway:
    """Return a gateway that lists what it has sent."""
    return ListingGateway(session)


@pytest.fixture
async def harness(make_house: HouseMaker, simulator: Simulator) -> MessagingHarness:
    """Return a house with a journal."""
    harness = make_house(simulator.etech_keys)
    await harness.start()
    return harness


async def keep(
    harness: MessagingHarness,
    number: str = MAMAN,
    text: str = TEXT,
    *,
    outcome: Outcome = Outcome.UNKNOWN,
    stage: Stage = Stage.OPEN,
    attempts: int = 1,
    options: SmsOptions = SmsOptions(),
) -> MessageRecord:
    """Return a message that was handed over now, as the journal holds it."""
    record = replace(harness.message(number, text=text), options=options)
    [submission] = record.submissions
    handed = replace(
        submission,
        outcome=outcome,
        stage=stage,
        attempts=attempts,
        attempted=harness.clock.now() if attempts else None,
    )
    record = record.updated([handed])
    await harness.journal.put(record)
    return record


def listed(
    harness: MessagingHarness,
    later: timedelta = SECOND,
    *,
    number: str = MAMAN,
    text: str = TEXT,
) -> SentMessage:
    """Return a row of the list, by default a second after now."""
    return SentMessage(recipient=number, text=text, at=harness.clock.now() + later)


async def proved(
    gateway: Gateway, harness: MessagingHarness, *records: MessageRecord
) -> list[MessageRecord]:
    """Return which of these, each to a single recipient, the list proves."""
    evidence = SentListEvidence(gateway, harness.journal)
    doubts = {
        (record.message_id, submission.key): record
        for record in records
        for submission in record.submissions
    }
    return [doubts[key] for key in await evidence.proved_accepted(doubts)]


async def test_a_row_with_its_number_text_and_time_proves_it(
    gateway: ListingGateway, harness: MessagingHarness
) -> None:
    """One question is enough, for the last hundred."""
    record = await keep(harness)
    gateway.listed = [listed(harness)]

    assert await proved(gateway, harness, record) == [record]
    assert gateway.asked == [LISTED]


@pytest.mark.parametrize(
    ("number", "text", "later", "expected"),
    [
        (PAPA, TEXT, SECOND, False),
        (MAMAN, "Fuite de gaz", SECOND, False),
        (MAMAN, TEXT.upper(), SECOND, False),
        # As a page may write it.
        (MAMAN, "Fuite  d&#39;eau à\nl&#39;école ", SECOND, True),
        (MAMAN, "Fuite d'eau a\u0300 l'e\u0301cole", SECOND, True),
        # The gateway's clock may be another.
        (MAMAN, TEXT, -CLOCK_DIFFERENCE, True),
        (MAMAN, TEXT, -CLOCK_DIFFERENCE - SECOND, False),
        (MAMAN, TEXT, -24 * HOUR, False),
        (MAMAN, TEXT, 24 * HOUR, True),
    ],
)
async def test_what_a_row_must_say(
    gateway: ListingGateway,
    harness: MessagingHarness,
    number: str,
    text: str,
    later: timedelta,
    expected: bool,
) -> None:
    """Another number, text or time is another message."""
    record = await keep(harness)
    gateway.listed = [listed(harness, later, number=number, text=text)]

    assert bool(await proved(gateway, harness, record)) is expected


async def test_a_row_without_a_time_proves_nothing(
    gateway: ListingGateway, harness: MessagingHarness
) -> None:
    """It may be of last year."""
    record = await keep(harness)
    gateway.listed = [replace(listed(harness), at=None)]

    assert await proved(gateway, harness, record) == []


async def test_a_message_that_was_never_handed_over_is_not_proved(
    gateway: ListingGateway, harness: MessagingHarness
) -> None:
    """There is no time to compare with."""
    record = await keep(harness, attempts=0)
    gateway.listed = [listed(harness)]

    assert await proved(gateway, harness, record) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Bonjour Marie", True), ("Bonjour {nom}", False), ("Bonjour Paul", False)],
)
async def test_a_mail_merge_is_known_by_what_he_reads(
    gateway: ListingGateway, harness: MessagingHarness, text: str, *, expected: bool
) -> None:
    """Each recipient's text is another one."""
    options = SmsOptions(
        personalisation={MAMAN: {"nom": "Marie"}, PAPA: {"nom": "Paul"}}
    )
    record = await keep(harness, text="Bonjour {nom}", options=options)
    gateway.listed = [listed(harness, text=text)]

    assert bool(await proved(gateway, harness, record)) is expected


@pytest.mark.parametrize(("name", "expected"), [("Marie", False), ("Paul", True)])
async def test_another_mail_merge_explains_a_row_that_says_the_same(
    gateway: ListingGateway, harness: MessagingHarness, name: str, *, expected: bool
) -> None:
    """Whatever their texts are before the values are in them."""
    await keep(
        harness,
        text="Bonjour {nom}",
        options=SmsOptions(personalisation={MAMAN: {"nom": name}}),
        outcome=Outcome.ACCEPTED,
        stage=Stage.CLOSED,
    )
    record = await keep(harness, text="Bonjour Marie")
    gateway.listed = [listed(harness, text="Bonjour Marie")]

    assert bool(await proved(gateway, harness, record)) is expected


@pytest.mark.parametrize(
    ("outcome", "stage", "attempts", "rows", "expected"),
    [
        # Any row may be the other's.
        (Outcome.ACCEPTED, Stage.CLOSED, 1, 1, False),
        (Outcome.ACCEPTED, Stage.CLOSED, 1, 2, True),
        (Outcome.ACCEPTED, Stage.CLOSED, 2, 2, False),
        (Outcome.ACCEPTED, Stage.CLOSED, 2, 3, True),
        (Outcome.UNKNOWN, Stage.HELD, 1, 1, False),
        (Outcome.UNKNOWN, Stage.CLOSED, 1, 1, False),
        # It has provably not left.
        (Outcome.QUEUED, Stage.OPEN, 0, 1, True),
        (Outcome.EXPIRED, Stage.CLOSED, 0, 1, True),
    ],
)
async def test_others_of_the_same_text_to_the_same_number_explain_rows(
    gateway: ListingGateway,
    harness: MessagingHarness,
    outcome: Outcome,
    stage: Stage,
    attempts: int,
    rows: int,
    expected: bool,
) -> None:
    """Only what they leave is a proof; whichever way a page writes their text."""
    text = TEXT.replace(" ", "  ")
    await keep(harness, text=text, outcome=outcome, stage=stage, attempts=attempts)
    record = await keep(harness)
    gateway.listed = [listed(harness)] * rows

    assert bool(await proved(gateway, harness, record)) is expected


@pytest.mark.parametrize(
    ("number", "text", "before"),
    [
        (PAPA, TEXT, timedelta()),
        (MAMAN, "Fuite de gaz", timedelta()),
        # It can't have waited for so long.
        (MAMAN, TEXT, 26 * HOUR),
    ],
)
async def test_others_that_explain_no_row(
    gateway: ListingGateway,
    harness: MessagingHarness,
    number: str,
    text: str,
    before: timedelta,
) -> None:
    """Of another number or text, or of another day."""
    await keep(harness, number, text, outcome=Outcome.ACCEPTED, stage=Stage.CLOSED)
    harness.clock.tick(before)
    record = await keep(harness)
    gateway.listed = [listed(harness)]

    assert await proved(gateway, harness, record) == [record]


@pytest.mark.parametrize(("rows", "expected"), [(0, 0), (1, 0), (2, 2)])
async def test_two_in_doubt_with_the_same_text(
    gateway: ListingGateway, harness: MessagingHarness, rows: int, expected: int
) -> None:
    """One row may be of either; with two rows both were sent."""
    records = [await keep(harness) for _ in range(2)]
    gateway.listed = [listed(harness)] * rows

    assert len(await proved(gateway, harness, *records)) == expected


async def test_only_what_is_listed_of_several_is_proved(
    gateway: ListingGateway, harness: MessagingHarness
) -> None:
    """Each by its own number and text."""
    there = await keep(harness)
    not_there = await keep(harness, PAPA)
    gateway.listed = [listed(harness), listed(harness, text="Autre chose")]

    assert await proved(gateway, harness, there, not_there) == [there]


@pytest.mark.parametrize(
    "error",
    [CannotConnectError(), UnreadableAnswerError()],
    ids=["out of reach", "unreadable"],
)
async def test_a_list_that_cannot_be_had_proves_nothing(
    gateway: ListingGateway, harness: MessagingHarness, error: GatewayError
) -> None:
    """There is other evidence."""
    record = await keep(harness)
    gateway.listed = [listed(harness)]
    gateway.error = error

    assert await proved(gateway, harness, record) == []


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.EMPTY, Fault.ERROR_500])
async def test_a_page_that_is_no_list_proves_nothing(
    harness: MessagingHarness, simulator: Simulator, fault: Fault
) -> None:
    """Also at the gateway that really has one."""
    simulator.etech_keys.now = harness.clock.now
    record = await harness.send(text=TEXT)
    record = await harness.kept(record)
    assert await proved(harness.gateway, harness, record) == [record]

    simulator.etech_keys.fail(fault, operation="transactions")

    assert await proved(harness.gateway, harness, record) == []


async def test_a_journal_that_cannot_be_read_proves_nothing(
    gateway: ListingGateway, harness: MessagingHarness
) -> None:
    """Nobody knows what else was sent."""
    record = await keep(harness)
    gateway.listed = [listed(harness)]
    harness.disk.is_readable = False

    assert await proved(gateway, harness, record) == []


async def test_a_gateway_without_a_list_is_not_asked(
    harness: MessagingHarness, session: aiohttp.ClientSession
) -> None:
    """Nor is one that has a list, while nothing is in doubt."""
    silent, listing = SilentGateway(session), ListingGateway(session)
    record = await keep(harness)

    assert await proved(silent, harness, record) == []
    assert await proved(listing, harness) == []
    assert listing.asked == []
