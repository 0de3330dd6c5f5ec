"""What the simulator makes of messages that are to be sent later, and of its own time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.abilities.delivery import CancelsMessages
from custom_components.passerelle_sms.gateways.errors import (
    AlreadyCancelledError,
    InsufficientCreditError,
    InvalidScheduleError,
    NotCancellableError,
    TakenAsMessageError,
)
from custom_components.passerelle_sms.gateways.gateway import Gateway
from custom_components.passerelle_sms.gateways.model.message import (
    Cancellation,
    Scheduled,
    Sms,
    Submission,
)
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.conftest import GatewayMaker
from tests.simulator import Fault, LaterMessage, SimulatedGateway, Simulator
from tests.simulator.envoyer_sms_pro import SimulatedAccount, SimulatedEnvoyerSmsPro
from tests.simulator.sms123 import SimulatedSms123

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
PAPA = "+33612345678"
TEXT = "La maison ne répond plus"
KEYS = ("etech_keys", "smseco", "envoyer_sms_pro", "sms123", "devcodesms")

type Simulated = SimulatedEnvoyerSmsPro | SimulatedSms123


@dataclass(slots=True, kw_only=True)
class House:
    """A house with an account at a gateway that schedules and cancels."""

    simulated: Simulated
    gateway: Gateway
    time: datetime = NOON

    def pass_time(self, time: timedelta) -> None:
        """Let time pass for the gateway."""
        self.time += time

    async def schedule(self, at: datetime, text: str = TEXT) -> Submission:
        """Hand over a message for later; return what became of it."""
        sms = Sms(text=text, recipients=(PAPA,), options=SmsOptions(send_at=at))
        [submission] = (await self.gateway.send(sms)).submissions
        return submission

    async def cancel(
        self, submission: Submission, at: datetime, text: str = TEXT
    ) -> Cancellation:
        """Take a message back."""
        assert isinstance(self.gateway, CancelsMessages)
        return await self.gateway.cancel(
            Scheduled(
                recipients=(PAPA,),
                text=text,
                sender=None,
                send_at=at,
                submission_id=submission.submission_id,
            )
        )

    def later(self, at: datetime, text: str = TEXT) -> LaterMessage:
        """Return a message as the simulator lists it."""
        return LaterMessage(recipient=PAPA.removeprefix("+"), text=text, at=at)


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Start no Home Assistant."""


def house_at(simulated: Simulated, client: GatewayMaker) -> House:
    """Return a house, and let its gateway go by its time."""
    house = House(simulated=simulated, gateway=client(simulated))
    simulated.now = lambda: house.time
    return house


@pytest.fixture(params=["envoyer_sms_pro", "sms123"])
def house(
    request: pytest.FixtureRequest, simulator: Simulator, client: GatewayMaker
) -> House:
    """Return a house at each gateway that can hold a dead man's switch."""
    simulated = simulator.gateways[request.param]
    assert isinstance(simulated, SimulatedEnvoyerSmsPro | SimulatedSms123)
    return house_at(simulated, client)


@pytest.fixture
def at_envoyer(simulator: Simulator, client: GatewayMaker) -> House:
    """Return a house at Envoyer SMS Pro."""
    return house_at(simulator.envoyer_sms_pro, client)


@pytest.fixture
def at_sms123(simulator: Simulator, client: GatewayMaker) -> House:
    """Return a house at 123-SMS.net."""
    return house_at(simulator.sms123, client)


# --- what stands, and what has gone out -----------------------------------------------


async def test_what_is_scheduled_stands_until_its_hour(house: House) -> None:
    """Nobody asks anything meanwhile."""
    await house.schedule(NOON + 2 * HOUR, "B")
    await house.schedule(NOON + HOUR, "A")
    first, second = house.later(NOON + HOUR, "A"), house.later(NOON + 2 * HOUR, "B")
    assert house.simulated.standing() == [first, second]
    assert house.simulated.sent_later() == []

    house.pass_time(HOUR - SECOND)
    assert house.simulated.standing() == [first, second]
    house.pass_time(SECOND)
    assert house.simulated.standing() == [second]
    assert house.simulated.sent_later() == [first]
    house.pass_time(3 * HOUR)
    assert house.simulated.standing() == []
    assert house.simulated.sent_later() == [first, second]


