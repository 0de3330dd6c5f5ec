"""What is kept until its hour, and what this house refuses of it then."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    DailyCapError,
    RejectedError,
)
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.parts import Parts
from custom_components.passerelle_sms.messaging.model.planning import (
    mark_planned,
    put_back,
    refused_here,
    released,
)
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import (
    Notice,
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA
from tests.messaging.journal_records import message

REFUSED: dict[str, RejectedError] = {MAMAN: DailyCapError(), PAPA: DailyCapError()}


def in_parts(*rows: SubmissionRecord) -> MessageRecord:
    """Return a message in three parts, some of them as given."""
    record = replace(
        message(0),
        parts=Parts(common=("Un", "Deux", "Trois")),
        submissions=Submissions(
            SubmissionRecord(recipient=Recipient(number=number), part=part)
            for number in (MAMAN, PAPA)
            for part in (1, 2, 3)
        ),
    )
    return record.updated(rows)


@pytest.mark.parametrize("is_answered", [True, False])
def test_all_parts_are_refused_and_that_is_told_once(is_answered: bool) -> None:
    """For each recipient, and to nobody else while whoever has sent it waits."""
    refused = refused_here(
        released(mark_planned(in_parts())), REFUSED, is_answered=is_answered
    )

    assert {row.outcome for row in refused.submissions} == {Outcome.REJECTED}
    told = [row.part for row in refused.submissions if row.notice is not None]
    assert told == ([1, 1] if is_answered else [])


def test_what_has_left_is_as_it_was() -> None:
    """The rest of it is refused, and that is told."""
    [first, *_] = in_parts().submissions
    sent = replace(first, outcome=Outcome.ACCEPTED, stage=Stage.CLOSED)

    refused = refused_here(in_parts(sent), REFUSED, is_answered=True)

    rows = refused.rows_of(MAMAN)
    assert rows[0] == sent
    assert [row.outcome for row in rows[1:]] == [Outcome.REJECTED] * 2
    assert [row.notice for row in rows[1:]] == [Notice.UNANNOUNCED, None]


def test_what_is_sent_again_is_asked_about() -> None:
    """The first may have arrived, whatever is refused now."""
    again = replace(in_parts().submissions[0], resent=True, attempts=1)

    refused = refused_here(in_parts(again), REFUSED, is_answered=True)

    rows = refused.rows_of(MAMAN)
    assert (rows[0].outcome, rows[0].stage) == (Outcome.UNKNOWN, Stage.HELD)
    assert [row.outcome for row in rows[1:]] == [Outcome.REJECTED] * 2
    assert [row.notice for row in rows] == [
        Notice.UNANNOUNCED,
        Notice.UNANNOUNCED,
        None,
    ]


def test_what_left_its_hour_too_early_is_kept_again() -> None:
    """But not for whoever has read a part of it: half a text tells less than an early one."""
    now = message(0).created
    options = SmsOptions(send_at=now + timedelta(hours=1))
    [first, second, *_] = in_parts().submissions
    sent = replace(first, outcome=Outcome.ACCEPTED, stage=Stage.CLOSED)
    record = replace(in_parts(sent), options=options, is_kept=True)

    kept = put_back(record, now)

    assert kept.rows_of(MAMAN) == [sent, second, record.rows_of(MAMAN)[2]]
    assert {row.stage for row in kept.rows_of(PAPA)} == {Stage.PLANNED}
    assert put_back(kept, now) == kept
    assert put_back(record, now + timedelta(hours=1)) == record
    at_gateway = replace(record, is_kept=False)
    assert put_back(at_gateway, now) == at_gateway
