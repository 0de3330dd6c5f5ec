"""Which moments of messages this run's clock has told: they move when it is set."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from .record import MessageRecord
from .submission import SubmissionRecord

type Moment = str | None
"""When something of a message happened: an attempt, by the key of its row; another message
joined, by its id; or `None`: the message was created."""


class DatedHere:
    """The moments that this run has told, by message.

    What an earlier run has told stays as it is when the clock is set forward, also in a
    message that this run tries. Set back, all of it moves, so that its order stays.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._moments: dict[str, set[Moment]] = {}

    def take(
        self,
        record: MessageRecord,
        *,
        created: bool,
        attempts: bool,
        joined: Iterable[str] = (),
    ) -> None:
        """Note whether this run has told when a message was created, and attempted.

        And which of those that have `joined` it were created here.
        """
        moments: set[Moment] = set(joined)
        if attempts:
            moments.update(s.key for s in record.submissions if s.attempted)
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
            submission.key
            for submission in changed
            if submission.attempted != before.find(submission.key).attempted
        }
        if after.created != before.created:
            told.add(None)
        if after.joined is not before.joined:
            told.update({*after.joined_ids} - {*before.joined_ids})
        known = self._moments.setdefault(after.message_id, set())
        told -= known
        known |= told
        return told

    def undo(self, message_id: str, noted: set[Moment]) -> None:
        """Forget what a change has told that was taken back."""
        self._moments[message_id] -= noted

    def hand_on(self, message_id: str, kept: MessageRecord) -> set[Moment]:
        """Know of a message what was known of it under another id; return all of that."""
        known = self._moments.pop(message_id, set())
        moments = known.copy()
        if kept.message_id != message_id:
            moments.discard(None)
        if kept.message_id in moments:
            moments.remove(kept.message_id)
            moments.add(None)
        self._moments[kept.message_id] = moments
        return known

    def take_back(self, kept_id: str, message_id: str, known: set[Moment]) -> None:
        """Know again what was handed on."""
        del self._moments[kept_id]
        self._moments[message_id] = known

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
            joined=tuple(
                each.dated(by) if each.message_id in moments else each
                for each in record.joined
            ),
            submissions=record.submissions.replaced(
                each for each in later.submissions if each.key in moments
            ),
        )