async def test_what_is_cancelled_never_goes_out(house: House) -> None:
    """Neither then nor at its hour."""
    taken = await house.schedule(NOON + HOUR)

    await house.cancel(taken, NOON + HOUR)

    assert house.simulated.standing() == []
    house.pass_time(2 * HOUR)
    assert house.simulated.sent_later() == []


async def test_what_is_sent_at_once_is_not_sent_later(house: House) -> None:
    """It is only in what was accepted."""
    await house.gateway.send(Sms(text=TEXT, recipients=(PAPA,)))
    house.pass_time(SECOND)

    assert house.simulated.standing() == house.simulated.sent_later() == []
    assert len(house.simulated.accepted) == 1


@pytest.mark.parametrize("ago", [0 * MINUTE, MINUTE, HOUR])
async def test_an_hour_that_is_over_is_now(house: House, ago: timedelta) -> None:
    """A house whose clock is behind sends at once what it schedules."""
    taken = await house.schedule(NOON - ago)

    assert taken.outcome is Outcome.ACCEPTED
    assert house.simulated.standing() == house.simulated.sent_later() == []
    assert len(house.simulated.accepted) == 1
    assert house.simulated.credits == 999
    # Only one of the gateways says so.
    assert taken.sent_at_once is (house.simulated.key == "sms123")
    with pytest.raises(NotCancellableError):
        await house.cancel(taken, NOON - ago)


async def test_an_hour_that_is_over_may_be_refused(at_sms123: House) -> None:
    """As is seen in use."""
    assert isinstance(at_sms123.simulated, SimulatedSms123)
    at_sms123.simulated.refuses_past = True

    refused = await at_sms123.schedule(NOON - MINUTE)

    assert type(refused.error) is InvalidScheduleError
    assert refused.error.code == "98"
    assert at_sms123.simulated.accepted == []


# --- when it is charged ---------------------------------------------------------------


async def test_it_is_charged_when_it_is_taken(house: House) -> None:
    """And given back when it is cancelled."""
    taken = await house.schedule(NOON + HOUR)
    assert house.simulated.credits == 999

    told = await house.cancel(taken, NOON + HOUR)

    assert house.simulated.credits == 1000
    assert house.simulated.consumption == 0
    assert told.credits_back == (
        1 if house.simulated.key == "envoyer_sms_pro" else None
    )


async def test_it_may_be_charged_at_its_hour(house: House) -> None:
    """Whoever looks at the credit first after it finds it so; nobody needs to ask."""
    house.simulated.charges_when_sent = True
    await house.schedule(NOON + HOUR)

    house.pass_time(HOUR - SECOND)
    assert house.simulated.credits == 1000
    assert (await house.gateway.balance()).credits == 1000
    house.pass_time(SECOND)
    assert house.simulated.credits == 999
    assert house.simulated.consumption == 1
    assert (await house.gateway.balance()).credits == 999


async def test_cancelling_gives_nothing_back_then(house: House) -> None:
    """Nothing was charged, and nothing will be."""
    house.simulated.charges_when_sent = True
    taken = await house.schedule(NOON + HOUR)

    told = await house.cancel(taken, NOON + HOUR)

    house.pass_time(2 * HOUR)
    assert house.simulated.credits == 1000
    assert house.simulated.consumption == 0
    assert told.credits_back == (
        0 if house.simulated.key == "envoyer_sms_pro" else None
    )


async def test_only_the_cancelled_one_is_not_charged(house: House) -> None:
    """The one that stands beside it is."""
    house.simulated.charges_when_sent = True
    first = await house.schedule(NOON + HOUR, "A")
    await house.schedule(NOON + HOUR, "B")

    await house.cancel(first, NOON + HOUR, "A")

    house.pass_time(HOUR)
    assert house.simulated.credits == 999


