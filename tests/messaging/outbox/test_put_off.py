"""A message that the gateway did not look at, and said no more about: it waits alone.

Envoyer SMS Pro answers 400 to what is over the limit of requests, and to what it does not
understand: one such answer must not keep all others waiting.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.outcome import Outcome
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import MessagingHarness
from tests.messaging.idle import until_idle
from tests.messaging.outbox.conftest import texts
from tests.messaging.scheduling import keep_time, outcomes
from tests.simulator import Simulator
from tests.simulator.envoyer_sms_pro import SimulatedEnvoyerSmsPro

HOUR = timedelta(hours=1)


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedEnvoyerSmsPro:
    """Return the gateway."""
    return simulator.envoyer_sms_pro


@pytest.fixture
async def harness(
    make_house: HouseMaker, simulator: Simulator, simulated: SimulatedEnvoyerSmsPro
) -> MessagingHarness:
    """Return a house that has started."""
    harness = make_house(simulated)
    keep_time(simulator, harness)
    await harness.start()
    return harness


@pytest.mark.parametrize("urgent", [False, True])
async def test_one_that_is_never_taken_keeps_no_other_waiting(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro, urgent: bool
) -> None:
    """It is tried less and less often, and expires; every other leaves at once."""
    bad = replace(harness.message(life=HOUR), urgent=urgent)
    simulated.not_understood.add(bad.text)
    assert outcomes(await harness.outbox.send(bad)) == [Outcome.QUEUED]

    for _ in range(59):
        assert outcomes(await harness.send()) == [Outcome.ACCEPTED]
        await harness.clock.advance(60)
    tries = simulated.asked("send") - len(simulated.accepted)
    await harness.clock.advance(60)

    assert len(simulated.accepted) == 59
    assert 10 <= tries <= 22
    assert harness.current(bad).outcome is Outcome.EXPIRED


async def test_one_that_was_just_tried_again_keeps_no_new_one_waiting(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """However often it was put off while nothing else was sent."""
    bad = harness.message(life=HOUR)
    simulated.not_understood.add(bad.text)
    await harness.outbox.send(bad)
    while simulated.asked("send") < 5:
        await harness.clock.advance(1)

    assert outcomes(await harness.send()) == [Outcome.ACCEPTED]


async def test_two_that_are_never_taken_keep_a_new_one_waiting_for_seconds(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """Perhaps none is taken now; but an alert is a reason to try."""
    for _ in range(2):
        bad = harness.message(life=HOUR)
        simulated.not_understood.add(bad.text)
        await harness.outbox.send(bad)
    while simulated.asked("send") < 10:
        await harness.clock.advance(1)

    alert = await harness.send()
    await harness.clock.advance(10)

    assert harness.current(alert).outcome is Outcome.ACCEPTED


async def test_those_behind_it_go_on(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """What waits when it fails has its turn, in its order."""
    bad = harness.message()
    simulated.not_understood.add(bad.text)
    others = [harness.message() for _ in range(5)]

    for record in (bad, *others):
        await harness.outbox.send(record)
    await until_idle()

    assert texts(simulated) == [record.text for record in others]


async def test_it_leaves_when_it_is_taken(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """A few seconds after a limit that was over at once."""
    simulated.answer_next("", status=400, operation="send")
    record = await harness.send()
    assert outcomes(record) == [Outcome.QUEUED]
    harness.dispatcher.retry_now()
    await until_idle()
    assert simulated.accepted == []

    await harness.clock.advance(5)

    assert harness.current(record).outcome is Outcome.ACCEPTED
    assert simulated.asked("send") == 2


async def test_a_real_limit_is_not_besieged(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """Whoever used up the hour: what we ask meanwhile counts as well."""
    simulated.request_limit = 0
    for _ in range(10):
        assert outcomes(await harness.send()) == [Outcome.QUEUED]

    await harness.clock.advance(1800)
    assert simulated.asked("send") <= 25

    simulated.request_limit = 100
    await harness.clock.advance(330)
    assert len(simulated.accepted) == 10


async def test_a_limit_that_tells_its_end_is_left_alone(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """For all messages, and until then."""
    simulated.retry_after = "900"
    simulated.answer_next("", status=400, operation="send")
    await harness.send()

    for _ in range(14):
        assert outcomes(await harness.send()) == [Outcome.QUEUED]
        await harness.clock.advance(60)
    assert simulated.asked("send") == 1

    await harness.clock.advance(60)
    assert len(simulated.accepted) == 15


async def test_what_was_put_off_is_forgotten_with_it(
    harness: MessagingHarness, simulated: SimulatedEnvoyerSmsPro
) -> None:
    """After a restart, or once it was taken, nothing is left of it."""
    simulated.request_limit = 0
    record = await harness.send()
    await harness.stop()
    simulated.request_limit = 100
    harness.build()

    await harness.start()
    await until_idle()

    assert harness.current(record).outcome is Outcome.ACCEPTED
