"""The parts that an account and a relay have alike, whatever they are made of."""

from datetime import timedelta
from typing import Protocol

from ..messaging.operations.canceller import Canceller
from ..messaging.operations.messenger import Messenger
from ..messaging.operations.planned_messages import PlannedMessages
from ..messaging.outbox.dispatcher import Dispatcher
from ..messaging.outbox.outbox import Outbox
from ..messaging.reconciliation.ledger import Ledger


class DeliveryTracker(Protocol):
    """Who follows the deliveries of an account, or those of a relay's legs."""

    def __len__(self) -> int:
        """Return how many deliveries are awaited."""

    async def start(self) -> None:
        """Go on following; raises `NotStoredError` where the journal can't be read."""

    async def pause(self) -> None:
        """Follow nothing until the next start."""

    async def stop(self) -> None:
        """Pause, and let nobody wait any longer."""

    async def wait(self, message_id: str, patience: timedelta) -> None:
        """Return when nothing more is awaited of a message, or after `patience`."""

    async def ask_about(self, message_id: str, number: str | None = None) -> None:
        """Ask now about a message, or one of its recipients; raises `GatewayError`."""

    async def ask_for_all(self) -> None:
        """Ask now for all news; raises `GatewayError`."""


class ReplyWatch(Protocol):
    """Who asks for replies to what an account has sent, or a relay's legs."""

    async def start(self) -> None:
        """Go on asking; raises `NotStoredError` where the journal can't be read."""

    async def stop(self) -> None:
        """Ask nothing until the next start."""

    async def ask_about(self, message_id: str) -> None:
        """Ask now for the replies to a message; raises `GatewayError`."""


class SharedParts(Protocol):
    """What both are made of."""

    @property
    def ledger(self) -> Ledger:
        """What is known of the balance, or only when what was handed over."""

    @property
    def dispatcher(self) -> Dispatcher:
        """Who makes the requests."""

    @property
    def outbox(self) -> Outbox:
        """The messages that are not settled."""

    @property
    def messenger(self) -> Messenger:
        """Who takes messages in."""

    @property
    def canceller(self) -> Canceller:
        """Who takes messages back."""

    @property
    def planned(self) -> PlannedMessages:
        """The messages that wait for their hour."""

    @property
    def tracker(self) -> DeliveryTracker:
        """Who follows deliveries."""

    @property
    def replies(self) -> ReplyWatch:
        """Who asks for replies."""
