"""What the legs of a relay's message are now, and what they come to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    CannotConnectError,
    EarlierPartFailedError,
    InvalidRecipientError,
    NoAnswerError,
)
from custom_components.passerelle_sms.gateways.model.delivery import DeliveryStatus
from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.failure import (
    DeliveryState,
    Failure,
)
from custom_components.passerelle_sms.messaging.model.leg import Leg
from custom_components.passerelle_sms.messaging.model.leg_history import (
    in_doubt,
    leg_that_counts,
)
from custom_components.passerelle_sms.messaging.model.leg_order import Remainder
from custom_components.passerelle_sms.messaging.model.parts import Parts
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.states import State
from custom_components.passerelle_sms.messaging.model.submission import (
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.messaging.relay.legs import (
    leg_after,
    remainder_of,
    whole_of_legs,
)
from tests.conftest import MAMAN, PAPA

from .legs import leg, legs

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEXTS = ("1/4 Alarme", "2/4 à la cave", "3/4 depuis", "4/4 midi")
OTHER_TEXTS = ("1/2 Alarme à la cave", "2/2 depuis midi")
ACCEPTED, REJECTED, NOT_SENT = Outcome.ACCEPTED, Outcome.REJECTED, Outcome.NOT_SENT
DELIVERED, PENDING = DeliveryStatus.DELIVERED, DeliveryStatus.PENDING
# Where a part may stand that is not accepted, and where those behind it do then.
BEHIND = {
    State.WAITING: State.WAITING,
    State.UNKNOWN: State.WAITING,
    State.HELD: State.WAITING,
    State.DROPPED: State.NOT_SENT,
    State.REJECTED: State.NOT_SENT,
    State.NOT_SENT: State.NOT_SENT,
    State.EXPIRED: State.NOT_SENT,
}


def row(
    state: State = State.ACCEPTED, part: int = 1, to: str = MAMAN, **told: Any
) -> SubmissionRecord:
    """Return a part of a text as it stands at the account."""
    outcome, stage = state.value
    return SubmissionRecord(
        recipient=Recipient(number=to), part=part, outcome=outcome, stage=stage, **told
    )


def record(
    *submissions: SubmissionRecord, texts: tuple[str, ...] = ()
) -> MessageRecord:
    """Return what an account keeps of a relay's message."""
    return MessageRecord(
        message_id="of-first",
        created=NOON,
        time_to_live=timedelta(hours=1),
        text="Alarme à la cave depuis midi",
        sender=None,
        encoding=Encoding.GSM7,
        segments=1,
        parts=Parts(common=texts),
        submissions=Submissions(submissions),
        relay="relay",
    )


@st.composite
def split_records(draw: st.DrawFn) -> tuple[MessageRecord, int]:
    """Make what an account keeps of a text in parts, and how many are accepted so far.

    Another account may have sent the first ones.
    """
    first = draw(st.integers(1, len(TEXTS)))
    sent = draw(st.integers(first - 1, len(TEXTS)))
    states = [State.ACCEPTED] * (sent - first + 1)
    if sent < len(TEXTS):
        deciding = draw(st.sampled_from([*BEHIND]))
        behind = len(TEXTS) - sent - 1
        states += [deciding, *[BEHIND[deciding]] * behind]
    rows = [
        row(state, part, segments=1) for part, state in enumerate(states, start=first)
    ]
    return record(*rows, texts=TEXTS), sent


# --- what the account says ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "outcome", "is_open"),
    [
        (State.WAITING, Outcome.UNKNOWN, True),
        (State.PLANNED, Outcome.UNKNOWN, True),
        (State.UNKNOWN, Outcome.UNKNOWN, True),
        (State.HELD, Outcome.UNKNOWN, False),
        (State.DROPPED, Outcome.UNKNOWN, False),
        (State.ACCEPTED, ACCEPTED, False),
        (State.REJECTED, REJECTED, False),
        (State.NOT_SENT, NOT_SENT, False),
        (State.EXPIRED, Outcome.EXPIRED, False),
    ],
)
def test_a_leg_is_what_its_account_has_made_of_it(
    state: State, outcome: Outcome, is_open: bool
) -> None:
    """What has not had its attempt yet may leave at any time."""
    after = leg_after(leg(is_open=True), record(row(state)), MAMAN)

    assert (after.outcome, after.is_open) == (outcome, is_open)
    assert (after.parts, after.parts_sent) == ((), 0)


