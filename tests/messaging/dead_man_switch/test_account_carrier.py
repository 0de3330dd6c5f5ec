"""An account that keeps messages for switches."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    AlreadyCancelledError,
    AuthenticationError,
    CannotConnectError,
    GatewayBrokenError,
    GatewayError,
    InvalidRecipientError,
    MessageTooLongError,
    NoAnswerError,
    NotCancellableError,
    RateLimitedError,
    TakenAsMessageError,
    UnknownMessageError,
)
from custom_components.passerelle_sms.gateways.model.message import (
    Cancellation,
    Submission,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.wire.purpose import Purpose
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget
from custom_components.passerelle_sms.messaging.dead_man_switch.carrier import (
    Cancelled,
    CancelResult,
    ScheduleResult,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.standing import Standing
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.messaging.reconciliation.books import Books, Price
from custom_components.passerelle_sms.messaging.reconciliation.books_json import (
    books_from_json,
    books_to_json,
)
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import ACCOUNT, MessagingHarness
from tests.messaging.journal_records import Threads, copy_of, opened
from tests.simulator import Simulator

from .keeping_gateway import ContentGateway, KeepingGateway
from .standing import DELAY, FRIEND, OTHER, standing

AFRICAN = Recipient(number="+237695688207")
MINUTE = timedelta(minutes=1)
ANSWERLESS = NoAnswerError()
REFUSED = InvalidRecipientError()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Return a session that nothing is asked through."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def gateway(session: aiohttp.ClientSession) -> KeepingGateway:
    """Return a gateway that knows messages by their ids."""
    return KeepingGateway(session, budget=RequestBudget(100))


@pytest.fixture
async def house(
    gateway: KeepingGateway, tmp_path: Path
) -> AsyncIterator[MessagingHarness]:
    """Return a house with an account there."""
    harness = MessagingHarness(gateway, tmp_path / "journal")
    await harness.start()
    yield harness
    await harness.leave()


@pytest.fixture
async def by_content(
    session: aiohttp.ClientSession, tmp_path: Path
) -> AsyncIterator[MessagingHarness]:
    """Return a house whose gateway knows messages by all that they say."""
    harness = MessagingHarness(ContentGateway(session), tmp_path / "other")
    await harness.start()
    yield harness
    await harness.leave()


def told(
    recipient: Recipient, outcome: Outcome, submission_id: str | None = None
) -> Submission:
    """Return what a gateway tells of a recipient."""
    error: GatewayError | None = None
    if outcome is not Outcome.ACCEPTED:
        error = {Outcome.UNKNOWN: ANSWERLESS, Outcome.REJECTED: REFUSED}.get(
            outcome, CannotConnectError()
        )
    return Submission(
        recipient=recipient.number,
        outcome=outcome,
        submission_id=submission_id,
        error=error,
    )


async def cancelled(harness: MessagingHarness, message: Standing) -> CancelResult:
    """Take a message back."""
    return await harness.carrier.cancel(message, uses_reserve=False)


def charges(harness: MessagingHarness) -> int:
    """Return how many charges are possible for what stands."""
    return sum(charge.possible for charge in harness.ledger.standing.charges())


# --- what it is -----------------------------------------------------------------------


async def test_it_is_the_account(
    house: MessagingHarness, gateway: KeepingGateway
) -> None:
    """As its gateway has it."""
    carrier = house.carrier

    assert carrier.account == ACCOUNT
    assert carrier.can_hold
    assert not carrier.can_cancel_doubtful
    assert carrier.sender == "MAISON"
    assert carrier.time_there is None
    gateway.there = house.clock.now()
    assert carrier.time_there == house.clock.now()


async def test_the_balance_is_asked_for_to_learn_the_time(
    house: MessagingHarness, gateway: KeepingGateway
) -> None:
    """Once, if nothing was answered yet."""
    gateway.is_answered = False

    assert await house.carrier.learn_time() is None
    assert await house.carrier.learn_time() is None

    assert gateway.asked_for_balance == 1


@pytest.mark.parametrize(
    ("error", "is_known"), [(NoAnswerError(), False), (AuthenticationError(), True)]
)
async def test_a_refusal_tells_the_time_and_an_outage_does_not(
    house: MessagingHarness,
    gateway: KeepingGateway,
    error: GatewayError,
    is_known: bool,
) -> None:
    """Then nothing can be told an hour yet."""
    gateway.is_answered, gateway.silence = False, error

    assert await house.carrier.learn_time() is (None if is_known else error)


async def test_one_that_knows_by_content_can_take_back_what_is_doubtful(
    by_content: MessagingHarness,
) -> None:
    """It needs no id."""
    assert by_content.carrier.can_cancel_doubtful


@pytest.mark.parametrize(
    ("key", "can_hold"),
    [
        ("envoyer_sms_pro", True),
        ("sms123", True),
        ("etech_keys", False),
        ("devcodesms", False),
    ],
)
async def test_who_can_hold_a_message(
    simulator: Simulator,
    make_house: HouseMaker,
    key: str,
    can_hold: bool,
) -> None:
    """Who schedules and cancels."""
    harness = make_house(simulator.gateways[key])
    await harness.start()

    assert harness.carrier.can_hold is can_hold


async def test_requests_are_set_aside(
    house: MessagingHarness, gateway: KeepingGateway, by_content: MessagingHarness
) -> None:
    """Where anybody counts them."""
    assert gateway.budget is not None
    house.carrier.set_aside("a", 24)
    by_content.carrier.set_aside("a", 24)

    assert gateway.budget.set_aside_for_others("b") == 24
    house.carrier.set_aside("a", 0)
    assert gateway.budget.set_aside_for_others("b") == 0


async def test_who_shares_a_request_is_a_lane(house: MessagingHarness) -> None:
    """Whom the gateway can't reach is refused alone."""
    second = replace(AFRICAN, number="+237699999999")

    assert house.carrier.lanes((FRIEND, AFRICAN, OTHER, second), "Rien") == (
        (AFRICAN,),
        (second,),
        (FRIEND, OTHER),
    )
    assert house.carrier.lanes((), "Rien") == ()


