"""Calls that anybody may make who knows the address: what they prove, and what not."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    NoAnswerError,
    UnreadableAnswerError,
)
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.submission import Stage
from tests.conftest import MAMAN, PAPA
from tests.messaging.fake_gateways import (
    DELIVERED,
    PENDING,
    UNDELIVERED,
    CallingGateway,
    report,
)
from tests.messaging.harness import MessagingHarness, following

MINUTE = 60


@pytest.fixture
async def gateway(session: aiohttp.ClientSession) -> CallingGateway:
    """Return a gateway that calls."""
    return CallingGateway(session)


@pytest.fixture
async def harness(
    gateway: CallingGateway, tmp_path: Path
) -> AsyncIterator[MessagingHarness]:
    """Return a house that sends through it."""
    async with following(gateway, tmp_path) as harness:
        yield harness


@pytest.mark.parametrize("status", [DELIVERED, UNDELIVERED, PENDING])
@pytest.mark.parametrize("submission_id", ["id-9", "", None])
@pytest.mark.parametrize("stage", [Stage.OPEN, Stage.HELD])
async def test_without_a_known_id_it_settles_no_doubt(
    harness: MessagingHarness,
    gateway: CallingGateway,
    status: DeliveryStatus,
    submission_id: str | None,
    stage: Stage,
) -> None:
    """Number and time fit: whoever knows them would declare a lost alert delivered."""
    gateway.failures.append(NoAnswerError())
    record = await harness.send()
    at = harness.clock.now()
    if stage is Stage.HELD:
        await harness.clock.advance(11 * MINUTE)
    before = harness.current(record)
    assert before.stage is stage
    told = report(submission_id, MAMAN, status, at=at)

    assert await harness.hear(told, told) == (False, False)

    assert harness.current(record) == before
    assert harness.statuses() == []


async def test_it_settles_none_after_a_restart_or_once_another_is_in_doubt(
    harness: MessagingHarness, gateway: CallingGateway
) -> None:
    """Neither when what is in doubt is taken up anew, nor when it waited for that."""
    gateway.failures.append(NoAnswerError())
    early = report("id-9", MAMAN, at=harness.clock.now())
    assert await harness.hear(early) == (False,)
    record = await harness.send()
    assert harness.current(record).outcome is Outcome.UNKNOWN
    await harness.crash()
    await harness.start()

    assert await harness.hear(early) == (False,)
    await harness.send(PAPA)

    assert harness.current(record).outcome is Outcome.UNKNOWN
    assert harness.statuses() == []


async def test_the_id_of_what_is_in_doubt_settles_it(
    harness: MessagingHarness, gateway: CallingGateway
) -> None:
    """The gateway gave it with an answer that tells nothing else: nobody guesses it."""
    gateway.failures.append(UnreadableAnswerError(reference="id-7"))
    record = await harness.send()
    assert harness.current(record).outcome is Outcome.UNKNOWN
    assert await harness.hear(report("id-7", PAPA)) == (False,)

    assert await harness.hear(report("ID-7", MAMAN)) == (True,)

    assert harness.current(record).outcome is Outcome.ACCEPTED
    assert harness.statuses() == [DELIVERED]


async def test_what_was_accepted_without_an_id_is_told_by_number_and_time(
    harness: MessagingHarness, gateway: CallingGateway
) -> None:
    """It has left for certain, and no other report will ever say how it ended."""
    gateway.tells_ids = False
    await harness.send()
    at = harness.clock.now()

    assert await harness.hear(report("id-9", PAPA, at=at)) == (False,)
    assert await harness.hear(report("id-9", MAMAN, at=at)) == (True,)

    assert harness.statuses() == [DELIVERED]


async def test_what_was_accepted_is_not_told_while_another_is_in_doubt(
    harness: MessagingHarness, gateway: CallingGateway
) -> None:
    """The report fits both, so it is about neither."""
    gateway.tells_ids = False
    await harness.send()
    gateway.failures.append(NoAnswerError())
    await harness.send()

    told = report("id-9", MAMAN, at=harness.clock.now())
    assert await harness.hear(told) == (False,)

    assert harness.statuses() == []