def test_what_is_accepted_brings_what_it_takes() -> None:
    """And its delivery, of which nobody has heard from the relay."""
    taken = row(
        submission_id="id-7",
        segments=2,
        cost=Decimal("1.5"),
        delivery=DeliveryState(status=DELIVERED, at=NOON, is_announced=True),
    )
    begun = leg(is_open=True, is_passed_on=True)

    after = leg_after(begun, record(row(to=PAPA), taken), MAMAN)

    assert after == replace(
        begun,
        outcome=ACCEPTED,
        is_open=False,
        submission_id="id-7",
        segments=2,
        cost=Decimal("1.5"),
        delivery=DeliveryState(status=DELIVERED, at=NOON),
    )


def test_what_is_refused_costs_nothing() -> None:
    """Its segments were an estimate."""
    failure = Failure.of(InvalidRecipientError(code="-9"))
    refused = row(State.REJECTED, segments=2, cost=Decimal(2), failure=failure)

    after = leg_after(leg(is_open=True), record(refused), MAMAN)

    assert (after.segments, after.cost, after.failure) == (None, None, failure)


def test_what_the_account_knows_nothing_of_stays_in_doubt() -> None:
    """It has the message, so it should know: a contradiction."""
    after = leg_after(leg(is_open=True), record(row(to=PAPA)), MAMAN)

    assert (after.outcome, after.is_open) == (Outcome.UNKNOWN, False)


@pytest.mark.parametrize("state", [State.UNKNOWN, State.HELD, State.WAITING])
def test_what_was_accepted_is_not_in_doubt_again(state: State) -> None:
    """A journal that was put back knows less than it has told."""
    accepted = leg(ACCEPTED, submission_id="id-7")

    assert leg_after(accepted, record(row(state)), MAMAN) == accepted


def test_what_provably_has_not_left_is_in_doubt_again_if_its_account_says_so() -> None:
    """A contradiction means unknown."""
    after = leg_after(leg(NOT_SENT), record(row(State.UNKNOWN)), MAMAN)

    assert (after.outcome, after.is_open) == (Outcome.UNKNOWN, True)


@given(split_records())
def test_a_split_text_is_as_far_as_its_parts(
    made: tuple[MessageRecord, int],
) -> None:
    """What is accepted of it, and what is left, is all of it: no part is sent twice."""
    kept, sent = made

    after = leg_after(leg(is_open=True), kept, MAMAN)

    assert (after.parts, after.parts_sent) == (TEXTS, sent)
    assert (after.outcome is ACCEPTED) is (sent == len(TEXTS))
    assert after.is_in_doubt or not after.is_open
    left = remainder_of([after])
    if 0 < sent < len(TEXTS):
        assert left is not None
        assert (*TEXTS[:sent], *left.texts[left.first - 1 :]) == TEXTS
    else:
        assert left is None


@pytest.mark.parametrize(
    ("states", "is_open"),
    [
        ((State.ACCEPTED, State.WAITING), True),
        ((State.UNKNOWN, State.WAITING), True),
        ((State.HELD, State.WAITING), False),
        ((State.HELD, State.NOT_SENT), False),
        ((State.ACCEPTED, State.HELD), False),
    ],
)
def test_what_waits_behind_a_held_part_waits_for_the_user(
    states: tuple[State, State], is_open: bool
) -> None:
    """So the relay has to ask."""
    rows = [row(state, part) for part, state in enumerate(states, start=1)]

    after = leg_after(leg(is_open=True), record(*rows, texts=OTHER_TEXTS), MAMAN)

    assert (after.outcome, after.is_open) == (Outcome.UNKNOWN, is_open)


def test_a_split_text_costs_what_is_paid_of_it() -> None:
    """By this account: what another one has sent is in that one's leg."""
    failure = Failure.of(CannotConnectError())
    rows = [
        row(part=2, submission_id="id-2", segments=1, cost=Decimal(3)),
        row(State.NOT_SENT, 3, segments=1, failure=failure),
        row(
            State.NOT_SENT, 4, segments=1, failure=Failure.of(EarlierPartFailedError())
        ),
    ]

    after = leg_after(leg(is_open=True), record(*rows, texts=TEXTS), MAMAN)

    assert (after.outcome, after.failure) == (NOT_SENT, failure)
    assert (after.segments, after.cost, after.parts_sent) == (1, Decimal(3), 2)


# --- what is left -------------------------------------------------------------------------


def begun(parts_sent: int, outcome: Outcome = NOT_SENT, **told: Any) -> Leg:
    """Return a leg of the text in four parts."""
    return leg(outcome, parts=TEXTS, parts_sent=parts_sent, **told)


