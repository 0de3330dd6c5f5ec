"""The simulator's switches, seen through the clients of the gateways."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
import itertools

import pytest

from custom_components.passerelle_sms.gateways.abilities.account import (
    ListsTransactions,
)
from custom_components.passerelle_sms.gateways.errors import (
    AccountInactiveError,
    AuthenticationError,
    DuplicateMessageError,
    GatewayError,
    InsufficientCreditError,
    IpNotAllowedError,
    SenderNotRegisteredError,
)
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.message import SendResult, Sms
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.conftest import GatewayMaker
from tests.simulator import AccountRefusal, SimulatedGateway, Simulator
from tests.simulator.envoyer_sms_pro import SimulatedAccount

KEYS = ("etech_keys", "smseco", "envoyer_sms_pro", "sms123", "devcodesms")
MAMAN = "+237695688207"
PAPA = "+33612345678"
TEXT = "Citerne vide"
ERRORS: dict[AccountRefusal, type[GatewayError]] = {
    AccountRefusal.NO_CREDIT: InsufficientCreditError,
    AccountRefusal.WRONG_CREDENTIALS: AuthenticationError,
    AccountRefusal.IP_NOT_ALLOWED: IpNotAllowedError,
    AccountRefusal.INACTIVE: AccountInactiveError,
    AccountRefusal.SENDER_NOT_REGISTERED: SenderNotRegisteredError,
}
FOR_THE_BALANCE = {
    AccountRefusal.WRONG_CREDENTIALS,
    AccountRefusal.IP_NOT_ALLOWED,
    AccountRefusal.INACTIVE,
}
# As their documents print them.
TELLING_WHAT_IS_LEFT = {"smseco", "envoyer_sms_pro", "devcodesms"}
TELLING_COSTS = {"smseco", "envoyer_sms_pro", "devcodesms"}


class SettableClock:
    """A time of day that stands still until it is set."""

    def __init__(self) -> None:
        """Begin at noon."""
        self.time = datetime(2026, 11, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the time."""
        return self.time

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Start no Home Assistant."""


@pytest.fixture(params=KEYS)
def simulated(request: pytest.FixtureRequest, simulator: Simulator) -> SimulatedGateway:
    """Return each of the gateways."""
    return simulator.gateways[request.param]


@pytest.fixture
def gateway(simulated: SimulatedGateway, client: GatewayMaker) -> Gateway:
    """Return a client of the gateway."""
    return client(simulated)


@pytest.fixture
def clock(simulated: SimulatedGateway) -> SettableClock:
    """Return the gateway's clock."""
    clock = SettableClock()
    simulated.now = clock.now
    return clock


async def send(gateway: Gateway, *recipients: str, text: str = TEXT) -> SendResult:
    """Send a message to Maman, or to others."""
    return await gateway.send(Sms(text=text, recipients=recipients or (MAMAN,)))


def error_of(result: SendResult) -> GatewayError | None:
    """Return why a message to one recipient was refused."""
    return result.submissions[0].error


async def credits_told(gateway: Gateway) -> Decimal:
    """Return what the balance tells."""
    return (await gateway.balance()).credits


# --- charges --------------------------------------------------------------------------


async def test_a_message_is_charged_at_once(
    simulated: SimulatedGateway, gateway: Gateway, clock: SettableClock
) -> None:
    """As long as nothing else is set."""
    result = await send(gateway)

    told = {999} if simulated.key in TELLING_WHAT_IS_LEFT else {None}
    assert {result.remaining} == told
    assert await credits_told(gateway) == simulated.credits == 999


async def test_a_late_charge_is_told_when_its_time_has_come(
    simulated: SimulatedGateway, gateway: Gateway, clock: SettableClock
) -> None:
    """Neither the answer nor the balance tells of it before."""
    simulated.seconds_to_charge = 30
    result = await send(gateway)

    told = {1000} if simulated.key in TELLING_WHAT_IS_LEFT else {None}
    assert {result.remaining} == told
    clock.advance(29.9)
    assert await credits_told(gateway) == simulated.credits == 1000
    assert simulated.consumption == 0
    clock.advance(0.1)
    assert await credits_told(gateway) == simulated.credits == 999
    assert simulated.consumption == 1


async def test_each_late_charge_has_its_own_time(
    simulated: SimulatedGateway, gateway: Gateway, clock: SettableClock
) -> None:
    """What is set later changes nothing for those that are outstanding."""
    told = []
    for number, seconds in enumerate((60, 30, 0)):
        simulated.seconds_to_charge = seconds
        await send(gateway, text=f"{TEXT} {number}")
        told.append(await credits_told(gateway))
    for _ in range(2):
        clock.advance(30)
        told.append(await credits_told(gateway))

    assert told == [1000, 1000, 999, 998, 997]


