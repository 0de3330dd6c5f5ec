"""What some gateways can do beyond telling a balance and sending."""

from abc import ABC, abstractmethod

from .models import SubAccount


class ListsAccounts(ABC):
    """The same credentials may open several accounts, each with its own credit."""

    @abstractmethod
    async def accounts(self) -> tuple[SubAccount, ...]:
        """Ask for all accounts behind the credentials.

        Raises:
            GatewayError: of the kind that says why there is no answer.

        """


class SellsLongMessages:
    """Messages of several segments are an option that the user buys at the gateway.

    The gateway doesn't tell whether it is on, so the user does.
    """

    long_messages: bool = False
