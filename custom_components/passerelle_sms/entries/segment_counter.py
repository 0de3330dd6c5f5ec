"""Counts the segments that an account has sent since it was added.

The journal forgets after a while, and Home Assistant keeps the state of an entity only
now and then. Together they lose nothing: what a crash takes from the one is counted
again from the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self, override

from homeassistant.helpers.restore_state import ExtraStoredData

from ..gateways.outcome import Outcome
from ..messaging.journal.journal import Journal
from ..messaging.model.record import Kind, MessageRecord
from ..messaging.model.submission import RowKey, SubmissionRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(ExtraStoredData):
    """What was counted, and how to go on from there."""

    entry_id: str
    """The account: one that is added anew may get the same entity id."""
    segments: int
    at: datetime
    """Messages created later are not in it."""
    unsettled: Mapping[str, int]
    """Of the messages that were not settled: the segments that are in it already."""

    @override
    def as_dict(self) -> dict[str, Any]:
        """Return the count as JSON knows it."""
        return {**asdict(self), "at": self.at.isoformat()}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return the count that was stored."""
        return cls(**{**stored, "at": datetime.fromisoformat(stored["at"])})


class SegmentCounter:
    """The count of one account."""

    def __init__(self, entry_id: str, begin: datetime) -> None:
        """Count for the account `entry_id`, which was added at `begin`."""
        self._last = Count(entry_id=entry_id, segments=0, at=begin, unsettled={})
        self._unsettled: defaultdict[str, dict[RowKey, int]] = defaultdict(dict)
        """Of the messages that are not settled: what is counted, by submission."""
        self.segments = 0
        """The segments counted."""

    def restore(self, stored: Mapping[str, Any]) -> None:
        """Go on from a count that was stored, if it is this account's."""
        count = Count.from_dict(stored)
        if count.entry_id == self._last.entry_id:
            self._last = count

    async def catch_up(self, journal: Journal) -> None:
        """Count what was sent since the last count; raises `NotStoredError`."""
        last = self._last
        self.segments = last.segments - sum(last.unsettled.values())
        later = await journal.created_since(last.at)
        for message_id in last.unsettled:
            # One that is gone went with a damaged journal.
            if (record := await journal.get(message_id)) is not None:
                self.follow(record, record.submissions)
            else:
                self.segments += last.unsettled[message_id]
        for record in later:
            if record.created > last.at and record.message_id not in last.unsettled:
                self.follow(record, record.submissions)

    def count(self, now: datetime) -> Count:
        """Return what is needed to go on counting from `now`."""
        return Count(
            entry_id=self._last.entry_id,
            segments=self.segments,
            at=now,
            unsettled={
                message_id: sum(counted.values())
                for message_id, counted in self._unsettled.items()
            },
        )

    def follow(
        self, record: MessageRecord, changed: Iterable[SubmissionRecord]
    ) -> bool:
        """Count what has changed of a message; return whether the count has."""
        if record.kind is not Kind.MESSAGE:
            return False
        before, counted = self.segments, self._unsettled[record.message_id]
        for submission in changed:
            accepted = _accepted_segments(record, submission)
            self.segments += accepted - counted.get(submission.key, 0)
            counted[submission.key] = accepted
        if record.is_closed:
            del self._unsettled[record.message_id]
        return self.segments != before


def _accepted_segments(record: MessageRecord, submission: SubmissionRecord) -> int:
    if submission.outcome is not Outcome.ACCEPTED:
        return 0
    return record.segments_of(submission)
