"""The messages that are not settled, each found by the ids of all its callers."""

from collections.abc import Iterator, MutableMapping, ValuesView
from typing import override

from .joining import seen_by
from .record import Joined, MessageRecord


class OpenMessages(MutableMapping[str, MessageRecord]):
    """Messages by the id under which each is sent; others may have joined it."""

    def __init__(self) -> None:
        """Begin with none."""
        self._records: dict[str, MessageRecord] = {}
        self._leaders: dict[str, str] = {}
        """By the id of one that has joined: the id of the message that it has joined."""

    @override
    def __getitem__(self, message_id: str) -> MessageRecord:
        return self._records[message_id]

    @override
    def __setitem__(self, message_id: str, record: MessageRecord) -> None:
        before = self._records.get(message_id)
        self._records[message_id] = record
        joined = () if before is None else before.joined
        if joined is not record.joined:
            self._forget(joined)
            self._leaders.update(dict.fromkeys(record.joined_ids, message_id))

    @override
    def __delitem__(self, message_id: str) -> None:
        record = self._records.pop(message_id)
        self._forget(record.joined)

    @override
    def __len__(self) -> int:
        return len(self._records)

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    @override
    def values(self) -> ValuesView[MessageRecord]:
        return self._records.values()

    def leader_of(self, message_id: str) -> str:
        """Return the id of the message that this one has joined, or its own."""
        return self._leaders.get(message_id, message_id)

    def seen_by(self, message_id: str) -> MessageRecord | None:
        """Return the message of a caller, whether he has joined another or not."""
        record = self._records.get(self.leader_of(message_id))
        return None if record is None else seen_by(record, message_id)

    def _forget(self, joined: tuple[Joined, ...]) -> None:
        for one in joined:
            del self._leaders[one.message_id]
