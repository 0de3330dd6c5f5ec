"""Whatever happens between two parts: none arrives twice, none is lost unsaid."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.catalogue import GATEWAYS
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.message import Message
from custom_components.passerelle_sms.messaging.model.parts import whole
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
)
from tests.messaging.idle import let_run, until_idle
from tests.simulator import Fault

from .conftest import LongTexts


def taken(house: LongTexts, record: MessageRecord) -> Counter[int]:
    """Return how often the gateway has taken each part."""
    parts = record.parts.of(record.submissions[0].recipient.number)
    texts = [one.text for one in house.simulated.accepted]
    assert set(texts) <= set(parts)
    return Counter(parts.index(text) + 1 for text in texts)


def check(house: LongTexts, record: MessageRecord) -> tuple[SubmissionRecord, ...]:
    """See that each row says what the gateway has; return the rows."""
    rows, at_gateway = house.rows(record), taken(house, record)
    assert [row.part for row in rows] == [1, 2, 3]
    for row in rows:
        times = at_gateway[row.part]
        assert times <= 1, "sent twice"
        if row.outcome is Outcome.ACCEPTED:
            assert times == 1, "lost"
        elif row.outcome is not Outcome.UNKNOWN:
            assert times == 0, "told that it did not leave"
    # In order: none arrives without those before it.
    assert sorted(at_gateway) == [*range(1, len(at_gateway) + 1)]
    told = whole(rows)
    ends = [row.outcome for row in rows]
    failed = [outcome for outcome in ends if outcome is not Outcome.ACCEPTED]
    assert told.outcome is (failed[0] if failed else Outcome.ACCEPTED)
    return rows


@pytest.mark.parametrize("key", GATEWAYS)
@pytest.mark.parametrize(
    ("fault", "part"),
    [
        *((fault, 2) for fault in Fault),
        *((fault, part) for fault in (Fault.CUT_AFTER, Fault.EMPTY) for part in (1, 3)),
    ],
)
async def test_a_fault_at_one_part(
    house: LongTexts,
    fault: Fault,
    part: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it leaves in doubt stops the rest, until evidence or the user decides."""
    simulated = house.simulated

    def fail() -> None:
        simulated.fail(fault, operation="send", times=1)

    with house.before_request(part, fail, monkeypatch):
        record = (await house.send()).record
        await until_idle()
    check(house, record)
    simulated.release()
    await house.harness.clock.advance(1200)

    rows = check(house, record)
    # What was accepted before stays so, and nothing waits for ever.
    assert [row.outcome for row in rows[: part - 1]] == [Outcome.ACCEPTED] * (part - 1)
    doubtful = rows[part - 1]
    if doubtful.outcome is Outcome.ACCEPTED:
        assert [row.outcome for row in rows] == [Outcome.ACCEPTED] * 3
    elif doubtful.outcome is Outcome.UNKNOWN:
        assert doubtful.stage is Stage.HELD
        assert all(row.is_waiting for row in rows[part:])


@pytest.mark.parametrize("key", GATEWAYS)
@pytest.mark.parametrize("fault", [Fault.STALL_BEFORE, Fault.STALL_AFTER])
@pytest.mark.parametrize("part", [1, 2, 3])
async def test_a_crash_at_one_part(
    house: LongTexts, fault: Fault, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run knows which part was under way, and sends nothing before it does."""
    harness, simulated = house.harness, house.simulated
    requests = simulated.asked("send")

    def fail() -> None:
        simulated.fail(fault, operation="send", times=1)

    with house.before_request(part, fail, monkeypatch):
        message = Message(text=house.text(), targets=("Maman",))
        sending = asyncio.create_task(house.messenger.send(message))
        while simulated.asked("send") - requests < part:
            await let_run()
        await harness.crash()
    assert sending.cancelled()
    simulated.heal()
    simulated.release()
    await harness.start()
    await until_idle()

    [record] = [*harness.store]
    rows = check(house, record)
    assert [row.outcome for row in rows[: part - 1]] == [Outcome.ACCEPTED] * (part - 1)
    await harness.clock.advance(1200)
    check(house, record)


@pytest.mark.parametrize("key", GATEWAYS)
@pytest.mark.parametrize("part", [1, 2, 3])
async def test_a_message_that_is_taken_back_between_two_parts(
    house: LongTexts, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits is taken back, all of it; what has left is told as such."""
    simulated = house.simulated
    simulated.retry_after = "3600"

    def fail() -> None:
        simulated.fail(Fault.RATE_LIMITED, operation="send", times=1)

    with house.before_request(part, fail, monkeypatch):
        record = (await house.send()).record
    cancelled = await house.harness.canceller.cancel(record.message_id)
    await house.harness.clock.advance(7200)

    rows = check(house, record)
    assert rows == tuple(cancelled.record.submissions)
    assert [row.outcome for row in rows] == [
        *[Outcome.ACCEPTED] * (part - 1),
        *[Outcome.NOT_SENT] * (4 - part),
    ]
    assert {row.failure and row.failure.key for row in rows[part - 1 :]} == {
        "cancelled"
    }


@pytest.mark.parametrize("key", GATEWAYS)
@pytest.mark.parametrize("part", [1, 2, 3])
async def test_a_message_that_expires_between_two_parts(
    house: LongTexts, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time holds for all parts together, and is told once."""
    simulated = house.simulated

    def fail() -> None:
        simulated.fail(Fault.RATE_LIMITED, operation="send")

    with house.before_request(part, fail, monkeypatch):
        record = (await house.send(time_to_live=timedelta(minutes=2))).record
    await house.harness.clock.advance(130)

    rows = check(house, record)
    assert [row.outcome for row in rows] == [
        *[Outcome.ACCEPTED] * (part - 1),
        Outcome.EXPIRED,
        *[Outcome.NOT_SENT] * (3 - part),
    ]
    assert [row.notice is not None for row in rows].count(True) == 1
    assert {row.failure and row.failure.key for row in rows[part:]} <= {
        "earlier_part_failed"
    }


@pytest.mark.parametrize("key", GATEWAYS)
async def test_an_account_that_is_refused_between_two_parts(
    house: LongTexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest waits until that is mended, and leaves then."""
    simulated = house.simulated
    [refusal, *_] = sorted(simulated.refusals, key=lambda one: one.name)

    def refuse() -> None:
        simulated.refusal = refusal

    with house.before_request(2, refuse, monkeypatch):
        record = (await house.send()).record
    assert house.outcomes(record) == ["accepted", "queued", "queued"]
    simulated.refusal = None
    await house.harness.clock.advance(1800)

    assert [row.outcome for row in check(house, record)] == [Outcome.ACCEPTED] * 3


async def test_the_rest_of_what_is_in_doubt_expires(
    house: LongTexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A doubt doesn't."""
    house.harness.is_alone = False

    def fail() -> None:
        house.simulated.fail(Fault.EMPTY, operation="send")

    with house.before_request(1, fail, monkeypatch):
        record = (await house.send()).record
        await house.harness.clock.advance(3000)
        assert house.outcomes(record) == ["unknown", "queued", "queued"]
        await house.harness.clock.advance(700)

    assert house.outcomes(record) == ["unknown", "expired", "not_sent"]
    assert house.rows(record)[0].stage is Stage.HELD
