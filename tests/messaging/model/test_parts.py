"""What the parts of a text come to, and what becomes of those behind one that failed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.model.options import SmsOptions
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import (
    DeliveryState,
    Failure,
)
from custom_components.passerelle_sms.messaging.model.parts import (
    Parts,
    has_ended,
    whole,
)
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
    alike,
    sms_for,
    text_of,
    whole_sms,
)
from custom_components.passerelle_sms.messaging.model.sequence import (
    blocked,
    is_blocked,
    ready,
    with_next,
)
from custom_components.passerelle_sms.messaging.model.states import State
from custom_components.passerelle_sms.messaging.model.submission import (
    SubmissionRecord,
    Submissions,
    read_row_key,
    row_key,
)
from custom_components.passerelle_sms.messaging.model.transitions import (
    apply_user_choice,
    expired,
    mark_withdrawn,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEXTS = ("1/3 Alarme", "2/3 à la cave", "3/3 depuis midi")


def part(number: int, state: State, to: str = MAMAN, **told: Any) -> SubmissionRecord:
    """Return a part of a text as it stands."""
    outcome, stage = state.value
    return SubmissionRecord(
        recipient=Recipient(number=to),
        part=number,
        outcome=outcome,
        stage=stage,
        segments=1,
        **told,
    )


def rows(*states: State, to: str = MAMAN) -> list[SubmissionRecord]:
    """Return the parts of a text as they stand."""
    return [part(number, state, to) for number, state in enumerate(states, start=1)]


def message(
    *submissions: SubmissionRecord, parts: Parts | None = None
) -> MessageRecord:
    """Return a message in three parts."""
    return MessageRecord(
        message_id="01M7W4EX1X0000000000000000",
        created=NOON,
        time_to_live=timedelta(hours=1),
        text="Alarme à la cave depuis midi",
        sender=None,
        encoding=Encoding.GSM7,
        segments=3,
        parts=parts or Parts(common=TEXTS),
        submissions=Submissions(submissions),
    )


def states(record: MessageRecord) -> list[State]:
    """Return where all parts stand."""
    return [State((row.outcome, row.stage)) for row in record.submissions]


@given(st.integers(1, 500))
def test_a_key_is_read_as_it_was_written(number: int) -> None:
    """The first part has the number alone."""
    assert read_row_key(row_key(MAMAN, number)) == (MAMAN, number)
    assert row_key(MAMAN) == MAMAN


@pytest.mark.parametrize(
    ("stand", "outcome"),
    [
        ((State.ACCEPTED, State.ACCEPTED, State.ACCEPTED), Outcome.ACCEPTED),
        ((State.ACCEPTED, State.WAITING, State.WAITING), Outcome.QUEUED),
        ((State.ACCEPTED, State.UNKNOWN, State.WAITING), Outcome.UNKNOWN),
        ((State.ACCEPTED, State.HELD, State.EXPIRED), Outcome.UNKNOWN),
        ((State.ACCEPTED, State.REJECTED, State.NOT_SENT), Outcome.REJECTED),
        ((State.EXPIRED, State.NOT_SENT, State.NOT_SENT), Outcome.EXPIRED),
        ((State.ACCEPTED, State.ACCEPTED, State.NOT_SENT), Outcome.NOT_SENT),
    ],
)
def test_the_first_that_is_not_accepted_decides(
    stand: tuple[State, ...], outcome: Outcome
) -> None:
    """Accepted only when all are."""
    assert whole(rows(*stand)).outcome is outcome


def test_what_is_paid_is_summed() -> None:
    """Not what never left; and the id is the first one's."""
    first = part(1, State.ACCEPTED, submission_id="1", cost=Decimal(2))
    second = part(2, State.UNKNOWN, submission_id="2")
    third = part(3, State.REJECTED, submission_id="3", cost=Decimal(5))

    told = whole([first, second, third])

    assert (told.segments, told.submission_id) == (2, "1")
    assert told.cost == 2
    assert whole([third]) is third


