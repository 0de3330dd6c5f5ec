"""What keeps an account from taking a relay's message."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, override

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.errors import InvalidRecipientError
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.messaging.guard.guard import GuardLimits
from custom_components.passerelle_sms.messaging.model.leg_order import Remainder
from custom_components.passerelle_sms.messaging.model.obstacle import (
    Obstacle,
    ObstacleKind,
)
from custom_components.passerelle_sms.messaging.outbox import outbox
from custom_components.passerelle_sms.messaging.text.splitting import TooLong
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.fake_gateways import SilentGateway
from tests.messaging.harness import MessagingHarness
from tests.messaging.idle import until_idle
from tests.messaging.legs import obstacle, order, take
from tests.messaging.scheduling import outcomes
from tests.simulator import Fault, SimulatedGateway, Simulator

IVORIAN = "+2250757123456"
PASSWORD = "s3cr&t+pa ss"


@pytest.fixture
def simulated(simulator: Simulator) -> SimulatedGateway:
    """Return the gateway of the account."""
    return simulator.etech_keys


@pytest.fixture
async def harness(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> MessagingHarness:
    """Return a house that has started, with that gateway."""
    harness = make_house(simulated)
    await harness.start()
    return harness


class CameroonianGateway(SilentGateway):
    """Sends to one country only."""

    @override
    def local_number(self, recipient: str) -> str:
        if not recipient.startswith("+237"):
            raise InvalidRecipientError
        return recipient


def told(found: Obstacle | None) -> tuple[ObstacleKind, str] | None:
    """Return an obstacle as a test compares it."""
    return None if found is None else (found.kind, found.error.key)


async def test_none_where_all_is_well(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """And nothing is asked, or counted, for that."""
    assert obstacle(harness) is None
    await until_idle()

    assert simulated.requests == []
    assert harness.guard.segments_last_hour == 0
    assert len(harness.store) == 0


# --- never ----------------------------------------------------------------------------


async def test_a_number_that_the_gateway_can_not_reach(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """Others it can."""
    harness = MessagingHarness(CameroonianGateway(session), tmp_path / "journal")
    await harness.start()

    assert obstacle(harness, MAMAN) is None
    assert told(obstacle(harness, PAPA)) == (ObstacleKind.NEVER, "invalid_recipient")
    await harness.leave()


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"text": " "}, "empty_message"),
        ({"sender": "a name that is too long"}, "invalid_sender"),
        ({"options": SmsOptions(voice=True)}, "option_not_supported"),
    ],
)
async def test_a_rule_of_the_gateway(
    harness: MessagingHarness, changes: dict[str, Any], key: str
) -> None:
    """As it would refuse the message itself."""
    assert told(obstacle(harness, **changes)) == (ObstacleKind.NEVER, key)


@pytest.mark.parametrize(
    ("too_long", "expected"),
    [
        (TooLong.SPLIT, None),
        (TooLong.CUT, None),
        (TooLong.REFUSE, (ObstacleKind.NEVER, "message_too_long")),
    ],
)
async def test_a_text_that_is_too_long(
    make_house: HouseMaker,
    simulator: Simulator,
    too_long: TooLong,
    expected: tuple[ObstacleKind, str] | None,
) -> None:
    """Only where it may be sent no other way."""
    harness = make_house(simulator.envoyer_sms_pro)
    await harness.start()

    found = obstacle(harness, text="mot " * 300, too_long=too_long)

    assert told(found) == expected


async def test_a_part_of_a_text_that_another_account_has_split_longer(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """What is left of it is not split anew; what was sent doesn't matter."""
    harness = make_house(simulator.envoyer_sms_pro)
    await harness.start()
    longest = "1/2 " + "a" * 1000
    texts = (longest, "2/2 fin")

    for first, kind in ((1, ObstacleKind.NEVER), (2, None)):
        found = obstacle(harness, remainder=Remainder(texts=texts, first=first))
        assert (found and found.kind) == kind


async def test_other_settings_are_asked_anew(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    session: aiohttp.ClientSession,
) -> None:
    """What was found out by the old ones is forgotten."""
    assert obstacle(harness) is None
    credentials = replace(harness.gateway.credentials)
    sender = "a name that is too long"
    harness.gateway.become(
        GATEWAYS[simulated.key](
            session, credentials, url=harness.gateway.url, sender=sender
        )
    )

    assert told(obstacle(harness)) == (ObstacleKind.NEVER, "invalid_sender")


# --- its cap --------------------------------------------------------------------------


