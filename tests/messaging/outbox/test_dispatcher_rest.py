"""An account that its gateway refuses: what it is asked meanwhile, and what wakes it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from custom_components.passerelle_sms.gateways.errors import OutboxFullError
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.harness import MessagingHarness
from tests.messaging.idle import until_idle
from tests.messaging.outbox.conftest import texts
from tests.messaging.scheduling import outcomes
from tests.simulator import Fault, SimulatedGateway, Simulator

IVORIAN = "+2250757123456"
type Breaker = Callable[[SimulatedGateway], None]


def use_up_credit(simulated: SimulatedGateway) -> None:
    """Leave no credit."""
    simulated.credits = Decimal(0)


def change_password(simulated: SimulatedGateway) -> None:
    """Let the password be another one."""
    simulated.password = "another"


def mend(simulated: SimulatedGateway) -> None:
    """Let all be well."""
    simulated.credits = Decimal(1000)
    simulated.password = "s3cr&t+pa ss"


def keys(harness: MessagingHarness) -> list[str | None]:
    """Return what was told of the account: the key of a refusal, `None` for its end."""
    return [
        None if refusal is None else refusal.error.key
        for refusal in harness.observer.refusals
    ]


def news(harness: MessagingHarness) -> list[str]:
    """Return the keys of the refusals that were news."""
    return [
        refusal.error.key
        for refusal in harness.observer.refusals
        if refusal is not None and refusal.is_news
    ]


async def send_urgent(harness: MessagingHarness) -> MessageRecord:
    """Send a new urgent message, and return it as it is answered."""
    record = await harness.outbox.send(replace(harness.message(), urgent=True))
    await until_idle()
    return record


both = pytest.mark.parametrize(
    ("break_it", "key"),
    [
        pytest.param(use_up_credit, "insufficient_credit", id="credit"),
        pytest.param(change_password, "invalid_auth", id="credentials"),
    ],
)


@both
async def test_a_message_waits_with_the_error_and_the_account_rests(
    harness: MessagingHarness, simulated: SimulatedGateway, break_it: Breaker, key: str
) -> None:
    """Whoever comes meanwhile is answered at once, and nothing more is sent."""
    break_it(simulated)

    record = await harness.send()
    later = await harness.send()

    assert outcomes(record) == outcomes(later) == [Outcome.QUEUED]
    failure = harness.current(record).failure
    assert failure is not None
    assert failure.key == key
    assert harness.current(record).attempts == 0
    assert simulated.asked("send") == 1
    assert harness.dispatcher.rest is not None
    assert harness.dispatcher.rest.reason == key
    assert keys(harness) == news(harness) == [key]
    [refusal] = harness.observer.refusals
    assert refusal is not None
    assert refusal.message_id == record.message_id
    assert [recipient.number for recipient in refusal.recipients] == [MAMAN]


@both
async def test_only_the_balance_is_asked_until_it_tells_otherwise(
    harness: MessagingHarness, simulated: SimulatedGateway, break_it: Breaker, key: str
) -> None:
    """Sparsely; then what waits leaves in its order, and the user hears of it once."""
    break_it(simulated)
    waiting = [await harness.send() for _ in range(4)]

    await harness.clock.advance(1200)
    assert simulated.asked("send") == 1
    # After 30, 60, 120 and 240 seconds, then every 300.
    assert simulated.asked("balance") == 6
    mend(simulated)
    await harness.clock.advance(300)

    assert texts(simulated) == [record.text for record in waiting]
    assert simulated.asked("send") == 5
    assert harness.dispatcher.rest is None
    assert keys(harness) == [key, None]


async def test_a_sender_that_is_not_registered_is_tried_with_a_message(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """The balance can't tell; the oldest message goes, and the pauses grow."""
    smseco = simulator.smseco
    senders, smseco.senders = smseco.senders, set()
    harness = make_house(smseco)
    await harness.start()
    waiting = [await harness.send(IVORIAN) for _ in range(3)]
    await harness.clock.advance(29)
    assert smseco.asked("send") == 1

    await harness.clock.advance(1 + 60 + 120)
    assert smseco.asked("send") == 4
    assert smseco.asked("balance") == 0
    smseco.senders = senders
    await harness.clock.advance(240)

    assert sorted(texts(smseco)) == sorted(record.text for record in waiting)
    assert keys(harness) == ["sender_not_registered", None]


