"""Each part is counted, charged, proved and found by itself."""

import asyncio
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    HourlyCapError,
    IdenticalMessageError,
)
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.guard.guard import Guard, GuardLimits
from custom_components.passerelle_sms.messaging.journal.journal import JournalQuery
from custom_components.passerelle_sms.messaging.model.record import OnUnknown
from custom_components.passerelle_sms.messaging.model.submission import row_key
from tests.conftest import MAMAN, PAPA
from tests.messaging.idle import let_run, until_idle
from tests.simulator import Fault, Simulator

from .conftest import LongTexts


async def test_the_guard_counts_every_part_and_the_text_once(house: LongTexts) -> None:
    """What it takes of an hour is what it costs; the same text is the same alert."""
    text = house.text()
    await house.send(text)

    assert house.guard.segments_last_hour == 3
    with pytest.raises(IdenticalMessageError):
        await house.send(text)
    assert house.guard.segments_last_hour == 3

    house.guard.limits = GuardLimits(segments_per_hour=5)
    with pytest.raises(HourlyCapError) as raised:
        await house.send(text, targets=("Papa",))
    assert raised.value.details["segments"] == "3"


async def test_a_part_that_never_left_counts_no_longer(
    house: LongTexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text was said all the same, as far as it came."""

    def refuse() -> None:
        house.simulated.answer_next("91", operation="send")

    text = house.text()
    with house.before_request(2, refuse, monkeypatch):
        record = (await house.send(text)).record
    for row in house.rows(record):
        if row.outcome is Outcome.NOT_SENT:
            house.guard.uncount(record.message_id, row.key)

    assert house.outcomes(record) == ["accepted", "rejected", "not_sent"]
    # A new run counts as this one does.
    again = Guard(GuardLimits(), house.harness.clock)
    again.load([await house.harness.kept(record)])
    assert again.segments_last_hour == house.guard.segments_last_hour == 2
    with pytest.raises(IdenticalMessageError):
        await house.send(text)


@pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.CUT_BEFORE])
async def test_the_gateways_own_refusal_proves_one_part(
    house: LongTexts, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that was in doubt is asked about once more, and the rest goes on."""

    def fail() -> None:
        house.simulated.fail(fault, operation="send", times=1)

    with house.before_request(2, fail, monkeypatch):
        record = (await house.send()).record
        await house.harness.clock.advance(10)

    assert house.outcomes(record) == ["accepted"] * 3
    assert len(house.simulated.accepted) == 3
    assert house.simulated.asked("send") == 4


@pytest.mark.parametrize("key", ["etech_keys"])
async def test_the_list_of_what_was_sent_proves_one_part(
    house: LongTexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its own text: that another part is listed says nothing."""
    house.harness.ledger.is_alone = False

    def fail() -> None:
        house.simulated.fail(Fault.CUT_AFTER, operation="send", times=1)

    with house.before_request(2, fail, monkeypatch):
        record = (await house.send()).record
        await house.harness.clock.advance(30)

    assert house.outcomes(record) == ["accepted"] * 3
    assert len(house.simulated.accepted) == 3


@pytest.mark.parametrize("key", ["devcodesms"])
@pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.CUT_BEFORE])
async def test_the_balance_proves_one_part(
    house: LongTexts, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the parts before it have cost is no proof of this one."""
    await house.harness.poll()
    await house.send("Alarme")
    await house.harness.poll()

    def fail() -> None:
        house.simulated.fail(fault, operation="send", times=1)

    with house.before_request(2, fail, monkeypatch):
        record = (await house.send()).record
        await house.harness.clock.advance(1300)

    assert house.outcomes(record) == ["accepted"] * 3
    assert len(house.simulated.accepted) == 4


async def test_only_the_part_in_doubt_is_sent_again(
    house: LongTexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the sender has asked for that."""
    house.harness.ledger.is_alone = False

    def fail() -> None:
        house.simulated.fail(Fault.EMPTY, operation="send", times=2)

    with house.before_request(2, fail, monkeypatch):
        record = (await house.send(on_unknown=OnUnknown.RESEND)).record
        await house.harness.clock.advance(60)

    assert house.outcomes(record) == ["accepted"] * 3
    assert [row.resent for row in house.rows(record)] == [False, True, False]


async def test_a_message_is_found_by_what_its_parts_come_to(
    house: LongTexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each recipient by himself."""

    def refuse() -> None:
        house.simulated.answer_next("91", operation="send")

    with house.before_request(3, refuse, monkeypatch):
        record = (await house.send(targets=("Maman", "Papa"))).record
        await until_idle()
    journal = house.harness.journal
    failed, sent = (
        (MAMAN, PAPA)
        if record.whole_for(MAMAN).outcome is Outcome.REJECTED
        else (PAPA, MAMAN)
    )

    async def found(number: str | None, outcome: Outcome | None) -> bool:
        numbers = None if number is None else frozenset({number})
        query = JournalQuery(numbers=numbers, outcome=outcome)
        return bool(await journal.find(query))

    assert await found(sent, Outcome.ACCEPTED)
    assert not await found(sent, Outcome.REJECTED)
    assert await found(failed, Outcome.REJECTED)
    assert not await found(failed, Outcome.ACCEPTED)
    assert not await found(None, Outcome.NOT_SENT)
    assert await found(failed, None)
    assert not await found(failed[:-1], None)
    assert (await journal.get(record.message_id)) == record
    assert record.find(row_key(sent, 3)).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("key", ["envoyer_sms_pro"])
async def test_who_waits_for_the_delivery_waits_for_all_parts(
    house: LongTexts, simulator: Simulator
) -> None:
    """That one has arrived is not enough."""
    gateway, harness = simulator.envoyer_sms_pro, house.harness
    record = (await house.send()).record
    waiting = asyncio.create_task(harness.wait(record, timedelta(days=1)))
    await let_run()

    for number, one in enumerate(gateway.accepted, start=1):
        gateway.deliver(one.submission_id, one.recipient, 1)
        # It is asked for again after as long again as it is old.
        await harness.clock.advance(600 * 4**number)
        assert waiting.done() == (number == 3)
    assert [recipient.part for _, recipient in harness.observer.deliveries] == [1]
