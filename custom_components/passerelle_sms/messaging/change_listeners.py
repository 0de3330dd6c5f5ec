"""Who hears of every change of a message."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import batched
from typing import Final

from .model.record import MessageRecord
from .model.submission import SubmissionRecord

# How many changes are told before others have their turn.
_TURN: Final = 100

type ChangeListener = Callable[[MessageRecord, Sequence[SubmissionRecord]], None]


class ChangeListeners:
    """Those who listen, told in the order in which they came."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._listeners: list[ChangeListener] = []

    def add(self, listener: ChangeListener) -> None:
        """Call `listener` with every new state, and the submissions that are new in it."""
        self._listeners.append(listener)

    def tell(self, record: MessageRecord, changed: Sequence[SubmissionRecord]) -> None:
        """Tell who listens."""
        for listener in self._listeners:
            listener(record, changed)

    async def tell_in_turns(
        self, record: MessageRecord, changed: Sequence[SubmissionRecord]
    ) -> None:
        """Tell who listens, some at a time: others are to have their turn."""
        self.tell(record, changed[:_TURN])
        for rest in batched(changed[_TURN:], _TURN, strict=False):
            await asyncio.sleep(0)
            self.tell(record, rest)
