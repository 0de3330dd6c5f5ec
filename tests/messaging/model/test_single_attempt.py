"""What a relay sends through an account: one attempt, whatever becomes of it."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import CannotConnectError
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.parts import Parts
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
)
from custom_components.passerelle_sms.messaging.model.single_attempt import (
    after_one_attempt,
    decided,
    give_back,
)
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA

TEXTS = ("1/3 un", "2/3 deux", "3/3 trois")


def row(
    number: str = MAMAN,
    part: int = 1,
    outcome: Outcome = Outcome.QUEUED,
    stage: Stage = Stage.OPEN,
) -> SubmissionRecord:
    """Return a submission."""
    return SubmissionRecord(
        recipient=Recipient(number=number), part=part, outcome=outcome, stage=stage
    )


def message(*rows: SubmissionRecord, parts: Parts = Parts()) -> MessageRecord:
    """Return what a relay sends through an account."""
    return MessageRecord(
        message_id="leg-1",
        created=datetime(2026, 11, 1, 12, tzinfo=UTC),
        time_to_live=timedelta(hours=1),
        text="un deux trois",
        sender=None,
        encoding=Encoding.GSM7,
        segments=1,
        parts=parts,
        submissions=Submissions(rows),
        relay="relay-1",
    )


def ends(record: MessageRecord) -> list[tuple[Outcome, str | None]]:
    """Return what became of each submission, and why."""
    return [
        (row.outcome, None if row.failure is None else row.failure.key)
        for row in record.submissions
    ]


def test_what_would_wait_again_is_closed() -> None:
    """All else is as it was."""
    after = after_one_attempt(row())
    assert (after.outcome, after.stage) == (Outcome.NOT_SENT, Stage.CLOSED)
    taken = row(outcome=Outcome.ACCEPTED, stage=Stage.CLOSED)
    assert after_one_attempt(taken) is taken


def test_only_what_waits_is_given_back() -> None:
    """With the reason."""
    record = message(row(), row(PAPA, outcome=Outcome.UNKNOWN))

    given = give_back(record, [MAMAN, PAPA], CannotConnectError())

    assert ends(given) == [
        (Outcome.NOT_SENT, "cannot_connect"),
        (Outcome.UNKNOWN, None),
    ]


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (Outcome.UNKNOWN, [None, "earlier_part_failed"]),
        (Outcome.QUEUED, ["cannot_connect", "earlier_part_failed"]),
    ],
)
def test_what_follows_another_part_stays_because_of_that(
    second: Outcome, why: list[str | None]
) -> None:
    """Also where what is left begins with a later one."""
    record = message(
        row(part=2, outcome=second), row(part=3), parts=Parts(common=TEXTS)
    )

    given = give_back(
        record, [row.key for row in record.submissions], CannotConnectError()
    )

    assert [reason for _, reason in ends(given)] == why


@pytest.mark.parametrize("stage", [Stage.OPEN, Stage.HELD])
@pytest.mark.parametrize(
    ("choice", "outcome"),
    [(Choice.SENT, Outcome.ACCEPTED), (Choice.DROP, Outcome.UNKNOWN)],
)
def test_what_the_user_says_at_the_relay_settles_what_may_have_left(
    stage: Stage, choice: Choice, outcome: Outcome
) -> None:
    """And nothing else."""
    refused = row(PAPA, outcome=Outcome.REJECTED, stage=Stage.CLOSED)
    record = message(row(outcome=Outcome.UNKNOWN, stage=stage), refused)

    settled = decided(record, choice)

    assert settled.is_closed
    assert ends(settled) == [(outcome, None), (Outcome.REJECTED, None)]
    assert [row.notice for row in settled.submissions] == [None, None]


def test_what_is_left_begins_with_a_later_part() -> None:
    """It is found by its number all the same."""
    record = message(
        row(PAPA), row(part=2), row(part=3), parts=Parts(own={MAMAN: TEXTS})
    )

    assert [row.part for row in record.rows_of(MAMAN)] == [2, 3]
    assert [row.part for row in record.rows_of(PAPA)] == [1]
    assert [row.part for row in record.first_rows] == [1, 2]
    assert [whole.recipient.number for whole in record.wholes] == [PAPA, MAMAN]
    assert record.before(row(part=2)) is None
    assert record.before(row(part=3)) == row(part=2)
    with pytest.raises(KeyError):
        record.rows_of("+33612345678")
