"""How old something is, whatever the clock is set to meanwhile."""

from datetime import datetime, timedelta

from ..model.record import MessageRecord, planned_for
from ..model.submission import SubmissionRecord
from ..runtime.clock import Clock

type Since = datetime | timedelta
"""A moment; of what this run has dated, how much had elapsed then."""


class Ages:
    """Tells ages: by elapsed time of what this run has dated, else by the date."""

    def __init__(self, clock: Clock) -> None:
        """Take what is dated from now on for this run's."""
        self._clock = clock
        self._began = clock.elapsed()

    def since(self, record: MessageRecord, submission: SubmissionRecord) -> Since:
        """Return when the gateway was to send a submission.

        The hour that it was planned for stays that hour when the clock is set.
        """
        begun = submission.attempted or record.created
        planned = planned_for(record, submission)
        if planned is not None and planned > begun:
            return planned
        elapsed = self._clock.elapsed() - self.age(begun)
        return elapsed if elapsed >= self._began else begun

    def age(self, since: Since) -> timedelta:
        """Return how long ago something was; negative while it is still to come."""
        if isinstance(since, datetime):
            return self._clock.now() - since
        return self._clock.elapsed() - since