async def test_the_balance_wakes_it_at_once(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Whoever has asked for it."""
    use_up_credit(simulated)
    record = await harness.send()
    mend(simulated)

    await harness.poll()
    await until_idle()

    assert texts(simulated) == [record.text]
    assert keys(harness) == ["insufficient_credit", None]


async def test_other_settings_wake_it_at_once(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """If they are wrong too, that is no news."""
    change_password(simulated)
    record = await harness.send()
    harness.dispatcher.note_account_changed()
    await until_idle()
    assert simulated.asked("send") == 2
    assert keys(harness) == ["invalid_auth", None, "invalid_auth"]
    assert news(harness) == ["invalid_auth"]
    mend(simulated)

    harness.dispatcher.note_account_changed()
    await until_idle()

    assert texts(simulated) == [record.text]


async def test_a_refusal_although_the_balance_says_that_all_is_well(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The balance is believed once; then a message is tried after each longer pause."""
    for _ in range(100):
        simulated.answer_next("solde insuffisant", operation="send")
    await harness.send()
    for _ in range(50):
        await harness.clock.advance(10)
        await harness.poll()
        await harness.send()

    # The first, the one that the balance allowed; then after 60, 120 and 240 seconds.
    assert simulated.asked("send") == 5
    assert news(harness) == ["insufficient_credit"]


async def test_cheaper_messages_go_without_credit_for_dearer_ones(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """The dear one leaves when the balance reaches its cost."""
    simulated.credits = Decimal(2)
    dear = await harness.send(text="x" * 400)
    cheap = await harness.send()
    assert outcomes(dear) == [Outcome.QUEUED]
    assert outcomes(cheap) == [Outcome.ACCEPTED]

    simulated.credits = Decimal(3)
    await harness.poll()
    await until_idle()

    assert texts(simulated) == [cheap.text, dear.text]


async def test_an_urgent_message_is_tried_at_once_without_credit(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It may have been topped up this minute."""
    use_up_credit(simulated)
    waiting = await harness.send()
    mend(simulated)

    urgent = await send_urgent(harness)
    await until_idle()

    assert outcomes(urgent) == [Outcome.ACCEPTED]
    assert texts(simulated) == [urgent.text, waiting.text]


async def test_an_urgent_message_waits_for_credentials_like_others_but_goes_first(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It is the next one that is tried."""
    change_password(simulated)
    ordinary = await harness.send()
    urgent = await send_urgent(harness)
    assert outcomes(urgent) == [Outcome.QUEUED]
    assert simulated.asked("send") == 1
    mend(simulated)

    await harness.clock.advance(30)

    assert texts(simulated) == [urgent.text, ordinary.text]


async def test_a_message_that_is_refused_again_does_not_hold_up_the_others(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Perhaps only this one is refused: the next probe is made with another."""
    for _ in range(2):
        simulated.answer_next("", status=403, operation="send")
    strange, first, second = [await harness.send() for _ in range(3)]
    assert keys(harness) == ["not_allowed"]

    await harness.clock.advance(30 + 60)

    assert texts(simulated) == [first.text, strange.text, second.text]


# --- loops ------------------------------------------------------------------------------


@both
async def test_a_loop_of_messages_hardly_reaches_the_gateway(
    harness: MessagingHarness, simulated: SimulatedGateway, break_it: Breaker, key: str
) -> None:
    """2,400 in twelve seconds: a single request."""
    break_it(simulated)

    for _ in range(24):
        await asyncio.gather(
            *(harness.outbox.send(harness.message()) for _ in range(100)),
            return_exceptions=True,
        )
        await harness.clock.advance(0.5)

    assert simulated.asked("send") <= harness.gateway.limits.concurrency
    assert simulated.asked("balance") == 0
    assert len(harness.store) == 500
    assert news(harness) == [key]


async def test_a_loop_of_urgent_messages_without_credit(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """One in ten seconds."""
    use_up_credit(simulated)
    for _ in range(120):
        try:
            await send_urgent(harness)
        except OutboxFullError:
            break
        await harness.clock.advance(0.5)

    assert simulated.asked("send") <= 60 / 10 + 1


# --- what interferes --------------------------------------------------------------------


@both
async def test_after_a_restart_one_message_is_tried_at_once(
    harness: MessagingHarness, simulated: SimulatedGateway, break_it: Breaker, key: str
) -> None:
    """One at a time, and it is no news."""
    break_it(simulated)
    for _ in range(6):
        await harness.send()
    await harness.stop()
    harness.build()
    await harness.start()
    await until_idle()

    assert simulated.asked("send") == 2
    assert harness.dispatcher.rest is not None
    assert news(harness) == [key]


@pytest.mark.parametrize("by", [timedelta(hours=-6), timedelta(days=300)])
async def test_a_clock_that_jumps_neither_wakes_it_nor_holds_it(
    harness: MessagingHarness, simulated: SimulatedGateway, by: timedelta
) -> None:
    """Only elapsed time counts."""
    use_up_credit(simulated)
    record = await harness.send(life=timedelta(hours=24))
    harness.clock.jump(by)
    await until_idle()
    assert simulated.asked("balance") == 0
    mend(simulated)

    await harness.clock.advance(30)

    assert [taken.text for taken in simulated.accepted] == [record.text]


async def test_a_stop_while_the_balance_is_asked(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It waits for the answer, and nothing is sent because of it."""
    use_up_credit(simulated)
    record = await harness.send()
    mend(simulated)
    simulated.fail(Fault.STALL_AFTER, operation="balance", times=1)
    harness.clock.tick(timedelta(seconds=30))
    harness.clock.wake_next()
    await simulated.until_asked("balance")

    stopping = asyncio.create_task(harness.stop())
    simulated.release()
    await stopping

    assert simulated.asked("send") == 1
    harness.build()
    await harness.start()
    await until_idle()
    assert texts(simulated) == [record.text]


async def test_what_waits_expires_and_is_told(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """With the reason; the account still rests, and nothing is asked for nobody."""
    use_up_credit(simulated)
    record = await harness.send(life=timedelta(minutes=5))

    await harness.clock.advance(301)
    asked = simulated.asked("balance")
    await harness.clock.advance(3600)

    submission = harness.current(record)
    assert submission.outcome is Outcome.EXPIRED
    assert submission.failure is not None
    assert submission.failure.key == "insufficient_credit"
    assert simulated.asked("balance") == asked
    assert harness.clock.timers == 0
    assert harness.dispatcher.rest is not None


async def test_a_new_message_after_a_long_rest_is_the_probe(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It need not wait: the pause is long over."""
    use_up_credit(simulated)
    await harness.send(life=timedelta(seconds=1))
    await harness.clock.advance(3600)
    mend(simulated)

    record = await harness.send()

    assert harness.current(record).outcome is Outcome.ACCEPTED


async def test_two_requests_under_way_are_refused_together(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """That is one refusal, told once, and the pause is the first."""
    use_up_credit(simulated)

    record = await harness.send(MAMAN, PAPA)

    assert outcomes(record) == [Outcome.QUEUED] * 2
    assert simulated.asked("send") == 2
    assert harness.dispatcher.rest is not None
    assert harness.dispatcher.rest.next_probe_in == timedelta(seconds=30)
    assert keys(harness) == ["insufficient_credit"]


async def test_a_probe_into_a_gateway_that_is_away_is_repeated_soon(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Half a minute later at most, so that nothing waits because of an outage."""
    use_up_credit(simulated)
    record = await harness.send()
    simulated.fail(Fault.ERROR_500, operation="balance")
    await harness.clock.advance(600)
    mend(simulated)
    simulated.heal()

    await harness.clock.advance(30)

    assert harness.current(record).outcome is Outcome.ACCEPTED


async def test_a_reason_that_the_balance_tells_is_told(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """It is another one: that is news, of the message that waits first."""
    use_up_credit(simulated)
    record = await harness.send()
    change_password(simulated)

    await harness.clock.advance(30)

    assert news(harness) == ["insufficient_credit", "invalid_auth"]
    refusal = harness.observer.refusals[-1]
    assert refusal is not None
    assert refusal.message_id == record.message_id
