"""When a submission may last have been handed over to the gateway, as a run has seen it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from ..model.record import MessageRecord
from ..model.submission import Stage, SubmissionRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """A submission that was handed over, or may have been."""

    record: MessageRecord
    submission: SubmissionRecord
    times: Mapping[int, timedelta]
    """When it may last have been handed over, by elapsed time.

    For each number of attempts: what provably never left changes nothing.
    """

    @property
    def begun(self) -> timedelta:
        """When it may last have been handed over, by elapsed time."""
        return self.times[self.submission.attempts]


def handed_over(
    known: HandedOver | None,
    record: MessageRecord,
    submission: SubmissionRecord,
    now: timedelta,
) -> HandedOver:
    """Return a submission as it is now, after what was known of it."""
    return HandedOver(
        record=record, submission=submission, times=_times(known, submission, now)
    )


def _times(
    known: HandedOver | None, submission: SubmissionRecord, now: timedelta
) -> Mapping[int, timedelta]:
    """Return when a submission may last have been handed over, by its attempts."""
    attempts = submission.attempts
    if known is None:
        return {attempts: now}
    last = known.submission
    if submission == last:
        return known.times
    times = {count: at for count, at in known.times.items() if count <= attempts}
    if not _may_be_charged_since(last, submission):
        times.setdefault(attempts, known.begun)
    elif attempts not in times or attempts >= last.attempts:
        times[attempts] = now
    return times


def _may_be_charged_since(
    known: SubmissionRecord, submission: SubmissionRecord
) -> bool:
    """Return whether a gateway may have had a submission later than was known."""
    return submission.stage is not Stage.HELD and (
        submission.is_unknown_open or known.is_unknown_open
    )