async def test_an_outstanding_charge_pays_for_nothing_else(
    simulated: SimulatedGateway, gateway: Gateway, clock: SettableClock
) -> None:
    """A balance that still tells it doesn't go below nothing."""
    simulated.credits = Decimal(1)
    simulated.seconds_to_charge = 30
    await send(gateway)

    refused = await send(gateway, text="Autre alerte")

    assert type(error_of(refused)) is InsufficientCreditError
    assert await credits_told(gateway) == 1
    clock.advance(30)
    assert await credits_told(gateway) == 0


async def test_a_country_has_its_price(
    simulated: SimulatedGateway, gateway: Gateway, clock: SettableClock
) -> None:
    """The longest prefix counts; a number that none fits costs one."""
    simulated.prices = {"+2": 9, "+237": 3}

    maman = await send(gateway, MAMAN)
    assert await credits_told(gateway) == 997
    papa = await send(gateway, PAPA)
    assert await credits_told(gateway) == 996
    costs = [result.submissions[0].cost for result in (maman, papa)]
    assert costs == ([3, 1] if simulated.key in TELLING_COSTS else [None, None])
    assert [taken.cost for taken in simulated.accepted] == [3, 1]


@pytest.mark.parametrize("key", ["etech_keys", "smseco", "devcodesms"])
async def test_a_price_is_for_each_segment(
    simulator: Simulator, client: GatewayMaker, key: str
) -> None:
    """Where a long message needs nothing that is bought."""
    simulated = simulator.gateways[key]
    simulated.prices = {"+237": 3}

    await send(client(simulated), MAMAN, text="Citerne vide. " * 12)

    assert simulated.credits == 994


async def test_a_price_that_cannot_be_paid(
    simulated: SimulatedGateway, gateway: Gateway
) -> None:
    """What costs less goes."""
    simulated.prices = {"+237": 3}
    simulated.credits = Decimal(2)

    assert type(error_of(await send(gateway, MAMAN))) is InsufficientCreditError
    assert error_of(await send(gateway, PAPA)) is None
    assert simulated.credits == 1


