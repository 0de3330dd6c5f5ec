"""The messages of a relay that are not settled yet."""

from typing import override

from ..message_store import MessageStore
from ..model.record import Choice, MessageRecord
from ..outbox.dispatcher import Dispatcher
from ..outbox.joining import Joining
from ..outbox.outbox import Outbox
from ..runtime.clock import Clock
from ..runtime.waiters import Waiters
from .leg_follower import LegFollower


class RelayOutbox(Outbox):
    """Takes messages in as an account's does, and tells the accounts what users choose."""

    def __init__(
        self,
        store: MessageStore,
        dispatcher: Dispatcher,
        clock: Clock,
        waiters: Waiters[MessageRecord],
        joining: Joining,
        follower: LegFollower,
    ) -> None:
        """Take messages into `store`; the accounts hear of a choice from `follower`."""
        super().__init__(store, dispatcher, clock, waiters, joining)
        self._held = store
        self._follower = follower

    @override
    async def resolve(self, message_id: str, choice: Choice) -> None:
        """Do with a held message what the user has chosen, also at the accounts.

        Raises:
            NotStoredError: the choice could not be written down, so it is not made.

        """
        record = self._held.get_open(message_id)
        await super().resolve(message_id, choice)
        if record is not None and record.is_held:
            self._follower.resolve(record, choice)
