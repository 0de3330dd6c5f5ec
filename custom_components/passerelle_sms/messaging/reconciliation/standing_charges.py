"""What may be charged for messages that stand at the gateway for dead man's switches.

They are in no record, and are replaced many times a day. Nobody knows whether a gateway
charges one when it takes it, and gives that back when it is cancelled, or when it sends
it. So each is a charge that is possible from its scheduling until ten minutes later, and
again around its hour. What may have fallen into a period stays a charge of it, as the
balance may be told only later.

What was given back is no charge: whoever cancels tells the ledger of that movement.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from ..model.submission import RowKey
from ..runtime.clock import Clock
from .books import LATEST_CHARGE, Charge

EARLIEST_SENDING: Final = timedelta(minutes=5)
"""How long before its hour a gateway may send something, as its clock goes ahead."""
LATEST_SENDING: Final = timedelta(minutes=65)
"""How long after its hour: its clock is behind, and an hour that comes twice is written
once."""


@dataclass(slots=True, kw_only=True)
class _Entry:
    """A message for one recipient, and when it may be charged."""

    number: int
    """Which one of this run it is: what its charge is known by."""
    tariff: str = field(repr=False)
    segments: int
    hour: datetime
    taken: timedelta
    """When the gateway may last have taken it, by elapsed time."""
    ended: timedelta | None = None
    """When it was found to stand no more."""
    was_sent: bool = False
    was_taken_before: bool = False
    """Whether what it may have cost when it was taken is of an earlier period."""


class StandingCharges:
    """All that may be charged for what stands, or stood, in the ledger's period."""

    def __init__(self, clock: Clock) -> None:
        """Know of nothing yet."""
        self._clock = clock
        self._entries: dict[Hashable, _Entry] = {}
        self._numbers = count()

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._entries)

    @property
    def will_be_forgotten(self) -> bool:
        """Whether a charge may come that nobody enters again in the next run.

        What still stands is entered by its switch.
        """
        return any(
            entry.ended is not None and not self._is_over(entry)
            for entry in self._entries.values()
        )

    def knows(self, key: Hashable) -> bool:
        """Return whether something stands under a key, as far as is known."""
        return key in self._entries and self._entries[key].ended is None

    def stand(
        self, key: Hashable, *, tariff: str, segments: int, hour: datetime
    ) -> None:
        """Note that a message may have been taken just now, to be sent at `hour`."""
        known = self._entries.get(key)
        self._entries[key] = _Entry(
            number=next(self._numbers) if known is None else known.number,
            tariff=tariff,
            segments=segments,
            hour=hour,
            taken=self._clock.elapsed(),
        )

    def end(self, key: Hashable, *, was_sent: bool) -> None:
        """Note that a message stands no more: it was sent, or is taken back."""
        if (entry := self._entries.get(key)) is not None and entry.ended is None:
            entry.ended = self._clock.elapsed()
            entry.was_sent = was_sent

    def discard(self, key: Hashable) -> None:
        """Forget a message that provably was never taken."""
        self._entries.pop(key, None)

    def charges(self, age: timedelta = timedelta()) -> Iterator[Charge]:
        """Yield what may have been charged in this period, or may still be.

        What would have been charged is that by a balance as old as `age`.
        """
        for entry in self._entries.values():
            if entry.was_taken_before and not self._may_be_sent(entry):
                continue
            yield Charge(
                key=("standing", RowKey(str(entry.number))),
                tariff=entry.tariff,
                segments=entry.segments,
                possible=1,
                is_due=self._is_over(entry, age),
                is_planned=True,
            )

    def begin_period(self, age: timedelta = timedelta()) -> None:
        """Leave to the last period what can't come in the one that began so long ago."""
        for key, entry in tuple(self._entries.items()):
            entry.was_taken_before = self._is_taken(entry, age)
            is_ended = entry.ended is not None or self._is_past(entry, age)
            if is_ended and self._is_over(entry, age):
                del self._entries[key]

    def _is_taken(self, entry: _Entry, age: timedelta) -> bool:
        return self._clock.elapsed() - age >= entry.taken + LATEST_CHARGE

    def _is_past(self, entry: _Entry, age: timedelta) -> bool:
        """Return whether whatever was sent at its hour would have been charged."""
        latest = entry.hour + LATEST_SENDING + LATEST_CHARGE
        return self._clock.now() - age >= latest

    def _may_be_sent(self, entry: _Entry) -> bool:
        """Return whether its hour has come, or nearly so."""
        if entry.ended is not None:
            return entry.was_sent
        return self._clock.now() >= entry.hour - EARLIEST_SENDING

    def _is_over(self, entry: _Entry, age: timedelta = timedelta()) -> bool:
        """Return whether all that may be charged was, so long ago."""
        if not self._is_taken(entry, age):
            return False
        if entry.ended is not None:
            asked = self._clock.elapsed() - age
            return not entry.was_sent or asked >= entry.ended + LATEST_CHARGE
        return self._is_past(entry, age) or not self._may_be_sent(entry)
