"""Which moments of messages this run's clock has told: they move when it is set."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from .record import MessageRecord
from .submission import SubmissionRecord

type Moment = str | None
"""The number whose attempt it is of, or `None` for when the message was created."""


class DatedHere:
    """The moments that this run has told, by message.

    What an earlier run has told stays as it is when the clock is set forward, also in a
    message that this run tries. Set back, all of it moves, so that its order stays.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._moments: dict[str, set[Moment]] = {}

    def take(self, record: MessageRecord, *, created: bool, attempts: bool) -> None:
        """Note whether this run has told when a message was created, and attempted."""
        moments: set[Moment] = set()
        if attempts:
            moments.update(
                s.recipient.number for s in record.submissions if s.attempted
            )
        if created:
            moments.add(None)
        self._moments[record.message_id] = moments

    def note(
        self,
        before: MessageRecord,
        after: MessageRecord,
        changed: Iterable[SubmissionRecord],
    ) -> set[Moment]:
        """Note which moments a change has told, and return those that are new here."""
        told: set[Moment] = {
            submission.recipient.number
            for submission in changed
            if submission.attempted
            != before.find(submission.recipient.number).attempted
        }
        if after.created != before.created:
            told.add(None)
        known = self._moments.setdefault(after.message_id, set())
        told -= known
        known |= told
        return told

    def undo(self, message_id: str, noted: set[Moment]) -> None:
        """Forget what a change has told that was taken back."""
        self._moments[message_id] -= noted

    def forget(self, message_id: str) -> None:
        """Forget a message."""
        self._moments.pop(message_id, None)

    def redated(self, record: MessageRecord, by: timedelta) -> MessageRecord:
        """Return a message with what this run has told `by` later, or all of it earlier."""
        moments = self._moments.get(record.message_id)
        if by < timedelta():
            # The past moves along: what came first stays first.
            return record.dated(by)
        if not by or not moments:
            return record
        later = record.dated(by)
        return replace(
            record,
            created=later.created if None in moments else record.created,
            submissions=record.submissions.replaced(
                later.find(number) for number in moments if number is not None
            ),
        )
