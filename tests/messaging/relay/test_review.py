"""What follows for a submission that no request is made for, by what its legs are now."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.passerelle_sms.gateways.errors import (
    NoAnswerError,
    RecipientBlockedError,
)
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import Failure
from custom_components.passerelle_sms.messaging.model.leg import Leg
from custom_components.passerelle_sms.messaging.model.record import (
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.states import State, state_of
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.messaging.relay.review import lost, reviewed
from tests.conftest import MAMAN
from tests.relays import message

from .legs import failed, leg

HOLD, RESEND, NEXT = OnUnknown.HOLD, OnUnknown.RESEND, OnUnknown.NEXT
NOTED = leg(is_open=True)
"""What was on disk before the hand-over, and is all that is known."""
DOUBT = leg(is_open=True, segments=1)
"""What the account has told since: it may have left."""
NOT_SENT = leg(Outcome.NOT_SENT, account="second")


def after(
    *legs: Leg, on_unknown: OnUnknown = HOLD, is_ended: bool = False
) -> SubmissionRecord:
    """Return what becomes of a submission in doubt; `is_ended` if its request has."""
    row = SubmissionRecord(
        recipient=Recipient(number=MAMAN),
        outcome=Outcome.UNKNOWN,
        stage=Stage.OPEN,
        failure=Failure.of(NoAnswerError()) if is_ended else None,
        legs=legs,
    )
    record = MessageRecord(
        message_id="message",
        created=datetime(2026, 11, 1, tzinfo=UTC),
        time_to_live=timedelta(hours=1),
        text="Citerne vide",
        sender=None,
        encoding=Encoding.GSM7,
        segments=1,
        on_unknown=on_unknown,
        submissions=Submissions([row]),
    )
    return reviewed(record, row)


def test_a_leg_that_its_journal_never_had_has_not_left() -> None:
    """It was not handed over before the crash."""
    assert lost(NOTED, "epoch").outcome is Outcome.NOT_SENT


@pytest.mark.parametrize(
    ("noted", "epoch"), [(NOTED, "another"), (NOTED, ""), (DOUBT, "epoch")]
)
def test_a_leg_that_a_journal_has_forgotten_is_in_doubt(noted: Leg, epoch: str) -> None:
    """As after an older file was put in its place, whoever has done that."""
    told = lost(noted, epoch)

    assert told.outcome is Outcome.UNKNOWN
    assert not told.is_open
    assert told.failure is not None


@pytest.mark.parametrize("on_unknown", [RESEND, NEXT])
@pytest.mark.parametrize("legs", [(DOUBT,), (DOUBT, NOT_SENT)])
def test_what_a_crash_has_cut_off_goes_on_as_its_sender_chose(
    legs: tuple[Leg, ...], on_unknown: OnUnknown
) -> None:
    """Without waiting for evidence; that it may come twice is not forgotten."""
    row = after(*legs, on_unknown=on_unknown)

    assert state_of(row) is State.WAITING
    assert row.resent


@pytest.mark.parametrize(
    ("legs", "on_unknown", "is_ended"),
    [
        # Nobody has asked the account yet.
        ((NOTED,), NEXT, False),
        ((NOTED,), RESEND, False),
        # Nobody is left whom it could be passed on to, or it was not to be.
        ((DOUBT,), NEXT, True),
        ((DOUBT,), HOLD, False),
        # It has been passed on once.
        ((DOUBT, leg(is_open=True, segments=1, account="second")), RESEND, False),
    ],
)
def test_other_doubts_wait_for_evidence(
    legs: tuple[Leg, ...], on_unknown: OnUnknown, *, is_ended: bool
) -> None:
    """Of which the accounts tell."""
    row = after(*legs, on_unknown=on_unknown, is_ended=is_ended)

    assert state_of(row) is State.UNKNOWN


def test_nobody_else_sends_what_was_refused_for_good_after_a_doubt() -> None:
    """The user is asked about the first."""
    refused = failed(RecipientBlockedError(), "second")

    row = after(leg(segments=1), refused, on_unknown=NEXT)

    assert state_of(row) is State.HELD


@pytest.mark.parametrize(
    ("legs", "may_come_twice"), [((NOT_SENT,), False), ((DOUBT,), True)]
)
def test_evidence_while_it_waits_tells_whether_it_may_come_twice(
    legs: tuple[Leg, ...], *, may_come_twice: bool
) -> None:
    """It went on in doubt, and nobody could take it; what is known now counts."""
    waiting = SubmissionRecord(
        recipient=Recipient(number=MAMAN), legs=legs, resent=not may_come_twice
    )

    row = reviewed(message([waiting]), waiting)

    assert state_of(row) is State.WAITING
    assert row.resent is may_come_twice
