"""Deliveries as four of the gateways tell them, from the message to the listener."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from custom_components.passerelle_sms.gateways.abilities.delivery import PushesDelivery
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.conftest import MAMAN, PAPA, GatewayMaker
from tests.messaging.fake_gateways import DELIVERED, UNDELIVERED, UNKNOWN
from tests.messaging.harness import MessagingHarness, following
from tests.simulator import Fault, SimulatedGateway, Simulator
from tests.simulator.devcodesms import UNDELIVERED as UNDELIV
from tests.simulator.smseco_answers import AnswerForm, ReportShape

MINUTE = 60
DAY = 24 * 3600
FRENCH = "+33612345678"

type Opening = Callable[
    [SimulatedGateway], AbstractAsyncContextManager[MessagingHarness]
]


@pytest.fixture
def opening(client: GatewayMaker, tmp_path: Path) -> Opening:
    """Return what opens a house that sends through a simulated gateway."""
    return lambda simulated: following(client(simulated), tmp_path)


def told_to(harness: MessagingHarness) -> list[tuple[str, DeliveryStatus]]:
    """Return to whom deliveries have ended, and how, in order."""
    return [
        (submission.recipient.number, submission.delivery.status)
        for _, submission in harness.observer.deliveries
        if submission.delivery is not None
    ]


# --- ETECH KEYS: asked about one by one ---------------------------------------------


async def test_each_is_asked_about_alone(
    opening: Opening, simulator: Simulator
) -> None:
    """By a number without the country code, as it was sent."""
    simulated = simulator.etech_keys
    async with opening(simulated) as harness:
        await harness.send(MAMAN)
        await harness.send(PAPA)
        first, second = simulated.accepted
        await harness.clock.advance(1.5 * MINUTE)
        assert told_to(harness) == []

        simulated.labels[first.submission_id] = "UNDELIVERED"
        simulated.labels[second.submission_id] = "DELIVERED"
        await harness.clock.advance(4 * MINUTE)

        assert sorted(told_to(harness)) == [(PAPA, DELIVERED), (MAMAN, UNDELIVERED)]
        asked = simulated.asked("delivery")
        await harness.clock.advance(DAY)
        assert simulated.asked("delivery") == asked == 4


async def test_a_label_that_nobody_knows(
    opening: Opening, simulator: Simulator
) -> None:
    """It settles nothing, until nobody will know any more."""
    simulator.etech_keys.label = "LIBELLE INCONNU"
    async with opening(simulator.etech_keys) as harness:
        await harness.send()

        await harness.clock.advance(8 * DAY)

        assert told_to(harness) == [(MAMAN, UNKNOWN)]


# --- SMSECO: told once, in any shape ------------------------------------------------


@pytest.mark.parametrize("shape", ReportShape)
@pytest.mark.parametrize("form", AnswerForm)
async def test_what_is_told_once_finds_its_message(
    opening: Opening, simulator: Simulator, shape: ReportShape, form: AnswerForm
) -> None:
    """Two messages to the same numbers: by the request's id and the number, if need be."""
    simulated = simulator.smseco
    simulated.report_shape, simulated.answer_form = shape, form
    async with opening(simulated) as harness:
        simulated.now = harness.clock.now
        await harness.send(MAMAN, PAPA)
        await harness.send(PAPA)
        first, second, third = simulated.accepted
        for taken, state in ((first, 56), (second, 59), (third, 56)):
            simulated.report(taken, state)
        await harness.clock.advance(2 * MINUTE)

        assert sorted(told_to(harness)) == sorted(
            [(MAMAN, DELIVERED), (PAPA, UNDELIVERED), (PAPA, DELIVERED)]
        )
        assert simulated.unread == []


# --- Envoyer SMS Pro: one id for all recipients -------------------------------------


async def test_one_question_about_all_recipients(
    opening: Opening, simulator: Simulator
) -> None:
    """As long as one of them is on its way."""
    simulated = simulator.envoyer_sms_pro
    async with opening(simulated) as harness:
        simulated.now = harness.clock.now
        await harness.send(FRENCH, "+33612345679", "+33612345680")
        [message_id] = simulated.messages
        numbers = [*simulated.messages[message_id].statuses]

        simulated.deliver(message_id, numbers[1])
        simulated.deliver(message_id, numbers[0], 5)
        await harness.clock.advance(MINUTE)
        assert simulated.asked("delivery") == 1
        assert told_to(harness) == [
            (FRENCH, DeliveryStatus.OPTED_OUT),
            ("+33612345679", DELIVERED),
        ]
        simulated.deliver(message_id, numbers[2], 2)
        await harness.clock.advance(MINUTE)

        assert told_to(harness)[2:] == [("+33612345680", UNDELIVERED)]
        await harness.clock.advance(DAY)
        assert simulated.asked("delivery") == 2


async def test_a_message_for_later(opening: Opening, simulator: Simulator) -> None:
    """It is asked about from its hour on; what is asked before has no answer."""
    simulated = simulator.envoyer_sms_pro
    async with opening(simulated) as harness:
        simulated.now = harness.clock.now
        send_at = harness.clock.now() + timedelta(hours=5)
        message = replace(harness.message(FRENCH), options=SmsOptions(send_at=send_at))
        record = await harness.outbox.send(message)
        assert harness.current(record).outcome is Outcome.ACCEPTED
        await harness.tracker.ask_about(record.message_id)
        [message_id] = simulated.messages
        simulated.deliver(message_id, FRENCH.removeprefix("+"))
        await harness.clock.advance(5 * 3600 - MINUTE)
        assert simulated.asked("delivery") == 1
        assert told_to(harness) == []

        await harness.clock.advance(5 * MINUTE)

        assert told_to(harness) == [(FRENCH, DELIVERED)]
        assert harness.observer.failures == []


# --- DevCodeSMS: calls by itself ----------------------------------------------------


@pytest.fixture
async def called(
    opening: Opening, simulator: Simulator
) -> AsyncIterator[MessagingHarness]:
    """Return a house that DevCodeSMS calls."""
    async with opening(simulator.devcodesms) as harness:
        simulator.devcodesms.now = harness.clock.now
        yield harness


async def call(harness: MessagingHarness, body: str) -> list[bool]:
    """Call as the gateway does, and return which rows were taken."""
    assert isinstance(harness.gateway, PushesDelivery)
    pushed = harness.gateway.read_pushed(body)
    return [*await harness.hear(*(row.report for row in pushed))]


@pytest.mark.parametrize("bare_ids", [False, True])
@pytest.mark.parametrize("spaced_numbers", [False, True])
async def test_a_call(
    called: MessagingHarness, simulator: Simulator, bare_ids: bool, spaced_numbers: bool
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


async def test_a_call_proves_nothing_of_what_is_in_doubt(
    called: MessagingHarness, simulator: Simulator
) -> None:
    """No answer came, so nobody here knows its id: anybody may have made the call."""
    simulated = simulator.devcodesms
    simulated.fail(Fault.CUT_AFTER, operation="send", times=1)
    record = await called.send()
    assert called.current(record).outcome is Outcome.UNKNOWN

    assert await call(called, simulated.delivery_report(simulated.accepted)) == [False]

    assert called.current(record).outcome is Outcome.UNKNOWN
    assert told_to(called) == []


async def test_a_call_that_somebody_has_made_up(
    called: MessagingHarness, simulator: Simulator
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
