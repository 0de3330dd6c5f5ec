"""What evidence, time or the user make of a submission in doubt."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import CannotConnectError
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import Failure
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
)
from custom_components.passerelle_sms.messaging.model.submission import (
    Notice,
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.model.transitions import (
    apply_user_choice,
    hold_for_user,
    requeue,
    resend,
    settle_accepted,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA

START = datetime(2026, 11, 1, 12, tzinfo=UTC)

WAITING = SubmissionRecord(recipient=Recipient(number=MAMAN))
IN_DOUBT = replace(
    WAITING,
    outcome=Outcome.UNKNOWN,
    attempts=2,
    attempted=START,
    period=4,
    failure=Failure.of(CannotConnectError()),
)
HELD = replace(IN_DOUBT, stage=Stage.HELD)
ACCEPTED = replace(IN_DOUBT, outcome=Outcome.ACCEPTED, stage=Stage.CLOSED)


def message(submission: SubmissionRecord) -> MessageRecord:
    """Return a message with this submission, and another that is in doubt too."""
    other = replace(IN_DOUBT, recipient=Recipient(number=PAPA))
    return MessageRecord(
        message_id="1",
        created=START,
        time_to_live=timedelta(hours=1),
        text="Test",
        sender=None,
        encoding=Encoding.GSM7,
        segments=1,
        submissions=Submissions([submission, other]),
    )


@pytest.mark.parametrize(
    ("settle", "expected"),
    [
        (
            settle_accepted,
            replace(
                IN_DOUBT, outcome=Outcome.ACCEPTED, stage=Stage.CLOSED, failure=None
            ),
        ),
        (requeue, replace(IN_DOUBT, outcome=Outcome.QUEUED, attempts=0)),
        (resend, replace(IN_DOUBT, outcome=Outcome.QUEUED, resent=True)),
        (
            hold_for_user,
            replace(IN_DOUBT, stage=Stage.HELD, notice=Notice.UNANNOUNCED),
        ),
    ],
)
def test_a_doubt_is_settled_for_one_recipient(
    settle: Callable[[list[str], MessageRecord], MessageRecord],
    expected: SubmissionRecord,
) -> None:
    """The other one is as much in doubt as before."""
    before = message(IN_DOUBT)

    after = settle([MAMAN], before)

    assert after.find(MAMAN) == expected
    assert after.find(PAPA) == before.find(PAPA)


def test_what_was_sent_again_and_proved_unsent_may_still_have_left_once() -> None:
    """Each of its requests but the first is as good as not made."""
    submission = replace(IN_DOUBT, resent=True)

    again = requeue([MAMAN], message(submission)).find(MAMAN)

    assert again.is_waiting
    assert again.resent
    assert again.attempts == 1


@pytest.mark.parametrize("settle", [settle_accepted, requeue, resend, hold_for_user])
@pytest.mark.parametrize("known", [WAITING, HELD, ACCEPTED])
def test_what_is_not_in_doubt_any_more_stays(
    settle: Callable[[list[str], MessageRecord], MessageRecord],
    known: SubmissionRecord,
) -> None:
    """A report, or the user, was faster than the evidence."""
    before = message(known)

    assert settle([MAMAN], before) == before


def test_the_user_sends_again_what_is_held() -> None:
    """Of that the first may have left still; it has its time anew."""
    later = START + timedelta(hours=2)

    after = apply_user_choice(message(HELD), Choice.RESEND, later)

    assert after.find(MAMAN) == replace(IN_DOUBT, outcome=Outcome.QUEUED, resent=True)
    assert after.created == later
    assert after.find(PAPA) == message(HELD).find(PAPA)