# --- handing over ---------------------------------------------------------------------


async def test_a_message_is_handed_over_for_its_hour(
    house: MessagingHarness, gateway: KeepingGateway
) -> None:
    """With what it says, and from whom."""
    message = standing(house, FRIEND, OTHER, sender="CHALET")

    result = await house.carrier.schedule(message, uses_reserve=False)

    [sms] = gateway.sent
    assert (sms.text, sms.sender) == (message.text, "CHALET")
    assert sms.recipients == (FRIEND.number, OTHER.number)
    assert sms.options.send_at == message.fires_at
    assert sms.purpose is Purpose.RENEWAL
    assert result == ScheduleResult(
        accepted=(FRIEND, OTHER), submission_id=gateway.taken[0][1]
    )


async def test_what_is_pressing_may_use_the_reserve(
    house: MessagingHarness, gateway: KeepingGateway
) -> None:
    """It is as urgent as an alert."""
    message = standing(house, submission_id="17")

    await house.carrier.schedule(message, uses_reserve=True)
    await house.carrier.cancel(message, uses_reserve=True)
    await house.carrier.cancel(message, uses_reserve=False)

    assert [sms.purpose for sms in gateway.sent] == [Purpose.MESSAGE]
    assert [one.purpose for one in gateway.cancelled] == [
        Purpose.MESSAGE,
        Purpose.RENEWAL,
    ]


async def test_each_recipient_has_its_own_outcome(
    house: MessagingHarness, gateway: KeepingGateway
) -> None:
    """And its own charge, if it may have been taken."""
    people = [Recipient(number=f"+3361234567{digit}") for digit in range(5)]
    at_once = replace(told(people[1], Outcome.ACCEPTED, "18"), sent_at_once=True)
    gateway.submissions = [
        told(people[0], Outcome.ACCEPTED, "17"),
        at_once,
        told(people[2], Outcome.UNKNOWN, "19"),
        told(people[3], Outcome.REJECTED),
        told(people[4], Outcome.NOT_SENT),
    ]

    result = await house.carrier.schedule(standing(house, *people), uses_reserve=False)

    assert result == ScheduleResult(
        accepted=(people[0],),
        submission_id="17",
        sent_at_once=(people[1],),
        doubtful=(people[2],),
        doubtful_id="19",
        refused=(people[3],),
        not_sent=(people[4],),
        error=ANSWERLESS,
    )
    assert charges(house) == 3
    assert house.observer.invalidated == 1


