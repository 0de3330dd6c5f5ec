"""Thousands are awaited: what is asked about one must not look at the others."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.messaging.model.failure import DeliveryState
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.tracking.pending_deliveries import (
    PendingDeliveries,
)
from tests.conftest import MAMAN
from tests.messaging.fake_clock import START
from tests.messaging.fake_gateways import DELIVERED, report
from tests.messaging.steps import count_steps

from .test_pending_deliveries import accepted, awaiting, doubtful, message

type Population = Callable[[int], list[MessageRecord]]
type Question = Callable[[PendingDeliveries], object]

SECOND = timedelta(seconds=1)
FEW, MANY = 10, 10_000


def many_numbers(count: int) -> list[MessageRecord]:
    """Return a message to each of many numbers."""
    return [
        message(accepted(f"+23769{n:07}", f"other-{n}"), message_id=f"other-{n}")
        for n in range(count)
    ]


def one_number(count: int) -> list[MessageRecord]:
    """Return many messages to the same number."""
    return [
        message(accepted(MAMAN, f"other-{n}"), message_id=f"other-{n}")
        for n in range(count)
    ]


def one_message(count: int) -> list[MessageRecord]:
    """Return a message to many numbers, each with an id of its own."""
    return [
        message(
            *(accepted(f"+23769{n:07}", f"other-{n}") for n in range(count)),
            message_id="other",
        )
    ]


def one_id(count: int) -> list[MessageRecord]:
    """Return a message to many numbers, with one id for all."""
    return [
        message(
            *(accepted(f"+23769{n:07}", "other") for n in range(count)),
            message_id="other",
        )
    ]


def take_up(awaited: PendingDeliveries) -> object:
    """Follow one more message."""
    submission = accepted(submission_id="one-more")
    return awaited.follow(message(submission, message_id="one-more"), [submission])


def change(awaited: PendingDeliveries) -> object:
    """Follow what is newly known of one delivery."""
    submission = accepted(delivery=DeliveryState(code="55"))
    return awaited.follow(message(submission), [submission])


def end(awaited: PendingDeliveries) -> object:
    """Follow how one delivery has ended."""
    submission = accepted(delivery=DeliveryState(status=DELIVERED))
    return awaited.follow(message(submission), [submission])


def match(awaited: PendingDeliveries) -> object:
    """Find whose report it is by its id."""
    assert awaited.match(report("id-1", MAMAN)) is not None
    return awaited.match(report("nobody", MAMAN))


def match_by_time(awaited: PendingDeliveries) -> object:
    """Find whose report it is by its time."""
    assert awaited.match_by_time(report("nobody", MAMAN, at=START)) is not None
    return awaited.match_by_time(report("other", MAMAN, at=START))


def look_up(awaited: PendingDeliveries) -> object:
    """Find what belongs together."""
    [one] = awaited.of("message")
    assert awaited.is_awaited("message")
    assert awaited.get(one.key) == one
    return awaited.with_same_id(one)


def take_due(awaited: PendingDeliveries) -> object:
    """Find what has been due longest, and put it off."""
    key = next(awaited.schedule.take_due(SECOND))
    awaited.schedule.set(key, 2 * SECOND)
    return awaited.schedule.first()


def steps(population: Population, question: Question, count: int) -> int:
    """Return how much work a question is while so many are awaited."""
    in_doubt = message(doubtful(), message_id="in doubt")
    awaited = awaiting(message(accepted()), in_doubt, *population(count))
    for one in awaited:
        awaited.schedule.set(one.key, SECOND)
    assert len(awaited) == count + 2
    with count_steps() as counted:
        question(awaited)
    return counted.count


@pytest.mark.parametrize("population", [many_numbers, one_number, one_message, one_id])
@pytest.mark.parametrize(
    "question", [take_up, change, end, match, match_by_time, look_up, take_due]
)
def test_it_is_no_more_work_when_many_are_awaited(
    population: Population, question: Question
) -> None:
    """Not a step more for ten thousand than for ten."""
    assert steps(population, question, MANY) == steps(population, question, FEW) > 0


def test_a_report_for_one_of_many_recipients_is_found_at_once() -> None:
    """One id is that of all of them."""
    awaited = awaiting(*one_id(MANY))
    told = report("other", "+237690000007")

    with count_steps() as counted:
        found = awaited.match(told)

    assert found is not None
    assert found.sent.recipient == "+237690000007"
    assert counted.count < 100


def test_those_that_have_ended_leave_nothing() -> None:
    """Neither in memory nor among what is due, but for those that are remembered."""
    records = many_numbers(FEW)
    awaited = awaiting(*records)
    for one in awaited:
        awaited.schedule.set(one.key, SECOND)

    for record in records:
        [submission] = record.submissions
        ended = replace(submission, delivery=DeliveryState(status=DELIVERED))
        awaited.follow(record, [ended])

    assert len(awaited) == 0
    assert [*awaited] == []
    assert awaited.schedule.first() is None
