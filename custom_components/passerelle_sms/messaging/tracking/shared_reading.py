"""Who reads what is told only once, where several entries are one account.

Two readers would take each other's reports away: so one reads, and hands on.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from ...gateways.errors import NotStoredError
from ...gateways.model.delivery import DeliveryReport
from .delivery_poller import DeliveryPoller

type Read = Callable[[], Awaitable[None]]
type Take = Callable[[Sequence[DeliveryReport]], Awaitable[None]]


class SharedReading:
    """One entry's part in reading for all of its account."""

    def __init__(self, polls: DeliveryPoller, read: Read, take: Take) -> None:
        """Read for nobody else: `read` asks for all news, `take` takes what is handed on.

        `polls` asks elsewhere where another one reads.
        """
        self._polls = polls
        self.read = read
        self.take = take
        self._others: Sequence[SharedReading] = ()

    def leave_to(self, reader: SharedReading) -> None:
        """Let another one read."""
        self._others = ()
        self._polls.ask_elsewhere = reader.read

    def read_for(self, others: Sequence[SharedReading]) -> None:
        """Read for others too, or for nobody else."""
        self._others = others
        self._polls.ask_elsewhere = None

    async def hand_on(self, reports: Sequence[DeliveryReport]) -> None:
        """Give others what belongs to none of our messages, but has an id.

        By a number alone nobody can tell whose it is.
        """
        named = [one for one in reports if one.submission_id or one.sending_id]
        for other in self._others if named else ():
            # One that stops while the disk fails goes without.
            with suppress(NotStoredError):
                await other.take(named)