@pytest.mark.parametrize(
    ("error", "told_as"),
    [
        (NoAnswerError(), "doubtful"),
        (AuthenticationError(), "refused"),
        (RateLimitedError(), "not_sent"),
    ],
)
async def test_what_becomes_of_a_request_becomes_of_all(
    house: MessagingHarness, gateway: KeepingGateway, error: GatewayError, told_as: str
) -> None:
    """Whoever shares it."""
    gateway.failures.append(error)

    result = await house.carrier.schedule(
        standing(house, FRIEND, OTHER), uses_reserve=False
    )

    assert getattr(result, told_as) == (FRIEND, OTHER)
    assert result.error is error
    assert result.submission_id is None
    assert charges(house) == (2 if told_as == "doubtful" else 0)


async def test_an_id_in_an_answer_that_was_lost_is_kept(
    house: MessagingHarness, gateway: KeepingGateway
) -> None:
    """By it the message can be taken back."""
    gateway.failures.append(GatewayBrokenError(reference="17"))

    result = await house.carrier.schedule(standing(house), uses_reserve=False)

    assert (result.doubtful, result.doubtful_id) == ((FRIEND,), "17")
    assert result.submission_id is None


async def test_a_text_that_is_refused_here_is_refused_for_all(
    house: MessagingHarness, gateway: KeepingGateway
) -> None:
    """Nothing leaves, and nothing is charged."""
    message = replace(standing(house, FRIEND, OTHER), text="x" * 10_000)

    result = await house.carrier.schedule(message, uses_reserve=False)

    assert result.refused == (FRIEND, OTHER)
    assert isinstance(result.error, MessageTooLongError)
    assert gateway.sent == []
    assert charges(house) == 0


# --- taking back ----------------------------------------------------------------------


async def test_a_message_is_taken_back_by_all_that_is_known(
    house: MessagingHarness, gateway: KeepingGateway
) -> None:
    """By its id, or as it was handed over."""
    message = standing(house, FRIEND, OTHER, sender="CHALET", submission_id="17")
    await house.carrier.schedule(message, uses_reserve=False)

    result = await cancelled(house, message)

    assert result == CancelResult(outcome=Cancelled.GONE)
    [scheduled] = gateway.cancelled
    [sms] = gateway.sent
    assert scheduled.submission_id == "17"
    assert scheduled.send_at == message.fires_at
    assert (
        scheduled.text,
        scheduled.sender,
        scheduled.recipients,
        scheduled.options,
    ) == (
        sms.text,
        sms.sender,
        sms.recipients,
        sms.options,
    )


async def test_nothing_is_asked_without_the_id_that_it_needs(
    house: MessagingHarness, gateway: KeepingGateway
) -> None:
    """It stands, as far as anybody knows."""
    result = await cancelled(house, standing(house))

    assert result.outcome is Cancelled.FAILED
    assert isinstance(result.error, UnknownMessageError)
    assert gateway.cancelled == []


async def test_who_knows_by_content_needs_no_id(by_content: MessagingHarness) -> None:
    """Also of what it may never have had."""
    result = await cancelled(by_content, standing(by_content))

    assert result.outcome is Cancelled.GONE


SURE = {"is_sure": True}
ASKED = {"is_sure": True, "was_cancelled": True}


@pytest.mark.parametrize(
    ("error", "fields", "before", "after"),
    [
        (AlreadyCancelledError(), SURE, Cancelled.GONE, Cancelled.GONE),
        (NotCancellableError(), SURE, Cancelled.FAILED, Cancelled.SENT),
        (NotCancellableError(), ASKED, Cancelled.GONE, Cancelled.SENT),
        (NotCancellableError(), {}, Cancelled.GONE, Cancelled.SENT),
        (UnknownMessageError(), SURE, Cancelled.GONE, Cancelled.SENT),
        (TakenAsMessageError(), SURE, Cancelled.MISTAKEN, Cancelled.MISTAKEN),
        (NoAnswerError(), SURE, Cancelled.UNKNOWN, Cancelled.UNKNOWN),
        (GatewayBrokenError(), SURE, Cancelled.UNKNOWN, Cancelled.UNKNOWN),
        (CannotConnectError(), SURE, Cancelled.FAILED, Cancelled.FAILED),
        (RateLimitedError(), SURE, Cancelled.FAILED, Cancelled.FAILED),
        (AuthenticationError(), SURE, Cancelled.FAILED, Cancelled.FAILED),
    ],
)
async def test_what_an_error_says_before_and_after_the_hour(
    house: MessagingHarness,
    gateway: KeepingGateway,
    error: GatewayError,
    fields: dict[str, Any],
    before: Cancelled,
    after: Cancelled,
) -> None:
    """By the clock that is ahead, whichever that is."""
    message = standing(house, submission_id="17", **fields)
    gateway.answers = [error] * 4

    assert await cancelled(house, message) == CancelResult(outcome=before, error=error)
    gateway.there = message.fires_at - MINUTE
    assert (await cancelled(house, message)).outcome is before
    gateway.there = message.fires_at
    assert (await cancelled(house, message)).outcome is after
    gateway.there = house.clock.now()
    await house.clock.advance(DELAY.total_seconds())
    assert (await cancelled(house, message)).outcome is after


