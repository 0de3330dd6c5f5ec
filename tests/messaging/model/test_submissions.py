"""The submissions of a message: found and replaced without looking at the others."""

from collections import Counter
from dataclasses import replace

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging import model
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from tests.conftest import MAMAN, PAPA
from tests.messaging.steps import count_steps

STATES = st.tuples(st.sampled_from(Outcome), st.sampled_from(Stage))


def submission(
    number: str, outcome: Outcome = Outcome.QUEUED, stage: Stage = Stage.OPEN
) -> SubmissionRecord:
    """Return a submission to a number."""
    return SubmissionRecord(
        recipient=Recipient(number=number), outcome=outcome, stage=stage
    )


def many(count: int) -> Submissions:
    """Return that many submissions."""
    return Submissions(submission(f"+23769{index:07}") for index in range(count))


def test_they_are_a_sequence_in_the_order_of_the_recipients() -> None:
    """Equal if they are the same, whatever they have come from."""
    rows = [submission(MAMAN), submission(PAPA)]
    submissions = Submissions(rows)

    assert list(submissions) == rows
    assert submissions[1] is rows[1]
    assert submissions[:1] == (rows[0],)
    assert len(submissions) == 2
    assert submissions == Submissions(rows)
    assert hash(submissions) == hash(Submissions(rows))
    assert submissions != Submissions(rows[:1])
    assert submissions != rows
    assert repr(submissions) == repr(tuple(rows))
    assert len(Submissions()) == 0


def test_one_that_there_is_not_is_neither_found_nor_replaced() -> None:
    """That would be a mistake of ours."""
    submissions = Submissions([submission(MAMAN)])

    with pytest.raises(KeyError):
        submissions.find(PAPA)
    with pytest.raises(KeyError):
        submissions.replaced([submission(PAPA)])


def test_what_has_changed_is_told_and_nothing_else() -> None:
    """In the order of the recipients."""
    before = many(4)
    changed = [replace(before[index], attempts=1) for index in (3, 1)]

    after = before.replaced(changed)

    assert after.changed_since(before) == (changed[1], changed[0])
    assert before.changed_since(before) == ()


@given(
    st.integers(1, 6),
    st.lists(st.lists(st.tuples(st.integers(0, 5), STATES), max_size=4), max_size=8),
)
def test_counts_agree_with_a_recount_after_any_replacements(
    count: int, steps: list[list[tuple[int, tuple[Outcome, Stage]]]]
) -> None:
    """Also where one is replaced twice in one go; and the old ones stay as they were."""
    submissions, expected = many(count), list(many(count))
    for step in steps:
        before, rows = submissions, list(submissions)
        for index, (outcome, stage) in step:
            row = expected[index % count]
            expected[index % count] = replace(row, outcome=outcome, stage=stage)
        submissions = submissions.replaced(
            replace(rows[index % count], outcome=outcome, stage=stage)
            for index, (outcome, stage) in step
        )
        assert list(before) == rows

    assert list(submissions) == expected
    assert submissions == Submissions(expected)
    stages = Counter(row.stage for row in expected)
    assert {stage: submissions.at_stage(stage) for stage in Stage} == {
        stage: stages[stage] for stage in Stage
    }
    for row in expected:
        assert submissions.find(row.key) is submissions[expected.index(row)]


def test_one_of_ten_thousand_is_as_quickly_found_and_replaced_as_one_of_ten() -> None:
    """The others are not looked at one by one."""
    work: list[int] = []
    for count in (10, 10_000):
        submissions = many(count)
        changed = replace(submissions[count // 2], outcome=Outcome.ACCEPTED)
        with count_steps(model) as steps:
            after = submissions.replaced([changed])
            assert after.find(changed.key) is changed
            assert after.changed_since(submissions) == (changed,)
            assert after.at_stage(Stage.OPEN) == count
        work.append(steps.count)

    assert work[1] == work[0]
