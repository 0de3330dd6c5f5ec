"""Every gateway, where requests are counted: questions leave the reserve to messages."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import json
from typing import Final

import aiohttp
import pytest
from yarl import URL

from custom_components.passerelle_sms.gateways.abilities.account import (
    ChecksNumbers,
    KeepsStopList,
    ListsAccounts,
    ListsSenders,
    ListsTransactions,
    ManagesContacts,
)
from custom_components.passerelle_sms.gateways.abilities.delivery import (
    CancelsMessages,
    PushesDeliveryOnRequest,
    ReceivesReplies,
    TellsDeliveryOnce,
    TracksDelivery,
)
from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.errors import (
    RateLimitedError,
    RejectedError,
)
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.account import Credentials
from custom_components.passerelle_sms.gateways.model.delivery import Sent
from custom_components.passerelle_sms.gateways.model.message import Scheduled, Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.gateways.wire.purpose import Purpose
from custom_components.passerelle_sms.gateways.wire.request_budget import RequestBudget
from tests.conftest import GatewayMaker
from tests.simulator import Fault, SimulatedGateway, Simulator

RECIPIENT: Final = {
    "CM": "+237695688207",
    "CI": "+2250757123456",
    "FR": "+33612345678",
}
SENT_AT: Final = datetime(2027, 2, 10, 12, 0, tzinfo=UTC)

type Question = Callable[[Gateway], Awaitable[object]]


def delivery(gateway: Gateway) -> Awaitable[object]:
    """Ask what became of a message."""
    assert isinstance(gateway, TracksDelivery)
    recipient = RECIPIENT[gateway.region]
    return gateway.delivery([Sent(submission_id="879", recipient=recipient)])


def new_deliveries(gateway: Gateway) -> Awaitable[object]:
    """Ask for everything new."""
    assert isinstance(gateway, TellsDeliveryOnce)
    return gateway.new_deliveries()


def replies(gateway: Gateway) -> Awaitable[object]:
    """Ask for the replies to a message."""
    assert isinstance(gateway, ReceivesReplies)
    return gateway.replies("879")


def accounts(gateway: Gateway) -> Awaitable[object]:
    """Ask for the accounts behind the login."""
    assert isinstance(gateway, ListsAccounts)
    return gateway.accounts()


def senders(gateway: Gateway) -> Awaitable[object]:
    """Ask for the registered senders."""
    assert isinstance(gateway, ListsSenders)
    return gateway.senders()


def transactions(gateway: Gateway) -> Awaitable[object]:
    """Ask for the last transactions."""
    assert isinstance(gateway, ListsTransactions)
    return gateway.transactions(10)


def activate_stop(gateway: Gateway) -> Awaitable[object]:
    """Put a number on the STOP list."""
    assert isinstance(gateway, KeepsStopList)
    return gateway.activate_stop(RECIPIENT["FR"])


def add_group(gateway: Gateway) -> Awaitable[object]:
    """Add to the address book."""
    assert isinstance(gateway, ManagesContacts)
    return gateway.add_group("Famille")


QUESTIONS: Final[dict[type, Question]] = {
    Gateway: lambda gateway: gateway.balance(),
    TracksDelivery: delivery,
    TellsDeliveryOnce: new_deliveries,
    ReceivesReplies: replies,
    ListsAccounts: accounts,
    ListsSenders: senders,
    ListsTransactions: transactions,
    KeepsStopList: activate_stop,
    ManagesContacts: add_group,
}
EVERY_QUESTION: Final = pytest.mark.parametrize(
    ("key", "question"),
    [
        pytest.param(key, question, id=f"{key} {ability.__name__}")
        for ability, question in QUESTIONS.items()
        for key, gateway in GATEWAYS.items()
        if issubclass(gateway, ability)
    ],
)


def with_ability(ability: type) -> pytest.MarkDecorator:
    """Run a test for every gateway that has an ability."""
    return pytest.mark.parametrize(
        "key", [key for key in GATEWAYS if issubclass(GATEWAYS[key], ability)]
    )


@pytest.fixture
def simulated(simulator: Simulator, key: str) -> SimulatedGateway:
    """Return the simulated gateway of the test."""
    return simulator.gateways[key]


@pytest.fixture
def budget() -> RequestBudget:
    """Return a budget of five requests, one of which is kept for messages."""
    return RequestBudget(5)


@pytest.fixture
def gateway(
    simulated: SimulatedGateway,
    simulator: Simulator,
    session: aiohttp.ClientSession,
    budget: RequestBudget,
) -> Gateway:
    """Return its client, whose requests are counted."""
    return GATEWAYS[simulated.key](
        session,
        Credentials(
            username=simulated.username,
            password=simulated.password,
            api_key=simulated.api_key,
        ),
        url=URL(simulator.url(simulated.key)),
        sender="MAISON",
        budget=budget,
    )


def use_up_to_the_reserve(budget: RequestBudget) -> None:
    """Make as if all that questions may use had been asked."""
    while budget.has_room_for_polls:
        budget.spend()


def alert(gateway: Gateway) -> Sms:
    """Return a message."""
    return Sms(text="Citerne vide", recipients=(RECIPIENT[gateway.region],))


@EVERY_QUESTION
async def test_a_question_never_uses_the_reserve(
    simulated: SimulatedGateway,
    gateway: Gateway,
    budget: RequestBudget,
    question: Question,
) -> None:
    """It is refused here, before any request, and says when it may be asked."""
    use_up_to_the_reserve(budget)

    with pytest.raises(RateLimitedError) as raised:
        await question(gateway)

    assert simulated.requests == []
    assert raised.value.wait is not None
    assert timedelta(minutes=59) < raised.value.wait <= timedelta(hours=1)


@with_ability(ChecksNumbers)
async def test_a_check_of_numbers_never_uses_the_reserve(
    simulated: SimulatedGateway, gateway: Gateway, budget: RequestBudget
) -> None:
    """It goes the way of messages, and is none."""
    use_up_to_the_reserve(budget)
    assert isinstance(gateway, ChecksNumbers)

    result = await gateway.check_numbers([RECIPIENT[gateway.region]], "a")

    [submission] = result.submissions
    assert type(submission.error) is RateLimitedError
    assert simulated.requests == []


@with_ability(Gateway)
async def test_a_message_uses_the_reserve(
    simulated: SimulatedGateway, gateway: Gateway, budget: RequestBudget
) -> None:
    """And the limit itself holds for it too."""
    use_up_to_the_reserve(budget)

    first = await gateway.send(alert(gateway))
    second = await gateway.send(alert(gateway))

    assert first.submissions[0].outcome is Outcome.ACCEPTED
    assert second.submissions[0].outcome is Outcome.NOT_SENT
    assert type(second.submissions[0].error) is RateLimitedError
    assert len(simulated.requests) == 1
    assert budget.used == budget.limit


@with_ability(CancelsMessages)
async def test_a_cancellation_uses_the_reserve(
    simulated: SimulatedGateway, gateway: Gateway, budget: RequestBudget
) -> None:
    """Taking a message back saves what it costs, and can't wait for an hour."""
    use_up_to_the_reserve(budget)
    assert isinstance(gateway, CancelsMessages)

    # There is no such message; this the gateway says itself.
    with pytest.raises(RejectedError):
        await gateway.cancel(
            Scheduled(
                recipients=(RECIPIENT[gateway.region],),
                text="Citerne vide",
                sender="MAISON",
                send_at=SENT_AT,
                submission_id="879",
            )
        )

    assert len(simulated.requests) == 1