@pytest.mark.parametrize(
    ("fields", "expected"),
    [(SURE, Cancelled.SENT), (ASKED, Cancelled.GONE), ({}, Cancelled.GONE)],
)
async def test_what_is_known_by_its_content_is_not_said_to_be_sent_without_proof(
    by_content: MessagingHarness, fields: dict[str, Any], expected: Cancelled
) -> None:
    """An earlier request may have taken it back: the answer is the same."""
    gateway = by_content.gateway
    assert isinstance(gateway, KeepingGateway)
    message = standing(by_content, **fields)
    gateway.answers = [NotCancellableError()]
    gateway.there = message.fires_at

    assert (await cancelled(by_content, message)).outcome is expected


@pytest.mark.parametrize(
    ("errors", "worst"),
    [
        ([None, NoAnswerError()], Cancelled.UNKNOWN),
        ([NoAnswerError(), None], Cancelled.UNKNOWN),
        ([CannotConnectError(), None], Cancelled.FAILED),
        ([CannotConnectError(), NoAnswerError()], Cancelled.UNKNOWN),
        ([None, TakenAsMessageError()], Cancelled.MISTAKEN),
        ([None, None], Cancelled.GONE),
    ],
)
async def test_of_several_requests_the_worst_counts(
    by_content: MessagingHarness,
    errors: list[GatewayError | None],
    worst: Cancelled,
) -> None:
    """What it says of one, the message can't be taken to be without."""
    gateway = by_content.gateway
    assert isinstance(gateway, KeepingGateway)
    gateway.parts = True
    gateway.answers = [error or Cancellation() for error in errors]

    result = await cancelled(
        by_content, standing(by_content, FRIEND, OTHER, is_sure=True)
    )

    assert result.outcome is worst
    assert result.error in errors
    assert len(gateway.cancelled) == 2


async def test_a_mistake_is_not_made_twice(by_content: MessagingHarness) -> None:
    """Each such request would be one more message."""
    gateway = by_content.gateway
    assert isinstance(gateway, KeepingGateway)
    gateway.parts = True
    gateway.answers = [TakenAsMessageError()]

    result = await cancelled(by_content, standing(by_content, FRIEND, OTHER))

    assert result.outcome is Cancelled.MISTAKEN
    assert len(gateway.cancelled) == 1


# --- what the ledger hears ------------------------------------------------------------


async def test_a_renewal_asks_for_no_balance_and_a_sending_does(
    house: MessagingHarness, gateway: KeepingGateway
) -> None:
    """It would double its requests."""
    first, second = (
        standing(house, submission_id="17", is_sure=True) for _ in range(2)
    )
    for message in (first, second):
        await house.carrier.schedule(message, uses_reserve=False)
    await cancelled(house, first)
    assert house.observer.invalidated == 0

    await house.clock.advance(DELAY.total_seconds())
    gateway.answers = [NotCancellableError()]
    await cancelled(house, second)

    assert house.observer.invalidated == 1


async def test_what_stands_may_be_charged_when_it_is_taken_and_at_its_hour(
    house: MessagingHarness,
) -> None:
    """Ten minutes each, and in between nothing can come."""
    await house.poll()
    message = standing(house, submission_id="17")
    await house.carrier.schedule(message, uses_reserve=False)
    seen = []
    for _ in range(17):
        await house.clock.advance(300)
        await house.poll()
        seen.append(charges(house))

    # A period begins with each look: what has come by then is of an earlier one.
    assert seen == [1, *[0] * 9, *[1] * 7]


async def test_what_is_gone_may_be_charged_as_long_as_it_could_be_before(
    house: MessagingHarness, gateway: KeepingGateway
) -> None:
    """A gateway charges late, and gives back at once."""
    gateway.answers = [Cancellation(credits_back=Decimal(1))]
    await house.poll()
    message = standing(house, submission_id="17")
    await house.carrier.schedule(message, uses_reserve=False)
    await cancelled(house, message)
    assert charges(house) == 1

    await house.clock.advance(599)
    assert charges(house) == 1
    assert house.ledger.standing.will_be_forgotten

    # The balance is looked at then.
    await house.clock.advance(1)

    assert len(house.ledger.standing) == 0