def test_what_was_only_tested_has_passed() -> None:
    """It is no failure, and a part that is one shows."""
    passed, refused = part(1, State.NOT_SENT), part(2, State.REJECTED)
    assert whole([passed, refused]).outcome is Outcome.REJECTED
    assert whole([passed, part(2, State.NOT_SENT)]).failure is None


@pytest.mark.parametrize(
    ("statuses", "together"),
    [
        (("delivered", "delivered"), "delivered"),
        (("delivered", "pending"), "pending"),
        (("delivered", None), "pending"),
        (("undelivered", "pending"), "undelivered"),
        (("delivered", "opted_out"), "opted_out"),
        (("delivered", "unknown"), "unknown"),
        ((None, None), None),
    ],
)
def test_it_is_delivered_once_all_parts_are(
    statuses: tuple[str | None, ...], together: str | None
) -> None:
    """Lost if one is."""
    parts = [
        part(
            number,
            State.ACCEPTED,
            delivery=None
            if status is None
            else DeliveryState(status=DeliveryStatus(status)),
        )
        for number, status in enumerate(statuses, start=1)
    ]

    told = whole(parts).delivery

    assert (told and told.status) == together
    assert has_ended(parts) is ("pending" not in statuses)


def test_nothing_is_delivered_of_which_a_part_did_not_leave() -> None:
    """What arrived of it is told for each part."""
    arrived = DeliveryState(status=DeliveryStatus.DELIVERED)
    first = part(1, State.ACCEPTED, delivery=arrived)

    assert whole([first, part(2, State.REJECTED)]).delivery is None
    assert whole([first, part(2, State.WAITING)]).delivery == DeliveryState()


@pytest.mark.parametrize(
    "end", [State.REJECTED, State.EXPIRED, State.NOT_SENT, State.DROPPED]
)
def test_what_follows_a_part_that_failed_stays_at_home(end: State) -> None:
    """For that recipient only, and it says why."""
    record = message(*rows(*[State.WAITING] * 3), *rows(*[State.WAITING] * 3, to=PAPA))

    after = record.updated([part(1, end)])

    assert states(after) == [
        end, State.NOT_SENT, State.NOT_SENT, *[State.WAITING] * 3
    ]  # fmt: skip
    failures = [row.failure for row in after.submissions]
    assert failures[1:3] == [Failure(key="earlier_part_failed")] * 2


def test_what_may_have_left_before_is_asked_about() -> None:
    """It is the user's to judge, whatever became of what stood before it."""
    again = part(2, State.WAITING, resent=True)
    record = message(part(1, State.UNKNOWN), again, part(3, State.WAITING))

    after = record.updated([part(1, State.REJECTED)])

    assert states(after) == [State.REJECTED, State.HELD, State.NOT_SENT]


def test_a_part_waits_for_the_one_before_it() -> None:
    """Those of others don't."""
    record = message(
        *rows(State.ACCEPTED, State.WAITING, State.WAITING),
        *rows(State.HELD, State.WAITING, State.WAITING, to=PAPA),
    )

    assert ready(record) == [row_key(MAMAN, 2)]
    assert blocked(record) == [row_key(MAMAN, 3), row_key(PAPA, 2), row_key(PAPA, 3)]
    assert not is_blocked(record, record.find(MAMAN))
    following = with_next(record, [record.find(row_key(MAMAN))])
    assert [row.key for row in following] == [MAMAN, row_key(MAMAN, 2)]


def test_what_is_stuck_behind_a_doubt_is_nobodys_next_move() -> None:
    """It counts no longer as what the outbox works on."""
    held = message(*rows(State.HELD, State.WAITING, State.WAITING))
    assert not held.is_open
    both = message(*held.submissions, *rows(State.UNKNOWN, State.WAITING, to=PAPA))
    assert both.is_open