@pytest.mark.parametrize(
    ("some", "first"),
    [
        ([], None),
        ([leg(NOT_SENT)], None),
        ([begun(0)], None),
        ([begun(1)], 2),
        ([begun(1), begun(1), begun(3)], 4),
        ([begun(3), begun(1)], 4),
        ([begun(1), leg(NOT_SENT, parts=OTHER_TEXTS)], 2),
        ([begun(1, Outcome.UNKNOWN)], 2),
        # All of it was sent, and is to be sent again.
        ([begun(4, ACCEPTED)], None),
        ([begun(1), begun(4, ACCEPTED)], None),
    ],
)
def test_the_next_account_goes_on_behind_what_was_accepted(
    some: list[Leg], first: int | None
) -> None:
    """In the parts that it was begun in; else with the whole text."""
    left = None if first is None else Remainder(texts=TEXTS, first=first)

    assert remainder_of(some) == left


def test_the_next_account_goes_on_as_the_last_one_has_split_the_text() -> None:
    """Also where it turns out that another one has begun it otherwise."""
    some = [begun(3), leg(NOT_SENT, parts=OTHER_TEXTS, parts_sent=1)]

    assert remainder_of(some) == Remainder(texts=OTHER_TEXTS, first=2)


# --- what all come to ---------------------------------------------------------------------


@given(st.lists(legs(), max_size=5))
def test_the_whole_promises_nothing_that_no_leg_does(some: list[Leg]) -> None:
    """Accepted only if one is, in doubt only if one is, and free only if all are."""
    whole = whole_of_legs(some)
    outcomes = [one.outcome for one in some]

    assert (whole.outcome is ACCEPTED) is (ACCEPTED in outcomes)
    assert in_doubt(some) is (Outcome.UNKNOWN in outcomes)
    if in_doubt(some):
        assert whole.outcome in {ACCEPTED, Outcome.UNKNOWN}
    assert whole.outcome is not ACCEPTED or whole.failure is None
    assert (whole.outcome is Outcome.QUEUED) is (not some)
    assert whole.is_open is any(one.is_open for one in some)
    assert whole.delivery is None or not whole.delivery.is_announced
    assert leg_that_counts(some) is whole.leg
    if whole.leg is not None:
        assert whole.outcome is whole.leg.outcome
        assert whole.submission_id == whole.leg.submission_id


@given(st.lists(legs(), max_size=5))
def test_the_whole_costs_what_is_paid_or_may_be(some: list[Leg]) -> None:
    """Whoever has been paid for it."""
    whole = whole_of_legs(some)
    paid = [one for one in some if not one.outcome.is_free]

    assert (whole.segments or 0) == sum(one.segments or 0 for one in paid)
    assert (whole.cost or 0) == sum(one.cost or 0 for one in paid)
    assert (whole.cost is None) is all(one.cost is None for one in paid)


def test_what_was_begun_elsewhere_is_paid_as_well() -> None:
    """The last account has sent only what was left of it."""
    some = [
        begun(1, segments=1, cost=Decimal(2)),
        begun(4, ACCEPTED, account="second", segments=3, cost=Decimal(3)),
    ]

    whole = whole_of_legs(some)

    assert (whole.segments, whole.cost) == (4, Decimal(5))


def test_what_has_arrived_counts_more_than_what_came_last() -> None:
    """Of two that were accepted as the first was late."""
    late = leg(ACCEPTED, submission_id="1", delivery=DeliveryState(status=PENDING))
    last = leg(ACCEPTED, account="second", submission_id="2", delivery=DeliveryState())
    arrived = replace(late, delivery=DeliveryState(status=DELIVERED))

    assert leg_that_counts([late, last]) is last
    assert leg_that_counts([arrived, last]) is arrived
    assert leg_that_counts([arrived, leg(REJECTED)]) is arrived
    whole = whole_of_legs([arrived, last])
    assert whole.delivery == DeliveryState(status=DELIVERED)


def test_a_doubt_counts_more_than_what_came_after_it() -> None:
    """And says why."""
    doubt = leg(Outcome.UNKNOWN, NoAnswerError())

    whole = whole_of_legs([doubt, leg(REJECTED, InvalidRecipientError())])

    assert whole.outcome is Outcome.UNKNOWN
    assert whole.failure == Failure.of(NoAnswerError())


def test_a_part_that_was_accepted_is_so_also_where_the_account_has_forgotten_it() -> (
    None
):
    """As when its disk was full before a restart: the next one goes on behind it."""
    rows = (row(State.UNKNOWN, 1, segments=1), row(State.NOT_SENT, 2))
    known = leg(NOT_SENT, parts=OTHER_TEXTS, parts_sent=1)

    told = leg_after(known, record(*rows, texts=OTHER_TEXTS), MAMAN)

    assert told.parts_sent == 1
    assert remainder_of([told]) == Remainder(texts=OTHER_TEXTS, first=2)