async def test_a_mistake_may_be_charged_besides(
    house: MessagingHarness, gateway: KeepingGateway
) -> None:
    """It was one more message."""
    message = standing(house, submission_id="17")
    await house.carrier.schedule(message, uses_reserve=False)
    gateway.answers = [TakenAsMessageError()]

    await cancelled(house, message)

    assert charges(house) == 2
    assert house.ledger.books.is_disturbed


async def test_what_is_told_to_be_given_back_is_entered(
    house: MessagingHarness, gateway: KeepingGateway
) -> None:
    """The ledger goes on as if nothing had happened."""
    await house.poll()
    message = standing(house, submission_id="17")
    await house.carrier.schedule(message, uses_reserve=False)
    assert not house.ledger.books.is_disturbed
    gateway.answers = [Cancellation(credits_back=Decimal(1))]

    await cancelled(house, message)

    assert not house.ledger.books.is_disturbed
    assert house.ledger.books.moved == 1


@pytest.mark.parametrize(
    ("answer", "is_disturbed"),
    [
        (Cancellation(), True),
        (NoAnswerError(), True),
        (AuthenticationError(), False),
        (CannotConnectError(), False),
        (NotCancellableError(), False),
    ],
)
async def test_what_may_have_come_back_is_disturbing(
    house: MessagingHarness,
    gateway: KeepingGateway,
    answer: Cancellation | GatewayError,
    is_disturbed: bool,
) -> None:
    """What was refused has given nothing back."""
    await house.poll()
    message = standing(house, submission_id="17")
    await house.carrier.schedule(message, uses_reserve=False)
    gateway.answers = [answer]

    await cancelled(house, message)

    assert house.ledger.books.is_disturbed is is_disturbed


async def test_that_credits_may_come_back_is_on_disk_before(
    house: MessagingHarness,
) -> None:
    """After a crash they would hide what an alert has cost."""
    await house.poll()
    await house.journal.write_ledger(books_to_json(house.ledger.books))
    assert not house.ledger.books.is_disturbed

    await cancelled(house, standing(house, submission_id="17"))

    async with opened(copy_of(house.path), Threads()) as left:
        stored = await left.ledger()
    assert stored is not None
    assert books_from_json(stored).is_disturbed


async def test_a_message_is_taken_back_also_where_the_disk_fails(
    house: MessagingHarness, gateway: KeepingGateway
) -> None:
    """A false alarm is worse."""
    await house.poll()
    house.disk.room = 0

    result = await cancelled(house, standing(house, submission_id="17"))

    assert result.outcome is Cancelled.GONE
    assert house.ledger.books.is_disturbed
    house.disk.room = None


async def test_a_run_that_leaves_charges_behind_is_not_finished(
    house: MessagingHarness,
) -> None:
    """What stands is entered again by its switch, what is gone by nobody."""
    message = standing(house, submission_id="17")
    await house.carrier.schedule(message, uses_reserve=False)
    await house.stop()
    house.build()
    await house.start()
    assert house.ledger.knows_all_sent

    house.carrier.note_standing(message)
    assert charges(house) == 1
    await cancelled(house, message)
    await house.stop()
    house.build()
    await house.start()

    assert not house.ledger.knows_all_sent


async def test_what_is_entered_again_is_the_same(house: MessagingHarness) -> None:
    """A switch that is set up anew knows nothing newer of it."""
    message = standing(house, FRIEND, OTHER)
    await house.carrier.schedule(message, uses_reserve=False)
    await house.clock.advance(599)

    house.carrier.note_standing(message)
    house.carrier.note_standing(standing(house))
    assert charges(house) == 3
    await house.clock.advance(1)
    await house.poll()

    assert charges(house) == 1


# --- what it knows of prices ----------------------------------------------------------


async def test_a_price_is_told_once_it_is_proved(house: MessagingHarness) -> None:
    """What is assumed until then may be anything."""
    assert house.carrier.price_in("33") is None
    await house.stop()
    house.build()
    await house.journal.open()
    prices = {
        "33": Price(credits=Decimal(2), is_confirmed=True),
        "32": Price(credits=Decimal(3)),
    }
    await house.journal.write_ledger(books_to_json(Books(prices=prices)))
    await house.start()

    assert house.carrier.price_in("33") == 2
    assert house.carrier.price_in("32") is None