def test_the_whole_expires_once() -> None:
    """A person hears of the first part; the others are not sent."""
    record = message(*rows(*[State.WAITING] * 3))

    after = expired(record, [row.key for row in record.submissions])

    assert states(after) == [State.EXPIRED, State.NOT_SENT, State.NOT_SENT]
    assert [row.notice is None for row in after.submissions] == [False, True, True]


def test_what_waits_behind_a_doubt_expires() -> None:
    """Behind what is sent again it is asked about with that."""
    record = message(*rows(State.HELD, State.WAITING, State.WAITING))
    after = expired(record, blocked(record))
    assert states(after) == [State.HELD, State.EXPIRED, State.NOT_SENT]

    again = message(
        part(1, State.WAITING, resent=True),
        part(2, State.WAITING),
        part(3, State.WAITING),
    )
    after = expired(again, [row.key for row in again.submissions])
    assert states(after) == [State.HELD, State.EXPIRED, State.NOT_SENT]


def test_all_parts_are_taken_back() -> None:
    """Each says that it was."""
    record = message(*rows(State.ACCEPTED, State.WAITING, State.WAITING))

    after = mark_withdrawn(record, [*ready(record), *blocked(record)])

    assert states(after) == [State.ACCEPTED, State.NOT_SENT, State.NOT_SENT]
    assert {row.failure and row.failure.key for row in after.submissions[1:]} == {
        "cancelled"
    }


@pytest.mark.parametrize(
    ("choice", "after"),
    [
        (Choice.SENT, (State.ACCEPTED, State.WAITING, State.WAITING)),
        (Choice.RESEND, (State.WAITING, State.WAITING, State.WAITING)),
        (Choice.DROP, (State.DROPPED, State.NOT_SENT, State.NOT_SENT)),
    ],
)
def test_what_the_user_chooses_for_a_part_holds_for_the_rest(
    choice: Choice, after: tuple[State, ...]
) -> None:
    """It goes on behind what arrived, and ends behind what was dropped."""
    record = message(*rows(State.HELD, State.WAITING, State.WAITING))

    assert states(apply_user_choice(record, choice, NOON)) == [*after]


def test_each_part_is_handed_over_as_a_message_of_its_own() -> None:
    """With its own text, under its own id; and a mail merge is filled in by then."""
    values: dict[str, dict[str, str]] = {
        MAMAN: {"ou": "à la {cave}"},
        PAPA: {"ou": "ici"},
    }
    record = replace(
        message(
            *rows(*[State.WAITING] * 2),
            part(1, State.WAITING, to=PAPA),
            parts=Parts(own={MAMAN: ("1/2 Alarme à", "2/2 la {cave}")}),
        ),
        text="Alarme {ou}",
        options=SmsOptions(personalisation=values),
    )
    first, second, other = (row.key for row in record.submissions)

    assert [[*group] for group in alike(record, (first, second, other))] == [
        [first], [second], [other]
    ]  # fmt: skip
    later = sms_for(record, [second], NOON)
    assert (later.text, later.reference) == ("2/2 la {cave}", f"{record.message_id}-2")
    assert not later.options.personalisation
    assert whole_sms(record, [first]).reference == record.message_id
    whole_text = whole_sms(record, [other])
    assert (whole_text.text, whole_text.options) == (record.text, record.options)
    assert [text_of(record, row) for row in record.submissions] == [
        "1/2 Alarme à", "2/2 la {cave}", "Alarme ici"
    ]  # fmt: skip


def test_there_is_one_row_for_each_recipient() -> None:
    """Whatever the number of his parts."""
    record = message(
        *rows(*[State.ACCEPTED] * 3),
        *rows(State.REJECTED, *[State.NOT_SENT] * 2, to=PAPA),
    )

    assert [(row.recipient.number, row.outcome) for row in record.wholes] == [
        (MAMAN, Outcome.ACCEPTED), (PAPA, Outcome.REJECTED)
    ]  # fmt: skip
