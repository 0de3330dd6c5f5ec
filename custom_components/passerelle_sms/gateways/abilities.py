"""What some gateways can do beyond telling a balance and sending.

Each is a class that a gateway inherits besides `Gateway`; callers ask `isinstance`. All
methods that ask a gateway raise `GatewayError`, of the kind that says why there is no
answer. What a message may be asked for besides is in `message_abilities`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from .delivery import DeliveryReport, Replies, Sent
from .models import (
    Cancellation,
    Contact,
    Scheduled,
    SendResult,
    SubAccount,
    Transactions,
    Transfer,
)
from .transport import Json

# --- what becomes of messages -------------------------------------------------


class TracksDelivery(ABC):
    """The gateway can be asked where a submission is."""

    @abstractmethod
    def delivery_requests(self, sent: Sequence[Sent]) -> tuple[tuple[Sent, ...], ...]:
        """Return the submissions in groups: one request tells about each group.

        Those that cannot be asked about, for want of an id, are in none.
        """

    @abstractmethod
    async def delivery(self, sent: Sequence[Sent]) -> tuple[DeliveryReport, ...]:
        """Ask once, about one group of `delivery_requests`.

        The answer may leave some out, and may tell about others. One without news is
        empty: it is no error that a message hasn't been sent yet.

        Raises:
            UnknownMessageError: the gateway will never know more about the group.
            GatewayError: of the kind that says why there is no answer.

        """


class TellsDeliveryOnce(TracksDelivery):
    """What the gateway has told about a delivery it never tells again.

    So whoever asks keeps the answer before anything else happens, and only one may ask.
    """

    @abstractmethod
    async def new_deliveries(self) -> tuple[DeliveryReport, ...]:
        """Ask for everything that is new in the account, whoever sent it."""


class PushesDelivery(ABC):
    """The gateway calls when it knows more about a delivery.

    Nothing proves that it is the gateway who calls: a report counts only for what was
    sent, to that number.
    """

    @abstractmethod
    def read_pushed(self, body: str) -> tuple[PushedReport, ...]:
        """Return what a call says, a report for each of its rows.

        Raises:
            InvalidRequestError: it isn't a call as the gateway makes it.

        """

    @abstractmethod
    def answer_pushed(
        self, pushed: Sequence[PushedReport], taken: Sequence[bool]
    ) -> Json:
        """Return what the gateway wants to hear: which of the rows were taken."""

    @abstractmethod
    def same_id(self, known: str, told: str) -> bool:
        """Return whether an id in a call is the one from the answer to a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedReport:
    """A row of a call: what it says, and as it came."""

    report: DeliveryReport | None
    """`None` if it says nothing about a delivery."""
    row: Mapping[str, object]


class CancelsMessages(ABC):
    """A message that was scheduled may be taken back."""

    @abstractmethod
    def cancel_requests(self, scheduled: Scheduled) -> tuple[Scheduled, ...]:
        """Return what one request each cancels.

        Submissions of one id are taken back together, whether all are asked for or not.
        """

    @abstractmethod
    async def cancel(self, scheduled: Scheduled) -> Cancellation:
        """Cancel one part of `cancel_requests`.

        Raises:
            AlreadyCancelledError: it was cancelled before.
            NotCancellableError: it is being sent, or was.
            UnknownMessageError: there is nothing of that id.

        """


class ReceivesReplies(ABC):
    """A message may be answered (`allow_replies`), and the answers be asked for."""

    @abstractmethod
    async def replies(self, submission_id: str, *, offset: int = 0) -> Replies:
        """Ask for one page of the answers to a message, from number `offset` on.

        Raises:
            NoRepliesError: it was sent without `allow_replies`.
            UnknownMessageError: there is no such message.
            MessageNotReadyError: it hasn't been sent yet.

        """


# --- what an account holds ----------------------------------------------------


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
        """Rename a group; raises `GroupExistsError`, `InvalidNameError`."""

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
