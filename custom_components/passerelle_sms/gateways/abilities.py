"""What some gateways can do beyond telling a balance and sending."""

from abc import ABC, abstractmethod
from datetime import timedelta
from typing import ClassVar

from .models import SubAccount


class ListsAccounts(ABC):
    """The same credentials may open several accounts, each with its own credit."""

    @abstractmethod
    async def accounts(self) -> tuple[SubAccount, ...]:
        """Ask for all accounts behind the credentials.

        Raises:
            GatewayError: of the kind that says why there is no answer.

        """


class RefusesDuplicates:
    """The same text goes to the same number only once within a day.

    So a message whose outcome is unknown may be handed to it again without a change:
    its refusal (`DuplicateMessageError`) proves that the first one got through.
    """

    duplicate_window: ClassVar[timedelta]


class SellsLongMessages:
    """Messages of several segments are an option that the user buys at the gateway.

    The gateway doesn't tell whether it is on, so the user does.
    """

    long_messages: bool = False
