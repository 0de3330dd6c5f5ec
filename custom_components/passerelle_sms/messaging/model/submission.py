"""What became of a message for one recipient, and for all of them together."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import compress
from operator import is_not
from typing import Final, NewType, Self, overload, override

from ...gateways.model.delivery import Sent
from ...gateways.outcome import Outcome
from ..recipients.address_book import Recipient
from .failure import DeliveryState, Failure
from .leg import Leg

RowKey = NewType("RowKey", str)
"""What tells the rows of one message apart: the recipient's number; of a later part of a
text that was split, with the part behind it. The first part has the number alone."""

_BEFORE_PART: Final = "#"


def row_key(number: str, part: int = 1) -> RowKey:
    """Return the key of one part for a number."""
    return RowKey(number if part == 1 else f"{number}{_BEFORE_PART}{part}")


def read_row_key(key: str) -> tuple[str, int]:
    """Return the number and the part that a key says; raises `ValueError`."""
    number, sign, part = key.partition(_BEFORE_PART)
    return number, int(part) if sign else 1


class Stage(StrEnum):
    """Who has the next move for a submission."""

    PLANNED = "planned"
    """The clock: it is kept here until its hour."""
    OPEN = "open"
    """The outbox: it tries, or looks for evidence."""
    HELD = "held"
    """The user: no evidence has settled the outcome."""
    CLOSED = "closed"
    """Nobody."""


class Notice(StrEnum):
    """What a person has still to hear of a submission that failed after its answer."""

    UNANNOUNCED = "unannounced"
    """No event has told it."""
    UNACKNOWLEDGED = "unacknowledged"
    """An event has told it; nobody has said that it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRecord:
    """What became of a message, or of one part of it, for one recipient so far."""

    recipient: Recipient
    part: int = 1
    """Which part of the text it is, where that was split."""
    outcome: Outcome = Outcome.QUEUED
    stage: Stage = Stage.OPEN
    submission_id: str | None = field(default=None, repr=False)
    sending_id: str | None = field(default=None, repr=False)
    """The gateway's id of the whole request, where that is another one."""
    segments: int | None = None
    cost: Decimal | None = None
    failure: Failure | None = None
    attempts: int = 0
    """How often it may have reached the gateway: what provably never left isn't counted."""
    attempted: datetime | None = None
    """When it was handed to the gateway; of several times in doubt, the first."""
    period: int | None = None
    """In which period of the ledger that was, or the last of these times."""
    resent: bool = False
    """Whether it is sent again although it may have left: whatever becomes of that, the
    first may have arrived."""
    was_refused: bool = False
    """Whether its repetition was refused: what became of the first is as unknown, and
    there is no other repetition."""
    sent_at_once: bool = False
    """Whether the gateway sent it at once although it was to be sent later."""
    delivery: DeliveryState | None = None
    """What became of it after it was accepted; `None` where nothing is to be heard."""
    notice: Notice | None = None
    """What a person has still to hear of it; `None` for nothing."""
    legs: tuple[Leg, ...] = ()
    """Through which accounts a relay has tried to send it, in their order."""

    @property
    def is_planned(self) -> bool:
        """Whether it is kept here until its hour."""
        return self.stage is Stage.PLANNED

    @property
    def key(self) -> RowKey:
        """What tells it from all others of the message."""
        return row_key(self.recipient.number, self.part)

    @property
    def is_waiting(self) -> bool:
        """Whether it still has to be handed to the gateway, now."""
        return self.outcome is Outcome.QUEUED and self.stage is Stage.OPEN

    @property
    def stays_here(self) -> bool:
        """Whether it has not been handed to the gateway, and still could be."""
        return self.is_waiting or self.is_planned

    @property
    def is_unknown_open(self) -> bool:
        """Whether it may have left, and evidence may still tell."""
        return self.outcome is Outcome.UNKNOWN and self.stage is Stage.OPEN

    @property
    def may_have_left(self) -> bool:
        """Whether a report that it arrived would settle it."""
        return self.outcome is Outcome.UNKNOWN and self.stage is not Stage.CLOSED

    @property
    def is_awaited(self) -> bool:
        """Whether there is more to hear of its delivery, or to tell."""
        return self.delivery is not None and self.delivery.is_awaited

    @property
    def sent(self) -> Sent:
        """It as the gateway is asked about it."""
        return Sent(
            recipient=self.recipient.number,
            submission_id=self.submission_id,
            sending_id=self.sending_id,
        )


class Submissions(Sequence[SubmissionRecord]):
    """The submissions of one message, a recipient or part each; none of it ever changes.

    Where each stands, and how many are at which stage, is not counted again when one is
    replaced.
    """

    __slots__ = ("_counts", "_positions", "_rows")

    def __init__(
        self,
        rows: Iterable[SubmissionRecord] = (),
        *,
        positions: Mapping[RowKey, int] | None = None,
        counts: Counter[Stage] | None = None,
    ) -> None:
        """Hold `rows`, each with a key of its own.

        Where each key stands, and how many are at which stage, is found out here
        unless it is known.
        """
        self._rows = tuple(rows)
        self._positions = positions or {
            row.key: position for position, row in enumerate(self._rows)
        }
        self._counts = counts or Counter(row.stage for row in self._rows)

    @overload
    def __getitem__(self, index: int) -> SubmissionRecord: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[SubmissionRecord]: ...

    @override
    def __getitem__(
        self, index: int | slice
    ) -> SubmissionRecord | Sequence[SubmissionRecord]:
        return self._rows[index]

    @override
    def __len__(self) -> int:
        return len(self._rows)

    @override
    def __iter__(self) -> Iterator[SubmissionRecord]:
        return iter(self._rows)

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Submissions) and self._rows == other._rows

    @override
    def __hash__(self) -> int:
        return hash(self._rows)

    @override
    def __repr__(self) -> str:
        return repr(self._rows)

    def at_stage(self, stage: Stage) -> int:
        """Return how many are at a stage."""
        return self._counts[stage]

    def find(self, key: RowKey) -> SubmissionRecord:
        """Return the submission with a key; raises `KeyError`."""
        return self._rows[self._positions[key]]

    def get(self, key: RowKey) -> SubmissionRecord | None:
        """Return the submission with a key, if there is one."""
        position = self._positions.get(key)
        return None if position is None else self._rows[position]

    def changed_since(self, earlier: Self) -> tuple[SubmissionRecord, ...]:
        """Return those that are others than in `earlier`, of the same message."""
        return tuple(compress(self._rows, map(is_not, self._rows, earlier._rows)))

    def replaced(self, changed: Iterable[SubmissionRecord]) -> Self:
        """Return them with `changed` in the place of the old ones; raises `KeyError`."""
        rows, counts = list(self._rows), self._counts.copy()
        for row in changed:
            position = self._positions[row.key]
            counts[rows[position].stage] -= 1
            counts[row.stage] += 1
            rows[position] = row
        return type(self)(rows, positions=self._positions, counts=counts)
