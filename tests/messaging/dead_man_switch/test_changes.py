"""Tests of how the row of a switch changes by what a gateway answers."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.errors import (
    InsufficientCreditError,
    NoAnswerError,
    NotCancellableError,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.carrier import (
    Cancelled,
    CancelResult,
    ScheduleResult,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.changes import (
    cancelled,
    next_since,
    scheduled,
    with_follow_up,
)
from custom_components.passerelle_sms.messaging.dead_man_switch.standing import (
    Fired,
    Standing,
    SwitchState,
)
from tests.messaging.fake_clock import START as NOW

from .fakes import MAMAN, PAPA

BOTH = (MAMAN, PAPA)
HANDED_OVER = Standing(
    number=4, account="a", recipients=BOTH, text="x", since=NOW, fires_at=NOW
)
ROW = SwitchState(is_armed=True, last_number=3).with_message(HANDED_OVER)


def test_what_is_accepted_stands_for_certain() -> None:
    """Under its id, and nobody is refused any more."""
    row = replace(ROW, refused=frozenset({MAMAN.number, "other"}))
    result = ScheduleResult(accepted=BOTH, submission_id="id")
    after = scheduled(row, HANDED_OVER, result, refused=frozenset())

    [message] = after.standing
    assert (message.is_sure, message.submission_id) == (True, "id")
    assert after.refused == {"other"}
    assert after.failure is None


def test_an_answer_may_differ_from_one_recipient_to_the_next() -> None:
    """Each has what became of its own."""
    result = ScheduleResult(
        accepted=(MAMAN,), submission_id="id", doubtful=(PAPA,), error=NoAnswerError()
    )
    after = scheduled(ROW, HANDED_OVER, result, refused=frozenset())

    sure, doubt = after.standing
    assert (sure.recipients, sure.is_sure) == ((MAMAN,), True)
    assert (doubt.recipients, doubt.is_sure, doubt.submission_id) == (
        (PAPA,),
        False,
        None,
    )
    assert after.last_number == doubt.number == 5


@pytest.mark.parametrize("refused", [frozenset[str](), frozenset({PAPA.number})])
def test_who_is_refused_is_so_only_where_nobody_else_takes_it(
    refused: frozenset[str],
) -> None:
    """Until then another account may."""
    result = ScheduleResult(refused=BOTH, error=InsufficientCreditError())
    after = scheduled(ROW, HANDED_OVER, result, refused=refused)

    assert after.standing == ()
    assert after.refused == refused
    assert after.failure is not None
    assert after.failure.key == "insufficient_credit"


def test_a_question_past_the_hour_takes_nothing_back() -> None:
    """So a lost answer leaves no doubt about what stood until then."""
    result = CancelResult(outcome=Cancelled.UNKNOWN, error=NotCancellableError())
    after = cancelled(ROW, HANDED_OVER, result, HANDED_OVER.sent_by)

    assert not after.standing[-1].was_cancelled


def test_what_was_sent_at_once_disarms() -> None:
    """The next one would be sent at once, too."""
    result = ScheduleResult(sent_at_once=BOTH)
    after = scheduled(ROW, HANDED_OVER, result, refused=frozenset())

    assert (after.is_armed, after.was_sent_early) == (False, True)
    assert after.standing == ()


@pytest.mark.parametrize("outcome", list(Cancelled))
def test_only_what_is_gone_or_sent_stands_no_more(outcome: Cancelled) -> None:
    """All else is tried again, but for what was taken for a message."""
    result = CancelResult(outcome=outcome, error=NotCancellableError())
    after = cancelled(ROW, HANDED_OVER, result, NOW)

    is_over = outcome in {Cancelled.GONE, Cancelled.SENT}
    assert (after.standing == ()) is is_over
    assert (after.fired is not None) is (outcome is Cancelled.SENT)
    assert after.was_sent_early is (outcome is Cancelled.MISTAKEN)
    for message in after.standing:
        # What has certainly done nothing leaves no doubt about what is sent.
        assert message.was_cancelled is (outcome is not Cancelled.FAILED)
        assert message.failure is not None
        assert message.must_stay is (outcome is Cancelled.MISTAKEN)


def test_what_was_sent_is_told_together() -> None:
    """From the first sign of life that was the last, each recipient once."""
    sent = CancelResult(outcome=Cancelled.SENT)
    second = replace(
        HANDED_OVER, number=5, recipients=(MAMAN,), since=NOW - timedelta(hours=1)
    )
    row = cancelled(ROW.with_message(second), HANDED_OVER, sent, NOW)
    row = cancelled(row, second, sent, NOW + timedelta(minutes=1))

    assert row.fired is not None
    assert row.fired.since == NOW - timedelta(hours=1)
    assert row.fired.until == NOW + timedelta(minutes=1)
    assert set(row.fired.recipients) == set(BOTH)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=20))
def test_no_two_texts_of_a_steady_clock_tell_the_same_moment(steps: list[int]) -> None:
    """However soon one follows the other, and never far from now."""
    row, now, told = SwitchState(), NOW, []
    for number, step in enumerate(steps):
        now += timedelta(seconds=step / 10)
        since = next_since(row, now)
        told.append(since)
        row = row.with_message(replace(HANDED_OVER, number=number + 1, since=since))

    assert len(set(told)) == len(told)
    assert all(since.microsecond == 0 for since in told)


def test_a_clock_that_was_set_back_is_believed() -> None:
    """What the wrong clock has told lies in the future."""
    row = replace(ROW, last_since=NOW + timedelta(days=1))
    assert next_since(row, NOW) == NOW


def test_a_silence_has_one_id_however_often_it_is_found() -> None:
    """By which the outbox knows that it was told already that it is over."""
    fired = Fired(since=NOW, until=NOW + timedelta(hours=2), recipients=(MAMAN,))
    later = replace(fired, until=NOW + timedelta(hours=3))
    next_one = replace(fired, since=NOW + timedelta(seconds=1))

    def message_id(fired: Fired, switch_id: str = "switch-1") -> str:
        found = with_follow_up(replace(ROW, fired=fired), switch_id, fired)
        assert found.fired is None
        assert found.follow_up is not None
        return found.follow_up.message_id

    assert message_id(fired) == message_id(later)
    ids = {message_id(fired), message_id(next_one), message_id(fired, "switch-2")}
    assert len(ids) == 3


def test_who_was_not_told_of_an_earlier_return_is_told_of_this_one() -> None:
    """Each of them once."""
    fired = Fired(since=NOW, until=NOW, recipients=(PAPA,))
    row = with_follow_up(ROW, "switch-1", replace(fired, recipients=BOTH))

    row = with_follow_up(row, "switch-1", fired)

    assert row.follow_up is not None
    assert row.follow_up.recipients == (PAPA, MAMAN)
