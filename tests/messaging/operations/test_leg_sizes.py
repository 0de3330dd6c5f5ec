"""What is sent through an account of a text that another one has begun."""

from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    CannotConnectError,
    MessageTooLongError,
    NoAnswerError,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.leg_order import Remainder
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.report import result_for
from tests.conftest import MAMAN, PAPA
from tests.messaging.conftest import HouseMaker
from tests.messaging.fake_gateways import DELIVERED, AskedGateway, SilentGateway, report
from tests.messaging.harness import MessagingHarness, following
from tests.messaging.idle import until_idle
from tests.messaging.legs import failures, order, take
from tests.messaging.scheduling import outcomes
from tests.simulator import SimulatedGateway, Simulator

TEXTS = ("1/3 un", "2/3 deux", "3/3 trois")
FROM_SECOND = Remainder(texts=TEXTS, first=2)


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


def parts(record: MessageRecord) -> list[tuple[str, int]]:
    """Return which parts a message has, and for whom."""
    return [(row.recipient.number, row.part) for row in record.submissions]


async def test_only_what_is_left_leaves_with_its_numbers(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """One after the other, also for the journal and all who count."""
    record = await take(
        harness, order(text="un deux trois", remainders={MAMAN: FROM_SECOND})
    )

    assert [taken.text for taken in simulated.accepted] == [*TEXTS[1:]]
    assert outcomes(record) == [Outcome.ACCEPTED] * 2
    assert parts(record) == [(MAMAN, 2), (MAMAN, 3)]
    assert record.segments == 2
    assert await harness.kept(record) == record
    assert record.whole_for(MAMAN).outcome is Outcome.ACCEPTED
    assert record.whole_for(MAMAN).segments == 2
    assert [whole.recipient.number for whole in record.wholes] == [MAMAN]
    assert [row.part for row in result_for(record, MAMAN, "x").parts] == [2, 3]
    assert harness.guard.segments_last_hour == 2
    assert [*harness.guard.check(harness.message(text="un deux trois"))] == [MAMAN]


async def test_a_message_that_others_read_whole(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Each has what is left for him."""
    asked = order("leg-1", PAPA, MAMAN, text="court", remainders={MAMAN: FROM_SECOND})

    record = await take(harness, asked)

    assert parts(record) == [(PAPA, 1), (MAMAN, 2), (MAMAN, 3)]
    assert [taken.text for taken in simulated.accepted] == ["court", *TEXTS[1:]]
    assert [whole.recipient.number for whole in record.wholes] == [PAPA, MAMAN]


async def test_it_is_found_by_its_number(harness: MessagingHarness) -> None:
    """Though nothing of it has the number alone."""
    record = await take(harness, order(remainders={MAMAN: FROM_SECOND}))

    assert await harness.journal.created_since(record.created, MAMAN) == [record]
    assert await harness.journal.created_since(record.created, PAPA) == []


async def test_a_part_that_does_not_fit_takes_nothing_in(
    make_house: HouseMaker, simulator: Simulator
) -> None:
    """Where the other gateway takes longer ones; of what was sent it doesn't matter."""
    harness = make_house(simulator.envoyer_sms_pro)
    await harness.start()
    texts = ("1/3 " + "a" * 1000, "2/3 " + "a" * 1000, "3/3 fin")

    with pytest.raises(MessageTooLongError):
        await take(harness, order(remainders={MAMAN: Remainder(texts=texts, first=2)}))
    last = Remainder(texts=texts, first=3)
    record = await take(harness, order("leg-2", remainders={MAMAN: last}))

    assert outcomes(record) == [Outcome.ACCEPTED]


async def test_what_follows_a_part_in_doubt_is_given_back(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """It is the relay's to send once the doubt is over."""
    gateway = SilentGateway(session)
    gateway.failures.append(NoAnswerError())
    harness = MessagingHarness(gateway, tmp_path / "journal")
    await harness.start()

    record = await take(harness, order(remainders={MAMAN: FROM_SECOND}))

    assert outcomes(record) == [Outcome.UNKNOWN, Outcome.NOT_SENT]
    assert failures(record) == ["no_answer", "earlier_part_failed"]
    assert record.whole_for(MAMAN).outcome is Outcome.UNKNOWN
    assert gateway.taken == []
    await harness.leave()


async def test_what_follows_a_part_that_has_not_left_is_given_back(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """With it."""
    gateway = SilentGateway(session)
    gateway.failures.append(CannotConnectError())
    harness = MessagingHarness(gateway, tmp_path / "journal")
    await harness.start()

    record = await take(harness, order(remainders={MAMAN: FROM_SECOND}))

    assert outcomes(record) == [Outcome.NOT_SENT] * 2
    assert failures(record) == ["cannot_connect", "earlier_part_failed"]
    await harness.leave()


async def test_the_delivery_of_what_was_left(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """It is told once all that was sent here has ended."""
    gateway = AskedGateway(session)
    async with following(gateway, tmp_path) as harness:
        record = await take(harness, order(remainders={MAMAN: FROM_SECOND}))
        for number, submission_id in gateway.taken:
            gateway.told[submission_id] = report(submission_id, number)
        await harness.legs.ask_about("leg-1")
        await until_idle()
        kept = await harness.kept(record)

        [(_, whole)] = harness.observer.deliveries

    assert [row.delivery and row.delivery.status for row in kept.submissions] == [
        DELIVERED,
        DELIVERED,
    ]
    assert whole.delivery is not None
    assert whole.delivery.status is DELIVERED


async def test_a_mail_merge_says_to_each_what_is_his(
    harness: MessagingHarness, simulated: SimulatedGateway
) -> None:
    """Also where something is left of what another one reads."""
    asked = order("leg-1", PAPA, MAMAN, text="{a}", remainders={MAMAN: FROM_SECOND})
    options = replace(
        asked.sms.options, personalisation={PAPA: {"a": "lui"}, MAMAN: {"a": "elle"}}
    )
    asked = replace(asked, sms=replace(asked.sms, options=options))

    await take(harness, asked)

    assert [taken.text for taken in simulated.accepted] == ["lui", *TEXTS[1:]]