async def test_a_charge_at_its_hour_may_be_told_late(house: House) -> None:
    """As long after the hour as was set when it was taken."""
    house.simulated.charges_when_sent = True
    house.simulated.seconds_to_charge = 30
    await house.schedule(NOON + HOUR)
    house.simulated.seconds_to_charge = 0

    house.pass_time(HOUR + 29 * SECOND)
    assert house.simulated.credits == 1000
    house.pass_time(SECOND)
    assert house.simulated.credits == 999


async def test_what_is_sent_at_once_is_charged_at_once_all_the_same(
    house: House,
) -> None:
    """Also if it was scheduled for an hour that is over."""
    house.simulated.charges_when_sent = True

    await house.gateway.send(Sms(text=TEXT, recipients=(PAPA,)))
    await house.schedule(NOON - HOUR, "A")

    assert house.simulated.credits == 998


async def test_credits_are_kept_for_what_stands(house: House) -> None:
    """It is never without them at its hour; what is cancelled needs none."""
    house.simulated.charges_when_sent = True
    house.simulated.credits = Decimal(1)
    taken = await house.schedule(NOON + HOUR, "A")

    refused = await house.schedule(NOON + 2 * HOUR, "B")

    assert type(refused.error) is InsufficientCreditError
    await house.cancel(taken, NOON + HOUR, "A")
    accepted = await house.schedule(NOON + 2 * HOUR, "B")
    assert accepted.outcome is Outcome.ACCEPTED


async def test_the_hour_is_the_gateways_own(house: House) -> None:
    """Where elapsed time is told apart, a charge lands by the hour of the gateway."""
    elapsed = timedelta(days=3)
    house.simulated.elapsed = lambda: elapsed
    house.simulated.charges_when_sent = True
    await house.schedule(NOON + HOUR)

    elapsed += 2 * HOUR
    assert house.simulated.credits == 1000
    house.pass_time(HOUR)
    assert house.simulated.credits == 999


async def test_it_is_charged_to_its_own_account(
    simulator: Simulator, client: GatewayMaker
) -> None:
    """Where there are several behind one login."""
    simulated = simulator.envoyer_sms_pro
    time = NOON
    simulated.now = lambda: time
    simulated.charges_when_sent = True
    simulated.accounts = {
        name: SimulatedAccount(name=name, credits=Decimal(5)) for name in ("1", "2")
    }

    simulated.charge(4, "1", message_id="a", send_at=NOON + HOUR)
    simulated.charge(3, "2", message_id="b", send_at=NOON + HOUR)
    assert simulated.take_back("b", 3, "2") == 0
    assert not simulated.can_pay(2, "1")
    assert simulated.can_pay(5, "2")
    time += HOUR

    assert [simulated.credits_of(name) for name in ("1", "2")] == [1, 5]


# --- gateways that do otherwise than they say -----------------------------------------


@pytest.mark.parametrize("charges_when_sent", [False, True])
async def test_a_cancellation_may_be_overlooked(
    house: House, charges_when_sent: bool
) -> None:
    """It answers as if, and people get it at its hour, and it costs what it does."""
    house.simulated.charges_when_sent = charges_when_sent
    taken = await house.schedule(NOON + HOUR)
    house.simulated.overlooks_cancel = True

    told = await house.cancel(taken, NOON + HOUR)

    back = 0 if charges_when_sent else 1
    assert told.credits_back == (
        back if house.simulated.key == "envoyer_sms_pro" else None
    )
    assert house.simulated.standing() == [house.later(NOON + HOUR)]
    assert await house.cancel(taken, NOON + HOUR) == told
    house.pass_time(HOUR)
    assert house.simulated.sent_later() == [house.later(NOON + HOUR)]
    assert house.simulated.credits == 999


async def test_a_cancellation_that_is_not_overlooked_is_the_only_one(
    at_envoyer: House,
) -> None:
    """Another one is told so."""
    taken = await at_envoyer.schedule(NOON + HOUR)
    await at_envoyer.cancel(taken, NOON + HOUR)

    with pytest.raises(AlreadyCancelledError):
        await at_envoyer.cancel(taken, NOON + HOUR)


