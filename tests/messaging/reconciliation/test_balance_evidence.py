"""What the balance proves, and what it doesn't."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, strategies as st
import pytest

from custom_components.passerelle_sms.gateways.model.message import Encoding
from custom_components.passerelle_sms.gateways.outcome import Outcome
from custom_components.passerelle_sms.messaging.model.record import MessageRecord
from custom_components.passerelle_sms.messaging.model.submission import (
    Stage,
    SubmissionRecord,
    Submissions,
)
from custom_components.passerelle_sms.messaging.recipients.address_book import Recipient
from custom_components.passerelle_sms.messaging.reconciliation.balance_evidence import (
    Evidence,
    Verdict,
    assess,
    has_charged,
)
from tests.conftest import MAMAN

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def doubtful(
    at: int | None = 0,
    *,
    before: str | None = None,
    segments: int | None = 1,
    attempts: int = 1,
) -> SubmissionRecord:
    """Return a submission in doubt, attempted so many seconds after the start."""
    return SubmissionRecord(
        recipient=Recipient(number=MAMAN),
        outcome=Outcome.UNKNOWN,
        segments=segments,
        attempts=attempts,
        attempted=None if at is None else START + at * SECOND,
        balance_before=None if before is None else Decimal(before),
    )


def other(
    outcome: Outcome = Outcome.ACCEPTED,
    *,
    cost: str | None = None,
    segments: int | None = 1,
    attempts: int = 1,
    before: str | None = None,
    stage: Stage = Stage.CLOSED,
) -> SubmissionRecord:
    """Return another submission, handed to the gateway two seconds after the start."""
    return SubmissionRecord(
        recipient=Recipient(number=MAMAN),
        outcome=outcome,
        stage=stage,
        cost=None if cost is None else Decimal(cost),
        segments=segments,
        attempts=attempts,
        attempted=START + 2 * SECOND,
        balance_before=None if before is None else Decimal(before),
    )


def judge(
    in_doubt: Sequence[SubmissionRecord],
    others: Sequence[SubmissionRecord],
    after: Decimal,
    *,
    has_charged_before: bool = True,
    has_other_changes: bool = False,
) -> Verdict:
    """Return what a balance proves of an account where nothing else speaks against it."""
    return assess(
        Evidence(
            in_doubt=tuple(in_doubt),
            others=tuple(others),
            balance=after,
            has_charged_before=has_charged_before,
            has_other_changes=has_other_changes,
        )
    )


FIRST = doubtful(before="10")
ACCEPTED, NOT_SENT, OPEN = Verdict.ACCEPTED, Verdict.NOT_SENT, Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("in_doubt", "after", "verdict"),
    [
        ([FIRST], "10", NOT_SENT),
        ([FIRST], "10.00", NOT_SENT),
        ([FIRST], "9", ACCEPTED),
        # Abroad is dearer, and the fall is all its own.
        ([FIRST], "7", ACCEPTED),
        # An odd rest, a top-up, and one that hides a charge.
        ([FIRST], "9.5", OPEN),
        ([doubtful(before="10", segments=3)], "8", OPEN),
        ([doubtful(before="10", segments=3)], "7", ACCEPTED),
        ([FIRST], "11", OPEN),
        ([FIRST], "109", OPEN),
        # Several: all or none, to the last credit.
        ([doubtful(1), FIRST], "10", NOT_SENT),
        ([doubtful(1), FIRST], "9", OPEN),
        ([doubtful(1), FIRST], "8", ACCEPTED),
        ([doubtful(1, segments=2), FIRST], "7", ACCEPTED),
        # One that is dear could pass for two.
        ([doubtful(1), FIRST], "7", OPEN),
        # Tried more than once: the balance may be that before the first attempt, and
        # what else was charged in between is not among the others.
        ([doubtful(before="10", attempts=2)], "9", OPEN),
        ([doubtful(before="10", attempts=2)], "10", NOT_SENT),
        ([doubtful(1, attempts=2), FIRST], "8", OPEN),
        # The first of its attempts may have been charged before the balance was read.
        ([doubtful(1, attempts=2), FIRST], "10", OPEN),
        # Only the first one's balance is before all of them.
        ([doubtful(0), doubtful(1, before="10")], "10", OPEN),
        ([doubtful(0, before="8"), doubtful(0)], "8", OPEN),
        ([doubtful(0, before="10"), doubtful(0, before="9")], "9", OPEN),
        ([doubtful(0, before="10"), doubtful(0, before="10.0")], "8", ACCEPTED),
        # A balance in between that is higher than one before: a top-up hides a charge.
        ([FIRST, doubtful(1, before="11")], "10", OPEN),
        ([FIRST, doubtful(1, before="8")], "9", OPEN),
        ([FIRST, doubtful(1, before="9")], "8", ACCEPTED),
        ([FIRST, doubtful(1, before="9"), doubtful(1, before="8")], "7", ACCEPTED),
        # Not enough credit for it: the balance may stand still all the same.
        ([doubtful(before="0")], "0", OPEN),
        ([doubtful(before="1", segments=2)], "1", OPEN),
        ([doubtful(before="1")], "1", NOT_SENT),
        ([doubtful(before="1")], "0", ACCEPTED),
        # What must be known isn't.
        ([], "10", OPEN),
        ([doubtful()], "10", OPEN),
        ([doubtful(before="10", segments=None)], "9", OPEN),
        ([doubtful(before="10", segments=0)], "10", OPEN),
        ([doubtful(None, before="10")], "9", OPEN),
        ([FIRST, doubtful(None)], "10", OPEN),
        # Not in doubt, or no longer.
        ([replace(FIRST, outcome=Outcome.ACCEPTED)], "10", OPEN),
        ([replace(FIRST, stage=Stage.HELD)], "10", OPEN),
    ],
)
def test_nothing_else_was_sent(
    in_doubt: list[SubmissionRecord], after: str, verdict: Verdict
) -> None:
    """The fall of the balance is that of the submissions in doubt."""
    assert judge(in_doubt, [], Decimal(after)) is verdict
    assert judge(in_doubt[::-1], [], Decimal(after)) is verdict


@pytest.mark.parametrize(
    ("others", "after", "verdict"),
    [
        ([other(cost="1")], "9", NOT_SENT),
        ([other(cost="1")], "8", ACCEPTED),
        ([other(cost="1")], "10", OPEN),
        ([other(cost="1"), other(cost="2", segments=2)], "7", NOT_SENT),
        ([other(cost="1"), other(cost="2", segments=2)], "6", ACCEPTED),
        # With others about, more than expected proves nothing: the cost may be told in
        # another unit than the balance.
        ([other(cost="1")], "7", OPEN),
        ([other(cost="1")], "8.5", OPEN),
        # A credit isn't a segment here.
        ([other(cost="3")], "7", NOT_SENT),
        ([other(cost="3")], "6", OPEN),
        ([other(cost="3", segments=None)], "6", OPEN),
        # Not told what it cost, or nothing, or less than nothing.
        ([other()], "9", OPEN),
        ([other()], "10", OPEN),
        ([other(cost="1"), other()], "8", OPEN),
        ([other(cost="0")], "10", OPEN),
        ([other(cost="0")], "9", OPEN),
        ([other(cost="-1")], "10", OPEN),
        # Tried before it was accepted: maybe charged then too.
        ([other(cost="1", attempts=2)], "9", NOT_SENT),
        ([other(cost="1", attempts=2)], "8", OPEN),
        ([other(Outcome.REJECTED, attempts=2)], "10", NOT_SENT),
        ([other(Outcome.REJECTED, attempts=2)], "8", OPEN),
        # A balance in between that is higher than the one before.
        ([other(cost="1", before="11")], "9", OPEN),
        ([other(Outcome.REJECTED, before="9")], "10", OPEN),
        ([other(Outcome.REJECTED, before="9")], "9", ACCEPTED),
    ],
)
def test_others_were_sent(
    others: list[SubmissionRecord], after: str, verdict: Verdict
) -> None:
    """What they cost is taken off, where that can be told."""
    assert judge([FIRST], others, Decimal(after)) is verdict
    assert judge([FIRST], others[::-1], Decimal(after)) is verdict


@pytest.mark.parametrize(
    ("sighted", "verdict"), [(None, OPEN), ("11", OPEN), ("10", NOT_SENT)]
)
def test_another_of_the_same_moment_may_be_in_the_balance_before(
    sighted: str | None, verdict: Verdict
) -> None:
    """Its charge may hide that of the doubt, unless the balance it saw tells the order."""
    same_moment = replace(other(cost="1", before=sighted), attempted=START)

    assert judge([FIRST], [same_moment], Decimal(9)) is verdict


@pytest.mark.parametrize("after", ["10", "9", "8"])
def test_something_else_moves_the_balance(after: str) -> None:
    """It proves nothing, whether it fell or not."""
    assert judge([FIRST], [], Decimal(after), has_other_changes=True) is OPEN


@pytest.mark.parametrize(("after", "verdict"), [("10", OPEN), ("9", ACCEPTED)])
def test_a_balance_that_was_never_seen_to_fall(after: str, verdict: Verdict) -> None:
    """Where it stands still that proves nothing; where it falls now it was charged."""
    assert judge([FIRST], [], Decimal(after), has_charged_before=False) is verdict


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("attempts", [0, 1])
def test_others_that_cost_nothing(
    outcome: Outcome, stage: Stage, attempts: int
) -> None:
    """Change nothing, whoever has the next move; what is unknown leaves all open."""
    others = [other(outcome, stage=stage, cost="1", attempts=attempts)]
    counts = {Outcome.ACCEPTED: (OPEN, NOT_SENT), Outcome.UNKNOWN: (OPEN, OPEN)}
    if attempts and outcome in {Outcome.QUEUED, Outcome.EXPIRED, Outcome.NOT_SENT}:
        # It may be sent again after an attempt that was unknown, and charged.
        counts[outcome] = (NOT_SENT, OPEN)

    assert (
        judge([FIRST], others, Decimal(10)),
        judge([FIRST], others, Decimal(9)),
    ) == counts.get(outcome, (NOT_SENT, ACCEPTED))


# --- an account that is charged -----------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Handed:
    """What really happens to a submission that is handed to the gateway."""

    segments: int
    charged: bool
    answered: bool
    refusal: Outcome
    tells_cost: bool
    resent_after_charge: bool
    sees_balance: bool
    after: int


HANDED = st.lists(
    st.builds(
        Handed,
        segments=st.integers(1, 3),
        charged=st.booleans(),
        answered=st.booleans(),
        refusal=st.sampled_from([Outcome.REJECTED, Outcome.EXPIRED, Outcome.QUEUED]),
        tells_cost=st.booleans() | st.just(True),
        resent_after_charge=st.booleans(),
        sees_balance=st.booleans(),
        after=st.integers(0, 2),
    ),
    max_size=4,
)


@dataclass
class Account:
    """An account whose gateway charges what it takes."""

    price: Decimal
    balance: Decimal = Decimal(1000)

    def take(self, handed: Handed, at: datetime, *, first: bool) -> SubmissionRecord:
        """Hand over a submission and return what is known of it afterwards."""
        cost = self.price * handed.segments
        before = self.balance if first or handed.sees_balance else None
        resent = handed.resent_after_charge and not first
        self.balance -= cost * (handed.charged + resent)
        if first or not handed.answered:
            outcome, stage = Outcome.UNKNOWN, Stage.OPEN
        else:
            outcome = Outcome.ACCEPTED if handed.charged else handed.refusal
            stage = Stage.CLOSED
        # What waits to be sent again, or ran out of time meanwhile, was tried once.
        tried_again = outcome not in {Outcome.EXPIRED, Outcome.QUEUED}
        told = outcome is Outcome.ACCEPTED and handed.tells_cost
        return SubmissionRecord(
            recipient=Recipient(number=MAMAN),
            outcome=outcome,
            stage=stage,
            segments=handed.segments,
            cost=cost if told else None,
            attempts=1 + (resent and tried_again),
            attempted=at,
            balance_before=before,
        )


@given(
    charged=st.booleans(),
    segments=st.integers(1, 3),
    more=HANDED,
    price=st.sampled_from(["0.5", "1", "2", "3", "25"]),
)
def test_never_contradicts_the_truth(
    charged: bool, segments: int, more: list[Handed], price: str
) -> None:
    """Whatever was charged, and at whatever price where that can show.

    It can't where several are in doubt and nothing else was accepted: there the price is
    taken to be a credit per segment.
    """
    first = Handed(
        segments=segments,
        charged=charged,
        answered=False,
        refusal=Outcome.REJECTED,
        tells_cost=False,
        resent_after_charge=False,
        sees_balance=True,
        after=0,
    )
    in_doubt_truly = [first, *(one for one in more if not one.answered)]
    shows = len(in_doubt_truly) == 1 or any(
        one.answered and one.charged for one in more
    )
    account = Account(Decimal(price) if shows else Decimal(1))
    at = START
    submission: list[SubmissionRecord] = []
    for index, one in enumerate([first, *more]):
        at += one.after * SECOND
        submission.append(account.take(one, at, first=index == 0))

    verdict = judge(
        [one for one in submission if one.is_unknown_open],
        [one for one in submission if not one.is_unknown_open],
        account.balance,
    )

    taken = {one.charged for one in in_doubt_truly}
    assert verdict is not ACCEPTED or taken == {True}
    assert verdict is not NOT_SENT or taken == {False}


@given(
    charged=st.booleans(),
    segments=st.lists(st.integers(1, 3), min_size=1, max_size=4),
    known=st.lists(st.integers(1, 3), max_size=3),
)
def test_settles_what_can_be_settled(
    charged: bool, segments: list[int], known: list[int]
) -> None:
    """At a credit per segment, all or none, beside others that tell their cost."""
    in_doubt = [
        doubtful(index, before="100" if index == 0 else None, segments=count)
        for index, count in enumerate(segments)
    ]
    others = [other(cost=str(count), segments=count) for count in known]
    after = 100 - sum(known) - charged * sum(segments)

    assert judge(in_doubt, others, Decimal(after)) is (
        ACCEPTED if charged else NOT_SENT
    )


@pytest.mark.parametrize(
    ("balances", "charged"),
    [
        ([], False),
        (["10"], False),
        (["10", "10", "10"], False),
        (["10", None, "10"], False),
        # A top-up alone shows nothing.
        (["10", "20"], False),
        (["10", "9"], True),
        (["10", "20", "19"], True),
    ],
)
def test_a_charge_is_believed_once_it_was_seen(
    balances: list[str | None], charged: bool
) -> None:
    """The balance of a flat rate never falls, so it can't tell what left."""
    submissions = Submissions(
        replace(
            other(before=balance),
            recipient=Recipient(number=f"+2376956882{at:02}"),
            attempted=START + at * SECOND,
        )
        for at, balance in enumerate(balances)
    )
    record = MessageRecord(
        message_id="1",
        created=START,
        time_to_live=timedelta(hours=1),
        text="Test",
        sender=None,
        encoding=Encoding.GSM7,
        segments=1,
        submissions=submissions,
    )

    assert has_charged([record]) is charged
