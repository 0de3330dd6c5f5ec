"""What some gateways can do with an account, beyond telling its balance.

Each is a class that a gateway inherits besides `Gateway`; callers ask `isinstance`. All
methods that ask a gateway raise `GatewayError`, of the kind that says why there is no
answer. What they tell of messages is in `delivery`, what a message may ask for in
`options`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from ..model.account import Contact, SubAccount, Transactions, Transfer
from ..model.message import SendResult


class ListsAccounts(ABC):
    """The same credentials may open several accounts, each with its own credit."""

    @abstractmethod
    async def accounts(self) -> tuple[SubAccount, ...]:
        """Ask for all accounts behind the credentials."""


class ManagesAccounts(ListsAccounts):
    """Accounts behind the same credentials come and go, and share their credit."""

    account_name_length: ClassVar[int]
    """The most characters of a name."""

    @abstractmethod
    async def create_account(self, name: str) -> str:
        """Open an account; return its id.

        Raises:
            InvalidNameError: the gateway takes no such name.

        """

    @abstractmethod
    async def delete_account(self, account_id: str) -> tuple[SubAccount, ...]:
        """Close an account, with all credit that it holds; return those that are left.

        Raises:
            UnknownAccountError: there is none of that id.

        """

    @abstractmethod
    async def transfer_credits(
        self, *, debit: str, credit: str, amount: int
    ) -> Transfer:
        """Move credits from one account to another, by their ids.

        Raises:
            UnknownAccountError: there is none of one of the ids.
            InsufficientCreditError: the first one holds less.

        """


class ListsSenders(ABC):
    """The gateway tells which senders are registered."""

    @abstractmethod
    async def senders(self) -> tuple[str, ...]:
        """Ask for the senders that messages may carry."""


class ListsTransactions(ABC):
    """The gateway tells what it wrote down about the account."""

    @abstractmethod
    async def transactions(self, count: int) -> Transactions:
        """Ask for the last `count` transactions."""


class ChecksNumbers(ABC):
    """The gateway finds out, for credits, whether numbers can be reached."""

    @abstractmethod
    async def check_numbers(
        self, recipients: Sequence[str], reference: str
    ) -> SendResult:
        """Have E.164 numbers checked, under an id of ours as in `Sms.reference`.

        The answer is a submission per number; what the check finds comes as a delivery
        report. Whatever becomes of a request is told in its submissions, as by `send`.
        """


class KeepsStopList(ABC):
    """The gateway keeps a list of those who want no messages."""

    @abstractmethod
    async def is_stopped(self, recipient: str) -> bool:
        """Return whether an E.164 number is on the list.

        Raises:
            NeverSentThereError: nothing was ever sent to that number.

        """

    @abstractmethod
    async def activate_stop(self, recipient: str) -> None:
        """Put an E.164 number on the list; raises as `is_stopped` does."""

    @abstractmethod
    async def deactivate_stop(self, recipient: str) -> None:
        """Take an E.164 number off the list; raises as `is_stopped` does."""


class ManagesContacts(ABC):
    """The gateway keeps an address book: contacts in groups."""

    @abstractmethod
    async def add_group(self, name: str) -> None:
        """Add a group; raises `GroupExistsError`, `InvalidNameError`."""

    @abstractmethod
    async def rename_group(self, name: str, new_name: str) -> None:
        """Rename a group; raises `GroupExistsError`, `UnknownGroupError`."""

    @abstractmethod
    async def delete_group(self, name: str) -> None:
        """Delete a group; raises `GroupNotEmptyError`, `UnknownGroupError`."""

    @abstractmethod
    async def add_contact(self, contact: Contact) -> None:
        """Add a contact to all of its groups; raises `ContactExistsError`."""

    @abstractmethod
    async def update_contact(self, number: str, contact: Contact) -> None:
        """Change the contact that has the E.164 `number`, in its one group.

        Raises:
            UnknownContactError: there is none.

        """

    @abstractmethod
    async def delete_contact(self, number: str, group: str | None = None) -> None:
        """Delete a contact from one group, or from all; raises `UnknownContactError`."""
