"""Deliveries as three of the gateways tell them, from the message to the listener."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from custom_components.passerelle_sms.gateways.abilities import PushesDelivery
from custom_components.passerelle_sms.gateways.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.conftest import MAMAN, PAPA, GatewayMaker
from tests.simulator import Fault, SimulatedGateway, Simulator
from tests.simulator.devcodesms import UNDELIVERED as UNDELIV

from .house import House, following
from .telling import DELIVERED, UNDELIVERED, UNKNOWN

MINUTE = 60
DAY = 24 * 3600
FRENCH = "+33612345678"

type Opening = Callable[[SimulatedGateway], AbstractAsyncContextManager[House]]


@pytest.fixture
def opening(client: GatewayMaker, tmp_path: Path) -> Opening:
    """Return what opens a house that sends through a simulated gateway."""
    return lambda simulated: following(client(simulated), tmp_path)


def told_to(house: House) -> list[tuple[str, DeliveryStatus]]:
    """Return to whom deliveries have ended, and how, in order."""
    return [
        (made.recipient.number, made.delivery.status)
        for _, made in house.books.deliveries
        if made.delivery is not None
    ]


# --- ETECH KEYS: asked about one by one ---------------------------------------------


async def test_each_is_asked_about_alone(
    opening: Opening, simulator: Simulator
) -> None:
    """By a number without the country code, as it was sent."""
    simulated = simulator.etech_keys
    async with opening(simulated) as house:
        await house.send(MAMAN)
        await house.send(PAPA)
        first, second = simulated.accepted
        await house.clock.advance(1.5 * MINUTE)
        assert told_to(house) == []

        simulated.labels[first.submission_id] = "UNDELIVERED"
        simulated.labels[second.submission_id] = "DELIVERED"
        await house.clock.advance(4 * MINUTE)

        assert sorted(told_to(house)) == [(PAPA, DELIVERED), (MAMAN, UNDELIVERED)]
        asked = simulated.asked("delivery")
        await house.clock.advance(DAY)
        assert simulated.asked("delivery") == asked == 4


async def test_a_label_that_nobody_knows(
    opening: Opening, simulator: Simulator
) -> None:
    """It settles nothing, until nobody will know any more."""
    simulator.etech_keys.label = "LIBELLE INCONNU"
    async with opening(simulator.etech_keys) as house:
        await house.send()

        await house.clock.advance(8 * DAY)

        assert told_to(house) == [(MAMAN, UNKNOWN)]


# --- Envoyer SMS Pro: one id for all recipients -------------------------------------


async def test_one_question_about_all_recipients(
    opening: Opening, simulator: Simulator
) -> None:
    """As long as one of them is on its way."""
    simulated = simulator.envoyer_sms_pro
    async with opening(simulated) as house:
        simulated.now = house.clock.now
        await house.send(FRENCH, "+33612345679", "+33612345680")
        [message_id] = simulated.messages
        numbers = [*simulated.messages[message_id].statuses]

        simulated.deliver(message_id, numbers[1])
        simulated.deliver(message_id, numbers[0], 5)
        await house.clock.advance(MINUTE)
        assert simulated.asked("delivery") == 1
        assert told_to(house) == [
            (FRENCH, DeliveryStatus.OPTED_OUT),
            ("+33612345679", DELIVERED),
        ]
        simulated.deliver(message_id, numbers[2], 2)
        await house.clock.advance(MINUTE)

        assert told_to(house)[2:] == [("+33612345680", UNDELIVERED)]
        await house.clock.advance(DAY)
        assert simulated.asked("delivery") == 2


async def test_a_message_for_later(opening: Opening, simulator: Simulator) -> None:
    """It is asked about from its hour on; what is asked before has no answer."""
    simulated = simulator.envoyer_sms_pro
    async with opening(simulated) as house:
        simulated.now = house.clock.now
        send_at = house.clock.now() + timedelta(hours=5)
        message = replace(house.message(FRENCH), options=SmsOptions(send_at=send_at))
        record = await house.outbox.send(message)
        assert house.current(record).outcome is Outcome.ACCEPTED
        await house.tracker.ask_about(record.message_id)
        [message_id] = simulated.messages
        simulated.deliver(message_id, FRENCH.removeprefix("+"))
        await house.clock.advance(5 * 3600 - MINUTE)
        assert simulated.asked("delivery") == 1
        assert told_to(house) == []

        await house.clock.advance(5 * MINUTE)

        assert told_to(house) == [(FRENCH, DELIVERED)]
        assert house.books.failures == []


# --- DevCodeSMS: calls by itself ----------------------------------------------------


@pytest.fixture
async def called(opening: Opening, simulator: Simulator) -> AsyncIterator[House]:
    """Return a house that DevCodeSMS calls."""
    async with opening(simulator.devcodesms) as house:
        simulator.devcodesms.clock = house.clock.now
        yield house


async def call(house: House, body: str) -> list[bool]:
    """Call as the gateway does, and return which rows were taken."""
    assert isinstance(house.gateway, PushesDelivery)
    pushed = house.gateway.read_pushed(body)
    return [*await house.hear(*(row.report for row in pushed))]


@pytest.mark.parametrize("bare_ids", [False, True])
@pytest.mark.parametrize("spaced_numbers", [False, True])
async def test_a_call(
    called: House, simulator: Simulator, bare_ids: bool, spaced_numbers: bool
) -> None:
    """However it writes ids and numbers; and the same call again."""
    simulated = simulator.devcodesms
    simulated.bare_ids, simulated.spaced_numbers = bare_ids, spaced_numbers
    await called.send(MAMAN, PAPA)
    first, second = simulated.accepted

    assert await call(called, simulated.delivery_report([second])) == [True]
    body = simulated.delivery_report([first, second], UNDELIV)
    assert await call(called, body) == [True, True]
    assert await call(called, body) == [True, True]

    assert told_to(called) == [(PAPA, DELIVERED), (MAMAN, UNDELIVERED)]


async def test_a_call_proves_that_a_message_has_left(
    called: House, simulator: Simulator
) -> None:
    """No answer came: nobody knows its id, but its number and its time fit."""
    simulated = simulator.devcodesms
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await called.send()
    assert called.current(record).outcome is Outcome.UNKNOWN

    assert await call(called, simulated.delivery_report(simulated.accepted)) == [True]

    made = called.current(record)
    assert made.outcome is Outcome.ACCEPTED
    assert made.submission_id == simulated.accepted[0].submission_id
    await called.clock.advance(DAY)
    assert told_to(called) == [(MAMAN, DELIVERED)]
    assert len(simulated.accepted) == 1


async def test_a_call_that_somebody_has_made_up(
    called: House, simulator: Simulator
) -> None:
    """It names another number, or another id: it isn't believed."""
    simulated = simulator.devcodesms
    await called.send(MAMAN)
    [taken] = simulated.accepted
    made_up = [
        replace(taken, recipient=PAPA),
        replace(taken, submission_id="brk.ocm.0"),
    ]

    assert await call(called, simulated.delivery_report(made_up)) == [False, False]

    assert told_to(called) == []
