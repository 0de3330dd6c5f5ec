"""The table of states: what is legal happens, what is not raises, and all keep to it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
import itertools

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    CannotConnectError,
    DuplicateMessageError,
    InsufficientCreditError,
    InvalidMessageError,
    NoAnswerError,
)
from custom_components.passerelle_sms.gateways.model.message import Encoding, Submission
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model import (
    announcements,
    planning,
    states,
    transitions,
)
from custom_components.passerelle_sms.messaging.model.failure import DeliveryState
from custom_components.passerelle_sms.messaging.model.record import (
    Choice,
    MessageRecord,
    OnUnknown,
)
from custom_components.passerelle_sms.messaging.model.states import (
    LEGAL,
    IllegalTransitionError,
    State,
    state_of,
)
from custom_components.passerelle_sms.messaging.model.submission import (
    Notice,
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.model.transitions import (
    apply_report,
    apply_results,
    mark_in_flight,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA
from tests.messaging.fake_clock import START
from tests.messaging.fake_gateways import report

LATER = START + timedelta(minutes=1)
BOTH = [MAMAN, PAPA]

type Change = Callable[[MessageRecord], MessageRecord]


def submission(state: State, number: str = MAMAN) -> SubmissionRecord:
    """Return a submission that stands there."""
    outcome, stage = state.value
    return SubmissionRecord(
        recipient=Recipient(number=number), outcome=outcome, stage=stage
    )


def message(*submissions: SubmissionRecord, **values: object) -> MessageRecord:
    """Return a message of these submissions."""
    record = MessageRecord(
        message_id="1",
        created=START,
        time_to_live=timedelta(hours=1),
        text="Alerte",
        sender=None,
        encoding=Encoding.GSM7,
        segments=1,
        submissions=Submissions(submissions),
    )
    return replace(record, **values)  # type: ignore[arg-type]  # any field of it


def result(kind: str, number: str) -> Submission:
    """Return what came of a request."""
    errors = {
        "not_sent": CannotConnectError(),
        "rejected": InvalidMessageError(),
        "account": InsufficientCreditError(),
        "duplicate": DuplicateMessageError(),
        "unknown": NoAnswerError(),
    }
    if (error := errors.get(kind)) is not None:
        return Submission.failed(number, error)
    return Submission(recipient=number, outcome=Outcome.ACCEPTED)


RESULTS = st.sampled_from(
    ["accepted", "not_sent", "rejected", "account", "duplicate", "unknown"]
)


@st.composite
def attempts(draw: st.DrawFn) -> Change:
    """Return a request, of those that may be made, and what comes of it."""
    kinds = {number: draw(RESULTS) for number in BOTH}
    proof, is_answered = draw(st.booleans()), draw(st.booleans())
    meanwhile = draw(st.booleans())

    def attempt(record: MessageRecord) -> MessageRecord:
        numbers = [
            number
            for number in BOTH
            if record.find(number).is_waiting or record.find(number).is_unknown_open
        ]
        begun = mark_in_flight(record, numbers, LATER, 5)
        if meanwhile:
            begun = apply_report(begun, MAMAN, report("7", MAMAN))
        return apply_results(
            begun,
            record,
            [result(kinds[number], number) for number in numbers],
            proves_earlier_send=proof,
            is_answered=is_answered,
        )

    return attempt


CHANGES: st.SearchStrategy[Change] = st.one_of(
    attempts(),
    st.sampled_from(
        [
            planning.mark_planned,
            planning.released,
            partial(transitions.expired, keys=BOTH),
            partial(transitions.mark_withdrawn, keys=BOTH),
            partial(transitions.mark_cancelled_at_gateway, keys=BOTH),
            partial(transitions.settle_accepted, BOTH),
            partial(transitions.requeue, BOTH),
            partial(transitions.resend, BOTH),
            partial(transitions.hold_for_user, BOTH),
            partial(apply_report, key=MAMAN, report=report("7", MAMAN)),
            partial(announcements.mark_announced, keys=BOTH),
            partial(announcements.mark_notice_announced, keys=BOTH),
            announcements.acknowledge,
        ]
    ),
    st.sampled_from(Choice).map(
        lambda choice: partial(transitions.apply_user_choice, choice=choice, now=LATER)
    ),
)


@st.composite
def submissions(draw: st.DrawFn, number: str) -> SubmissionRecord:
    """Return a submission as it may stand in a journal."""
    state = draw(st.sampled_from(State))
    attempted = state is not State.WAITING or draw(st.booleans())
    return replace(
        submission(state, number),
        attempts=draw(st.integers(1, 2)) if attempted else 0,
        attempted=START if attempted else None,
        resent=attempted and draw(st.booleans()),
        was_refused=attempted and draw(st.booleans()),
        delivery=draw(st.none() | st.just(DeliveryState())),
        notice=draw(st.none() | st.sampled_from(Notice)),
    )


def reachable(state: State) -> set[State]:
    """Return where a submission may stand after any legal changes."""
    found = {state}
    while more := set().union(*(LEGAL[known] for known in found)) - found:
        found |= more
    return found


@pytest.mark.parametrize(
    ("before", "after"), itertools.product(State, State), ids=lambda state: state.name
)
def test_what_is_legal_happens_and_what_is_not_raises(
    before: State, after: State
) -> None:
    """Of every two states; and who has the next move goes with it."""
    made = submission(before)

    if after not in LEGAL[before]:
        with pytest.raises(IllegalTransitionError, match=before.name):
            states.moved(made, after)
        return
    there = states.moved(made, after)
    assert state_of(there) is after
    assert (there.outcome, there.stage) == after.value
    assert there.notice is (Notice.UNANNOUNCED if after is State.HELD else None)


def test_every_state_has_its_line() -> None:
    """And every one but the first can be come to from it."""
    assert LEGAL.keys() == set(State)
    assert reachable(State.WAITING) == set(State)
    final = {state for state in State if not LEGAL[state]}
    assert final == {State.DROPPED, State.REJECTED, State.NOT_SENT, State.EXPIRED}


def test_what_is_no_state_has_no_name() -> None:
    """What is accepted is never open."""
    with pytest.raises(ValueError, match="not a valid State"):
        state_of(submission(State.ACCEPTED).__replace__(stage=Stage.OPEN))


@given(submissions(MAMAN), submissions(PAPA), CHANGES, st.sampled_from(OnUnknown))
def test_every_change_takes_legal_states_to_legal_states(
    one: SubmissionRecord,
    other: SubmissionRecord,
    change: Change,
    on_unknown: OnUnknown,
) -> None:
    """By legal steps, for the same recipients, and with a count that is right."""
    before = message(one, other, on_unknown=on_unknown)

    after = change(before)

    for earlier, later in zip(before.submissions, after.submissions, strict=True):
        assert later.recipient == earlier.recipient
        assert state_of(later) in reachable(state_of(earlier))
        # Only what provably never left is not counted any more.
        if later.attempts < earlier.attempts:
            assert earlier.is_unknown_open
            assert later.is_waiting
        assert later.attempts >= min(earlier.attempts, int(later.resent))
        assert later.resent or not earlier.resent
        # What is held is always asked about, so it is always told.
        if state_of(later) is State.HELD and state_of(earlier) is not State.HELD:
            assert later.notice is Notice.UNANNOUNCED
    assert after.submissions == Submissions(after.submissions)
    assert after.is_closed is all(s.stage is Stage.CLOSED for s in after.submissions)


@given(submissions(MAMAN), submissions(PAPA), st.lists(CHANGES, max_size=6))
def test_what_is_accepted_is_never_sent_again(
    one: SubmissionRecord, other: SubmissionRecord, changes: list[Change]
) -> None:
    """Whatever comes in whatever order."""
    record = message(one, other)
    for change in changes:
        before, record = record, change(record)
        for earlier, later in zip(before.submissions, record.submissions, strict=True):
            if not LEGAL[state_of(earlier)] or state_of(earlier) is State.ACCEPTED:
                assert not later.is_waiting
                assert not later.is_unknown_open