async def test_its_cap(make_house: HouseMaker, simulated: SimulatedGateway) -> None:
    """By all segments of the message; what is urgent passes the hour's."""
    harness = make_house(simulated)
    harness.limits = GuardLimits(segments_per_hour=2)
    harness.build()
    await harness.start()

    assert obstacle(harness) is None
    assert told(obstacle(harness, text="a" * 400)) == (ObstacleKind.CAP, "hourly_cap")
    assert obstacle(harness, text="a" * 400, urgent=True) is None
    await take(harness, order("leg-1", MAMAN, PAPA))
    assert told(obstacle(harness)) == (ObstacleKind.CAP, "hourly_cap")
    await harness.clock.advance(3600)
    assert obstacle(harness) is None


# --- later ----------------------------------------------------------------------------


async def test_a_journal_that_is_not_open(
    make_house: HouseMaker, simulated: SimulatedGateway
) -> None:
    """Before the start, and after the stop."""
    harness = make_house(simulated)
    assert told(obstacle(harness)) == (ObstacleKind.LATER, "not_stored")
    await harness.start()
    assert obstacle(harness) is None


async def test_a_pause(harness: MessagingHarness, simulated: SimulatedGateway) -> None:
    """With its reason, until it is over."""
    simulated.fail(Fault.RATE_LIMITED, operation="send", times=1)
    simulated.retry_after = "20"
    await take(harness)

    assert told(obstacle(harness)) == (ObstacleKind.LATER, "rate_limited")
    await harness.clock.advance(31)

    assert obstacle(harness) is None


async def test_a_house_that_stops(harness: MessagingHarness) -> None:
    """Nothing begins any more."""
    await harness.dispatcher.drain()

    assert told(obstacle(harness)) == (ObstacleKind.LATER, "nothing_begins")


async def test_an_outbox_that_is_full(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """That passes."""
    monkeypatch.setattr(outbox, "MOST_OPEN", 1)
    simulated.fail(Fault.CUT_BEFORE, operation="send", times=1)
    await harness.send()

    assert told(obstacle(harness)) == (ObstacleKind.LATER, "outbox_full")


@pytest.mark.parametrize(
    "break_it",
    [
        pytest.param(lambda one: setattr(one, "password", "another"), id="credentials"),
        pytest.param(lambda one: setattr(one, "credits", Decimal(0)), id="credit"),
    ],
)
async def test_an_account_that_rests_finds_out_by_its_balance(
    harness: MessagingHarness,
    simulated: SimulatedGateway,
    break_it: Callable[[SimulatedGateway], None],
) -> None:
    """Asked for what waits at the relay, in its own pauses; nothing is tried for that."""
    break_it(simulated)
    [key] = [
        row.failure and row.failure.key for row in (await take(harness)).submissions
    ]
    assert told(obstacle(harness)) == (ObstacleKind.LATER, key)

    for _ in range(120):
        harness.legs.probe_if_due()
        await harness.clock.advance(10)
    # After 30, 60, 120 and 240 seconds, then every 300, as for what waits here.
    assert simulated.asked("balance") == 6
    assert simulated.asked("send") == 1
    simulated.password, simulated.credits = PASSWORD, Decimal(1000)
    await harness.clock.advance(300)
    assert told(obstacle(harness)) == (ObstacleKind.LATER, key)
    harness.legs.probe_if_due()
    await until_idle()

    assert obstacle(harness) is None
    assert harness.dispatcher.rest is None


async def test_nobody_asks_where_nothing_waits(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """A rest alone is no reason to."""
    simulated.password = "another"
    await take(harness)

    await harness.clock.advance(3600)

    assert simulated.asked("balance") == 0


async def test_where_no_balance_tells_the_next_message_finds_out(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """Once the pause is over; one at a time."""
    smseco = simulator.smseco
    senders, smseco.senders = smseco.senders, set()
    harness = make_house(smseco)
    await harness.start()
    await take(harness, order("leg-1", IVORIAN))

    rests = (ObstacleKind.LATER, "sender_not_registered")
    assert told(obstacle(harness, IVORIAN)) == rests
    await harness.clock.advance(30)
    assert obstacle(harness, IVORIAN) is None
    harness.legs.probe_if_due()
    record = await take(harness, order("leg-2", IVORIAN))
    asked = smseco.asked("send")
    assert told(obstacle(harness, IVORIAN)) == rests
    smseco.senders = senders
    await harness.clock.advance(60)
    again = await take(harness, order("leg-3", IVORIAN))

    assert asked == 2
    assert smseco.asked("balance") == 0
    assert [row.failure and row.failure.key for row in record.submissions] == [
        "sender_not_registered"
    ]
    assert outcomes(again) == ["accepted"]
    assert obstacle(harness, IVORIAN) is None


# --- unlikely -------------------------------------------------------------------------


async def test_too_little_credit(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """As it was told last: it may be wrong, so the account is the last to be tried."""
    simulated.credits = Decimal(1)
    assert obstacle(harness, text="a" * 400) is None
    await harness.poll()

    assert obstacle(harness) is None
    found = obstacle(harness, text="a" * 400)

    assert told(found) == (ObstacleKind.UNLIKELY, "insufficient_credit")