async def test_late_charges_of_several_accounts(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Each has its own credit, and its own charges."""
    simulated, clock = simulator.envoyer_sms_pro, SettableClock()
    simulated.now = clock.now
    simulated.seconds_to_charge = 30
    simulated.accounts = {
        name: SimulatedAccount(name=name, credits=Decimal(5)) for name in ("1", "2")
    }
    simulated.charge(4, "1")

    assert not simulated.can_pay(2, "1")
    assert simulated.can_pay(5, "2")
    assert simulated.credits_of("1") == 5
    clock.advance(30)
    assert [simulated.credits_of(name) for name in ("1", "2", "")] == [1, 5, 1000]


# --- what others do -------------------------------------------------------------------


async def test_credits_come_and_go(
    simulated: SimulatedGateway, gateway: Gateway
) -> None:
    """Given back, bought, and spent by somebody else."""
    await send(gateway)
    simulated.refund(1)
    assert await credits_told(gateway) == 1000
    simulated.top_up(100)
    assert await credits_told(gateway) == 1100
    simulated.spend_elsewhere(20)
    assert await credits_told(gateway) == 1080
    assert simulated.consumption == 20
    with pytest.raises(ValueError, match="More credits"):
        simulated.spend_elsewhere(1081)


async def test_what_is_bought_and_used_adds_up(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Where the gateway tells of both."""
    simulated = simulator.devcodesms
    simulated.top_up(100)
    simulated.spend_elsewhere(20)
    await send(client(simulated))

    balance = await client(simulated).balance()

    assert (balance.purchased, balance.sent) == (1100, 21)
    assert balance.credits == 1079


async def test_a_message_of_another_user_is_charged(
    simulated: SimulatedGateway, gateway: Gateway, clock: SettableClock
) -> None:
    """At this gateway's price and in its time, and it is none of ours."""
    simulated.prices = {"+237": 3}
    simulated.seconds_to_charge = 30

    simulated.send_elsewhere(MAMAN, TEXT)

    assert await credits_told(gateway) == 1000
    clock.advance(30)
    assert await credits_told(gateway) == 997
    assert simulated.accepted == []
    assert [taken.text for taken in simulated.sent_elsewhere] == [TEXT]


async def test_another_user_without_credit(simulated: SimulatedGateway) -> None:
    """Nothing is sent, and a test that wants it is told."""
    simulated.credits = Decimal(0)

    with pytest.raises(ValueError, match="Not credit enough"):
        simulated.send_elsewhere(MAMAN, TEXT)

    assert simulated.sent_elsewhere == []


async def test_a_text_of_another_user_is_a_duplicate(
    simulated: SimulatedGateway, gateway: Gateway, clock: SettableClock
) -> None:
    """Where duplicates are refused: for a day, that text to that number only."""
    simulated.send_elsewhere(MAMAN, TEXT)
    refusals = simulated.key == "sms123"

    assert isinstance(error_of(await send(gateway)), DuplicateMessageError) is refusals
    assert error_of(await send(gateway, PAPA)) is None
    assert error_of(await send(gateway, text="Autre alerte")) is None
    clock.advance(24 * 3600)
    assert error_of(await send(gateway)) is None


async def test_a_message_of_another_user_is_among_the_transactions(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """With our own, the newest first."""
    simulated, clock = simulator.etech_keys, SettableClock()
    simulated.now = clock.now
    gateway = client(simulated)
    assert isinstance(gateway, ListsTransactions)
    await send(gateway, text="Un")
    clock.advance(60)
    simulated.send_elsewhere(PAPA, "Deux")
    clock.advance(60)
    await send(gateway, text="Trois")

    rows = (await gateway.transactions(10)).rows

    assert [
        (row["Emetteur"], row["Destinataire"], row["Message"], row["Date"])
        for row in rows
    ] == [
        ("MAISON", "695688207", "Trois", "01/11/2026 13:02:00"),
        ("BUREAU", "33612345678", "Deux", "01/11/2026 13:01:00"),
        ("MAISON", "695688207", "Un", "01/11/2026 13:00:00"),
    ]


# --- refusals of the account ----------------------------------------------------------


def test_every_refusal_is_shown_somewhere(simulator: Simulator) -> None:
    """Want of credit and wrong credentials everywhere."""
    shown = [simulated.refusals for simulated in simulator.gateways.values()]

    assert frozenset.union(*shown) == set(AccountRefusal)
    assert frozenset.intersection(*shown) == {
        AccountRefusal.NO_CREDIT,
        AccountRefusal.WRONG_CREDENTIALS,
    }


@pytest.mark.parametrize("refusal", AccountRefusal)
async def test_a_refusal_of_the_account_lasts_until_it_is_mended(
    simulated: SimulatedGateway, gateway: Gateway, refusal: AccountRefusal
) -> None:
    """Only those that the gateway's document has an answer for."""
    if refusal not in simulated.refusals:
        with pytest.raises(ValueError, match="has no answer"):
            simulated.refusal = refusal
        assert simulated.refusal is None
        return
    simulated.refusal = refusal
    for _ in range(2):
        assert type(error_of(await send(gateway))) is ERRORS[refusal]
    if refusal in FOR_THE_BALANCE:
        with pytest.raises(ERRORS[refusal]):
            await gateway.balance()
    else:
        assert await credits_told(gateway) == 1000
    assert simulated.accepted == []

    simulated.refusal = None

    assert error_of(await send(gateway)) is None
    assert await credits_told(gateway) == 999


@pytest.mark.parametrize(
    ("key", "refusal"),
    [
        ("smseco", AccountRefusal.INACTIVE),
        ("sms123", AccountRefusal.IP_NOT_ALLOWED),
        ("smseco", AccountRefusal.WRONG_CREDENTIALS),
        ("sms123", AccountRefusal.WRONG_CREDENTIALS),
    ],
)
async def test_a_balance_that_is_told_although_nothing_is_sent(
    simulator: Simulator, client: GatewayMaker, key: str, refusal: AccountRefusal
) -> None:
    """It then proves nothing of the kind; wrong credentials open no balance."""
    simulated = simulator.gateways[key]
    simulated.refusal, simulated.refuses_balance = refusal, False
    gateway = client(simulated)

    assert type(error_of(await send(gateway))) is ERRORS[refusal]
    if refusal is AccountRefusal.WRONG_CREDENTIALS:
        with pytest.raises(AuthenticationError):
            await gateway.balance()
    else:
        assert await credits_told(gateway) == 1000


async def test_an_empty_account_takes_nothing(
    simulated: SimulatedGateway, gateway: Gateway
) -> None:
    """And takes again when it is topped up."""
    simulated.credits = Decimal(0)
    assert await credits_told(gateway) == 0
    assert type(error_of(await send(gateway))) is InsufficientCreditError

    simulated.top_up(1)

    [submission] = (await send(gateway)).submissions
    assert submission.outcome is Outcome.ACCEPTED
    assert await credits_told(gateway) == 0


# --- requests -------------------------------------------------------------------------


async def test_requests_are_counted_from_a_time_on(
    simulated: SimulatedGateway, gateway: Gateway, clock: SettableClock
) -> None:
    """By operation, and by the gateway's own time."""
    start = clock.now()
    for number in range(3):
        await send(gateway, text=f"{TEXT} {number}")
        await gateway.balance()
        clock.advance(10)

    counts = [
        simulated.asked(operation, since=start + timedelta(seconds=seconds))
        for operation, seconds in itertools.product(("send", "balance"), (0, 10, 21))
    ]

    assert counts == [3, 2, 0, 3, 2, 0]
    assert simulated.asked("send") == 3
    assert {request.at for request in simulated.requests} == {
        start + timedelta(seconds=seconds) for seconds in (0, 10, 20)
    }