async def test_a_deletion_may_be_read_as_one_more_message(at_sms123: House) -> None:
    """Two stand then, and both go out."""
    assert isinstance(at_sms123.simulated, SimulatedSms123)
    taken = await at_sms123.schedule(NOON + HOUR)
    at_sms123.simulated.misreads_cancel = True

    with pytest.raises(TakenAsMessageError) as raised:
        await at_sms123.cancel(taken, NOON + HOUR)

    assert raised.value.code == "81"
    assert at_sms123.simulated.standing() == [at_sms123.later(NOON + HOUR)] * 2
    assert at_sms123.simulated.credits == 998
    at_sms123.pass_time(HOUR)
    assert at_sms123.simulated.sent_later() == [at_sms123.later(NOON + HOUR)] * 2


async def test_a_deletion_that_is_read_as_a_message_may_go_out_at_once(
    at_sms123: House,
) -> None:
    """80: where the time is overlooked as well."""
    assert isinstance(at_sms123.simulated, SimulatedSms123)
    taken = await at_sms123.schedule(NOON + HOUR)
    at_sms123.simulated.misreads_cancel = True
    at_sms123.simulated.overlooks_diff = True

    with pytest.raises(TakenAsMessageError) as raised:
        await at_sms123.cancel(taken, NOON + HOUR)

    assert raised.value.code == "80"
    assert at_sms123.simulated.standing() == [at_sms123.later(NOON + HOUR)]
    assert len(at_sms123.simulated.accepted) == 2


# --- the time of a gateway ------------------------------------------------------------


async def date_told(url: str, session: aiohttp.ClientSession) -> str:
    """Return the date of the answer to a request that makes little sense."""
    async with session.post(url) as answer:
        [date] = answer.headers.getall("Date")
        return date


PATHS = {
    "etech_keys": "api.php",
    "smseco": "json/sendsms/",
    "envoyer_sms_pro": "message/send",
    "sms123": "api/send/",
    "devcodesms": "Send_sms_dev",
}


@pytest.fixture(params=KEYS)
def simulated(request: pytest.FixtureRequest, simulator: Simulator) -> SimulatedGateway:
    """Return each of the gateways, at another time than the machine's."""
    simulated = simulator.gateways[request.param]
    simulated.now = NOON.astimezone
    return simulated


@pytest.fixture
def url(simulated: SimulatedGateway, simulator: Simulator) -> str:
    """Return where it takes messages."""
    return simulator.url(simulated.key) + PATHS[simulated.key]


async def test_a_gateway_answers_by_its_own_time(
    simulated: SimulatedGateway, url: str, session: aiohttp.ClientSession
) -> None:
    """Whatever it answers; the machine has another time."""
    noon = "Sun, 01 Nov 2026 12:00:00 GMT"
    assert await date_told(url, session) == noon

    simulated.now = lambda: NOON + HOUR
    simulated.answer_next("a")
    assert await date_told(url, session) == "Sun, 01 Nov 2026 13:00:00 GMT"


@pytest.mark.parametrize(
    "fault", [Fault.ERROR_500, Fault.RATE_LIMITED, Fault.HTML, Fault.EMPTY]
)
async def test_a_faulty_answer_tells_the_time_too(
    simulated: SimulatedGateway, url: str, session: aiohttp.ClientSession, fault: Fault
) -> None:
    """There is nothing wrong with the clock."""
    simulated.fail(fault)

    assert await date_told(url, session) == "Sun, 01 Nov 2026 12:00:00 GMT"


async def test_half_an_answer_tells_the_time_too(
    simulated: SimulatedGateway, url: str, session: aiohttp.ClientSession
) -> None:
    """It is in the half that comes."""
    simulated.fail(Fault.HALF_ANSWER)

    assert await date_told(url, session) == "Sun, 01 Nov 2026 12:00:00 GMT"


async def test_a_client_of_the_documented_address_knows_the_time(
    monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    """It is late by its fraction of a second only."""
    monkeypatch.setattr(type(house.gateway), "default_url", house.gateway.url)
    house.pass_time(HOUR)

    await house.schedule(NOON + 2 * HOUR)

    assert house.gateway.time_there is not None
    assert timedelta() <= house.gateway.time_there - (NOON + HOUR) < MINUTE
