"""Two entries of one account: one reads what is told only once, and hands on."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from custom_components.passerelle_sms.gateways.errors import NoAnswerError
from tests.conftest import MAMAN, PAPA
from tests.messaging.fake_gateways import DELIVERED, OnceGateway, report
from tests.messaging.harness import MessagingHarness, following
from tests.messaging.idle import until_idle


@pytest.fixture
async def houses(
    session: aiohttp.ClientSession, tmp_path: Path
) -> AsyncIterator[tuple[MessagingHarness, MessagingHarness]]:
    """Return the entry that reads, and the one that leaves it to that."""
    async with AsyncExitStack() as stack:
        reader, other = [
            await stack.enter_async_context(
                following(OnceGateway(session), tmp_path / name)
            )
            for name in ("reader", "other")
        ]
        reader.tracker.sharing.read_for([other.tracker.sharing])
        other.tracker.sharing.leave_to(reader.tracker.sharing)
        yield reader, other


def news_of(harness: MessagingHarness) -> OnceGateway:
    """Return the gateway of an entry."""
    assert isinstance(harness.gateway, OnceGateway)
    return harness.gateway


async def test_the_one_that_reads_hands_on(
    houses: tuple[MessagingHarness, MessagingHarness],
) -> None:
    """When the other one's news are due; that asks nobody itself."""
    reader, other = houses
    await other.send()
    news_of(reader).news = [report("id-1", MAMAN)]

    await other.clock.advance(60)

    assert other.statuses() == [DELIVERED]
    assert news_of(other).questions == 0
    assert news_of(other).asked == []


async def test_what_is_known_is_not_handed_on(
    houses: tuple[MessagingHarness, MessagingHarness],
) -> None:
    """The ids of the two are the same here, which they are nowhere else."""
    reader, other = houses
    for house in houses:
        await house.send()
    news_of(reader).news = [report("id-1", MAMAN), report(None, PAPA)]

    await reader.tracker.ask_for_all()
    await until_idle()

    assert reader.statuses() == [DELIVERED]
    assert other.statuses() == []
    assert await other.journal.unapplied_reports() == []


async def test_a_question_about_one_message_is_left_to_the_one_that_reads(
    houses: tuple[MessagingHarness, MessagingHarness],
) -> None:
    """Asked by its id it would be told, and be lost, all the same."""
    reader, other = houses
    record = await other.send()
    news_of(reader).news = [report("id-1", MAMAN)]

    await other.tracker.ask_about(record.message_id)

    assert other.current(record).delivery is not None
    assert news_of(other).asked == []


async def test_a_gateway_that_does_not_answer_answers_neither(
    houses: tuple[MessagingHarness, MessagingHarness],
) -> None:
    """The error is the other one's too."""
    reader, other = houses
    news_of(reader).failures.append(NoAnswerError())

    with pytest.raises(NoAnswerError):
        await other.tracker.ask_for_all()


async def test_one_that_stops_while_its_disk_fails_goes_without(
    houses: tuple[MessagingHarness, MessagingHarness],
) -> None:
    """What the reader has kept is on its own disk."""
    reader, other = houses
    await other.send()
    news_of(reader).news = [report("id-1", MAMAN)]
    await other.tracker.pause()
    other.disk.room = 0

    await reader.tracker.ask_for_all()

    other.disk.room = None
    assert other.statuses() == []
    [kept] = await reader.journal.unapplied_reports()
    assert kept.report.submission_id == "id-1"


async def test_each_may_read_again(
    houses: tuple[MessagingHarness, MessagingHarness],
) -> None:
    """When they are one account no more."""
    reader, other = houses
    for house in houses:
        house.tracker.sharing.read_for([])
    await other.send()
    news_of(other).news = [report("id-1", MAMAN)]

    await other.tracker.ask_for_all()
    await until_idle()

    assert other.statuses() == [DELIVERED]
    assert news_of(reader).questions == 0