@with_ability(Gateway)
async def test_a_renewal_uses_what_is_set_aside_and_no_reserve(
    simulated: SimulatedGateway, gateway: Gateway, budget: RequestBudget
) -> None:
    """Alerts come first, questions last."""
    budget.set_aside("a", 1)
    use_up_to_the_reserve(budget)
    renewal = replace(alert(gateway), purpose=Purpose.RENEWAL)

    first = await gateway.send(renewal)
    second = await gateway.send(replace(renewal, text="Citerne pleine"))

    assert first.submissions[0].outcome is Outcome.ACCEPTED
    assert type(second.submissions[0].error) is RateLimitedError
    assert len(simulated.requests) == 1
    assert budget.used == budget.limit - 1


@with_ability(PushesDeliveryOnRequest)
async def test_a_renewal_that_asks_for_a_receipt_is_one(
    simulated: SimulatedGateway, gateway: Gateway, budget: RequestBudget
) -> None:
    """It goes another way, and uses no reserve either."""
    assert isinstance(gateway, PushesDeliveryOnRequest)
    gateway.delivery_reports = True
    use_up_to_the_reserve(budget)

    result = await gateway.send(replace(alert(gateway), purpose=Purpose.RENEWAL))

    assert type(result.submissions[0].error) is RateLimitedError
    assert simulated.requests == []


@with_ability(CancelsMessages)
async def test_a_cancellation_may_be_a_renewals(
    simulated: SimulatedGateway, gateway: Gateway, budget: RequestBudget
) -> None:
    """Then the reserve is not for it either."""
    use_up_to_the_reserve(budget)
    assert isinstance(gateway, CancelsMessages)

    with pytest.raises(RateLimitedError):
        await gateway.cancel(
            Scheduled(
                recipients=(RECIPIENT[gateway.region],),
                text="Citerne vide",
                sender="MAISON",
                send_at=SENT_AT,
                submission_id="879",
                purpose=Purpose.RENEWAL,
            )
        )

    assert simulated.requests == []


@with_ability(Gateway)
async def test_a_gateway_tells_how_long_to_wait(
    simulated: SimulatedGateway, client: GatewayMaker
) -> None:
    """With its answer to a message, and to a question."""
    simulated.fail(Fault.RATE_LIMITED)
    simulated.retry_after = "90"
    gateway = client(simulated)

    with pytest.raises(RateLimitedError) as raised:
        await gateway.balance()
    [submission] = (await gateway.send(alert(gateway))).submissions

    assert raised.value.wait == timedelta(seconds=90)
    assert type(submission.error) is RateLimitedError
    assert submission.error.wait == timedelta(seconds=90)
    # It is told to programs: people are told by what decides how to wait.
    assert "90" not in str(raised.value)
    assert raised.value.details == {}


@with_ability(Gateway)
async def test_a_gateway_that_does_not_tell_how_long(
    simulated: SimulatedGateway, client: GatewayMaker
) -> None:
    """Nothing is made up."""
    simulated.fail(Fault.RATE_LIMITED)

    with pytest.raises(RateLimitedError) as raised:
        await client(simulated).balance()

    assert raised.value.wait is None


async def test_a_limit_told_in_a_refusal_tells_how_long_too(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """DevCodeSMS says why in its body, Envoyer SMS Pro with a status of its own."""
    for simulated, text, status in (
        (simulator.devcodesms, json.dumps({"success": False, "msg": "Non"}), 429),
        (simulator.envoyer_sms_pro, "Trop de requêtes", 400),
    ):
        simulated.retry_after = "90"
        simulated.answer_next(text, status=status)

        with pytest.raises(RateLimitedError) as raised:
            await client(simulated).balance()

        assert raised.value.wait == timedelta(seconds=90)
