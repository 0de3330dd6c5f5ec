"""What is on disk of the accounts that are to take a relay's message."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    DailyCapError,
    NotStoredError,
    RateLimitedError,
)
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.leg import Leg
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import (
    SubmissionRecord,
    Submissions,
    row_key,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.messaging.relay.hand_over import with_legs
from tests.conftest import MAMAN

from .legs import failed, leg

NEW = leg(is_open=True)


def begun_after(*legs: Leg) -> Sequence[Leg]:
    """Return the legs of a message once another one has begun, through the first account."""
    row = SubmissionRecord(recipient=Recipient(number=MAMAN), legs=legs)
    record = MessageRecord(
        message_id="message",
        created=datetime(2026, 11, 1, tzinfo=UTC),
        time_to_live=timedelta(hours=1),
        text="Citerne vide",
        sender=None,
        encoding=Encoding.GSM7,
        segments=1,
        submissions=Submissions([row]),
    )
    return with_legs(record, {}, {row_key(MAMAN): NEW}).find(row_key(MAMAN)).legs


@pytest.mark.parametrize(
    "error", [RateLimitedError(), NotStoredError(), DailyCapError()]
)
def test_an_account_that_is_tried_again_and_again_has_one_leg_to_show(
    error: RateLimitedError | NotStoredError | DailyCapError,
) -> None:
    """Or a full disk would make a message longer with each attempt, for a whole day."""
    legs = begun_after(failed(error), failed(error), failed(error, "second"))

    assert [one.account for one in legs] == ["second", "first"]


@pytest.mark.parametrize(
    "kept",
    [
        leg(Outcome.UNKNOWN),
        leg(Outcome.ACCEPTED, segments=1),
        # Its beginning has left.
        leg(Outcome.NOT_SENT, segments=1, parts=("1/2", "2/2"), parts_sent=1),
        # The first part may have.
        leg(Outcome.NOT_SENT, segments=1, parts=("1/2", "2/2")),
    ],
)
def test_what_has_left_or_may_have_is_kept(kept: Leg) -> None:
    """Nobody may have it again through that account."""
    assert kept.may_have_sent
    assert len(begun_after(kept)) == 2


@pytest.mark.parametrize("outcome", [Outcome.NOT_SENT, Outcome.REJECTED])
def test_what_nothing_of_has_left_may_be_sent(outcome: Outcome) -> None:
    """By the same account, later."""
    assert not leg(outcome).may_have_sent
